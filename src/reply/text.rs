use super::Content;
use crate::xml::Writer;

/// A text reply (回复文本消息).
///
/// Line ends and links (`<a href="https://…">…</a>`) work in WeChat's chat. Over 2,047 bytes of UTF-8 the user
/// sees WeChat's failure notice instead (measured by others; Tencent names no limit).
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct TextReply {
    content: String,
}

impl TextReply {
    /// Says `content`. Links in it work.
    ///
    /// ```
    /// # use wechat_callback::TextReply;
    /// let reply = TextReply::new("看<a href=\"https://example.com/\">这里</a>");
    /// ```
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into() }
    }

    /// Says `content` so that the user sees the characters as they are written: a `<a href` is no link. For
    /// text that comes from users.
    ///
    /// ```
    /// # use wechat_callback::TextReply;
    /// let reply = TextReply::literal("1 < 2 && <a>");
    /// assert_eq!(reply.content(), "1 &lt; 2 &amp;&amp; &lt;a&gt;");
    /// ```
    pub fn literal(content: &str) -> Self {
        let mut escaped = String::with_capacity(content.len());
        for char in content.chars() {
            match char {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                other => escaped.push(other),
            }
        }
        Self { content: escaped }
    }

    /// What is sent as `Content`.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }
}

impl Content for TextReply {
    fn kind(&self) -> &'static str {
        "text"
    }

    fn write(&self, xml: &mut Writer<'_>) {
        xml.text("Content", &self.content);
    }

    fn room(&self) -> usize {
        self.content.len() + 32
    }
}
