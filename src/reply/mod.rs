//! Replies: what a handler answers with.
//!
//! A reply holds content only: the sender, the receiver and the keys are in the [`ReplyContext`] of the push. A handler
//! returns one kind of reply, such as [`TextReply`], or a [`Reply`] of any kind.
//!
//! Each part of a reply is a public field. Optional parts are set by a method of the same name.
//!
//! ```
//! use wechat_callback::{Reply, VideoReply};
//!
//! fn caption(reply: &Reply) -> Option<&str> {
//!     match reply {
//!         Reply::Text(text) => Some(&text.content),
//!         Reply::Video(video) => video.title.as_deref(),
//!         _ => None,
//!     }
//! }
//! assert_eq!(caption(&VideoReply::new("MEDIA_ID").title("春天").into()), Some("春天"));
//! ```
//!
//! All kinds are `#[non_exhaustive]`, because WeChat may add parts: make them with `new` and the methods of their
//! parts.
//!
//! WeChat's names and limits are in the [table of replies](crate::message#replies-msgtype).

mod aibot;
pub mod card;
#[cfg(test)]
mod channel_tests;
mod context;
mod cut;
mod envelope;
mod error;
mod media;
mod news;
mod stream;
mod stream_content;
mod template_card;
mod text;
mod transfer;
mod update;

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::channel::{Channel, PushKind, ReplyTo};
use crate::format::{Writer, is_allowed};

#[cfg(feature = "tokio-1")]
pub(crate) use aibot::unescaped;
#[cfg(feature = "tokio-1")]
pub(crate) use context::Limits;
pub(crate) use context::Names;
pub use context::{RawReplyContext, ReplyContext, Sealed};
#[cfg(feature = "tokio-1")]
pub(crate) use cut::{ended_at, part_at, whole_clusters};
pub use error::SealError;
pub use media::{ImageReply, MusicReply, VideoReply, VoiceReply};
pub use news::{Article, NewsReply};
#[cfg(feature = "tokio-1")]
pub(crate) use stream::Beside;
pub use stream::{StreamEnd, StreamReply, StreamSender, TextStream};
#[cfg(feature = "tokio-1")]
pub(crate) use stream_content::MAX_CONTENT as MAX_BOT_TEXT;
pub use stream_content::{StreamContent, StreamImage};
pub use template_card::TemplateCardReply;
pub use text::TextReply;
#[cfg(feature = "markdown")]
pub(crate) use text::escape;
#[cfg(feature = "tokio-1")]
pub(crate) use text::{MAX_TEXT, max_text};
pub use transfer::{TransferReply, TransferTarget};
pub use update::{UpdateButtonReply, UpdateTaskCardReply, UpdateTemplateCardReply};

/// A reply of any kind, or none.
///
/// A handler that always answers with the same kind can return that kind; others return this. Every kind of reply
/// converts into it, and so do an `Option` of a reply and `()`.
///
/// `#[non_exhaustive]`: WeChat may accept more kinds later.
///
/// ```
/// use wechat_callback::{Reply, TextReply, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> Reply {
///     message.text().map(TextReply::literal).into()
/// }
/// ```
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub enum Reply {
    /// No reply: WeChat is answered `success` (of an AI bot nothing), and shows the user nothing.
    None,
    /// Text.
    Text(TextReply),
    /// An image.
    Image(ImageReply),
    /// A voice.
    Voice(VoiceReply),
    /// A video.
    Video(Box<VideoReply>),
    /// A piece of music.
    Music(Box<MusicReply>),
    /// Articles.
    News(NewsReply),
    /// A transfer of the user's message to a human agent or to WeChat's AI.
    Transfer(TransferReply),
    /// The button of a card that was clicked, which cannot be clicked again. WeCom.
    UpdateButton(UpdateButtonReply),
    /// A task card that was clicked. WeCom.
    UpdateTaskCard(UpdateTaskCardReply),
    /// Another card in place of the one that was clicked. WeCom, and AI bots.
    UpdateTemplateCard(Box<UpdateTemplateCardReply>),
    /// What is shown of an answer that streams. AI bots.
    Stream(Box<StreamContent>),
    /// A template card. AI bots.
    TemplateCard(Box<TemplateCardReply>),
}

impl Reply {
    /// No reply: [`Reply::None`].
    pub const fn none() -> Self {
        Self::None
    }

    /// Whether there is no reply.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The reply to be stored. All replies without content share one allocation.
    pub(crate) fn into_shared(self) -> Arc<Self> {
        static NONE: LazyLock<Arc<Reply>> = LazyLock::new(|| Arc::new(Reply::None));
        if self.is_none() { NONE.clone() } else { Arc::new(self) }
    }

    /// The text, where it is one.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.content),
            Self::Stream(stream) => Some(&stream.content),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self.shape() {
            Shape::None => "none",
            Shape::Passive(content) => content.kind(),
            Shape::AiBots(kind) => kind,
        }
    }

    /// Whether WeChat accepts it in reply `to` this.
    fn accepted(&self, to: ReplyTo) -> Result<(), SealError> {
        match self.shape() {
            Shape::None => Ok(()),
            _ if to.push == PushKind::System => Err(SealError::ToSystemEvent),
            _ if to.channel == Channel::AiBot => aibot::check(self, to.push),
            Shape::Passive(content) => content.accepted(to),
            Shape::AiBots(kind) => Err(SealError::Unsupported { kind, channel: to.channel.name() }),
        }
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Passive(match self {
            Self::None => return Shape::None,
            Self::Stream(_) => return Shape::AiBots("stream"),
            Self::TemplateCard(_) => return Shape::AiBots("template_card"),
            Self::Text(reply) => reply,
            Self::Image(reply) => reply,
            Self::Voice(reply) => reply,
            Self::Video(reply) => &**reply,
            Self::Music(reply) => &**reply,
            Self::News(reply) => reply,
            Self::Transfer(reply) => reply,
            Self::UpdateButton(reply) => reply,
            Self::UpdateTaskCard(reply) => reply,
            Self::UpdateTemplateCard(reply) => &**reply,
        })
    }
}

/// How a reply is written.
enum Shape<'a> {
    /// Not at all.
    None,
    /// With a head and a `MsgType`. An AI bot writes some of these otherwise.
    Passive(&'a dyn ReplyContent),
    /// As AI bots alone can: one of this kind.
    AiBots(&'static str),
}

impl dyn ReplyContent + '_ {
    /// Whether WeChat accepts it in reply `to` this.
    fn accepted(&self, to: ReplyTo) -> Result<(), SealError> {
        if !self.is_for(to.channel) {
            return Err(SealError::Unsupported { kind: self.kind(), channel: to.channel.name() });
        }
        self.check(to)
    }
}

/// Whether `text` is only white space and characters that XML cannot hold.
pub(crate) fn is_blank(text: &str) -> bool {
    !text.chars().any(|char| is_allowed(char) && !char.is_whitespace())
}

/// Checks an element that WeChat does not accept blank.
fn filled(name: &'static str, text: &str) -> Result<(), SealError> {
    if is_blank(text) { Err(SealError::Empty(name)) } else { Ok(()) }
}

/// What each kind of reply implements.
trait ReplyContent {
    /// `MsgType`.
    fn kind(&self) -> &'static str;

    /// Whether `channel` has this kind of reply.
    fn is_for(&self, channel: Channel) -> bool;

    /// Whether WeChat accepts it in reply `to` this, whose channel [has it](Self::is_for).
    fn check(&self, to: ReplyTo) -> Result<(), SealError>;

    /// Everything after `MsgType`.
    fn write(&self, writer: &mut Writer<'_>);

    /// About how many bytes [`write`](Self::write) writes.
    fn room(&self) -> usize;
}

/// Shows the kind alone.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.kind())
    }
}

impl From<()> for Reply {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl<R: Into<Self>> From<Option<R>> for Reply {
    fn from(reply: Option<R>) -> Self {
        reply.map_or(Self::None, Into::into)
    }
}

macro_rules! from_kinds {
    ($($kind:ident($type:ident)),+) => {$(
        impl From<$type> for Reply {
            fn from(reply: $type) -> Self {
                Self::$kind(reply.into())
            }
        }

        impl $type {
            /// As [`Reply::reveal`].
            #[must_use]
            pub fn reveal(&self) -> crate::Revealed<Reply> {
                Reply::from(self.clone()).reveal()
            }
        }

        crate::message::debug_without_content!($type);
    )+};
}
from_kinds!(
    Text(TextReply),
    Image(ImageReply),
    Voice(VoiceReply),
    Video(VideoReply),
    Music(MusicReply),
    News(NewsReply),
    Transfer(TransferReply),
    UpdateButton(UpdateButtonReply),
    UpdateTaskCard(UpdateTaskCardReply),
    UpdateTemplateCard(UpdateTemplateCardReply),
    Stream(StreamContent),
    TemplateCard(TemplateCardReply)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_and_nothing_are_replies() {
        assert_eq!(Reply::from(Some(TextReply::new("x"))), TextReply::new("x").into());
        assert!(Reply::from(None::<ImageReply>).is_none());
        assert!(Reply::from(()).is_none());
    }

    #[test]
    fn a_reply_is_as_small_as_the_text_that_most_are() {
        assert_eq!(size_of::<Reply>(), size_of::<String>() + size_of::<usize>());
    }

    #[test]
    fn debug_shows_the_kind_alone() {
        assert_eq!(format!("{:?}", Reply::from(TextReply::new("secret"))), "Reply(text)");
        assert_eq!(format!("{:?}", TextReply::new("secret")), "TextReply { .. }");
    }
}
