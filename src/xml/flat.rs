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

/// Reads the elements of `xml` one by one, as name and text.
pub(super) fn elements(xml: &str) -> Elements<'_> {
    match xml.trim_start_matches(is_blank).strip_prefix("<xml>") {
        Some(rest) => Elements { rest, state: State::Inside },
        None => Elements { rest: xml, state: State::Stuck },
    }
}

pub(super) struct Elements<'a> {
    rest: &'a str,
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

    fn element(&mut self) -> Option<(&'a str, &'a str)> {
        let rest = self.rest.trim_start_matches(is_blank);
        let Simple { name, text, is_users, rest } = simple(rest)?;
        // A user's text may hold the end tag of its element. If there is only one end, it is the right one.
        if is_users && has_end(rest, name) {
            return None;
        }
        self.rest = rest;
        Some((name, text))
    }

    fn at_end(&self) -> bool {
        let rest = self.rest.trim_start_matches(is_blank);
        rest.strip_prefix("</xml>").is_some_and(|rest| rest.trim_start_matches(is_blank).is_empty())
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.state != State::Inside {
            return None;
        }
        let element = self.element();
        if element.is_none() {
            self.state = if self.at_end() { State::End } else { State::Stuck };
        }
        element
    }
}

/// An element that holds one text.
pub(super) struct Simple<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    /// Whether it is in CDATA and a user may have written it.
    is_users: bool,
    /// What follows the element.
    pub(super) rest: &'a str,
}

/// The element that `rest` begins with, if it holds one text and nothing else.
#[inline]
pub(super) fn simple(rest: &str) -> Option<Simple<'_>> {
    let rest = rest.strip_prefix('<')?;
    let (name, rest) = rest.split_at_checked(name_length(rest))?;
    let rest = rest.strip_prefix('>')?;
    let inner = rest.trim_start_matches(is_blank);
    let (text, behind, is_users) = match inner.strip_prefix(CDATA) {
        Some(section) => {
            let is_users = layouts::is_in_any(name);
            let (text, behind) = split_at_cdata_end(section, is_users)?;
            (text, behind.trim_start_matches(is_blank), is_users)
        }
        None => {
            // References and `]]>` are left to quick-xml.
            let end = memchr::memchr3(b'<', b'&', b'>', inner.as_bytes())?;
            let (text, behind) = inner.split_at_checked(end)?;
            let text = text.trim_end_matches(is_blank);
            if text.contains('\r') {
                return None;
            }
            (text, behind, false)
        }
    };
    let rest = behind.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')?;
    (!name.is_empty()).then_some(Simple { name, text, is_users, rest })
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
pub(super) fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// Splits at the first `]]>`. `None` also at a carriage return, which is left to quick-xml to normalise, unless the
/// text `is_exact`.
pub(super) fn split_at_cdata_end(section: &str, is_exact: bool) -> Option<(&str, &str)> {
    let mut marks = memchr::memchr2_iter(b']', if is_exact { b']' } else { b'\r' }, section.as_bytes());
    marks.find_map(|at| {
        let (text, rest) = section.split_at_checked(at)?;
        match rest.strip_prefix("]]>") {
            Some(rest) => Some(Some((text, rest))),
            None => rest.starts_with('\r').then_some(None),
        }
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Option<Vec<(&str, &str)>> {
        let mut elements = elements(xml);
        let read = elements.by_ref().collect();
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
