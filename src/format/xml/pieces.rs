//! Splits XML into tags and the text between them, without checking that it is well-formed: `quick-xml` does that.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::flat::{CDATA, CDATA_ENDS};
use super::is_blank;

// Made once, because there may be very many.
static COMMENT_ENDS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("-->"));
static INSTRUCTION_ENDS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("?>"));

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Start(&'a str),
    Empty(&'a str),
    End(&'a str),
    Text(&'a str),
    Cdata(&'a str),
    /// A comment or a processing instruction.
    Aside,
}

/// The pieces of a document from a position on, up to its end or to something that is not a piece.
pub(super) struct Pieces<'a> {
    xml: &'a str,
    at: usize,
    is_stuck: bool,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(xml: &'a str, at: usize) -> Self {
        Self { xml, at, is_stuck: false }
    }

    /// Where the next piece begins.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.xml.len()
    }

    /// Whether it has met something that is not a piece.
    pub(super) fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    fn piece(&mut self) -> Option<Piece<'a>> {
        let rest = self.xml.get(self.at..)?;
        if !rest.starts_with('<') {
            let length = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            let (text, _) = rest.split_at_checked(length)?;
            self.at = self.at.checked_add(length)?;
            return Some(Piece::Text(text));
        }
        if rest.starts_with(CDATA) {
            return self.take(CDATA, &CDATA_ENDS).map(Piece::Cdata);
        }
        if rest.starts_with("<!--") {
            return self.take("<!--", &COMMENT_ENDS).map(|_| Piece::Aside);
        }
        if rest.starts_with("<?") {
            return self.take("<?", &INSTRUCTION_ENDS).map(|_| Piece::Aside);
        }
        if rest.starts_with("<!") { None } else { self.tag() }
    }

    fn take(&mut self, prefix: &str, end: &Finder<'_>) -> Option<&'a str> {
        let inside = self.at.checked_add(prefix.len())?;
        let rest = self.xml.get(inside..)?;
        let (text, _) = rest.split_at_checked(end.find(rest.as_bytes())?)?;
        self.at = inside.checked_add(text.len())?.checked_add(end.needle().len())?;
        Some(text)
    }

    fn tag(&mut self) -> Option<Piece<'a>> {
        let rest = self.xml.get(self.at..)?;
        let length = tag_length(rest)?;
        let tag = rest.get(..length)?.strip_prefix('<')?.strip_suffix('>')?;
        self.at = self.at.checked_add(length)?;
        if let Some(name) = tag.strip_prefix('/') {
            return Some(Piece::End(name.trim_end_matches(is_blank)));
        }
        if let Some(tag) = tag.strip_suffix('/') {
            return tag.split(is_blank).next().map(Piece::Empty);
        }
        tag.split(is_blank).next().filter(|name| !name.is_empty()).map(Piece::Start)
    }
}

/// The length of the tag that `rest` begins with. A `>` in the value of an attribute does not end it.
fn tag_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 0usize;
    loop {
        let found = at.checked_add(memchr::memchr3(b'>', b'"', b'\'', bytes.get(at..)?)?)?;
        let quote = *bytes.get(found)?;
        at = found.checked_add(1)?;
        if quote == b'>' {
            return Some(at);
        }
        at = at.checked_add(memchr::memchr(quote, bytes.get(at..)?)?)?.checked_add(1)?;
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end() || self.is_stuck {
            return None;
        }
        let piece = self.piece();
        self.is_stuck = piece.is_none();
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_cut_at_its_tags() {
        let xml = "<?xml version='1.0'?><!-- < --><a b='>'>x<![CDATA[<y>]]></a ><c/> ";
        let mut pieces = Pieces::new(xml, 0);
        let read: Vec<_> = pieces.by_ref().collect();
        let expected = [
            Piece::Aside,
            Piece::Aside,
            Piece::Start("a"),
            Piece::Text("x"),
            Piece::Cdata("<y>"),
            Piece::End("a"),
            Piece::Empty("c"),
            Piece::Text(" "),
        ];
        assert_eq!(read, expected);
        assert!(pieces.is_at_end());
    }

    #[test]
    fn it_ends_at_what_is_no_piece_of_a_document() {
        for xml in ["<!DOCTYPE xml>", "<![CDATA[x", "<!-- x", "<?x", "<a", "<a b='", "<>", "< >"] {
            let mut pieces = Pieces::new(xml, 0);
            assert_eq!(pieces.next(), None, "{xml}");
            assert!(pieces.is_stuck(), "{xml}");
        }
    }
}
