//! Reads the layout that WeChat nearly always writes: `<xml>`, elements that hold one text or one CDATA section each,
//! and `</xml>`. It stops at anything else, and the caller uses `quick-xml` instead.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::expected::Expected;
use super::is_blank;
use super::layouts;
use super::name::Name;
use crate::swar::{behind, find, is_repeated, skip_digits};

pub(super) const CDATA: &str = "<![CDATA[";
pub(super) const CDATA_END: &str = "]]>";

/// Made once, because making it takes longer than searching a short message.
pub(super) static CDATA_ENDS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CDATA_END));

/// Reads the elements of `xml` one by one. Those that are `expected` are read the fastest if they are in this order.
#[inline(always)]
pub(super) fn elements<'a>(xml: &'a str, expected: &'static [Expected]) -> Elements<'a> {
    let start = behind(xml.as_bytes(), skip_blanks(xml.as_bytes(), 0), b"<xml>");
    // Behind the end there is no element.
    Elements { xml, at: start.unwrap_or(usize::MAX), expected, reached_end: false }
}

pub(super) struct Elements<'a> {
    xml: &'a str,
    at: usize,
    /// The elements that have not been met.
    expected: &'static [Expected],
    reached_end: bool,
}

impl Elements<'_> {
    /// Whether the whole document had this layout and has been read.
    #[inline(always)]
    pub(super) fn reached_end(&self) -> bool {
        self.reached_end
    }

    /// Whether another element ends like `element`. A user's text may hold the end tag of its element. If there is only
    /// one end, it is the right one.
    #[inline(always)]
    fn has_other_end(&self, element: &Simple) -> bool {
        // Nothing in a message is rarer than `]`.
        find(self.xml.as_bytes(), element.end, b']', b']').is_some() && {
            let rest = self.xml.get(element.end..).unwrap_or_default();
            has_end(rest, self.xml.get(element.name_start..element.name_end).unwrap_or_default())
        }
    }
}

impl Iterator for Elements<'_> {
    type Item = Simple;

    #[inline(always)]
    fn next(&mut self) -> Option<Simple> {
        let xml = self.xml.as_bytes();
        let start = skip_blanks(xml, self.at);
        let element = if let [next, others @ ..] = self.expected
            && let Some(element) = next.at(xml, start)
        {
            self.expected = others;
            element
        } else {
            if xml.get(start.wrapping_add(1)) == Some(&b'/') {
                let end = behind(xml, start, b"</xml>");
                self.reached_end = end.is_some_and(|end| skip_blanks(xml, end) == xml.len());
                return None;
            }
            simple_at(xml, start)?
        };
        if element.is_users && self.has_other_end(&element) {
            return None;
        }
        self.at = element.end;
        Some(element)
    }
}

/// An element that holds one text, as offsets in bytes. They are never inside a character, because there is ASCII on
/// both sides.
pub(super) struct Simple {
    pub(super) name: Name,
    pub(super) name_start: usize,
    pub(super) name_end: usize,
    pub(super) text_start: usize,
    pub(super) text_end: usize,
    /// Whether it is in CDATA and a user may have written it.
    pub(super) is_users: bool,
    /// Where the element ends.
    pub(super) end: usize,
}

/// The element that `rest` begins with, if it holds one text and nothing else.
pub(super) fn simple(rest: &str) -> Option<Simple> {
    simple_at(rest.as_bytes(), 0)
}

/// The element at `start`, if it holds one text and nothing else.
fn simple_at(xml: &[u8], start: usize) -> Option<Simple> {
    let name_start = behind(xml, start, b"<")?;
    let (name, length) = Name::at(xml, name_start)?;
    let name_end = name_start.wrapping_add(length);
    let inner = skip_blanks(xml, name_end.wrapping_add(1));
    let (text_start, text_end, text_behind, is_users) = match behind(xml, inner, CDATA.as_bytes()) {
        Some(section) => {
            let is_users = is_users(xml, name, name_start, name_end);
            let end = cdata_end(xml, section, is_users)?;
            (section, end, skip_blanks(xml, end.wrapping_add(CDATA_END.len())), is_users)
        }
        None => {
            let (end, behind) = plain_end(xml, inner)?;
            (inner, end, behind, false)
        }
    };
    let closing = behind(xml, text_behind, b"</")?;
    // With the `>`.
    let length = length.wrapping_add(1);
    let end = is_repeated(xml, name_start, closing, length).then(|| closing.wrapping_add(length))?;
    Some(Simple { name, name_start, name_end, text_start, text_end, is_users, end })
}

/// Whether a user may have written the text of that element.
#[inline(always)]
fn is_users(xml: &[u8], name: Name, start: usize, end: usize) -> bool {
    match name {
        Name::Content => true,
        Name::Other => xml.get(start..end).is_some_and(layouts::is_in_any),
        _ => false,
    }
}

/// Where the text outside of CDATA at `start` ends, without and with the white space behind it. References and `]]>`
/// are left to quick-xml.
#[inline(always)]
fn plain_end(xml: &[u8], start: usize) -> Option<(usize, usize)> {
    // Most are numbers.
    let end = skip_digits(xml, start);
    if xml.get(end) == Some(&b'<') { Some((end, end)) } else { other_plain_end(xml, start) }
}

fn other_plain_end(xml: &[u8], start: usize) -> Option<(usize, usize)> {
    let rest = xml.get(start..)?;
    let length = rest.iter().position(|byte| matches!(byte, b'<' | b'&' | b'>'))?;
    let text = rest.get(..length)?;
    let blanks = text.iter().rev().take_while(|byte| is_blank(char::from(**byte))).count();
    let text = text.get(..length.checked_sub(blanks)?)?;
    if text.contains(&b'\r') {
        return None;
    }
    Some((start.checked_add(text.len())?, start.checked_add(length)?))
}

/// The position behind the white space at `at`, which mostly is none.
#[inline(always)]
fn skip_blanks(xml: &[u8], mut at: usize) -> usize {
    while xml.get(at).is_some_and(|byte| *byte <= b' ' && is_blank(char::from(*byte))) {
        at = at.wrapping_add(1);
    }
    at
}

/// Whether `]]></name>` occurs in `rest`.
pub(super) fn has_end(rest: &str, name: &str) -> bool {
    let is_end = |at| {
        let behind = rest.get(at..)?.strip_prefix("]]>")?.trim_start_matches(is_blank);
        let behind = behind.strip_prefix("</")?.strip_prefix(name)?;
        Some(behind.trim_start_matches(is_blank).starts_with('>'))
    };
    CDATA_ENDS.find_iter(rest.as_bytes()).any(|at| is_end(at) == Some(true))
}

/// The length of the name that `text` begins with.
#[inline]
pub(super) fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// The position of the first `]]>` from `start` on. `None` also at a carriage return, which is left to quick-xml to
/// normalise, unless the text `is_exact`.
#[inline(always)]
pub(super) fn cdata_end(xml: &[u8], start: usize, is_exact: bool) -> Option<usize> {
    if is_exact { section_end::<b']'>(xml, start) } else { section_end::<b'\r'>(xml, start) }
}

/// The position of the first `]]>`, unless there is `STOP` before it.
#[inline(always)]
fn section_end<const STOP: u8>(xml: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = find(xml, at, b']', STOP)?;
        if behind(xml, at, CDATA_END.as_bytes()).is_some() {
            return Some(at);
        }
        if xml.get(at) != Some(&b']') {
            return None;
        }
        at = at.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::xml::expected;

    fn read(xml: &str) -> Option<Vec<(&str, &str)>> {
        let mut elements = elements(xml, &expected::MESSAGE);
        let texts = |element: Simple| {
            (&xml[element.name_start..element.name_end], &xml[element.text_start..element.text_end])
        };
        let read = elements.by_ref().map(texts).collect();
        elements.reached_end().then_some(read)
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
