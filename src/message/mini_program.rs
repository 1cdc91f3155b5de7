super::elements! {
    /// A mini-program card (小程序卡片消息), `miniprogrampage`, that a user sent into a mini-program's chat.
    pub struct MiniProgramPage {
        /// `Title`
        pub title: String = "Title",
        /// `AppId`: the mini-program's.
        pub app_id: String = "AppId",
        /// `PagePath`: its page, with parameters.
        pub page_path: String = "PagePath",
        /// `ThumbUrl`: its preview image.
        pub thumb_url: String = "ThumbUrl",
        /// `ThumbMediaId`: the same as temporary material.
        pub thumb_media_id: String = "ThumbMediaId",
    }
}
