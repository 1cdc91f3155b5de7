use crate::SharedStr;

super::elements! {
    /// A link message (链接消息), such as an article that the user sends on.
    pub struct Link {
        /// `Title`
        pub title: SharedStr = "Title",
        /// `Description`; may be empty.
        pub description: SharedStr = "Description",
        /// `Url`
        pub url: SharedStr = "Url",
        /// `PicUrl`: the picture of the link, in WeCom (企业微信).
        pub pic_url: Option<SharedStr> = "PicUrl",
    }
}
