use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use yoke::Yoke;

use super::node::Nodes;

/// A text of a message. It shares the memory of the message that it was read from, and is used as a `&str`.
///
/// To clone it copies nothing, and as long as it lives, the whole message stays in memory. What is kept for long, such
/// as an openid, is better kept as a `String` of its own: `String::from`, or `to_string`.
///
/// `Debug` shows the length alone, because what a user writes must stay out of logs. `Display` shows the text.
///
/// ```
/// use wechat_callback::SharedStr;
///
/// let text = SharedStr::from("你好");
/// assert_eq!(text, "你好");
/// assert!(text.starts_with('你'));
/// assert_eq!(format!("{text} {text:?}"), "你好 SharedStr(6 bytes)");
/// ```
#[derive(Clone)]
pub struct SharedStr {
    document: Arc<Document>,
    range: TextRange,
}

/// A part of a text, in bytes.
#[derive(Clone, Copy, Default)]
pub(super) struct TextRange {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Two texts of one document. They share its memory once.
#[derive(Clone)]
pub(crate) struct TwoTexts {
    document: Arc<Document>,
    /// Those that are missing are empty.
    ranges: [TextRange; 2],
}

impl TwoTexts {
    #[inline]
    pub(super) const fn new(document: Arc<Document>, ranges: [TextRange; 2]) -> Self {
        Self { document, ranges }
    }

    /// Copies the texts, so that they do not keep the document that they are a part of.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn let_go(&mut self) {
        let texts = self.ranges.map(|range| self.document.slice(range));
        let text = SharedStr::from(texts.concat());
        let [first, _] = texts.map(|text| text.len() as u32);
        let border = text.range.start.saturating_add(first);
        let ranges = [
            TextRange { start: text.range.start, end: border },
            TextRange { start: border, end: text.range.end },
        ];
        *self = Self::new(text.document, ranges);
    }

    /// The texts, without those that are empty.
    pub(crate) fn get(&self) -> [Option<&str>; 2] {
        self.ranges.map(|range| Some(self.document.slice(range)).filter(|text| !text.is_empty()))
    }
}

/// No texts.
impl Default for TwoTexts {
    fn default() -> Self {
        Self::new(SharedStr::default().document, Default::default())
    }
}

/// A text, and where the elements are that were found in it. All that is read from a message shares it.
#[derive(Default)]
pub(super) struct Document {
    pub(super) text: Text,
    /// In document order.
    pub(super) nodes: Nodes,
}

impl Document {
    #[inline]
    pub(super) fn slice(&self, range: TextRange) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// A text in memory of its own.
pub(crate) enum Text {
    Whole(String),
    /// A part of a buffer that was decrypted in place.
    Part(Yoke<&'static str, Vec<u8>>),
}

impl Text {
    /// The bytes from `start` to `end`, without copying them. `None` if they are not UTF-8.
    pub(crate) fn part(buffer: Vec<u8>, start: usize, end: usize) -> Option<Self> {
        let part = Yoke::try_attach_to_cart(buffer, |bytes| {
            bytes.get(start..end).and_then(|bytes| simdutf8::basic::from_utf8(bytes).ok()).ok_or(())
        });
        part.ok().map(Self::Part)
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::Whole(String::new())
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Self::Whole(text) => text,
            Self::Part(part) => part.get(),
        }
    }
}

impl SharedStr {
    pub(super) const fn new(document: Arc<Document>, range: TextRange) -> Self {
        Self { document, range }
    }

    /// All of `text`. A text of more than 4 GiB ends there.
    pub(crate) fn whole(text: Text) -> Self {
        let mut end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        while !text.is_char_boundary(end as usize) {
            end = end.saturating_sub(1);
        }
        Self::new(Arc::new(Document { text, nodes: Nodes::new() }), TextRange { start: 0, end })
    }

    /// The text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        self.document.slice(self.range)
    }
}

impl SharedStr {
    /// The rest of it. `None` if it begins with something else.
    pub(crate) fn without_prefix(mut self, prefix: &str) -> Option<Self> {
        let rest = self.strip_prefix(prefix)?.len();
        self.range.start = self.range.end.saturating_sub(u32::try_from(rest).ok()?);
        Some(self)
    }
}

impl Deref for SharedStr {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for SharedStr {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<[u8]> for SharedStr {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Borrow<str> for SharedStr {
    fn borrow(&self) -> &str {
        self
    }
}

/// No text.
impl Default for SharedStr {
    fn default() -> Self {
        static EMPTY: LazyLock<Arc<Document>> = LazyLock::new(Arc::default);
        Self::new(EMPTY.clone(), TextRange::default())
    }
}

impl From<&str> for SharedStr {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for SharedStr {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::default() } else { Self::whole(Text::Whole(text)) }
    }
}

/// A copy.
impl From<SharedStr> for String {
    fn from(text: SharedStr) -> Self {
        text.as_str().to_owned()
    }
}

impl PartialEq for SharedStr {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for SharedStr {}

impl PartialOrd for SharedStr {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SharedStr {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other)
    }
}

impl Hash for SharedStr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

macro_rules! equal {
    ($($other:ty),+) => {$(
        impl PartialEq<$other> for SharedStr {
            fn eq(&self, other: &$other) -> bool {
                self.as_str() == &**other
            }
        }

        impl PartialEq<SharedStr> for $other {
            fn eq(&self, other: &SharedStr) -> bool {
                &**self == other.as_str()
            }
        }
    )+};
}
equal!(&str, String);

impl PartialEq<str> for SharedStr {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<SharedStr> for str {
    fn eq(&self, other: &SharedStr) -> bool {
        self == other.as_str()
    }
}

/// The text.
impl fmt::Display for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

/// The length alone.
impl fmt::Debug for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedStr({} bytes)", self.len())
    }
}

impl Serialize for SharedStr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for SharedStr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    #[test]
    fn a_part_of_a_buffer_is_a_text_if_it_is_utf8() {
        let buffer = || b"\xff\xff\xe4\xbd\xa0\xe5\xa5\xbd\xff".to_vec();
        let part = |start, end| Text::part(buffer(), start, end).map(|text| text.to_string());
        assert_eq!(part(2, 8).as_deref(), Some("你好"));
        assert_eq!(part(2, 2).as_deref(), Some(""));
        for (start, end) in [(0, 8), (2, 7), (2, 9), (3, 8), (2, 10), (8, 2), (9, 20)] {
            assert_eq!(part(start, end), None, "{start}..{end}");
        }
    }

    #[test]
    fn it_is_compared_hashed_and_ordered_as_its_text() {
        let (one, other) = (SharedStr::from("a"), SharedStr::from("b"));
        assert_eq!(one, "a");
        assert_eq!(one, *"a");
        assert_eq!("a", one);
        let text = String::from("a");
        assert_eq!(one, text);
        assert_ne!(one, other);
        assert!(HashSet::from([one.clone()]).contains("a"));
        assert!(BTreeSet::from([one.clone()]).contains("a"));
        assert!(one < other && SharedStr::default().is_empty());
        assert_eq!(size_of::<Option<SharedStr>>(), 16);
    }

    #[test]
    fn it_is_a_string_in_json() {
        let json = serde_json::to_string(&SharedStr::from("你好\n")).expect("JSON");
        assert_eq!(json, r#""你好\n""#);
        assert_eq!(serde_json::from_str::<SharedStr>(&json).expect("a text"), "你好\n");
    }

    #[cfg(feature = "tokio-1")]
    #[test]
    fn two_texts_stay_as_they_are_when_they_let_go() {
        for xml in [
            "<xml><FromUserName>用户</FromUserName><ToUserName>gh_1</ToUserName></xml>",
            "<xml><ToUserName>gh_1</ToUserName></xml>",
            "<xml><FromUserName>o1</FromUserName><ToUserName></ToUserName></xml>",
            "<xml></xml>",
        ] {
            let tree = super::super::Tree::parse(xml).expect("XML");
            let names = [super::super::Name::FromUserName, super::super::Name::ToUserName];
            let before = tree.two_texts(names);
            let mut after = before.clone();
            after.let_go();
            assert_eq!(after.get(), before.get());
            assert!(!Arc::ptr_eq(&after.document, &before.document));
        }
    }
}
