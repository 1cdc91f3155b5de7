//! Reads the layout that WeChat nearly always writes: `<xml>`, elements that hold one text or one CDATA section each,
//! and `</xml>`. It stops at anything else, and the caller uses `quick-xml` instead.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::is_blank;
use super::layouts;

pub(super) const CDATA: &str = "<![CDATA[";
pub(super) const CDATA_END: &str = "]]>";

/// Made once, because making it takes longer than searching a short message.
pub(super) static CDATA_ENDS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CDATA_END));

/// Reads the elements of `xml` one by one.
pub(super) fn elements(xml: &str) -> Elements<'_> {
    let start = behind(xml.as_bytes(), skip_blanks(xml.as_bytes(), 0), b"<xml>");
    Elements {
        xml,
        at: start.unwrap_or(0),
        state: if start.is_some() { State::Inside } else { State::Stuck },
    }
}

pub(super) struct Elements<'a> {
    xml: &'a str,
    at: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Inside,
    End,
    Stuck,
}

impl<'a> Elements<'a> {
    /// Whether the whole document had this layout and has been read.
    pub(super) fn reached_end(&self) -> bool {
        self.state == State::End
    }

    #[inline]
    fn element(&self) -> Option<Simple<'a>> {
        let element = simple_at(self.xml, skip_blanks(self.xml.as_bytes(), self.at))?;
        // A user's text may hold the end tag of its element. If there is only one end, it is the right one.
        if element.is_users && has_end(self.xml.get(element.end..)?, element.name) {
            return None;
        }
        Some(element)
    }

    fn is_at_end(&self) -> bool {
        let xml = self.xml.as_bytes();
        behind(xml, skip_blanks(xml, self.at), b"</xml>").is_some_and(|at| skip_blanks(xml, at) == xml.len())
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Simple<'a>;

    #[inline]
    fn next(&mut self) -> Option<Simple<'a>> {
        if self.state != State::Inside {
            return None;
        }
        let element = self.element();
        match &element {
            Some(element) => self.at = element.end,
            None => self.state = if self.is_at_end() { State::End } else { State::Stuck },
        }
        element
    }
}

/// An element that holds one text.
pub(super) struct Simple<'a> {
    pub(super) name: &'a str,
    /// Where the name starts.
    pub(super) name_start: usize,
    pub(super) text: &'a str,
    /// Where the text starts.
    pub(super) text_start: usize,
    /// Whether it is in CDATA and a user may have written it.
    is_users: bool,
    /// Where the element ends.
    pub(super) end: usize,
}

/// The element that `rest` begins with, if it holds one text and nothing else.
pub(super) fn simple(rest: &str) -> Option<Simple<'_>> {
    simple_at(rest, 0)
}

/// The element at `start`, if it holds one text and nothing else.
#[inline]
fn simple_at(document: &str, start: usize) -> Option<Simple<'_>> {
    let xml = document.as_bytes();
    let name_start = behind(xml, start, b"<")?;
    let name_end = name_start.checked_add(find(xml.get(name_start..)?, b'>', b'>')?)?;
    let name = xml.get(name_start..name_end).filter(|name| is_name(name))?;
    let inner = skip_blanks(xml, name_end.checked_add(1)?);
    let (text_start, text_end, text_behind, is_users) = match behind(xml, inner, CDATA.as_bytes()) {
        Some(section) => {
            let is_users = layouts::is_in_any(name);
            let end = section.checked_add(cdata_length(xml.get(section..)?, is_users)?)?;
            (section, end, skip_blanks(xml, end.checked_add(CDATA_END.len())?), is_users)
        }
        None => {
            // References and `]]>` are left to quick-xml.
            let rest = xml.get(inner..)?;
            let length = rest.iter().position(|byte| matches!(byte, b'<' | b'&' | b'>'))?;
            let text = rest.get(..length)?;
            let blanks = text.iter().rev().take_while(|byte| is_blank(char::from(**byte))).count();
            let text = text.get(..length.checked_sub(blanks)?)?;
            if text.contains(&b'\r') {
                return None;
            }
            (inner, inner.checked_add(text.len())?, inner.checked_add(length)?, false)
        }
    };
    let end = behind(xml, behind(xml, behind(xml, text_behind, b"</")?, name)?, b">")?;
    let (name, text) = (document.get(name_start..name_end)?, document.get(text_start..text_end)?);
    Some(Simple { name, name_start, text, text_start, is_users, end })
}

/// The position behind `part`, which is expected at `at`.
#[inline]
fn behind(xml: &[u8], at: usize, part: &[u8]) -> Option<usize> {
    xml.get(at..)?.starts_with(part).then(|| at.saturating_add(part.len()))
}

/// The position behind the white space at `at`, which mostly is none.
#[inline]
fn skip_blanks(xml: &[u8], mut at: usize) -> usize {
    while xml.get(at).is_some_and(|byte| is_blank(char::from(*byte))) {
        at = at.saturating_add(1);
    }
    at
}

/// Whether it has letters, digits and underscores alone, and one of them.
#[inline]
fn is_name(name: &[u8]) -> bool {
    static IS_OF_NAME: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
            byte += 1;
        }
        table
    };
    !name.is_empty() && name.iter().fold(true, |all, byte| all & IS_OF_NAME[usize::from(*byte)])
}

/// Whether `]]></name>` occurs in `rest`. Nothing in a message is rarer than `]`, so it is searched for first.
pub(super) fn has_end(rest: &str, name: &str) -> bool {
    let is_end = |at| {
        let behind = rest.get(at..)?.strip_prefix("]]>")?.trim_start_matches(is_blank);
        let behind = behind.strip_prefix("</")?.strip_prefix(name)?;
        Some(behind.trim_start_matches(is_blank).starts_with('>'))
    };
    memchr::memchr(b']', rest.as_bytes()).is_some()
        && CDATA_ENDS.find_iter(rest.as_bytes()).any(|at| is_end(at) == Some(true))
}

/// The length of the name that `text` begins with.
#[inline]
pub(super) fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// The length of the text before the first `]]>`. `None` also at a carriage return, which is left to quick-xml to
/// normalise, unless the text `is_exact`.
#[inline]
pub(super) fn cdata_length(section: &[u8], is_exact: bool) -> Option<usize> {
    let other = if is_exact { b']' } else { b'\r' };
    let mut from = 0usize;
    loop {
        let at = from.checked_add(find(section.get(from..)?, b']', other)?)?;
        let rest = section.get(at..)?;
        if rest.starts_with(CDATA_END.as_bytes()) {
            return Some(at);
        }
        if rest.first() == Some(&b'\r') {
            return None;
        }
        from = at.checked_add(1)?;
    }
}

/// The position of the first `one` or `other`. Most texts are so short that to set up a search with vectors takes longer
/// than the search.
#[inline]
fn find(bytes: &[u8], one: u8, other: u8) -> Option<usize> {
    const SHORT: usize = 4;
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().take(SHORT).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ repeated(one)) | zeros(word ^ repeated(other));
        if found != 0 {
            return index.checked_mul(8)?.checked_add(found.trailing_zeros() as usize / 8);
        }
    }
    let searched = words.len().min(SHORT).checked_mul(8)?;
    searched.checked_add(memchr::memchr2(one, other, bytes.get(searched..)?)?)
}

const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks the bytes that are zero by their highest bit. Above the first mark others may be wrong.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(repeated(1)) & !word & repeated(0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Option<Vec<(&str, &str)>> {
        let mut elements = elements(xml);
        let read = elements.by_ref().map(|element| (element.name, element.text)).collect();
        elements.reached_end().then_some(read)
    }

    #[test]
    fn a_byte_is_found_wherever_it_is() {
        for before in 0..100 {
            let text = format!("{}]x\r", "\u{80}".repeat(before));
            assert_eq!(find(text.as_bytes(), b']', b'\r'), Some(2 * before));
            assert_eq!(find(text.as_bytes(), b'\r', b'\r'), Some(2 * before + 2));
            assert_eq!(find(text.as_bytes(), b'\\', b'['), None);
        }
    }

    #[test]
    fn wechats_layouts_are_flat() {
        for flat in [
            "<xml><A><![CDATA[x]]></A>\n<B>1</B>\n</xml>",
            "<xml>\n    <A> <![CDATA[x]]> </A>\r\n    <B>\n1 </B>\n</xml>\n",
        ] {
            assert_eq!(read(flat), Some(vec![("A", "x"), ("B", "1")]), "{flat}");
        }
        assert_eq!(read("<xml><A></A><B><![CDATA[]]></B></xml>"), Some(vec![("A", ""), ("B", "")]));
        assert_eq!(read("<xml><A><![CDATA[ ]] ]> ]]></A></xml>"), Some(vec![("A", " ]] ]> ")]));
        let content = "<xml><Content><![CDATA[x\r\ny]]></Content></xml>";
        assert_eq!(read(content), Some(vec![("Content", "x\r\ny")]));
    }

    #[test]
    fn other_layouts_are_left_to_quick_xml() {
        for other in [
            "",
            "<xml>",
            "<xml/>",
            "<yml></yml>",
            "<?xml version='1.0'?><xml></xml>",
            "<!DOCTYPE xml><xml></xml>",
            "<xml><!DOCTYPE xml></xml>",
            "<xml><A/></xml>",
            "<xml><></></xml>",
            "<xml><A b='c'></A></xml>",
            "<xml><A><B></B></A></xml>",
            "<xml><A>&lt;</A></xml>",
            "<xml><A>x<![CDATA[y]]></A></xml>",
            "<xml><A><![CDATA[x]]>y</A></xml>",
            "<xml><A>x]]>y</A></xml>",
            "<xml><A>x\ry</A></xml>",
            "<xml><A><![CDATA[x\r\ny]]></A></xml>",
            "<xml><A></B></xml>",
            "<xml><A></A>x</xml>",
            "<xml><Content><![CDATA[x]]></Content><Content><![CDATA[y]]></Content></xml>",
            "<xml></xml><xml></xml>",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
