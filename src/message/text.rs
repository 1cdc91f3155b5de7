use super::{Fields, debug_without_content};

/// A text message (文本消息).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text {
    /// `Content`: what the user wrote. Emoji are Unicode, WeChat's own faces codes such as `[微笑]` or `/:rose`.
    pub content: String,
    /// `bizmsgmenuid`: which item of a menu message (菜单消息) was clicked, if one was.
    pub menu_id: Option<String>,
}

impl Text {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self { content: fields.text("Content"), menu_id: fields.optional("bizmsgmenuid") }
    }
}

debug_without_content!(Text);
