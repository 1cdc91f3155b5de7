//! How an AI bot of WeCom (企业微信智能机器人) answers: JSON, and each kind of push has its own answers. After Tencent's page on
//! passive replies (被动回复消息, path 101031).

use std::borrow::Cow;

use super::stream_content::MAX_CONTENT;
use super::{Reply, SealError, StreamContent, TemplateCardReply, is_blank};
use crate::channel::{Channel, PushKind};
use crate::format::Writer;

/// What a reply is sent as.
enum Answer<'a> {
    Text(Cow<'a, str>),
    Stream { stream: Cow<'a, StreamContent>, card: Option<&'a TemplateCardReply> },
    Card(&'a TemplateCardReply),
    Update(&'a super::UpdateTemplateCardReply),
}

impl<'a> Answer<'a> {
    /// What `reply` is sent as, in answer to `push`.
    fn of(reply: &'a Reply, push: PushKind) -> Result<Self, SealError> {
        use PushKind::{CardClick, EnterChat, Message, Refresh};

        Ok(match (reply, push) {
            // There is no plain text in answer to a message: it is a stream that is finished.
            (Reply::Text(text), Message | Refresh) => Self::Stream {
                stream: Cow::Owned(StreamContent::finished(unescaped(text.content()))),
                card: None,
            },
            (Reply::Text(text), EnterChat) => Self::Text(unescaped(text.content())),
            (Reply::Stream(stream), Message | Refresh) => {
                Self::Stream { stream: Cow::Borrowed(stream), card: stream.card.as_deref() }
            }
            (Reply::TemplateCard(card), Message | EnterChat) => Self::Card(card),
            (Reply::TemplateCard(card), Refresh) => {
                Self::Stream { stream: Cow::Owned(StreamContent::finished("")), card: Some(card) }
            }
            (Reply::UpdateTemplateCard(update), CardClick) => Self::Update(update),
            (
                Reply::Text(_) | Reply::Stream(_) | Reply::TemplateCard(_) | Reply::UpdateTemplateCard(_),
                _,
            ) => return Err(SealError::NotInAnswerTo { kind: reply.kind(), to: push.of_aibot() }),
            _ => {
                return Err(SealError::Unsupported { kind: reply.kind(), channel: Channel::AiBot.name() });
            }
        })
    }

    /// `msgtype`. An update has `response_type` instead.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Stream { card: None, .. } => "stream",
            Self::Stream { card: Some(_), .. } => "stream_with_template_card",
            Self::Card(_) => "template_card",
            Self::Update(_) => "update_template_card",
        }
    }

    fn write(&self, writer: &mut Writer<'_>, stream_id: &str) {
        match self {
            Self::Text(text) => writer.element("text", |writer| writer.text("content", text)),
            Self::Stream { stream, card } => {
                writer.element("stream", |writer| write_stream(writer, stream, stream_id));
                if let Some(card) = card {
                    write_card(writer, card);
                }
            }
            Self::Card(card) => write_card(writer, card),
            Self::Update(update) => {
                writer.texts("userids", &update.user_ids);
                update.card.write(writer);
            }
        }
    }
}

/// Whether an AI bot may answer `push` with `reply`.
pub(super) fn check(reply: &Reply, push: PushKind) -> Result<(), SealError> {
    if reply.is_none() {
        return Ok(());
    }
    match Answer::of(reply, push)? {
        Answer::Text(text) => check_text(&text),
        Answer::Stream { stream, card } => {
            if matches!(reply, Reply::Text(_)) {
                check_text(&stream.content)?;
            }
            stream.check()?;
            card.map_or(Ok(()), TemplateCardReply::check)
        }
        Answer::Card(card) => card.check(),
        Answer::Update(update) => update.card.check(),
    }
}

fn check_text(text: &str) -> Result<(), SealError> {
    let length = text.len();
    if length > MAX_CONTENT {
        Err(SealError::TextTooLong { length, limit: MAX_CONTENT })
    } else if is_blank(text) {
        Err(SealError::TextEmpty)
    } else {
        Ok(())
    }
}

/// Writes `reply`, which is [checked](check), in answer to `push`.
pub(super) fn write(out: &mut String, reply: &Reply, push: PushKind, stream_id: &str) {
    let Ok(answer) = Answer::of(reply, push) else { return };
    Writer::snake_case(out, |writer| {
        let name = if matches!(answer, Answer::Update(_)) { "response_type" } else { "msgtype" };
        writer.text(name, answer.kind());
        answer.write(writer, stream_id);
    });
}

/// About how many bytes [`write`] writes.
pub(super) fn room(reply: &Reply) -> usize {
    let images = |stream: &StreamContent| {
        let encoded = stream.images.iter().map(|image| image.bytes().len().div_ceil(3).saturating_mul(4));
        encoded.fold(0, usize::saturating_add)
    };
    let card = |card: &TemplateCardReply| card.card.room();
    let content = match reply {
        Reply::Text(text) => text.content.len(),
        Reply::Stream(stream) => stream
            .content
            .len()
            .saturating_add(images(stream))
            .saturating_add(stream.card.as_deref().map_or(0, card)),
        Reply::TemplateCard(reply) => card(reply),
        Reply::UpdateTemplateCard(update) => update.card.room(),
        _ => 0,
    };
    content.saturating_add(256)
}

fn write_stream(writer: &mut Writer<'_>, stream: &StreamContent, id: &str) {
    writer.text("id", id);
    writer.flag("finish", stream.is_finished);
    writer.text("content", &stream.content);
    writer.list("msg_item", &stream.images, |writer, image| {
        writer.text("msgtype", "image");
        writer.element("image", |writer| {
            writer.text("base64", &image.base64());
            writer.text("md5", &image.md5());
        });
    });
    write_feedback(writer, stream.feedback_id.as_deref());
}

fn write_card(writer: &mut Writer<'_>, reply: &TemplateCardReply) {
    reply.card.write_with(writer, |writer| write_feedback(writer, reply.feedback_id.as_deref()));
}

fn write_feedback(writer: &mut Writer<'_>, id: Option<&str>) {
    if let Some(id) = id {
        writer.element("feedback", |writer| writer.text("id", id));
    }
}

/// The text that [`TextReply::literal`](super::TextReply::literal) was given: nothing but an Official Account's and an
/// app's chat reads these escapes.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").into()
}
