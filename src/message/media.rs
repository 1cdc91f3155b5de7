use super::{Fields, debug_without_content};

/// An image message (图片消息).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// `PicUrl`: where WeChat serves the image.
    pub pic_url: String,
    /// `MediaId`: the temporary material, kept for three days. Old pushes have none.
    pub media_id: Option<String>,
}

/// A voice message (语音消息).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Voice {
    /// `MediaId`: the temporary material, sampled at 8 kHz, kept for three days.
    pub media_id: String,
    /// `Format`: `amr`, `speex`, …
    pub format: String,
    /// `MediaId16K`: the same voice sampled at 16 kHz.
    pub media_id_16k: Option<String>,
    /// `Recognition`: the speech as text, where the account still has speech recognition.
    pub recognition: Option<String>,
}

/// A video message (视频消息).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Video {
    /// `MediaId`: the temporary material, kept for three days.
    pub media_id: String,
    /// `ThumbMediaId`: its preview image.
    pub thumb_media_id: String,
}

/// A short video (小视频), as old clients send it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShortVideo {
    /// `MediaId`: the temporary material, kept for three days.
    pub media_id: String,
    /// `ThumbMediaId`: its preview image.
    pub thumb_media_id: String,
}

impl Image {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self { pic_url: fields.text("PicUrl"), media_id: fields.optional("MediaId") }
    }
}

impl Voice {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            media_id: fields.text("MediaId"),
            format: fields.text("Format"),
            media_id_16k: fields.optional("MediaId16K"),
            recognition: fields.optional("Recognition"),
        }
    }
}

impl Video {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self { media_id: fields.text("MediaId"), thumb_media_id: fields.text("ThumbMediaId") }
    }
}

impl ShortVideo {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self { media_id: fields.text("MediaId"), thumb_media_id: fields.text("ThumbMediaId") }
    }
}

debug_without_content!(Image, Voice, Video, ShortVideo);
