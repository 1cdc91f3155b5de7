//! An answer that streams: a text that grows while its user reads it.

mod sender;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use self::sender::Sending;
pub use self::sender::{StreamEnd, StreamSender};
use super::{StreamImage, TemplateCardReply};
use crate::HandlerError;

/// A text that is said bit by bit, as a language model does: a handler returns it, and need not know how its channel shows
/// it.
///
/// | channel | what the user sees |
/// |---|---|
/// | WeCom AI bot (智能机器人) | one bubble whose text grows, for up to six minutes |
/// | Official Account, done in 14.5 s | the text |
/// | Official Account with a word to fetch replies (`LateReply::fetch`) | at 14.5 s the text so far; the word brings the next part, finished or not, as often as it takes |
/// | Official Account that may send messages | the text in paragraphs, as they are finished |
/// | Official Account with neither | at 14.5 s the text so far; what is lost is logged with its length |
///
/// Parts end at a sentence where they can, and never inside of what a reader sees as one character. A stream that fails ends
/// with what it has said, and the error is logged. It is asked for more only when what it said is stored, and ended
/// at [64 KiB](Self::MAX_BYTES), or when the handler's time is over.
///
/// ```
/// use futures_core::Stream;
/// use wechat_callback::{StreamReply, WechatMessage};
/// # struct Model;
/// # impl Model {
/// #     fn chat(&self, _: &str) -> impl Stream<Item = Result<String, std::io::Error>> + Send + use<> {
/// #         futures_util::stream::iter(["春眠", "不觉晓"].map(|text| Ok(text.to_owned())))
/// #     }
/// # }
/// # static MODEL: Model = Model;
///
/// async fn think(WechatMessage(message): WechatMessage) -> StreamReply {
///     StreamReply::new(MODEL.chat(message.text().unwrap_or_default()))
/// }
/// ```
///
/// Clones are the same stream, which is said once.
#[derive(Clone)]
#[must_use = "a reply does nothing until it is returned from a handler"]
pub struct StreamReply {
    stream: Arc<Mutex<Option<TextStream>>>,
    beside: Beside,
}

/// What AI bots show beside a text.
#[derive(Clone, Default)]
pub(crate) struct Beside {
    pub(crate) feedback_id: Option<String>,
    pub(crate) card: Option<Box<TemplateCardReply>>,
    pub(crate) images: Vec<StreamImage>,
    /// Whether the text is markdown.
    #[cfg(feature = "markdown")]
    pub(crate) is_markdown: bool,
}

#[cfg(feature = "tokio-1")]
impl Beside {
    /// Whether there is anything to see without a text.
    pub(crate) const fn is_seen(&self) -> bool {
        self.card.is_some() || !self.images.is_empty()
    }
}

impl StreamReply {
    /// How long a text may become, in bytes of UTF-8: 64 KiB. A longer one is ended there, which is logged. (An AI bot shows
    /// 20,480 bytes of it.)
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Says what `stream` yields, piece by piece. An error ends it.
    ///
    /// ```
    /// # use wechat_callback::StreamReply;
    /// let pieces = ["春眠不觉晓，", "处处闻啼鸟。"].map(Ok::<_, std::io::Error>);
    /// let reply = StreamReply::new(futures_util::stream::iter(pieces));
    /// ```
    pub fn new<S, T, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<T, E>> + Send + 'static,
        T: Into<String>,
        E: Into<HandlerError>,
    {
        Self::of(Texts { stream })
    }

    /// Says what `say` pushes. It is polled where the reply is produced: nothing is spawned.
    ///
    /// ```
    /// # use wechat_callback::StreamReply;
    /// let reply = StreamReply::from_fn(|out| async move {
    ///     for line in ["春眠不觉晓，", "处处闻啼鸟。"] {
    ///         out.push(line).await;
    ///     }
    /// });
    /// ```
    ///
    /// It may fail, which ends the text:
    ///
    /// ```
    /// # use wechat_callback::{HandlerError, StreamReply};
    /// let reply = StreamReply::from_fn(|out| async move {
    ///     out.push("四十二除以零是……").await;
    ///     out.push("42".parse::<i32>()?.checked_div(0).ok_or("不能除")?.to_string()).await;
    ///     Ok::<(), HandlerError>(())
    /// });
    /// ```
    pub fn from_fn<F>(say: impl FnOnce(StreamSender) -> F) -> Self
    where
        F: Future<Output: StreamEnd> + Send + 'static,
    {
        Self::of(Sending::new(say))
    }

    fn of(stream: impl Stream<Item = Result<String, HandlerError>> + Send + 'static) -> Self {
        let stream = TextStream { stream: Box::pin(stream) };
        Self { stream: Arc::new(Mutex::new(Some(stream))), beside: Beside::default() }
    }

    /// With an AI bot: shows buttons with which the user says whether the answer is right. The event that comes of it
    /// names this id, of 256 bytes at most. Other channels have no such buttons.
    ///
    /// ```
    /// # use wechat_callback::StreamReply;
    /// let reply = StreamReply::from_fn(|out| async move { out.push("你好").await }).feedback_id("answer-42");
    /// ```
    pub fn feedback_id(mut self, id: impl Into<String>) -> Self {
        self.beside.feedback_id = Some(id.into());
        self
    }

    /// With an AI bot: a card below the text, when it is finished. Other channels have none.
    ///
    /// ```
    /// # use wechat_callback::StreamReply;
    /// # use wechat_callback::reply::card::{Heading, TemplateCard};
    /// let card = TemplateCard::text_notice().main_title(Heading::new("静夜思"));
    /// let reply = StreamReply::from_fn(|out| async move { out.push("床前明月光").await }).card(card);
    /// ```
    pub fn card(mut self, card: impl Into<TemplateCardReply>) -> Self {
        self.beside.card = Some(Box::new(card.into()));
        self
    }

    /// With an AI bot: adds an image below the text, when it is finished. Other channels have none.
    ///
    /// ```
    /// # use wechat_callback::StreamReply;
    /// # use wechat_callback::reply::StreamImage;
    /// # let jpg = b"\xff\xd8\xff\xe0".to_vec();
    /// let reply = StreamReply::from_fn(|out| async move { out.push("床前明月光").await }).image(StreamImage::new(jpg));
    /// ```
    pub fn image(mut self, image: StreamImage) -> Self {
        self.beside.images.push(image);
        self
    }

    /// What it says is markdown, as language models write it. AI bots show it; to all others a readable text is told, block by
    /// block ([`markdown::Blocks`](crate::markdown::Blocks)).
    ///
    /// ```
    /// # use wechat_callback::StreamReply;
    /// let reply = StreamReply::from_fn(|out| async move { out.push("**床前**明月光").await }).markdown();
    /// ```
    #[cfg(feature = "markdown")]
    #[cfg_attr(docsrs, doc(cfg(feature = "markdown")))]
    pub fn markdown(mut self) -> Self {
        self.beside.is_markdown = true;
        self
    }

    #[cfg(feature = "tokio-1")]
    pub(crate) fn take_beside(&mut self) -> Beside {
        std::mem::take(&mut self.beside)
    }

    /// What it says, to be collected in a test, or sent another way. Empty where a clone has said it.
    ///
    /// ```
    /// # use futures_util::{StreamExt, TryStreamExt};
    /// # use wechat_callback::{HandlerError, StreamReply};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), HandlerError> {
    /// let reply = StreamReply::from_fn(|out| async move {
    ///     out.push("你").await;
    ///     out.push("好").await;
    /// });
    /// let said: String = reply.into_stream().try_collect().await?;
    /// assert_eq!(said, "你好");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_stream(self) -> TextStream {
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        stream.unwrap_or_else(|| TextStream { stream: Box::pin(Nothing) })
    }
}

/// Shows nothing of what it says.
impl fmt::Debug for StreamReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamReply").finish_non_exhaustive()
    }
}

/// What a [`StreamReply`] says. Made by [`StreamReply::into_stream`].
#[must_use = "a stream does nothing until it is polled"]
pub struct TextStream {
    stream: Pin<Box<dyn Stream<Item = Result<String, HandlerError>> + Send>>,
}

impl Stream for TextStream {
    type Item = Result<String, HandlerError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for TextStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextStream").finish_non_exhaustive()
    }
}

struct Nothing;

impl Stream for Nothing {
    type Item = Result<String, HandlerError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

pin_project_lite::pin_project! {
    /// The pieces of a stream as texts.
    struct Texts<S> {
        #[pin]
        stream: S,
    }
}

impl<S, T, E> Stream for Texts<S>
where
    S: Stream<Item = Result<T, E>>,
    T: Into<String>,
    E: Into<HandlerError>,
{
    type Item = Result<String, HandlerError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = std::task::ready!(self.project().stream.poll_next(cx));
        Poll::Ready(item.map(|piece| match piece {
            Ok(text) => Ok(text.into()),
            Err(error) => Err(error.into()),
        }))
    }
}
