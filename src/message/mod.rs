//! Messages: what WeChat pushes, typed.
//!
//! A [`Message`] has a [`Head`] (who, to whom, when) and a [`Content`] (what). Nothing is lost: kinds that this crate
//! does not know are [`Content::Unknown`] and [`Event::Unknown`], and [`Message::fields`] has every element of a
//! message.
//!
//! ```
//! use wechat_callback::message::{Content, Event, Message};
//! use wechat_callback::{Reply, TextReply};
//!
//! fn answer(message: &Message) -> Reply {
//!     match &message.content {
//!         Content::Text(text) => TextReply::literal(&text.content).into(),
//!         Content::Event(Event::Subscribe(subscribe)) => match &subscribe.scene {
//!             Some(scene) => TextReply::literal(&format!("欢迎！你从 {scene} 来")).into(),
//!             None => TextReply::new("欢迎！").into(),
//!         },
//!         _ => Reply::none(),
//!     }
//! }
//! ```
//!
#![doc = include_str!("family.md")]
//!
//! # As JSON
//!
//! A [`Message`] serializes to readable JSON and back without loss, so that pushes can go through a queue. It is read from
//! `fields` alone: `head` and `content` are there for people and other programs. (Where your program has changed one of the
//! two, `"altered": true` stands before them, and they are read.)
//!
//! ```
//! use wechat_callback::Message;
//!
//! let xml = "<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType><Content>你好</Content></xml>";
//! let message = Message::from_xml(xml)?;
//! let json = serde_json::to_value(&message)?;
//! assert_eq!(json["head"]["from"], "o1");
//! assert_eq!(json["content"]["type"], "text");
//! assert_eq!(json["content"]["content"], "你好");
//! assert_eq!(serde_json::from_value::<Message>(json)?, message);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # In tests
//!
//! [`Message::new`] makes a message without XML. [`reveal`](Message::reveal) shows in an assertion what `Debug` hides:
//!
//! ```
//! use wechat_callback::message::{Text, event::Subscribe};
//! use wechat_callback::{Message, Reply, TextReply, WechatMessage};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> Reply {
//!     message.text().map(TextReply::literal).into()
//! }
//!
//! # async fn test() {
//! let message = Message::new(Text::default().content("你好")).sent_by("openid");
//! assert_eq!(chat(message.into()).await.reveal(), TextReply::new("你好").reveal());
//!
//! let message = Message::new(Subscribe::default().scene("42")).sent_by("openid");
//! assert_eq!(chat(message.into()).await.reveal(), Reply::none().reveal());
//! # }
//! ```
//!
//! The types of messages and events are `#[non_exhaustive]`, because WeChat adds elements and kinds. So a test starts
//! with the `Default` of a type and sets its fields with the methods of their names.
//!
#![doc = include_str!("table.md")]

mod chat;
mod content;
mod de;
mod debug;
mod device;
pub mod event;
mod extractor;
mod fields;
mod fields_error;
mod file;
mod head;
mod held;
mod id;
mod json;
mod link;
mod location;
mod media;
mod mini_program;
mod mixed;
mod read;
pub mod system;
mod text;
mod values;
mod write;

use std::fmt;

use serde::Deserialize;

use crate::format::Tree;
use crate::{AccountId, JsonError, XmlError};
use aibot::Dialect;
use read::elements;

#[cfg(any(
    feature = "actix-web-4",
    feature = "axum-core-0_5",
    all(feature = "metrics", feature = "tokio-1")
))]
pub(crate) use content::for_each_kind;

pub use chat::{Chat, ChatType};
pub use content::Content;
pub(crate) use debug::debug_without_content;
pub use device::{DeviceEvent, DeviceText};
#[doc(inline)]
pub use event::Event;
pub use extractor::{MessageRejection, WechatMessage};
pub use fields::{Field, Fields};
pub use fields_error::FieldsError;
pub use file::File;
pub use head::Head;
pub use id::Id;
pub use link::Link;
pub use location::Location;
pub use media::{Image, ShortVideo, Video, Voice};
pub use mini_program::MiniProgramPage;
pub use mixed::{Mixed, MixedItem, StreamRefresh};
#[doc(inline)]
pub use system::SystemEvent;
pub use text::Text;
pub use values::Decimal;
pub use write::IntoField;

/// One message or event that WeChat pushed.
///
/// `Debug` shows the kind, never what a user wrote or who they are. Serialization loses nothing, so a message can go
/// through a queue.
///
/// `#[non_exhaustive]`: it also holds every element, typed or not. A test makes one with [`Message::new`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Who sent it to whom, and when.
    pub head: Head,
    /// What it holds, by kind.
    pub content: Content,
    /// To which account it was pushed, where it came through a callback.
    account: Option<AccountId>,
    tree: Tree,
}

impl Message {
    /// Reads a message from plain XML without verifying anything, for tests and for XML that comes from a queue.
    /// Requests go through [`Callback::open`](crate::Callback::open).
    ///
    /// ```
    /// # use wechat_callback::Message;
    /// let message = Message::from_xml("<xml><MsgType>text</MsgType><Content>你好</Content></xml>")?;
    /// assert_eq!(message.text(), Some("你好"));
    /// # Ok::<(), wechat_callback::XmlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`XmlError`] if `xml` is not the XML of a message. An unknown kind is not an error.
    pub fn from_xml(xml: &str) -> Result<Self, XmlError> {
        Ok(Self::pushed_to(None, Tree::parse(xml)?, Dialect::Usual))
    }

    /// Reads a message from JSON as WeChat pushes it, without verifying anything, as [`from_xml`](Self::from_xml) does
    /// from XML. (What a message is serialized to is another JSON: see [above](self#as-json).)
    ///
    /// It has the same elements as in XML: a member is an element, an array is one element for each of its items, and
    /// `null` is an element without a text. Numbers keep the digits that they are written with.
    ///
    /// ```
    /// # use wechat_callback::Message;
    /// let message = Message::from_json(
    ///     r#"{"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1714036504, "MsgType": "text",
    ///         "Content": "你好", "MsgId": 24537152634531843}"#,
    /// )?;
    /// assert_eq!(message.text(), Some("你好"));
    /// assert_eq!(message.fields().get("MsgId"), Some("24537152634531843"));
    /// # Ok::<(), wechat_callback::JsonError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`JsonError`] if `json` is not the JSON of a message. An unknown kind is not an error.
    pub fn from_json(json: &str) -> Result<Self, JsonError> {
        Ok(Self::from_tree(Tree::parse_json(json)?))
    }

    pub(crate) fn from_tree(tree: Tree) -> Self {
        Self::pushed_to(None, tree, Dialect::ByAibotid)
    }

    /// What was pushed to `account`.
    #[inline]
    pub(crate) fn pushed_to(account: Option<AccountId>, tree: Tree, dialect: Dialect) -> Self {
        let fields = Fields::new(tree.root());
        let mut has_aibotid = false;
        let head = Head::read(fields, &mut has_aibotid);
        if dialect.is_aibots(has_aibotid) {
            return Self::pushed_to_aibot(account, tree, head);
        }
        let mut message = Self { head, content: Content::read(fields), account, tree };
        if matches!(message.content, Content::System(_)) {
            message.date_by_time_stamp();
        }
        message
    }

    /// The system events of WeCom have no `CreateTime`.
    #[cold]
    fn date_by_time_stamp(&mut self) {
        let written = self.fields().get("TimeStamp").and_then(read::number);
        self.head.created = self.head.created.or(written.map(crate::Timestamp::from_secs));
    }

    /// Whether there is an element `Encrypt`.
    pub(crate) fn has_envelope(tree: &Tree) -> bool {
        Fields::new(tree.root()).field("Encrypt").is_some()
    }

    /// The text, if the message is a text message. The mention of an AI bot that it begins with in a group is left out.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(&text.content),
            _ => None,
        }
    }

    /// The openid of the sender: `FromUserName`. In WeCom (企业微信) it is the member's UserID instead, or `sys`; to an AI bot
    /// `from.userid`, which is another id unless the company's super administrator made the bot.
    #[must_use]
    pub fn openid(&self) -> Option<&str> {
        self.head.from.as_deref()
    }

    /// The account that it was pushed to, where it came through a [`Callback`](crate::Callback).
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// The event, if the message is one.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.content {
            Content::Event(event) => Some(event),
            _ => None,
        }
    }

    /// The system event, if the message is one: what a platform (第三方平台) or a suite (第三方应用) is told.
    ///
    /// ```
    /// use wechat_callback::Message;
    ///
    /// let message = Message::from_xml(
    ///     "<xml><SuiteId>ww1</SuiteId><InfoType>suite_ticket</InfoType><SuiteTicket>t</SuiteTicket></xml>",
    /// )?;
    /// assert!(message.system().is_some_and(|system| system.is("suite_ticket")));
    /// # Ok::<(), wechat_callback::XmlError>(())
    /// ```
    #[must_use]
    pub fn system(&self) -> Option<&SystemEvent> {
        match &self.content {
            Content::System(system) => Some(system),
            _ => None,
        }
    }

    /// The app of WeCom (企业微信应用) that a message or an event belongs to: `AgentID`. `None` outside of WeCom, and for what
    /// belongs to no app.
    ///
    /// ```
    /// use wechat_callback::{Message, message::Text};
    ///
    /// let message = Message::new(Text::default().content("你好")).with_field("AgentID", "1000002");
    /// assert_eq!(message.agent_id(), Some(1_000_002));
    /// ```
    #[must_use]
    pub fn agent_id(&self) -> Option<i64> {
        self.fields().get("AgentID").and_then(read::number)
    }

    /// The scene of the account's QR code that was scanned, whether by a new follower or an old one.
    #[must_use]
    pub fn scene(&self) -> Option<&str> {
        match self.event()? {
            Event::Subscribe(subscribe) => subscribe.scene.as_deref(),
            Event::Scan(scan) => Some(&scan.scene),
            _ => None,
        }
    }

    /// The key of the menu button that was used. Buttons that open a link or a mini-program have none.
    #[must_use]
    pub fn menu_key(&self) -> Option<&str> {
        Some(match self.event()? {
            Event::Click(event) => &event.event_key,
            Event::ScancodePush(event) => &event.event_key,
            Event::ScancodeWaitmsg(event) => &event.event_key,
            Event::PicSysphoto(event) => &event.event_key,
            Event::PicPhotoOrAlbum(event) => &event.event_key,
            Event::PicWeixin(event) => &event.event_key,
            Event::LocationSelect(event) => &event.event_key,
            _ => return None,
        })
    }

    /// Every element of the message, known or not.
    ///
    /// ```
    /// use wechat_callback::Message;
    ///
    /// let message = Message::from_xml(
    ///     "<xml><MsgType>event</MsgType><Event>some_future_event</Event>\
    ///      <List><Id>1</Id></List><List><Id>2</Id></List></xml>",
    /// )?;
    /// let ids = message.fields().all("List").filter_map(|list| list.fields().get("Id"));
    /// assert_eq!(ids.collect::<Vec<_>>(), ["1", "2"]);
    /// # Ok::<(), wechat_callback::XmlError>(())
    /// ```
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(self.tree.root())
    }

    /// Reads the elements into a type of your own, nested and repeated ones included.
    ///
    /// - A field is read from the element of exactly its name. Use `#[serde(alias)]` if WeChat spells a name in two
    ///   ways.
    /// - A list is read from all elements of the name, even if there is only one; add `#[serde(default)]` if there may
    ///   be none. A field that is not a list takes the first element of the name.
    /// - An `Option` is `None` if the element is missing or empty.
    /// - Numbers and `bool` are parsed from the text; `0` and `1` are a `bool` too. A `&str` borrows the text.
    /// - An enum's variant is named by the text, or by the only element inside.
    /// - Where serde lets the data decide the type (`flatten`, `untagged`, `tag`, `serde_json::Value`), every text is a
    ///   string, and only two or more elements of one name are a list. Read numbers as strings there.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use wechat_callback::Message;
    ///
    /// #[derive(Deserialize)]
    /// struct Push {
    ///     #[serde(rename = "SubscribeMsgPopupEvent")]
    ///     popup: Popup,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Popup {
    ///     #[serde(rename = "List", default)]
    ///     choices: Vec<Choice>,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Choice {
    ///     template_id: String,
    ///     popup_scene: i64,
    /// }
    ///
    /// let message = Message::from_xml(
    ///     "<xml><MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>\
    ///      <List><TemplateId>one</TemplateId><PopupScene>2</PopupScene></List>\
    ///      <List><TemplateId>two</TemplateId><PopupScene>0</PopupScene></List>\
    ///      </SubscribeMsgPopupEvent></xml>",
    /// )?;
    /// let Push { popup } = message.deserialize()?;
    /// assert_eq!(popup.choices.len(), 2);
    /// assert_eq!((popup.choices[0].template_id.as_str(), popup.choices[0].popup_scene), ("one", 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FieldsError`] if the type does not fit. It says where and what was expected, and does not repeat the message.
    /// Errors of the type's own code (`Error::custom`, `#[serde(try_from)]`) are passed on unchanged.
    pub fn deserialize<'a, T: Deserialize<'a>>(&'a self) -> Result<T, FieldsError> {
        self.fields().deserialize()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("head", &self.head)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

// Last, so that the docs of `Message` begin with what handlers use.
pub(crate) mod aibot;
mod make;
