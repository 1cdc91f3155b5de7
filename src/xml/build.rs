//! Reads any well-formed layout, with `quick-xml`.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::document::TextRange;
use super::flat::CDATA_END;
use super::is_blank;
use super::tree::{Growing, Tree, offset};
use super::user_text;
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
    let texts = user_text::find(xml);
    let mut hollow = Hollow::of(xml, &texts);
    let frame = std::mem::take(&mut hollow.frame);
    let mut reader = Reader::from_str(&frame);
    let mut builder = Builder { tree: Growing::with_room_for(xml), ..Builder::default() };
    loop {
        let event = reader.read_event().map_err(|_| hollow.malformed(&reader))?;
        if event == Event::Eof {
            break;
        }
        if let Event::CData(_) = event
            && let Some(text) = hollow.text_at(reader.buffer_position())
        {
            builder.text(&text, true);
        } else if !builder.take(event)? {
            return Err(hollow.malformed(&reader));
        }
    }
    if builder.state == State::Epilog { Ok(builder.tree.finish()) } else { Err(hollow.malformed(&reader)) }
}

/// A document without those texts of users that must not be read as XML.
struct Hollow<'a> {
    /// The document, with an empty CDATA section in place of each text.
    frame: Cow<'a, str>,
    texts: std::vec::IntoIter<Taken<'a>>,
    /// How many bytes have been taken out before the current position.
    taken: usize,
}

struct Taken<'a> {
    /// Where the empty section ends.
    end: usize,
    /// The text as it is written.
    text: &'a str,
}

impl<'a> Hollow<'a> {
    fn of(xml: &'a str, texts: &[user_text::Span]) -> Self {
        // quick-xml normalises the ends of lines.
        let is_xml = |text: &str| text.contains(CDATA_END) || text.contains('\r');
        let mut frame = String::new();
        let mut taken = Vec::new();
        let mut rest = 0;
        for span in texts.iter().filter(|span| is_xml(span.of(xml))) {
            frame.push_str(xml.get(rest..span.start).unwrap_or_default());
            rest = span.end;
            taken.push(Taken { end: frame.len().saturating_add(CDATA_END.len()), text: span.of(xml) });
        }
        let behind = xml.get(rest..).unwrap_or_default();
        let frame = if taken.is_empty() { Cow::Borrowed(behind) } else { Cow::Owned(frame + behind) };
        Self { frame, texts: taken.into_iter(), taken: 0 }
    }

    /// The text whose empty section ends at `position`. Sections that were split are joined.
    fn text_at(&mut self, position: u64) -> Option<Cow<'a, str>> {
        let next = self.texts.as_slice().first()?;
        if usize::try_from(position) != Ok(next.end) {
            return None;
        }
        let text = self.texts.next()?.text;
        self.taken = self.taken.saturating_add(text.len());
        let is_split = text.contains(SPLIT);
        Some(if is_split { text.replace(SPLIT, CDATA_END).into() } else { text.into() })
    }

    fn malformed(&self, reader: &Reader<&[u8]>) -> XmlError {
        let taken = u64::try_from(self.taken).unwrap_or_default();
        XmlError::Malformed { position: reader.buffer_position().saturating_add(taken) }
    }
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
            Event::End(_) => self.end()?,
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
                        self.tree.text.truncate(parent.start);
                    }
                }
                let index = self.tree.open(name)?;
                let start = self.tree.text.len();
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
            return self.tree.close(element.index, TextRange::default());
        }
        let tail = self.tree.text.get(element.kept..).unwrap_or_default();
        let blanks = tail.len().saturating_sub(tail.trim_end_matches(is_blank).len());
        let end = self.tree.text.len().saturating_sub(blanks);
        self.tree.text.truncate(end);
        let text = TextRange { start: offset(element.start)?, end: offset(end)? };
        self.tree.close(element.index, text)
    }

    /// Ignores text directly under the root and text beside elements.
    fn text(&mut self, mut text: &str, keep: bool) {
        let Some(element) = self.open.last_mut().filter(|element| !element.has_children) else {
            return;
        };
        if !keep && self.tree.text.len() == element.start {
            text = text.trim_start_matches(is_blank);
        }
        self.tree.text.push_str(text);
        if keep {
            element.kept = self.tree.text.len();
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
