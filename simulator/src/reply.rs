//! Replies as WeChat reads them.

mod card;

pub(crate) use card::CARD_TYPES;
use serde::Serialize;

use crate::AccountKind;
use crate::check::{CheckName, Checks};
use crate::reading::MessageHead;
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
    /// The button of a `WeCom` card that was clicked gets another text (更新按钮文案).
    UpdateButton {
        /// The new text.
        text: String,
    },
    /// The button of an old `WeCom` task card (任务卡片) that was clicked gets another text.
    UpdateTaskCard {
        /// The new text.
        text: String,
    },
    /// The `WeCom` card is replaced by another one (更新模板卡片).
    UpdateTemplateCard {
        /// The new card.
        card: TemplateCard,
    },
    /// An AI bot's text that grows (流式消息), with a card or without.
    Stream {
        /// The text so far, and what belongs to it.
        stream: StreamState,
        /// The card below it.
        card: Option<serde_json::Value>,
    },
    /// A card (模板卡片) of an AI bot, as it is written.
    BotCard {
        /// The card.
        card: serde_json::Value,
    },
    /// An AI bot replaces the card that was clicked (更新模板卡片).
    UpdateBotCard {
        /// Who sees the new card; empty: everybody.
        userids: Vec<String>,
        /// The new card, as it is written.
        card: serde_json::Value,
    },
}

/// What an AI bot says at one moment. Each answer replaces the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StreamState {
    /// The id that the bot chose.
    pub id: String,
    /// The whole text so far, in markdown.
    pub content: String,
    /// Whether it is the last.
    pub is_finished: bool,
    /// `feedback.id`: with it the user sees buttons for feedback.
    pub feedback_id: Option<String>,
    /// The pictures below the text, in base64.
    pub images: Vec<String>,
}

/// What a member sees first of a [`Reply::UpdateTemplateCard`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TemplateCard {
    /// `CardType`: `text_notice`, `button_interaction` and so on.
    pub card_type: String,
    /// `Source.Desc`: who sends it.
    pub source: Option<String>,
    /// `MainTitle.Title`.
    pub title: Option<String>,
    /// `MainTitle.Desc`.
    pub description: Option<String>,
    /// `SubTitleText`.
    pub sub_title: Option<String>,
    /// The `KeyName` and `Value` of each `HorizontalContentList`.
    pub rows: Vec<(String, String)>,
    /// `ReplaceText`: what stands on the button that was clicked.
    pub replace_text: Option<String>,
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
pub(crate) fn read(
    account: AccountKind,
    reply: &Element,
    head: &MessageHead,
    checks: &mut Checks,
) -> Option<Reply> {
    let to_event = head.event.is_some();
    let kind = has_kind(account, reply, checks)?;
    match kind {
        "text" => text(account, reply, checks),
        "image" => Some(Reply::Image { media_id: media_id(reply.child("Image"), checks)? }),
        "voice" => Some(Reply::Voice { media_id: media_id(reply.child("Voice"), checks)? }),
        "video" => {
            let video = reply.child("Video");
            let media_id = media_id(video, checks)?;
            Some(Reply::Video {
                media_id,
                title: optional(video, "Title"),
                description: optional(video, "Description"),
            })
        }
        "music" => music(reply.child("Music"), checks),
        "news" => news(account, reply, to_event, checks),
        "transfer_customer_service" => transfer(reply, to_event, checks),
        "transfer_biz_ai_ivr" => is_to_message(to_event, checks).then_some(Reply::TransferToAi),
        _ => card::read(kind, reply, head, checks),
    }
}

const MESSAGES: [&str; 5] = ["text", "image", "voice", "video", "news"];
const TRANSFER: &str = "transfer_customer_service";
const UPDATES: [&str; 3] = ["update_button", "update_taskcard", "update_template_card"];

/// The reply's kind, if accounts of this kind have it.
fn has_kind<'r>(account: AccountKind, reply: &'r Element, checks: &mut Checks) -> Option<&'r str> {
    let kind = reply.get("MsgType").unwrap_or_default();
    let of_official = MESSAGES.contains(&kind) || ["music", TRANSFER, "transfer_biz_ai_ivr"].contains(&kind);
    let of_wecom = MESSAGES.contains(&kind) || UPDATES.contains(&kind);
    let right = match account {
        AccountKind::MiniProgram | AccountKind::Store => kind == TRANSFER,
        AccountKind::WeCom => of_wecom,
        // Its replies are read on their own.
        AccountKind::AiBot => false,
        AccountKind::Official | AccountKind::Platform => of_official,
    };
    let detail = match kind {
        "" => texts::missing("MsgType"),
        kind if right || !(of_official || of_wecom) => texts::has("MsgType", kind),
        kind if account.only_transfers() => texts::only_transfer(kind),
        kind => texts::reply_of_another_kind(kind, &account.title()),
    };
    checks.note(CheckName::MsgType, right, detail).then_some(kind)
}

fn text(account: AccountKind, reply: &Element, checks: &mut Checks) -> Option<Reply> {
    let content = reply.child("Content").map(|content| content.text.clone()).unwrap_or_default();
    let is_empty = content.trim().is_empty();
    let detail = if is_empty { texts::text_empty() } else { texts::text_present() };
    let present = checks.note(CheckName::TextEmpty, !is_empty, detail);
    let (length, limit) = (content.len(), account.max_text());
    let short = checks.note(CheckName::TextLength, length <= limit, texts::text_length(length, limit));
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

fn news(account: AccountKind, xml: &Element, to_event: bool, checks: &mut Checks) -> Option<Reply> {
    let items: Vec<_> = xml
        .child("Articles")
        .map(|articles| articles.children.iter().filter(|item| item.name == "item").collect())
        .unwrap_or_default();
    let (stated, found) = (xml.get("ArticleCount").unwrap_or_default(), items.len());
    let detail = texts::article_count(stated, found);
    let counted = checks.note(CheckName::ArticleCount, stated.parse() == Ok(found), detail);

    let is_wecom = account == AccountKind::WeCom;
    let limit = if to_event || is_wecom { 8 } else { 1 };
    let detail = match to_event {
        _ if is_wecom => texts::news_articles(found, limit),
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
