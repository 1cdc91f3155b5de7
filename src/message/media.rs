use crate::SharedStr;

super::elements! {
    /// An image message (图片消息).
    pub struct Image {
        /// `PicUrl`: where WeChat serves the image. To an AI bot of WeCom (`url`) it is encrypted, and there for five minutes
        /// ([`Callback::decrypt_media`](crate::Callback::decrypt_media)).
        pub pic_url: SharedStr = "PicUrl",
        /// `MediaId`: the temporary material, kept for three days. Old pushes have none.
        pub media_id: Option<SharedStr> = "MediaId",
    }

    /// A voice message (语音消息).
    pub struct Voice {
        /// `MediaId`: the temporary material, sampled at 8 kHz, kept for three days.
        pub media_id: SharedStr = "MediaId",
        /// `Format`: `amr`, `speex`, …
        pub format: SharedStr = "Format",
        /// `MediaId16K`: the same voice sampled at 16 kHz.
        pub media_id_16k: Option<SharedStr> = "MediaId16K",
        /// `Recognition`: the speech as text, where the account still has speech recognition. To an AI bot of WeCom it is all
        /// that there is.
        pub recognition: Option<SharedStr> = "Recognition",
    }

    /// A video message (视频消息).
    pub struct Video {
        /// `MediaId`: the temporary material, kept for three days.
        pub media_id: SharedStr = "MediaId",
        /// `ThumbMediaId`: its preview image.
        pub thumb_media_id: SharedStr = "ThumbMediaId",
        /// `url`, to an AI bot of WeCom: where the encrypted video is, for five minutes
        /// ([`Callback::decrypt_media`](crate::Callback::decrypt_media)).
        pub url: Option<SharedStr> = "Url",
    }

    /// A short video (小视频), as old clients send it.
    pub struct ShortVideo {
        /// `MediaId`: the temporary material, kept for three days.
        pub media_id: SharedStr = "MediaId",
        /// `ThumbMediaId`: its preview image.
        pub thumb_media_id: SharedStr = "ThumbMediaId",
    }
}
