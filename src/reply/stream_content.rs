use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{SealError, TemplateCardReply};
use crate::message::debug_without_content;

/// What the user sees of an answer that streams (流式消息), at one moment: the text so far, and not what is new in it. Each
/// answer replaces what is shown.
///
/// AI bots of WeCom (企业微信智能机器人) alone have it, in reply to a message and to the refreshes that follow until one is
/// finished. The text is markdown, of at most 20,480 bytes of UTF-8; what is between `<think>` and `</think>` is shown
/// folded. From any other channel it is a [`SealError`]. The id of the stream is not in it: it is
/// [`ReplyContext::stream_id`](super::ReplyContext::stream_id).
///
/// `#[non_exhaustive]`: WeCom may add parts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct StreamContent {
    /// `content`: the text so far.
    pub content: String,
    /// `finish`: whether it is all. WeCom asks no more then.
    pub is_finished: bool,
    /// `feedback.id`: what the event of a rating says, up to 256 bytes. It is set with the first answer; without it the
    /// answer cannot be rated.
    pub feedback_id: Option<String>,
    /// `template_card`: a card below the text, once in answer to a message.
    pub card: Option<Box<TemplateCardReply>>,
    /// `msg_item`: up to ten images below the text. They come with the last answer: before it is finished they are a
    /// [`SealError`].
    pub images: Vec<StreamImage>,
}

impl StreamContent {
    /// The text so far of an answer that is not finished.
    ///
    /// ```
    /// # use wechat_callback::reply::StreamContent;
    /// let reply = StreamContent::growing("床前");
    /// assert!(!reply.is_finished);
    /// ```
    pub fn growing(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            is_finished: false,
            feedback_id: None,
            card: None,
            images: Vec::new(),
        }
    }

    /// The whole text.
    ///
    /// ```
    /// # use wechat_callback::reply::StreamContent;
    /// let reply = StreamContent::finished("床前明月光");
    /// assert!(reply.is_finished);
    /// ```
    pub fn finished(content: impl Into<String>) -> Self {
        Self { is_finished: true, ..Self::growing(content) }
    }

    /// Sets [`feedback_id`](field@Self::feedback_id).
    ///
    /// ```
    /// # use wechat_callback::reply::StreamContent;
    /// let reply = StreamContent::growing("床前").feedback_id("poem-1");
    /// ```
    pub fn feedback_id(mut self, id: impl Into<String>) -> Self {
        self.feedback_id = Some(id.into());
        self
    }

    /// Sets [`card`](field@Self::card).
    ///
    /// ```
    /// # use wechat_callback::reply::{StreamContent, card::{Heading, TemplateCard}};
    /// let card = TemplateCard::text_notice().main_title(Heading::new("静夜思"));
    /// let reply = StreamContent::finished("床前明月光").card(card);
    /// ```
    pub fn card(mut self, card: impl Into<TemplateCardReply>) -> Self {
        self.card = Some(Box::new(card.into()));
        self
    }

    /// Adds an image.
    ///
    /// ```
    /// # use wechat_callback::reply::{StreamContent, StreamImage};
    /// # let jpg = b"\xff\xd8\xff\xe0".to_vec();
    /// let reply = StreamContent::finished("床前明月光").image(StreamImage::new(jpg));
    /// assert_eq!(reply.images.len(), 1);
    /// ```
    pub fn image(mut self, image: StreamImage) -> Self {
        self.images.push(image);
        self
    }

    pub(super) fn check(&self) -> Result<(), SealError> {
        let length = self.content.len();
        if length > MAX_CONTENT {
            return Err(SealError::TextTooLong { length, limit: MAX_CONTENT });
        }
        check_feedback_id(self.feedback_id.as_deref())?;
        if let Some(card) = &self.card {
            card.check()?;
        }
        match self.images.len() {
            0 => Ok(()),
            _ if !self.is_finished => Err(SealError::ImagesBeforeEnd),
            count if count > MAX_IMAGES => Err(SealError::ImagesTooMany { count, limit: MAX_IMAGES }),
            _ => self.images.iter().try_for_each(StreamImage::check),
        }
    }
}

/// The longest text of an AI bot, in bytes.
pub(crate) const MAX_CONTENT: usize = 20_480;
const MAX_IMAGES: usize = 10;
const MAX_IMAGE: usize = 10 << 20;
const MAX_FEEDBACK_ID: usize = 256;

pub(super) fn check_feedback_id(id: Option<&str>) -> Result<(), SealError> {
    match id.map(str::len) {
        None | Some(1..=MAX_FEEDBACK_ID) => Ok(()),
        Some(length) => Err(SealError::FeedbackId { length }),
    }
}

/// An image below a [`StreamContent`]: a JPG or PNG of at most 10 MB. Anything else is a [`SealError`].
///
/// Made by [`new`](Self::new). It serializes to base64.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamImage(Vec<u8>);

impl StreamImage {
    /// The image in this file.
    ///
    /// ```
    /// # use wechat_callback::reply::StreamImage;
    /// # let jpg = b"\xff\xd8\xff\xe0".to_vec();
    /// let image = StreamImage::new(jpg);
    /// assert_eq!(image.bytes().len(), 4);
    /// ```
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn check(&self) -> Result<(), SealError> {
        let length = self.0.len();
        if length > MAX_IMAGE {
            return Err(SealError::ImageTooLarge { length, limit: MAX_IMAGE });
        }
        let is_known = self.0.starts_with(b"\xff\xd8\xff") || self.0.starts_with(b"\x89PNG\r\n\x1a\n");
        if is_known { Ok(()) } else { Err(SealError::ImageFormat) }
    }

    pub(super) fn base64(&self) -> String {
        crate::cipher::encode(&self.0)
    }

    /// MD5 in hex: what WeCom asks for, to find errors of transmission.
    pub(super) fn md5(&self) -> String {
        use md5::Digest;

        let mut hex = String::with_capacity(32);
        crate::signature::push_hex(&md5::Md5::digest(&self.0).into(), &mut hex);
        hex
    }
}

impl Serialize for StreamImage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.base64())
    }
}

impl<'de> Deserialize<'de> for StreamImage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let base64 = String::deserialize(deserializer)?;
        crate::cipher::decode(&base64)
            .map(Self)
            .ok_or_else(|| D::Error::custom("an image is written in base64"))
    }
}

debug_without_content!(StreamImage);
