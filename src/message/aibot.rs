//! How the pushes of an AI bot of WeCom (企业微信智能机器人) are read: JSON, in which every kind has an object of its own.
//!
//! What it says is typed with the same types as the pushes of other channels. After Tencent's pages on receiving messages
//! (接收消息, path 100719) and events (接收事件, path 101027).

use super::event::{CardType, EnterChat, Event, Feedback, SelectedItem, TemplateCardEvent};
use super::read::{Composite, filled, number};
use super::{
    Chat, Content, Field, Fields, File, Head, Image, Message, Mixed, StreamRefresh, Text, Video, Voice,
};
use crate::channel::PushKind;
use crate::format::{Name, Tree, TwoTexts};
use crate::{AccountId, SharedStr};

/// In which words a push is written.
#[derive(Clone, Copy)]
pub(crate) enum Dialect {
    /// Those of Official Accounts, which most channels have.
    Usual,
    /// An AI bot's.
    AiBot,
    /// An AI bot's if it has an `aibotid`, where no account says so.
    ByAibotid,
}

impl Dialect {
    #[inline]
    pub(super) const fn is_aibots(self, has_aibotid: bool) -> bool {
        match self {
            Self::Usual => false,
            Self::AiBot => true,
            Self::ByAibotid => has_aibotid,
        }
    }
}

/// Of AI bots of WeCom (企业微信智能机器人).
impl Message {
    /// The chat that a message or an event of an AI bot (企业微信智能机器人) comes from: `chatid` and `chattype`. `None` outside of
    /// AI bots.
    ///
    /// ```
    /// use wechat_callback::Message;
    /// use wechat_callback::message::ChatType;
    ///
    /// let message = Message::from_json(
    ///     r#"{"aibotid": "b", "chatid": "c", "chattype": "group", "from": {"userid": "zhangsan"}, "msgtype": "text",
    ///         "text": {"content": "@助手 你好 zhang@example.com"}}"#,
    /// )?;
    /// let chat = message.chat().expect("an AI bot's");
    /// assert_eq!((chat.chat_type, chat.id.as_deref()), (ChatType::Group, Some("c")));
    /// assert_eq!(message.text(), Some("你好 zhang@example.com"));
    /// # Ok::<(), wechat_callback::JsonError>(())
    /// ```
    #[must_use]
    pub fn chat(&self) -> Option<Chat> {
        let fields = self.fields();
        fields.field("chattype").or_else(|| fields.field("chatid")).map(|_| Chat::read_from(fields))
    }

    /// What a message to an AI bot (企业微信智能机器人) quotes: `quote`, of the kinds text, image, mixed, voice, file and video. In a
    /// group it is the only way in which a file reaches the bot.
    ///
    /// ```
    /// use wechat_callback::Message;
    /// use wechat_callback::message::Content;
    ///
    /// let message = Message::from_json(
    ///     r#"{"aibotid": "b", "msgtype": "text", "text": {"content": "谁写的？"},
    ///         "quote": {"msgtype": "text", "text": {"content": "床前明月光"}}}"#,
    /// )?;
    /// assert!(matches!(message.quote(), Some(Content::Text(text)) if text.content == "床前明月光"));
    /// # Ok::<(), wechat_callback::JsonError>(())
    /// ```
    #[must_use]
    pub fn quote(&self) -> Option<Content> {
        let quote = self.fields().field("quote").map(Field::fields).filter(|quote| !quote.is_empty())?;
        self.is_aibots().then(|| {
            let kind = quote.get("msgtype").unwrap_or_default();
            said(kind, quote, false)
        })
    }

    /// Where a message of its own is posted once, within an hour, in answer to a push to an AI bot (企业微信智能机器人):
    /// `response_url`. Messages and clicks on cards have one.
    ///
    /// It is a secret: whoever knows it can speak as the bot. `Debug` does not show it; do not log it.
    ///
    /// ```
    /// use wechat_callback::Message;
    ///
    /// let message = Message::from_json(r#"{"aibotid": "b", "response_url": "https:\/\/example.com\/"}"#)?;
    /// assert_eq!(message.response_url(), Some("https://example.com/"));
    /// # Ok::<(), wechat_callback::JsonError>(())
    /// ```
    #[must_use]
    pub fn response_url(&self) -> Option<&str> {
        self.fields().get("response_url").filter(|url| !url.is_empty())
    }

    #[cold]
    pub(super) fn pushed_to_aibot(account: Option<AccountId>, tree: Tree, mut head: Head) -> Self {
        let fields = Fields::new(tree.root());
        complete(&mut head, fields);
        Self { head, content: content(fields), account, tree }
    }

    /// Whether it was pushed to an AI bot.
    pub(crate) fn is_aibots(&self) -> bool {
        is_in(self.fields())
    }
}

/// Whether these are the elements of an AI bot's push.
pub(super) fn is_in(fields: Fields<'_>) -> bool {
    fields.known(Name::AibotId).is_some()
}

/// Puts in what an AI bot's push spells otherwise: `aibotid`, `from.userid` and `create_time`. (A test may set the sender
/// and the time under their usual names.)
pub(super) fn complete(head: &mut Head, fields: Fields<'_>) {
    head.to = fields.known(Name::AibotId).and_then(Field::filled).or(head.to.take());
    head.from = sender(fields).and_then(Field::filled).or(head.from.take());
    let created = fields.get("create_time").and_then(number).map(crate::Timestamp::from_secs);
    head.created = created.or(head.created);
}

fn sender(fields: Fields<'_>) -> Option<Field<'_>> {
    inside(fields, "from").field("userid")
}

fn inside<'a>(fields: Fields<'a>, name: &str) -> Fields<'a> {
    fields.field(name).map(Field::fields).unwrap_or_default()
}

/// What the push holds.
pub(super) fn content(fields: Fields<'_>) -> Content {
    let kind = fields.msg_type().map(Field::text).unwrap_or_default();
    match kind {
        "event" => Content::Event(event(inside(fields, "event"))),
        "stream" => Content::StreamRefresh(StreamRefresh::read_from(fields)),
        // In a group the text begins with whom it is for, and that is the bot.
        kind => said(kind, fields, fields.get("chattype") == Some("group")),
    }
}

/// What a user wrote or sent, now or in what is quoted.
pub(super) fn said(kind: &str, fields: Fields<'_>, is_mentioned: bool) -> Content {
    let object = inside(fields, kind);
    let text = |name| object.shared(name).unwrap_or_default();
    match kind {
        "text" => {
            let content = text("content");
            let content = if is_mentioned { without_mention(content) } else { content };
            Content::Text(Text { content, ..Text::default() })
        }
        "image" => Content::Image(Image { pic_url: text("url"), ..Image::default() }),
        "mixed" => Content::Mixed(mixed(fields, is_mentioned)),
        "voice" => Content::Voice(Voice { recognition: filled(object, "content"), ..Voice::default() }),
        "file" => Content::File(File { url: filled(object, "url"), ..File::default() }),
        "video" => Content::Video(Video { url: filled(object, "url"), ..Video::default() }),
        _ => Content::Unknown { kind: fields.msg_type().map(Field::shared_text).unwrap_or_default() },
    }
}

fn mixed(fields: Fields<'_>, is_mentioned: bool) -> Mixed {
    let mut mixed = Mixed::read_from(fields);
    if is_mentioned {
        mixed.strip_mention();
    }
    mixed
}

/// The text without the mention that it begins with, and without the blanks behind that. No other `@` is one: there are
/// mail addresses, and code.
pub(super) fn without_mention(text: SharedStr) -> SharedStr {
    let Some(mentioned) = text.strip_prefix('@') else { return text };
    let name = mentioned.find(char::is_whitespace).unwrap_or(mentioned.len());
    if name == 0 {
        return text;
    }
    let rest = mentioned.get(name..).unwrap_or_default().trim_start();
    let mention = text.len().saturating_sub(rest.len());
    let mention = text.get(..mention).unwrap_or_default().to_owned();
    text.clone().without_prefix(&mention).unwrap_or(text)
}

fn event(fields: Fields<'_>) -> Event {
    let name = fields.shared("eventtype").unwrap_or_default();
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("enter_chat") {
        EnterChat {}.into()
    } else if is("template_card_event") {
        card_event(inside(fields, "template_card_event")).into()
    } else if is("feedback_event") {
        Feedback::read_from(fields).into()
    } else {
        Event::Unknown { name }
    }
}

/// The tables of Tencent's page write `cardtype`, `eventkey`, `optionids`, its examples `card_type` and so on.
fn card_event(fields: Fields<'_>) -> TemplateCardEvent {
    let text = |name| loose(fields, name).map(Field::shared_text).unwrap_or_default();
    let items = loose(fields, "selecteditems").map(Field::fields).unwrap_or_default();
    TemplateCardEvent {
        event_key: text("eventkey"),
        task_id: text("taskid"),
        card_type: CardType::from(text("cardtype")),
        response_code: SharedStr::default(),
        selected_items: all_loose(items, "selecteditem").map(selected_item).collect(),
    }
}

fn selected_item(item: Field<'_>) -> SelectedItem {
    let options = loose(item.fields(), "optionids").map(Field::fields).unwrap_or_default();
    SelectedItem {
        question_key: loose(item.fields(), "questionkey").map(Field::shared_text).unwrap_or_default(),
        option_ids: all_loose(options, "optionid").map(Field::shared_text).collect(),
    }
}

fn loose<'a>(fields: Fields<'a>, name: &'static str) -> Option<Field<'a>> {
    all_loose(fields, name).next()
}

/// The elements of that name, whatever underscores are in it.
fn all_loose<'a>(fields: Fields<'a>, name: &'static str) -> impl Iterator<Item = Field<'a>> {
    fields.filter(move |field| {
        let letters = field.name().bytes().filter(|byte| *byte != b'_');
        letters.map(|byte| byte.to_ascii_lowercase()).eq(name.bytes())
    })
}

/// What the push is, as far as its reply depends on it.
pub(crate) fn push_kind(tree: &Tree) -> PushKind {
    let fields = Fields::new(tree.root());
    match Content::kind_of(tree) {
        "stream" => PushKind::Refresh,
        "event" => match inside(fields, "event").get("eventtype").unwrap_or_default() {
            name if name.eq_ignore_ascii_case("enter_chat") => PushKind::EnterChat,
            name if name.eq_ignore_ascii_case("template_card_event") => PushKind::CardClick,
            _ => PushKind::Event,
        },
        _ => PushKind::Message,
    }
}

/// The sender and the bot.
pub(crate) fn names(tree: &Tree) -> TwoTexts {
    let fields = Fields::new(tree.root());
    tree.texts_of([sender(fields), fields.known(Name::AibotId)].map(|field| field.map(Field::element)))
}

/// The id of the stream that is asked for, unless it is empty.
pub(crate) fn refreshed(tree: &Tree) -> Option<&str> {
    inside(Fields::new(tree.root()), "stream").get("id").filter(|id| !id.is_empty())
}

/// The bot and the id of the push.
pub(crate) fn ids(tree: &Tree) -> [&str; 2] {
    let fields = Fields::new(tree.root());
    let text = |name| fields.known(name).map(Field::text).unwrap_or_default();
    [text(Name::AibotId), text(Name::MsgId)]
}
