//! The elements that WeChat nearly always writes, in its order. Each is compared as a whole, which takes a third of the
//! time that it takes to read it. Whatever is not exactly as expected is read by [`flat`](super::flat).

use super::Name;
use super::flat::Simple;
use crate::swar::{find, skip_digits};

/// Those of a text message, which begin every other message too.
pub(super) static MESSAGE: [Expected; 6] = [
    Expected::cdata(Name::ToUserName, "<ToUserName><![CDATA[", "]]></ToUserName>"),
    Expected::cdata(Name::FromUserName, "<FromUserName><![CDATA[", "]]></FromUserName>"),
    Expected::number(Name::CreateTime, "<CreateTime>", "</CreateTime>"),
    Expected::cdata(Name::MsgType, "<MsgType><![CDATA[", "]]></MsgType>"),
    Expected::cdata(Name::Content, "<Content><![CDATA[", "]]></Content>"),
    Expected::number(Name::MsgId, "<MsgId>", "</MsgId>"),
];

/// Those of an envelope.
pub(super) static ENVELOPE: [Expected; 2] = [
    Expected::cdata(Name::ToUserName, "<ToUserName><![CDATA[", "]]></ToUserName>"),
    Expected::cdata(Name::Encrypt, "<Encrypt><![CDATA[", "]]></Encrypt>"),
];

pub(super) struct Expected {
    name: Name,
    name_length: usize,
    text: Text,
    /// What is before the text, in words whose last one is filled with zeros, and which of their bits count.
    open: [u64; OPEN / 8],
    mask: [u64; OPEN / 8],
    open_length: usize,
    /// What is behind it.
    close: Close,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Number,
    /// In CDATA, and written by WeChat.
    Own,
    /// In CDATA, and written by a user.
    Users,
}

/// The longest start of an element has 23 bytes.
const OPEN: usize = 24;

impl Expected {
    const fn cdata(name: Name, open: &str, close: &str) -> Self {
        let text = if matches!(name, Name::Content) { Text::Users } else { Text::Own };
        Self::new(name, text, open, close)
    }

    const fn number(name: Name, open: &str, close: &str) -> Self {
        Self::new(name, Text::Number, open, close)
    }

    #[expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "it runs when it is compiled"
    )]
    const fn new(name: Name, text: Text, open: &str, close: &str) -> Self {
        let open = open.as_bytes();
        let (ones, _) = [u8::MAX; OPEN].as_slice().split_at(open.len());
        let mut words = [0; OPEN / 8];
        let mut masks = [0; OPEN / 8];
        let mut index = 0;
        while index < words.len() {
            words[index] = word(open, 8 * index);
            masks[index] = word(ones, 8 * index);
            index += 1;
        }
        let around = if matches!(text, Text::Number) { "</>" } else { "]]></>" };
        Self {
            name,
            name_length: close.len() - around.len(),
            text,
            open: words,
            mask: masks,
            open_length: open.len(),
            close: Close::new(close.as_bytes()),
        }
    }

    /// The element at `start`, if it is as expected.
    #[inline(always)]
    pub(super) fn at(&self, xml: &[u8], start: usize) -> Option<Simple> {
        let window: &[u8; OPEN] = xml.get(start..)?.first_chunk()?;
        let (words, _) = window.as_chunks();
        let words = words.iter().zip(&self.open).zip(&self.mask);
        let differences = words.map(|((word, open), mask)| (u64::from_le_bytes(*word) ^ open) & mask);
        if differences.fold(0, |all, difference| all | difference) != 0 {
            return None;
        }
        let text_start = start.wrapping_add(self.open_length);
        let text_end = match self.text {
            Text::Number => skip_digits(xml, text_start),
            // A carriage return is left to quick-xml.
            Text::Own => find(xml, text_start, b']', b'\r')?,
            Text::Users => find(xml, text_start, b']', b']')?,
        };
        let end = self.close.behind(xml, text_end)?;
        let name_start = start.wrapping_add(1);
        Some(Simple {
            name: self.name,
            name_start,
            name_end: name_start.wrapping_add(self.name_length),
            text_start,
            text_end,
            is_users: self.text == Text::Users,
            end,
        })
    }
}

/// Eight to 24 bytes: the first eight, the last eight, and the second eight if there are more than sixteen.
struct Close {
    length: usize,
    first: u64,
    second: u64,
    last: u64,
}

impl Close {
    #[expect(clippy::arithmetic_side_effects, reason = "it runs when it is compiled")]
    const fn new(bytes: &[u8]) -> Self {
        assert!(bytes.len() >= 8 && bytes.len() <= 24);
        let length = bytes.len();
        Self { length, first: word(bytes, 0), second: word(bytes, 8), last: word(bytes, length - 8) }
    }

    /// The position behind these bytes, which are expected at `at`.
    #[inline(always)]
    fn behind(&self, xml: &[u8], at: usize) -> Option<usize> {
        let end = at.wrapping_add(self.length);
        let bytes = xml.get(at..end)?;
        let (first, last) =
            (u64::from_le_bytes(*bytes.first_chunk()?), u64::from_le_bytes(*bytes.last_chunk()?));
        let ends = (first ^ self.first) | (last ^ self.last);
        let is_between = self.length <= 16
            || bytes.get(8..)?.first_chunk().is_some_and(|second| u64::from_le_bytes(*second) == self.second);
        (ends == 0 && is_between).then_some(end)
    }
}

/// The eight bytes at `at`, with zeros for those that are missing.
#[expect(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "it runs when it is compiled")]
const fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    let mut index = 0;
    while index < 8 && at + index < bytes.len() {
        word[index] = bytes[at + index];
        index += 1;
    }
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::xml::flat;

    fn parts(element: &Simple) -> (Name, [usize; 5], bool) {
        let Simple { name, name_start, name_end, text_start, text_end, end, is_users } = *element;
        (name, [name_start, name_end, text_start, text_end, end], is_users)
    }

    fn all() -> impl Iterator<Item = (&'static Expected, String)> {
        let open = |expected: &Expected| {
            let bytes: Vec<u8> = expected.open.iter().flat_map(|word| word.to_le_bytes()).collect();
            String::from_utf8(bytes[..expected.open_length].to_vec()).expect("ASCII")
        };
        MESSAGE.iter().chain(&ENVELOPE).map(move |expected| (expected, open(expected)))
    }

    fn close(expected: &Expected, open: &str) -> String {
        let name = &open[1..=expected.name_length];
        if expected.text == Text::Number { format!("</{name}>") } else { format!("]]></{name}>") }
    }

    #[test]
    fn an_expected_element_is_what_the_reader_of_any_element_reads() {
        for (expected, open) in all() {
            for text in
                ["", "1", "1611611269", "29226370238408759", "text", "一]二", "a\rb", "<x>", "]]", " 1"]
            {
                let xml = format!("\n{open}{text}{}</xml>                    ", close(expected, &open));
                let read = flat::simple(&xml[1..]).map(|element| {
                    let (name, offsets, is_users) = parts(&element);
                    (name, offsets.map(|offset| offset + 1), is_users)
                });
                match expected.at(xml.as_bytes(), 1) {
                    Some(element) => assert_eq!(Some(parts(&element)), read, "{xml}"),
                    // The reader of any element decides.
                    None => assert!(
                        text.contains(['一', '\r', '<', ']', ' ']) || !open.ends_with('[') && text == "text",
                        "{xml}"
                    ),
                }
            }
        }
    }

    #[test]
    fn no_other_byte_passes_for_an_expected_one() {
        for (expected, open) in all() {
            let (text, close) = ("1234567890", close(expected, &open));
            let xml = format!("{open}{text}{close}</xml>                    ").into_bytes();
            assert!(expected.at(&xml, 0).is_some());
            for at in (0..open.len()).chain(open.len() + text.len()..open.len() + text.len() + close.len()) {
                for bit in 0..8 {
                    let mut other = xml.clone();
                    other[at] ^= 1 << bit;
                    // A number that goes on is one that ends elsewhere.
                    assert!(expected.at(&other, 0).is_none(), "{} at {at}", String::from_utf8_lossy(&other));
                }
            }
        }
    }
}
