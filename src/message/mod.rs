//! Messages: what WeChat pushes, typed.
//!
//! A [`Message`] is a [`Head`] (who, to whom, when) and a [`Content`] (what). Kinds that this crate does not
//! know are kept: every element of a message, known or not, stays readable through [`Message::fields`].
//!
//! ```
//! use wechat_callback::message::{Content, Message};
//! use wechat_callback::{Reply, TextReply};
//!
//! fn answer(message: Message) -> Reply {
//!     match message.content {
//!         Content::Text(text) => TextReply::new(text.content).into(),
//!         Content::Event(event) if event.is("subscribe") => TextReply::new("欢迎！").into(),
//!         _ => Reply::none(),
//!     }
//! }
//! ```

mod device;
pub mod event;
mod fields;
mod file;
mod link;
mod location;
mod media;
mod mini_program;
mod read;
mod text;
mod values;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::xml::Tree;
use crate::{Timestamp, XmlError};
use read::{Element, Read, elements};

pub use device::{DeviceEvent, DeviceText};
pub use event::Event;
pub use fields::{Field, Fields};
pub use file::File;
pub use link::Link;
pub use location::Location;
pub use media::{Image, ShortVideo, Video, Voice};
pub use mini_program::MiniProgramPage;
pub use text::Text;
pub use values::{Decimal, Id};

/// One message or event that WeChat pushed.
///
/// Its `Debug` shows the kind, never what a user wrote or who he is. As JSON it loses nothing: it can go through a
/// queue.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who, to whom, when.
    pub head: Head,
    /// What.
    pub content: Content,
    #[serde(rename = "fields")]
    tree: Tree,
}

elements! {
    /// What every message has.
    pub struct Head {
        /// `ToUserName`: the account's original id (原始ID), `gh_…`. A few events have none.
        pub to: Option<String> = "ToUserName",
        /// `FromUserName`: the user's openid. A few events have none.
        pub from: Option<String> = "FromUserName",
        /// `CreateTime`. `None` where it is no number.
        pub created: Option<Timestamp> = "CreateTime",
        /// `MsgId`, by which repeats of a message are known. Events have none.
        pub id: Option<Id> = "MsgId",
        /// `MsgDataId`: which article the message was written under, if it was.
        pub msg_data_id: Option<String> = "MsgDataId",
        /// `Idx`: which article of a mass message, from 1, the message was written under.
        pub idx: Option<i64> = "Idx",
        /// `BusinessId`. What it means is not documented.
        pub business_id: Option<Id> = "BusinessId",
    }
}

/// What a message says, by `MsgType`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// `text`
    Text(Text),
    /// `image`
    Image(Image),
    /// `voice`
    Voice(Voice),
    /// `video`
    Video(Video),
    /// `shortvideo`
    ShortVideo(ShortVideo),
    /// `location`: a place that the user sent. (Not the event `LOCATION`.)
    Location(Location),
    /// `link`
    Link(Link),
    /// `file`
    File(File),
    /// `miniprogrampage`
    MiniProgramPage(MiniProgramPage),
    /// `device_text`
    DeviceText(DeviceText),
    /// `device_event`
    DeviceEvent(DeviceEvent),
    /// `event`: something that the user or WeChat did.
    Event(Event),
    /// Any other `MsgType`. What it holds is in [`Message::fields`].
    Unknown {
        /// `MsgType` as it came; empty where there is none.
        kind: String,
    },
}

impl Message {
    /// Reads a message that is plain XML already.
    ///
    /// For tests and for messages that come out of a queue: nothing is verified here. Requests go through
    /// [`Callback::open`](crate::Callback::open).
    ///
    /// # Errors
    ///
    /// [`XmlError`] where it is no message at all. A kind that is not known is none of these.
    pub fn from_xml(xml: &str) -> Result<Self, XmlError> {
        Ok(Self::from_tree(Tree::parse(xml)?))
    }

    fn from_tree(tree: Tree) -> Self {
        let fields = Fields::new(tree.root());
        Self { head: Head::read_from(fields), content: Content::read(fields), tree }
    }

    /// The text of a text message.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(&text.content),
            _ => None,
        }
    }

    /// The openid of the sender: `FromUserName`.
    #[must_use]
    pub fn openid(&self) -> Option<&str> {
        self.head.from.as_deref()
    }

    /// What happened, where the message is an event.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &self.content {
            Content::Event(event) => Some(event),
            _ => None,
        }
    }

    /// The scene of the QR code that was scanned, by someone who follows since or did before.
    #[must_use]
    pub fn scene(&self) -> Option<&str> {
        match self.event()? {
            Event::Subscribe(subscribe) => subscribe.scene.as_deref(),
            Event::Scan(scan) => Some(&scan.scene),
            _ => None,
        }
    }

    /// The key of the menu button that was used. (A button with a link or a mini-program has none.)
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
}

/// The kinds that are not events, with WeChat's `MsgType`.
macro_rules! for_each_kind {
    ($macro:ident) => {
        $macro! {
            Text = "text",
            Image = "image",
            Voice = "voice",
            Video = "video",
            ShortVideo = "shortvideo",
            Location = "location",
            Link = "link",
            File = "file",
            MiniProgramPage = "miniprogrampage",
            DeviceText = "device_text",
            DeviceEvent = "device_event",
        }
    };
}
pub(crate) use for_each_kind;

macro_rules! content {
    ($($type:ident = $name:literal,)+) => {
        impl Content {
            fn read(fields: Fields<'_>) -> Self {
                match fields.get("MsgType").unwrap_or_default() {
                    $( $name => Self::$type($type::read_from(fields)), )+
                    kind if kind.eq_ignore_ascii_case("event") => Self::Event(Event::read(fields)),
                    kind => Self::Unknown { kind: kind.to_owned() },
                }
            }

            /// `MsgType`.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $( Self::$type(_) => $name, )+
                    Self::Event(_) => "event",
                    Self::Unknown { kind } => kind,
                }
            }
        }
    };
}
for_each_kind!(content);

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("head", &self.head)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => event.fmt(f),
            Self::Unknown { .. } => f.write_str("Unknown(..)"),
            known => write!(f, "{}(..)", known.kind()),
        }
    }
}

/// The extractor: what WeChat pushed, verified, decrypted and typed by the middleware.
///
/// With `axum` it is a `FromRequestParts`, with actix-web a `FromRequest`. It takes the message out of the
/// request, so a handler has it once. Without the middleware around the route it fails with a status of 500
/// that names the middleware.
///
/// ```
/// use wechat_callback::{TextReply, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
///     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WechatMessage(pub Message);

/// `Debug` for a type whose fields are what a user wrote or who he is: its name alone.
macro_rules! debug_without_content {
    ($($type:ident),+) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    )+};
}
pub(crate) use debug_without_content;
