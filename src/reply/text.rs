use super::cut::part_at;
use super::{ReplyContent, SealError, is_blank};
use crate::channel::{Channel, ReplyTo};
use crate::format::Writer;

/// The longest text, in bytes of UTF-8. For a longer one the user sees WeChat's failure notice. (As others have
/// measured: 2,047 bytes arrive, 2,048 do not. Tencent documents no limit.)
pub(crate) const MAX_TEXT: usize = 2047;

/// The longest text in WeCom, which documents that it cuts a longer one there.
const MAX_WECOM_TEXT: usize = 2048;

/// A text reply (回复文本消息): up to 2,047 bytes of UTF-8, in WeCom up to 2,048.
///
/// Line breaks and links (`<a href="https://…">…</a>`) work in WeChat's chat. A blank text and a longer one are a
/// [`SealError`]; [`split`](Self::split) splits a long text.
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct TextReply {
    /// `Content`. A `<` that is not part of a link is written `&lt;` ([`literal`](Self::literal) does so).
    pub content: String,
}

impl TextReply {
    /// A text in which links work. For text that comes from users use [`literal`](Self::literal).
    ///
    /// ```
    /// # use wechat_callback::TextReply;
    /// let reply = TextReply::new("看<a href=\"https://example.com/\">这里</a>");
    /// ```
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into() }
    }

    /// A text that the user sees exactly as written: `<a href` does not become a link. Use it for text that comes from
    /// users.
    ///
    /// ```
    /// # use wechat_callback::TextReply;
    /// let reply = TextReply::literal("1 < 2 && <a>");
    /// assert_eq!(reply.content(), "1 &lt; 2 &amp;&amp; &lt;a&gt;");
    /// ```
    pub fn literal(content: &str) -> Self {
        let mut escaped = String::with_capacity(content.len());
        escape(content, &mut escaped);
        Self { content: escaped }
    }

    /// Splits a long text into replies of at most 2,047 bytes, in order. A push takes one reply: send the others as
    /// messages of your own, or drop them.
    ///
    /// Nothing is lost but parts that would be blank, which WeChat does not accept. (A blank text stays one part, which
    /// is a [`SealError`].)
    ///
    /// A part ends at a line break if its second half has one, otherwise at the end of a sentence; never inside a
    /// character (as its reader sees it: a grapheme cluster), a link (unless the link itself is too long) or an escape of [`literal`](Self::literal).
    ///
    /// ```
    /// # use wechat_callback::TextReply;
    /// let parts = TextReply::new("春眠不觉晓，处处闻啼鸟。\n".repeat(100)).split();
    /// assert_eq!(parts.len(), 2);
    /// assert!(parts.iter().all(|part| part.content().ends_with('\n') && part.content().len() <= 2047));
    /// ```
    #[must_use]
    pub fn split(self) -> Vec<Self> {
        let mut offset = Some(0);
        let parts = std::iter::from_fn(|| {
            let part = part_at(&self.content, offset?, "", true)?;
            offset = part.next;
            Some(Self::new(part.text))
        });
        let parts: Vec<_> = parts.collect();
        if !parts.is_empty() {
            return parts;
        }
        let blank = self.content.chars().take(MAX_TEXT / 4).collect::<String>();
        vec![Self::new(blank)]
    }

    /// `Content`: the same as the field, as a `&str`.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }
}

/// How long a text may be in reply `to` this, in bytes.
pub(crate) const fn max_text(to: ReplyTo) -> usize {
    match to.channel {
        Channel::WeCom => MAX_WECOM_TEXT,
        Channel::OfficialAccount | Channel::MiniProgram => MAX_TEXT,
        Channel::AiBot => super::stream_content::MAX_CONTENT,
    }
}

impl ReplyContent for TextReply {
    fn kind(&self) -> &'static str {
        "text"
    }

    fn is_for(&self, channel: Channel) -> bool {
        channel != Channel::MiniProgram
    }

    fn check(&self, to: ReplyTo) -> Result<(), SealError> {
        let (length, limit) = (self.content.len(), max_text(to));
        if length > limit {
            return Err(SealError::TextTooLong { length, limit });
        }
        if is_blank(&self.content) { Err(SealError::TextEmpty) } else { Ok(()) }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.text("Content", &self.content);
    }

    fn room(&self) -> usize {
        self.content.len() + 32
    }
}

/// Adds `text` to `escaped`, written so that the user sees it as it is.
pub(crate) fn escape(text: &str, escaped: &mut String) {
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::PushKind;

    const TO_MESSAGE: ReplyTo = ReplyTo { channel: Channel::OfficialAccount, push: PushKind::Message };

    fn split(text: &str) -> Vec<String> {
        let parts: Vec<_> = TextReply::new(text).split().into_iter().map(|part| part.content).collect();
        assert_eq!(parts.concat(), text);
        assert!(parts.iter().all(|part| part.len() <= MAX_TEXT && (part.is_empty() == text.is_empty())));
        parts
    }

    #[test]
    fn a_text_within_the_limit_stays_whole() {
        for text in ["", "x", &"x".repeat(2047)] {
            assert_eq!(split(text), [text]);
        }
    }

    #[test]
    fn a_text_is_never_cut_inside_a_character() {
        for character in ["x", "é", "好", "😀"] {
            split(&character.repeat(5000));
        }
        assert_eq!(split(&"好".repeat(683))[0].len(), 2046);
    }

    #[test]
    fn a_line_end_is_preferred_and_then_the_end_of_a_sentence() {
        let text =
            format!("{}。{}\n{}。{}", "一".repeat(400), "二".repeat(100), "三".repeat(100), "四".repeat(400));
        assert!(split(&text)[0].ends_with("二\n"));
        let text = format!("{}。{}", "一".repeat(600), "二".repeat(600));
        assert!(split(&text)[0].ends_with('。'));
    }

    #[test]
    fn a_line_end_far_from_the_limit_is_passed_over() {
        let text = format!("一\n{}", "二".repeat(1000));
        assert_eq!(split(&text).len(), 2);
    }

    #[test]
    fn a_link_stays_whole() {
        let link = "<a href=\"https://example.com/?a=1;b=2\">去；看</a>";
        for before in 1900..2100 {
            let parts = split(&format!("{}{link}{}", "x".repeat(before), "y".repeat(1000)));
            assert!(parts.iter().any(|part| part.contains(link)), "{before}");
        }
    }

    #[test]
    fn a_link_stays_whole_where_a_part_begins() {
        let link = format!("<a href=\"https://example.com/\">{}</a>", "看。".repeat(200));
        let text = format!("{link}{}", "x".repeat(2000));
        assert!(split(&text)[0].starts_with(&link));
        let text = format!("{}\n{link}{}", "x".repeat(2000), "y".repeat(2000));
        assert!(split(&text)[1].starts_with(&link));
    }

    #[test]
    fn no_part_is_blank() {
        let split = |text: &str| TextReply::new(text).split();
        let long = "x".repeat(MAX_TEXT);
        let gap = "\n".repeat(3 * MAX_TEXT);
        assert!(split(&format!("{long}\n")) == [TextReply::new(long.as_str())]);
        let parts = split(&format!("{long}{gap}\u{0}y"));
        assert!(parts.iter().all(|part| part.check(TO_MESSAGE).is_ok()));
        assert_eq!(
            parts.iter().map(TextReply::content).collect::<String>().replace(['\n', '\0'], ""),
            format!("{long}y")
        );
        // Sealing it says so.
        assert!(split(&gap).iter().map(|part| part.check(TO_MESSAGE)).eq([Err(SealError::TextEmpty)]));
    }

    #[test]
    fn a_link_longer_than_the_limit_is_cut() {
        split(&format!("<a href=\"{}\">x</a>", "x".repeat(5000)));
    }

    #[test]
    fn an_escape_stays_whole() {
        for before in 2030..2050 {
            let text = format!("{}{}", "x".repeat(before), "<&>".repeat(800));
            let parts = TextReply::literal(&text).split();
            assert_eq!(
                parts.iter().map(|part| part.content.as_str()).collect::<String>(),
                TextReply::literal(&text).content
            );
            for part in parts {
                let without = part.content.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
                assert!(!without.contains(['&', ';']), "{before}");
            }
        }
    }
}
