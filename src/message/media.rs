super::elements! {
    /// An image message (图片消息).
    pub struct Image {
        /// `PicUrl`: where WeChat serves the image.
        pub pic_url: String = "PicUrl",
        /// `MediaId`: the temporary material, kept for three days. Old pushes have none.
        pub media_id: Option<String> = "MediaId",
    }

    /// A voice message (语音消息).
    pub struct Voice {
        /// `MediaId`: the temporary material, sampled at 8 kHz, kept for three days.
        pub media_id: String = "MediaId",
        /// `Format`: `amr`, `speex`, …
        pub format: String = "Format",
        /// `MediaId16K`: the same voice sampled at 16 kHz.
        pub media_id_16k: Option<String> = "MediaId16K",
        /// `Recognition`: the speech as text, where the account still has speech recognition.
        pub recognition: Option<String> = "Recognition",
    }

    /// A video message (视频消息).
    pub struct Video {
        /// `MediaId`: the temporary material, kept for three days.
        pub media_id: String = "MediaId",
        /// `ThumbMediaId`: its preview image.
        pub thumb_media_id: String = "ThumbMediaId",
    }

    /// A short video (小视频), as old clients send it.
    pub struct ShortVideo {
        /// `MediaId`: the temporary material, kept for three days.
        pub media_id: String = "MediaId",
        /// `ThumbMediaId`: its preview image.
        pub thumb_media_id: String = "ThumbMediaId",
    }
}
