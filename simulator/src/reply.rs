//! Replies, as WeChat reads them.

use serde::Serialize;

use crate::Sentence;
use crate::check::{CheckName, Checks};
use crate::xml::Element;

/// The longest text in bytes of UTF-8. Beyond it the user sees WeChat's failure notice; measured, not promised.
pub const MAX_TEXT: usize = 2047;

/// What a bot replied (被动回复).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// `success`, or nothing at all: WeChat shows nothing and does not ask again.
    Acknowledgement,
    /// A text (文本).
    Text {
        /// What it says. `<a href="…">` in it is a link.
        content: String,
    },
    /// A picture (图片).
    Image {
        /// Which one.
        media_id: String,
    },
    /// A voice message (语音).
    Voice {
        /// Which one.
        media_id: String,
    },
    /// A video (视频).
    Video {
        /// Which one.
        media_id: String,
        /// Its title.
        title: Option<String>,
        /// Its description.
        description: Option<String>,
    },
    /// A piece of music (音乐).
    Music {
        /// Its title.
        title: Option<String>,
        /// Its description.
        description: Option<String>,
        /// Where it is.
        url: Option<String>,
        /// Where it is in better quality, for Wi-Fi.
        hq_url: Option<String>,
        /// Its picture, if it has one.
        thumb_media_id: Option<String>,
    },
    /// Articles (图文).
    News {
        /// The articles, one to eight.
        articles: Vec<Article>,
    },
    /// The message is handed to an agent (转发客服).
    Transfer {
        /// To this one; `None`: to any.
        account: Option<String>,
    },
    /// The message is handed to WeChat's own AI reply.
    TransferToAi,
}

/// An article of a [`Reply::News`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Article {
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Its picture.
    pub pic_url: String,
    /// Where it leads.
    pub url: String,
}

/// Reads a reply's content and notes what is wrong with it.
pub(crate) fn read(xml: &Element, to_event: bool, checks: &mut Checks) -> Option<Reply> {
    let kind = xml.get("MsgType").unwrap_or_default();
    let known = [
        "text",
        "image",
        "voice",
        "video",
        "music",
        "news",
        "transfer_customer_service",
        "transfer_biz_ai_ivr",
    ];
    let detail = match kind {
        "" => Sentence::new("没有 MsgType", "there is no MsgType"),
        kind => Sentence::new(format!("MsgType 是 {kind}"), format!("the MsgType is {kind}")),
    };
    if !checks.note(CheckName::MsgType, known.contains(&kind), detail) {
        return None;
    }
    match kind {
        "text" => text(xml, checks),
        "image" => Some(Reply::Image { media_id: media_id(xml.child("Image"), checks)? }),
        "voice" => Some(Reply::Voice { media_id: media_id(xml.child("Voice"), checks)? }),
        "video" => {
            let video = xml.child("Video");
            let media_id = media_id(video, checks)?;
            Some(Reply::Video {
                media_id,
                title: optional(video, "Title"),
                description: optional(video, "Description"),
            })
        }
        "music" => music(xml.child("Music"), checks),
        "news" => news(xml, to_event, checks),
        "transfer_customer_service" => transfer(xml, to_event, checks),
        _ => {
            let right = to_message(to_event, checks);
            right.then_some(Reply::TransferToAi)
        }
    }
}

fn text(xml: &Element, checks: &mut Checks) -> Option<Reply> {
    let content = xml.child("Content").map(|content| content.text.clone()).unwrap_or_default();
    let length = content.len();
    let detail = match content.trim().is_empty() {
        true => Sentence::new("Content 为空", "Content is empty"),
        false => Sentence::new("Content 有内容", "Content says something"),
    };
    let said = checks.note(CheckName::TextEmpty, !content.trim().is_empty(), detail);
    let detail = Sentence::new(
        format!("{length} 字节，上限 {MAX_TEXT} 字节（UTF-8）"),
        format!("{length} bytes of UTF-8, {MAX_TEXT} at most"),
    );
    let short = checks.note(CheckName::TextLength, length <= MAX_TEXT, detail);
    (said && short).then_some(Reply::Text { content })
}

fn media_id(around: Option<&Element>, checks: &mut Checks) -> Option<String> {
    required(CheckName::MediaId, around, "MediaId", checks)
}

fn required(name: CheckName, around: Option<&Element>, field: &str, checks: &mut Checks) -> Option<String> {
    let value = optional(around, field);
    let detail = match &value {
        Some(value) => Sentence::new(format!("{field} 是 {value}"), format!("the {field} is {value}")),
        None => Sentence::new(format!("没有 {field}"), format!("there is no {field}")),
    };
    checks.note(name, value.is_some(), detail);
    value
}

fn optional(around: Option<&Element>, field: &str) -> Option<String> {
    let value = around.and_then(|around| around.child(field)).map(|child| child.text.clone());
    value.filter(|value| !value.trim().is_empty())
}

fn music(music: Option<&Element>, checks: &mut Checks) -> Option<Reply> {
    // Older pages of WeChat's spell it in capitals.
    let url = if has(music, "MusicURL") { "MusicURL" } else { "MusicUrl" };
    let covered = may_be_left_out(CheckName::ThumbMediaId, music, &["ThumbMediaId"], checks);
    let found = may_be_left_out(CheckName::MusicUrl, music, &[url, "HQMusicUrl"], checks);
    (covered && found).then(|| Reply::Music {
        title: optional(music, "Title"),
        description: optional(music, "Description"),
        url: optional(music, url),
        hq_url: optional(music, "HQMusicUrl"),
        thumb_media_id: optional(music, "ThumbMediaId"),
    })
}

fn has(around: Option<&Element>, field: &str) -> bool {
    around.is_some_and(|around| around.child(field).is_some())
}

/// Fields that may be left out, but are not empty.
fn may_be_left_out(
    name: CheckName,
    around: Option<&Element>,
    fields: &[&'static str],
    checks: &mut Checks,
) -> bool {
    let is_empty = |field: &&&str| has(around, field) && optional(around, field).is_none();
    let detail = match fields.iter().find(is_empty) {
        Some(field) => {
            Sentence::new(format!("{field} 为空：请不要写它"), format!("{field} is empty: leave it out"))
        }
        None => {
            let fields = fields.join(", ");
            Sentence::new(
                format!("{fields} 可以没有，有则不为空"),
                format!("{fields}: left out, or not empty"),
            )
        }
    };
    checks.note(name, !fields.iter().any(|field| is_empty(&field)), detail)
}

fn news(xml: &Element, to_event: bool, checks: &mut Checks) -> Option<Reply> {
    let items: Vec<_> = xml
        .child("Articles")
        .map(|articles| articles.children.iter().filter(|item| item.name == "item").collect())
        .unwrap_or_default();
    let (stated, found) = (xml.get("ArticleCount").unwrap_or_default(), items.len());
    let detail = Sentence::new(
        format!("ArticleCount 为 {stated:?}，实有 {found} 篇"),
        format!("ArticleCount is {stated:?}, and there are {found}"),
    );
    let counted = checks.note(CheckName::ArticleCount, stated.parse() == Ok(found), detail);

    let limit = if to_event { 8 } else { 1 };
    let (zh, en) = if to_event { ("事件", "an event") } else { ("消息", "a message") };
    let detail = Sentence::new(
        format!("{found} 篇；回复{zh}可有 1 至 {limit} 篇"),
        format!("{found} articles; in answer to {en} there may be 1 to {limit}"),
    );
    let few = checks.note(CheckName::Articles, (1..=limit).contains(&found), detail);

    // All but the link may be empty.
    let fields = [("Title", false), ("Description", false), ("PicUrl", false), ("Url", true)];
    let is_missing = |item: &Element, (name, filled): (&str, bool)| match item.child(name) {
        Some(child) => filled && child.text.trim().is_empty(),
        None => true,
    };
    let missing = items
        .iter()
        .flat_map(|item| fields.iter().filter(|field| is_missing(item, **field)).map(|(name, _)| name));
    let missing: Vec<_> = missing.copied().collect();
    let detail = match &missing[..] {
        [] => {
            Sentence::new("每篇都有标题、描述、图片和链接", "each has title, description, picture and link")
        }
        missing => {
            let missing = missing.join(", ");
            Sentence::new(format!("缺少 {missing}，或为空"), format!("missing or empty: {missing}"))
        }
    };
    let complete = checks.note(CheckName::ArticleFields, missing.is_empty(), detail);

    let article = |item: &Element| {
        let text = |name| item.child(name).map(|child| child.text.clone()).unwrap_or_default();
        Article {
            title: text("Title"),
            description: text("Description"),
            pic_url: text("PicUrl"),
            url: text("Url"),
        }
    };
    let articles = items.into_iter().map(article).collect();
    (counted && few && complete).then_some(Reply::News { articles })
}

fn transfer(xml: &Element, to_event: bool, checks: &mut Checks) -> Option<Reply> {
    if !to_message(to_event, checks) {
        return None;
    }
    let Some(info) = xml.child("TransInfo") else { return Some(Reply::Transfer { account: None }) };
    let account = optional(Some(info), "KfAccount");
    if account.is_none() {
        let detail = Sentence::new("TransInfo 里没有 KfAccount", "there is no KfAccount in TransInfo");
        checks.note(CheckName::Transfer, false, detail);
    }
    account.map(|account| Reply::Transfer { account: Some(account) })
}

fn to_message(to_event: bool, checks: &mut Checks) -> bool {
    let detail = match to_event {
        true => Sentence::new("事件不能转给客服", "an event cannot be handed over"),
        false => Sentence::new("消息可以转给客服", "a message can be handed over"),
    };
    checks.note(CheckName::Transfer, !to_event, detail)
}
