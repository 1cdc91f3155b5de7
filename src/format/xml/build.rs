//! Reads any well-formed layout, with `quick-xml`.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::document::TextRange;
use super::flat::{CDATA, CDATA_END};
use super::growing::Growing;
use super::is_blank;
use super::pieces::{Piece, Pieces};
use super::tree::{Tree, offset};
use super::user_text::{self, Span};
use super::{HeadSeen, MAX_DEPTH};
use super::{Name, XmlError};

impl Tree {
    /// Reads `xml`.
    ///
    /// The text of an element is its character data and CDATA sections, with references resolved and without the white
    /// space around it; white space inside CDATA is kept. An element that holds elements has no text.
    pub(crate) fn parse(xml: &str) -> Result<Self, XmlError> {
        match Self::parse_flat(xml)? {
            Some(tree) => Ok(tree),
            None => build(xml),
        }
    }
}

/// Reads `xml` in any layout.
pub(super) fn build(xml: &str) -> Result<Tree, XmlError> {
    let xml = xml.strip_prefix('\u{feff}').unwrap_or(xml);
    if xml.trim_start_matches(is_blank).starts_with(['{', '[']) {
        return Err(XmlError::Json);
    }
    let mut texts = user_text::find(xml);
    // quick-xml normalises the ends of lines.
    texts.retain(|span| span.of(xml).contains(CDATA_END) || span.of(xml).contains('\r'));
    let mut builder = Builder { tree: room_for(xml, &texts), ..Builder::default() };
    let mut texts = texts.into_iter().peekable();
    // Where the reader started, behind the last text.
    let mut base = 0_usize;
    let mut reader = reader(xml);
    loop {
        let at = base.saturating_add(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        if let Some(text) = texts.next_if(|text| text.start == at.saturating_add(CDATA.len())) {
            if !builder.verbatim(text.of(xml)) {
                return Err(XmlError::Malformed { position: text.end as u64 });
            }
            base = text.end.saturating_add(CDATA_END.len());
            reader = self::reader(xml.get(base..).unwrap_or_default());
            continue;
        }
        let event = reader.read_event();
        let malformed =
            || XmlError::Malformed { position: reader.buffer_position().saturating_add(base as u64) };
        let event = event.map_err(|_| malformed())?;
        if event == Event::Eof {
            return if builder.state == State::Epilog { Ok(builder.tree.finish()) } else { Err(malformed()) };
        }
        if !builder.take(event)? {
            return Err(malformed());
        }
    }
}

/// A reader that may begin inside elements: [`Builder`] compares their names.
fn reader(xml: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    reader
}

/// A tree with room for the elements of `xml`, and for their names and texts before references are resolved. `texts` are
/// not read as XML.
fn room_for(xml: &str, texts: &[Span]) -> Growing {
    let (mut elements, mut length) = (0_usize, 0_usize);
    let mut count = |from: usize, to: usize| {
        for piece in Pieces::new(xml.get(from..to).unwrap_or_default(), 0) {
            let more = match piece {
                Piece::Start(name) | Piece::Empty(name) => {
                    elements = elements.saturating_add(1);
                    name.len()
                }
                Piece::Text(text) if text.chars().all(is_blank) => 0,
                Piece::Text(text) | Piece::Cdata(text) => text.len(),
                Piece::End(_) | Piece::Aside => 0,
            };
            length = length.saturating_add(more);
        }
    };
    let mut rest = 0;
    for text in texts {
        count(rest, text.start.saturating_sub(CDATA.len()));
        rest = text.end.saturating_add(CDATA_END.len());
    }
    count(rest, xml.len());
    length = texts.iter().fold(length, |length, text| length.saturating_add(text.of(xml).len()));
    Growing::with_room_for(elements, length)
}

/// How `]]>` is escaped in CDATA: by splitting it over two sections.
const SPLIT: &str = "]]]]><![CDATA[>";

/// Puts the events of `quick-xml` into a tree.
#[derive(Default)]
struct Builder {
    tree: Growing,
    state: State,
    seen: HeadSeen,
    /// The open elements, without the root.
    open: Vec<Open>,
}

#[derive(Default, PartialEq, Eq)]
enum State {
    #[default]
    Prolog,
    Root,
    Epilog,
}

struct Open {
    index: usize,
    has_children: bool,
    /// Where its text starts in the text of the tree.
    start: usize,
    /// The end of what came from CDATA or a reference, whose white space is not trimmed.
    kept: usize,
}

impl Builder {
    /// Returns `false` if the event makes the document ill-formed.
    fn take(&mut self, event: Event<'_>) -> Result<bool, XmlError> {
        match event {
            Event::DocType(_) => return Err(XmlError::DocType),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().ok().flatten();
                if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
                    return Err(XmlError::Encoding);
                }
                return Ok(self.state == State::Prolog);
            }
            Event::Start(tag) => return self.start(&tag),
            Event::Empty(tag) => {
                if !self.start(&tag)? {
                    return Ok(false);
                }
                self.end()?;
            }
            Event::End(tag) => {
                let name = tag.name();
                let name: &str = name.as_ref();
                let open = self.open.last().map_or("xml", |element| self.tree.name(element.index));
                if name.trim_end_matches(is_blank) != open || self.state != State::Root {
                    return Ok(false);
                }
                self.end()?;
            }
            Event::Text(text) if self.state != State::Root => {
                return Ok(text.chars().all(is_blank));
            }
            Event::Text(text) => self.text(&text.xml10_content(), false),
            Event::CData(_) | Event::GeneralRef(_) if self.state != State::Root => return Ok(false),
            Event::CData(text) => self.text(&text.xml10_content(), true),
            Event::GeneralRef(reference) => match resolve(&reference) {
                Some(char) => self.text(char.encode_utf8(&mut [0; 4]), true),
                None => return Ok(false),
            },
            Event::PI(_) | Event::Comment(_) | Event::Eof => {}
        }
        Ok(true)
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<bool, XmlError> {
        let name = tag.name();
        let name: &str = name.as_ref();
        match self.state {
            State::Epilog => return Ok(false),
            State::Prolog if name == "xml" => self.state = State::Root,
            State::Prolog => return Err(XmlError::Root),
            State::Root => {
                if name.is_empty() {
                    return Ok(false);
                }
                if self.open.len() >= MAX_DEPTH {
                    return Err(XmlError::Depth);
                }
                match self.open.last_mut() {
                    None => self.seen.note(Name::of(name))?,
                    Some(parent) if parent.has_children => {}
                    Some(parent) => {
                        parent.has_children = true;
                        self.tree.truncate(parent.start);
                    }
                }
                let index = self.tree.open(name)?;
                let start = self.tree.text().len();
                self.open.push(Open { index, has_children: false, start, kept: start });
            }
        }
        Ok(true)
    }

    fn end(&mut self) -> Result<(), XmlError> {
        let Some(element) = self.open.pop() else {
            self.state = State::Epilog;
            return Ok(());
        };
        if element.has_children {
            self.tree.close(element.index, TextRange::default());
            return Ok(());
        }
        let tail = self.tree.text().get(element.kept..).unwrap_or_default();
        let blanks = tail.len().saturating_sub(tail.trim_end_matches(is_blank).len());
        let end = self.tree.text().len().saturating_sub(blanks);
        self.tree.truncate(end);
        let text = TextRange { start: offset(element.start)?, end: offset(end)? };
        self.tree.close(element.index, text);
        Ok(())
    }

    /// Takes the text of a user as it is. Sections that were split are joined. Returns `false` outside of the root.
    fn verbatim(&mut self, text: &str) -> bool {
        for (index, part) in text.split(SPLIT).enumerate() {
            if index > 0 {
                self.text(CDATA_END, true);
            }
            self.text(part, true);
        }
        self.state == State::Root
    }

    /// Ignores text directly under the root and text beside elements.
    fn text(&mut self, mut text: &str, keep: bool) {
        let Some(element) = self.open.last_mut().filter(|element| !element.has_children) else {
            return;
        };
        if !keep && self.tree.text().len() == element.start {
            text = text.trim_start_matches(is_blank);
        }
        self.tree.push_str(text);
        if keep {
            element.kept = self.tree.text().len();
        }
    }
}

/// A character reference or one of XML's own five entities.
fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => reference.resolve_char_ref().ok().flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_readers_build_the_same_tree() {
        for xml in [
            "<xml></xml>",
            "<xml>\n    <A><![CDATA[ x ]]></A>\n    <B> 1 </B>\r\n</xml>\n",
            "<xml><A> <![CDATA[]]>\n</A><B></B><A>again</A></xml>",
        ] {
            let flat = Tree::parse_flat(xml).expect("well-formed").expect("flat");
            assert!(flat == build(xml).expect("well-formed"), "{xml}");
        }
    }
}
