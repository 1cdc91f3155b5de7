use std::fmt;

use serde::{Deserialize, Serialize};

use super::read::Composite;
use super::write::Write;
use super::{
    DeviceEvent, DeviceText, Event, Field, Fields, File, Image, Link, Location, MiniProgramPage, Mixed,
    ShortVideo, StreamRefresh, SystemEvent, Text, Video, Voice,
};
use crate::SharedStr;
use crate::channel::PushKind;
use crate::format::{Draft, Tree};

/// What a message holds, by its `MsgType`.
///
/// `#[non_exhaustive]`: WeChat adds kinds.
///
/// ```
/// use wechat_callback::Message;
/// use wechat_callback::message::Content;
///
/// fn describe(message: &Message) -> String {
///     match &message.content {
///         Content::Text(text) => text.content.to_string(),
///         Content::Image(image) => format!("a picture at {}", image.pic_url),
///         Content::Voice(voice) => format!("{} in {}", voice.media_id, voice.format),
///         Content::Video(video) => format!("{} with preview {}", video.media_id, video.thumb_media_id),
///         Content::Location(place) => match (place.latitude.to_f64(), place.longitude.to_f64()) {
///             (Some(latitude), Some(longitude)) => format!("{} at {latitude:.2}, {longitude:.2}", place.label),
///             _ => place.label.to_string(),
///         },
///         Content::Link(link) => format!("{}: {}", link.title, link.url),
///         Content::File(file) => file.title.to_string(),
///         Content::MiniProgramPage(page) => format!("{} of {}", page.page_path, page.app_id),
///         Content::DeviceText(text) => format!("device {}", text.device_id),
///         Content::Event(event) => event.name().to_owned(),
///         Content::System(event) => event.name().to_owned(),
///         other => other.kind().to_owned(),
///     }
/// }
/// # let message = Message::from_xml("<xml><MsgType>location</MsgType><Location_X>30.27</Location_X>\
/// #     <Location_Y>120.15</Location_Y><Label>西湖</Label></xml>")?;
/// # assert_eq!(describe(&message), "西湖 at 30.27, 120.15");
/// # Ok::<(), wechat_callback::XmlError>(())
/// ```
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
    /// `mixed`: texts and images in one message, to an AI bot.
    Mixed(Mixed),
    /// `stream`: WeCom asks an AI bot for the text so far of an answer.
    StreamRefresh(StreamRefresh),
    /// `event`: something that the user or WeChat did.
    Event(Event),
    /// None, but an `InfoType`: what a platform (第三方平台) or a suite (第三方应用) is told.
    System(SystemEvent),
    /// Any other `MsgType`. Its elements are in [`Message::fields`](super::Message::fields).
    Unknown {
        /// `MsgType` as received; empty if there was none.
        kind: SharedStr,
    },
}

/// Passes the kinds that are not events, with WeChat's `MsgType`, to a macro.
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
            Mixed = "mixed",
            StreamRefresh = "stream",
        }
    };
}
#[cfg(any(
    feature = "actix-web-4",
    feature = "axum-core-0_5",
    all(feature = "metrics", feature = "tokio-1")
))]
pub(crate) use for_each_kind;

impl Content {
    /// The `MsgType` of a message, as received; empty if there is none.
    pub(crate) fn kind_of(tree: &Tree) -> &str {
        Fields::new(tree.root()).msg_type().map(Field::text).unwrap_or_default()
    }

    /// What a push is, as far as its reply depends on it.
    pub(crate) fn push_kind(tree: &Tree) -> PushKind {
        let fields = Fields::new(tree.root());
        match Self::kind_of(tree) {
            kind if Self::is_event(kind) => PushKind::Event,
            kind if Self::is_system(kind, fields) => PushKind::System,
            _ => PushKind::Message,
        }
    }

    /// Whether a message with this `MsgType` is a system event.
    #[inline]
    fn is_system(kind: &str, fields: Fields<'_>) -> bool {
        kind.is_empty() && SystemEvent::is_in(fields)
    }

    /// Whether a message with this `MsgType` is an event.
    fn is_event(kind: &str) -> bool {
        kind.eq_ignore_ascii_case("event")
    }
}

macro_rules! content {
    ($($type:ident = $name:literal,)+) => {
        impl Content {
            #[inline]
            pub(super) fn read(fields: Fields<'_>) -> Self {
                let kind = fields.msg_type();
                match kind.map(Field::text).unwrap_or_default() {
                    $( $name => Self::$type($type::read_from(fields)), )+
                    kind if Self::is_event(kind) => Self::Event(Event::read(fields)),
                    kind if Self::is_system(kind, fields) => Self::System(SystemEvent::read(fields)),
                    _ => Self::Unknown { kind: kind.map(Field::shared_text).unwrap_or_default() },
                }
            }

            /// Writes the elements of a message beside its head.
            pub(super) fn write_into(&self, elements: &mut Vec<Draft>) {
                if !matches!(self, Self::System(_)) {
                    self.kind().write(elements, "MsgType");
                }
                match self {
                    $( Self::$type(content) => content.write_into(elements), )+
                    Self::Event(event) => event.write_into(elements),
                    Self::System(system) => system.write_into(elements),
                    Self::Unknown { .. } => {}
                }
            }

            /// `MsgType`; `system` for a system event, which has none.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $( Self::$type(_) => $name, )+
                    Self::Event(_) => "event",
                    Self::System(_) => "system",
                    Self::Unknown { kind } => kind,
                }
            }
        }
    };
}
for_each_kind!(content);

macro_rules! from_kind {
    ($($type:ident = $name:literal,)+) => {$(
        impl From<$type> for Content {
            fn from(content: $type) -> Self {
                Self::$type(content)
            }
        }
    )+};
}
for_each_kind!(from_kind);

impl From<SystemEvent> for Content {
    fn from(event: SystemEvent) -> Self {
        Self::System(event)
    }
}

impl<E: Into<Event>> From<E> for Content {
    fn from(event: E) -> Self {
        Self::Event(event.into())
    }
}

/// Shows the kind, and of an event its name, but nothing that a user wrote.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => event.fmt(f),
            Self::System(event) => event.fmt(f),
            Self::Unknown { .. } => f.write_str("Unknown(..)"),
            known => write!(f, "{}(..)", known.kind()),
        }
    }
}
