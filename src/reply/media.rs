use super::SealError;
use super::{ReplyContent, filled};
use crate::channel::{Channel, ReplyTo};
use crate::format::Writer;

/// An image reply (回复图片消息).
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct ImageReply {
    /// `MediaId`: the uploaded image.
    pub media_id: String,
}

impl ImageReply {
    /// Shows the uploaded image `media_id` (temporary or permanent material; no GIF).
    ///
    /// ```
    /// # use wechat_callback::ImageReply;
    /// let reply = ImageReply::new("MEDIA_ID");
    /// ```
    pub fn new(media_id: impl Into<String>) -> Self {
        Self { media_id: media_id.into() }
    }
}

impl ReplyContent for ImageReply {
    fn kind(&self) -> &'static str {
        "image"
    }

    fn is_for(&self, channel: Channel) -> bool {
        channel != Channel::MiniProgram
    }

    fn check(&self, _: ReplyTo) -> Result<(), SealError> {
        filled("MediaId", &self.media_id)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.element("Image", |writer| writer.text("MediaId", &self.media_id));
    }

    fn room(&self) -> usize {
        self.media_id.len() + 48
    }
}

/// A voice reply (回复语音消息).
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct VoiceReply {
    /// `MediaId`: the uploaded voice.
    pub media_id: String,
}

impl VoiceReply {
    /// Plays the uploaded voice `media_id` (temporary or permanent material).
    ///
    /// ```
    /// # use wechat_callback::VoiceReply;
    /// let reply = VoiceReply::new("MEDIA_ID");
    /// ```
    pub fn new(media_id: impl Into<String>) -> Self {
        Self { media_id: media_id.into() }
    }
}

impl ReplyContent for VoiceReply {
    fn kind(&self) -> &'static str {
        "voice"
    }

    fn is_for(&self, channel: Channel) -> bool {
        channel != Channel::MiniProgram
    }

    fn check(&self, _: ReplyTo) -> Result<(), SealError> {
        filled("MediaId", &self.media_id)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.element("Voice", |writer| writer.text("MediaId", &self.media_id));
    }

    fn room(&self) -> usize {
        self.media_id.len() + 48
    }
}

/// A video reply (回复视频消息).
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct VideoReply {
    /// `MediaId`: the uploaded video.
    pub media_id: String,
    /// `Title`: the title above it.
    pub title: Option<String>,
    /// `Description`: the text below it.
    pub description: Option<String>,
}

impl VideoReply {
    /// Shows the uploaded video `media_id` (temporary or permanent material).
    ///
    /// ```
    /// # use wechat_callback::VideoReply;
    /// let reply = VideoReply::new("MEDIA_ID");
    /// ```
    pub fn new(media_id: impl Into<String>) -> Self {
        Self { media_id: media_id.into(), title: None, description: None }
    }

    /// The title above it.
    ///
    /// ```
    /// # use wechat_callback::VideoReply;
    /// let reply = VideoReply::new("MEDIA_ID").title("春天");
    /// ```
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The description below it.
    ///
    /// ```
    /// # use wechat_callback::VideoReply;
    /// let reply = VideoReply::new("MEDIA_ID").description("西湖边");
    /// ```
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

impl ReplyContent for VideoReply {
    fn kind(&self) -> &'static str {
        "video"
    }

    fn is_for(&self, channel: Channel) -> bool {
        channel != Channel::MiniProgram
    }

    fn check(&self, _: ReplyTo) -> Result<(), SealError> {
        filled("MediaId", &self.media_id)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.element("Video", |writer| {
            writer.text("MediaId", &self.media_id);
            writer.optional("Title", self.title.as_deref());
            writer.optional("Description", self.description.as_deref());
        });
    }

    fn room(&self) -> usize {
        self.media_id.len() + length(&self.title) + length(&self.description) + 128
    }
}

/// A music reply (回复音乐消息), with or without a cover.
///
/// The cover is an uploaded image. An account that cannot upload uses [`without_cover`](Self::without_cover): WeChat
/// shows its failure notice for an id that does not exist, and a blank id is a [`SealError`].
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct MusicReply {
    /// `ThumbMediaId`: the uploaded image on its cover.
    pub thumb_media_id: Option<String>,
    /// `Title`: the title of the piece.
    pub title: Option<String>,
    /// `Description`: the text below the title.
    pub description: Option<String>,
    /// `MusicUrl`: where it is played from.
    pub url: Option<String>,
    /// `HQMusicUrl`: where it is played from over Wi-Fi, in better quality.
    pub hq_url: Option<String>,
}

impl MusicReply {
    /// Plays music, with the uploaded image `thumb_media_id` as its cover.
    ///
    /// ```
    /// # use wechat_callback::MusicReply;
    /// let reply = MusicReply::new("THUMB_MEDIA_ID").url("https://example.com/spring.mp3");
    /// ```
    pub fn new(thumb_media_id: impl Into<String>) -> Self {
        Self { thumb_media_id: Some(thumb_media_id.into()), ..Self::without_cover() }
    }

    /// Plays music without a cover.
    ///
    /// ```
    /// # use wechat_callback::MusicReply;
    /// let reply = MusicReply::without_cover().title("春天").url("https://example.com/spring.mp3");
    /// ```
    pub const fn without_cover() -> Self {
        Self { thumb_media_id: None, title: None, description: None, url: None, hq_url: None }
    }

    /// Its cover: an uploaded image.
    ///
    /// ```
    /// # use wechat_callback::MusicReply;
    /// # let uploaded = Some("THUMB_MEDIA_ID");
    /// let mut reply = MusicReply::without_cover().url("https://example.com/spring.mp3");
    /// if let Some(id) = uploaded {
    ///     reply = reply.thumb_media_id(id);
    /// }
    /// ```
    pub fn thumb_media_id(mut self, thumb_media_id: impl Into<String>) -> Self {
        self.thumb_media_id = Some(thumb_media_id.into());
        self
    }

    /// Its title.
    ///
    /// ```
    /// # use wechat_callback::MusicReply;
    /// let reply = MusicReply::new("THUMB_MEDIA_ID").title("春天");
    /// ```
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Its description.
    ///
    /// ```
    /// # use wechat_callback::MusicReply;
    /// let reply = MusicReply::new("THUMB_MEDIA_ID").description("古筝");
    /// ```
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Where it is played from (`MusicUrl`).
    ///
    /// ```
    /// # use wechat_callback::MusicReply;
    /// let reply = MusicReply::new("THUMB_MEDIA_ID").url("https://example.com/spring.mp3");
    /// ```
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Where it is played from over Wi-Fi (`HQMusicUrl`).
    ///
    /// ```
    /// # use wechat_callback::MusicReply;
    /// let reply = MusicReply::new("THUMB_MEDIA_ID").hq_url("https://example.com/spring.flac");
    /// ```
    pub fn hq_url(mut self, url: impl Into<String>) -> Self {
        self.hq_url = Some(url.into());
        self
    }
}

impl ReplyContent for MusicReply {
    fn kind(&self) -> &'static str {
        "music"
    }

    fn is_for(&self, channel: Channel) -> bool {
        channel == Channel::OfficialAccount
    }

    fn check(&self, _: ReplyTo) -> Result<(), SealError> {
        // An element may be left out, but for a blank one WeChat shows its failure notice.
        let optional =
            [("ThumbMediaId", &self.thumb_media_id), ("MusicUrl", &self.url), ("HQMusicUrl", &self.hq_url)];
        optional
            .into_iter()
            .try_for_each(|(name, value)| value.as_ref().map_or(Ok(()), |value| filled(name, value)))
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.element("Music", |writer| {
            writer.optional("Title", self.title.as_deref());
            writer.optional("Description", self.description.as_deref());
            writer.optional("MusicUrl", self.url.as_deref());
            writer.optional("HQMusicUrl", self.hq_url.as_deref());
            writer.optional("ThumbMediaId", self.thumb_media_id.as_deref());
        });
    }

    fn room(&self) -> usize {
        let optional = [&self.title, &self.description, &self.url, &self.hq_url, &self.thumb_media_id];
        optional.into_iter().map(length).sum::<usize>() + 224
    }
}

fn length(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}
