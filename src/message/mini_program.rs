use crate::SharedStr;

super::elements! {
    /// A mini-program card (小程序卡片消息), `miniprogrampage`, that a user sent into a mini-program's chat.
    pub struct MiniProgramPage {
        /// `Title`
        pub title: SharedStr = "Title",
        /// `AppId`: the mini-program's.
        pub app_id: SharedStr = "AppId",
        /// `PagePath`: its page, with parameters.
        pub page_path: SharedStr = "PagePath",
        /// `ThumbUrl`: its preview image.
        pub thumb_url: SharedStr = "ThumbUrl",
        /// `ThumbMediaId`: the same as temporary material.
        pub thumb_media_id: SharedStr = "ThumbMediaId",
    }
}
