use crate::SharedStr;

super::elements! {
    /// A text message (文本消息).
    pub struct Text {
        /// `Content`: what the user wrote. Emoji are Unicode, WeChat's own faces codes such as `[微笑]` or `/:rose`.
        pub content: SharedStr = "Content",
        /// `bizmsgmenuid`: which item of a menu message (菜单消息) was clicked, if one was.
        pub bizmsgmenuid: Option<SharedStr> = "bizmsgmenuid",
    }
}
