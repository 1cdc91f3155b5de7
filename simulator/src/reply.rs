//! Replies as WeChat reads them.

use serde::Serialize;

use crate::check::{CheckName, Checks};
use crate::texts::check as texts;
use crate::xml::Element;

/// The longest text, in bytes of UTF-8. For a longer one the user sees WeChat's failure notice. The limit is
/// measured; WeChat does not document it.
pub const MAX_TEXT: usize = 2047;

/// A bot's passive reply (被动回复).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// `success` or an empty answer: WeChat shows nothing and does not retry.
    Acknowledgement,
    /// A text (文本).
    Text {
        /// The text. `<a href="…">` in it is a link.
        content: String,
    },
    /// A picture (图片).
    Image {
        /// Its media id.
        media_id: String,
    },
    /// A voice message (语音).
    Voice {
        /// Its media id.
        media_id: String,
    },
    /// A video (视频).
    Video {
        /// Its media id.
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
        /// Its URL.
        url: Option<String>,
        /// The URL of a version in better quality, for Wi-Fi.
        hq_url: Option<String>,
        /// The media id of its cover, if it has one.
        thumb_media_id: Option<String>,
    },
    /// Articles (图文).
    News {
        /// The articles, one to eight.
        articles: Vec<Article>,
    },
    /// The message is transferred to an agent (转发客服).
    Transfer {
        /// The agent's account, or `None` for any agent.
        account: Option<String>,
    },
    /// The message is transferred to WeChat's own AI reply.
    TransferToAi,
}

/// An article of a [`Reply::News`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Article {
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The URL of its picture.
    pub pic_url: String,
    /// The URL of its page.
    pub url: String,
}

/// Reads the content of a reply and notes each check.
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
        "" => texts::missing("MsgType"),
        kind => texts::has("MsgType", kind),
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
            let right = is_to_message(to_event, checks);
            right.then_some(Reply::TransferToAi)
        }
    }
}

fn text(xml: &Element, checks: &mut Checks) -> Option<Reply> {
    let content = xml.child("Content").map(|content| content.text.clone()).unwrap_or_default();
    let is_empty = content.trim().is_empty();
    let detail = if is_empty { texts::text_empty() } else { texts::text_present() };
    let present = checks.note(CheckName::TextEmpty, !is_empty, detail);
    let length = content.len();
    let short = checks.note(CheckName::TextLength, length <= MAX_TEXT, texts::text_length(length, MAX_TEXT));
    (present && short).then_some(Reply::Text { content })
}

fn media_id(around: Option<&Element>, checks: &mut Checks) -> Option<String> {
    required(CheckName::MediaId, around, "MediaId", checks)
}

fn required(name: CheckName, around: Option<&Element>, field: &str, checks: &mut Checks) -> Option<String> {
    let value = optional(around, field);
    let detail = match &value {
        Some(value) => texts::has(field, value),
        None => texts::missing(field),
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

/// Fields that may be absent, but not empty.
fn may_be_left_out(
    name: CheckName,
    around: Option<&Element>,
    fields: &[&'static str],
    checks: &mut Checks,
) -> bool {
    let is_empty = |field: &&&str| has(around, field) && optional(around, field).is_none();
    let detail = match fields.iter().find(is_empty) {
        Some(field) => texts::empty_optional_field(field),
        None => texts::optional_fields(&fields.join(", ")),
    };
    checks.note(name, !fields.iter().any(|field| is_empty(&field)), detail)
}

fn news(xml: &Element, to_event: bool, checks: &mut Checks) -> Option<Reply> {
    let items: Vec<_> = xml
        .child("Articles")
        .map(|articles| articles.children.iter().filter(|item| item.name == "item").collect())
        .unwrap_or_default();
    let (stated, found) = (xml.get("ArticleCount").unwrap_or_default(), items.len());
    let detail = texts::article_count(stated, found);
    let counted = checks.note(CheckName::ArticleCount, stated.parse() == Ok(found), detail);

    let limit = if to_event { 8 } else { 1 };
    let detail = match to_event {
        true => texts::articles_to_event(found, limit),
        false => texts::articles_to_message(found, limit),
    };
    let few = checks.note(CheckName::Articles, (1..=limit).contains(&found), detail);

    let missing: Vec<_> = items.iter().flat_map(|item| missing_in_article(item)).collect();
    let detail = match &missing[..] {
        [] => texts::article_fields(),
        missing => texts::article_fields_missing(&missing.join(", ")),
    };
    let complete = checks.note(CheckName::ArticleFields, missing.is_empty(), detail);

    let articles = items.into_iter().map(article).collect();
    (counted && few && complete).then_some(Reply::News { articles })
}

/// The fields that an article lacks. All but the link may be empty.
fn missing_in_article(item: &Element) -> Vec<&'static str> {
    let fields = [("Title", false), ("Description", false), ("PicUrl", false), ("Url", true)];
    let is_missing = |(name, filled): &(&str, bool)| match item.child(name) {
        Some(child) => *filled && child.text.trim().is_empty(),
        None => true,
    };
    fields.into_iter().filter(is_missing).map(|(name, _)| name).collect()
}

fn article(item: &Element) -> Article {
    let text = |name| item.child(name).map(|child| child.text.clone()).unwrap_or_default();
    Article {
        title: text("Title"),
        description: text("Description"),
        pic_url: text("PicUrl"),
        url: text("Url"),
    }
}

fn transfer(xml: &Element, to_event: bool, checks: &mut Checks) -> Option<Reply> {
    if !is_to_message(to_event, checks) {
        return None;
    }
    let Some(info) = xml.child("TransInfo") else { return Some(Reply::Transfer { account: None }) };
    let account = optional(Some(info), "KfAccount");
    if account.is_none() {
        checks.note(CheckName::Transfer, false, texts::missing_inside("KfAccount", "TransInfo"));
    }
    account.map(|account| Reply::Transfer { account: Some(account) })
}

fn is_to_message(to_event: bool, checks: &mut Checks) -> bool {
    let detail = match to_event {
        true => texts::event_transferred(),
        false => texts::message_transferred(),
    };
    checks.note(CheckName::Transfer, !to_event, detail)
}
