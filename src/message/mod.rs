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

mod event;
mod fields;
mod link;
mod location;
mod media;
mod text;

use std::fmt;

use crate::xml::Tree;
use crate::{Timestamp, XmlError};

pub use event::Event;
pub use fields::{Field, Fields};
pub use link::Link;
pub use location::{Decimal, Location};
pub use media::{Image, ShortVideo, Video, Voice};
pub use text::Text;

/// One message or event that WeChat pushed.
///
/// Its `Debug` shows the kind, never what a user wrote or who he is.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Who, to whom, when.
    pub head: Head,
    /// What.
    pub content: Content,
    tree: Tree,
}

/// What every message has.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// `ToUserName`: the account's original id (原始ID), `gh_…`. A few events have none.
    pub to: Option<String>,
    /// `FromUserName`: the user's openid. A few events have none.
    pub from: Option<String>,
    /// `CreateTime`. `None` where it is no number.
    pub created: Option<Timestamp>,
    /// `MsgId`, by which repeats of a message are known; up to 19 digits. Events have none.
    pub id: Option<i64>,
}

/// What a message says, by `MsgType`.
#[derive(Clone, PartialEq, Eq)]
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
        let filled = |name| fields.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let head = Head {
            to: filled("ToUserName"),
            from: filled("FromUserName"),
            created: fields.number("CreateTime").map(Timestamp::from_secs),
            id: fields.number("MsgId"),
        };
        let content = Content::read(fields);
        Self { head, content, tree }
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

impl Content {
    fn read(fields: Fields<'_>) -> Self {
        match fields.get("MsgType").unwrap_or_default() {
            "text" => Self::Text(Text::read(fields)),
            "image" => Self::Image(Image::read(fields)),
            "voice" => Self::Voice(Voice::read(fields)),
            "video" => Self::Video(Video::read(fields)),
            "shortvideo" => Self::ShortVideo(ShortVideo::read(fields)),
            "location" => Self::Location(Location::read(fields)),
            "link" => Self::Link(Link::read(fields)),
            kind if kind.eq_ignore_ascii_case("event") => Self::Event(Event::read(fields)),
            kind => Self::Unknown { kind: kind.to_owned() },
        }
    }

    /// `MsgType`.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Text(_) => "text",
            Self::Image(_) => "image",
            Self::Voice(_) => "voice",
            Self::Video(_) => "video",
            Self::ShortVideo(_) => "shortvideo",
            Self::Location(_) => "location",
            Self::Link(_) => "link",
            Self::Event(_) => "event",
            Self::Unknown { kind } => kind,
        }
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

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").field("created", &self.created).field("id", &self.id).finish_non_exhaustive()
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
