//! Puts the elements of JSON into a tree: in the memory of the JSON if no escape is in it, all else in memory of its own.

use std::sync::Arc;

use super::document::{Document, Text, TextRange};
use super::growing::Growing;
use super::node::Nodes;
use super::read::{ElementName, Key, Sink, Stop, read};
use super::scan::Written;
use super::tree::{Tree, offset};
use super::{JsonError, Limit};
use crate::SharedStr;

impl Tree {
    /// Reads `json`, and shares its memory if no escape is in it. Returns it as well.
    pub(crate) fn share_json(json: Text) -> Result<(Self, SharedStr), JsonError> {
        let nodes = read_in_place(&json)?;
        let (end, is_in_place) = (offset(json.len())?, nodes.is_some());
        let document = Arc::new(Document { text: json, nodes: nodes.unwrap_or_default() });
        let json = SharedStr::new(document.clone(), TextRange { start: 0, end });
        Ok((if is_in_place { Self(document) } else { build(&json)? }, json))
    }

    /// Reads `json`: an object whose members are elements.
    ///
    /// An array is its items, each an element of the array's name, and `null` is an element without a text.
    pub(crate) fn parse_json(json: &str) -> Result<Self, JsonError> {
        match read_in_place(json)? {
            Some(nodes) => Ok(Self::new(Document { text: Text::Whole(json.to_owned()), nodes })),
            None => build(json),
        }
    }
}

/// The elements, as parts of `json`. `None` if some are not there as they are read.
fn read_in_place(json: &str) -> Result<Option<Nodes>, JsonError> {
    offset(json.len())?;
    let mut sink = InPlace(Nodes::new());
    match read(json, &mut sink) {
        Ok(()) => {
            sink.0.shrink();
            Ok(Some(sink.0))
        }
        Err(Stop::Escaped) => Ok(None),
        Err(Stop::Refused(error)) => Err(error),
    }
}

/// Reads any JSON.
pub(super) fn build(json: &str) -> Result<Tree, JsonError> {
    // What is decoded is shorter than what is written.
    let mut tree = Growing::with_room_for(0, json.len());
    match read(json, &mut tree) {
        Ok(()) => Ok(tree.finish()),
        Err(Stop::Refused(error)) => Err(error),
        Err(Stop::Escaped) => Err(Limit::Elements.into()),
    }
}

/// Takes names and texts where they are written.
struct InPlace(Nodes);

impl InPlace {
    fn push(&mut self, name: ElementName, text: TextRange) -> usize {
        let index = self.0.len();
        self.0.push(name.range, text, name.known);
        index
    }
}

/// The parts of a text that fits have offsets that fit.
fn range(start: usize, part: &str) -> TextRange {
    TextRange { start: start as u32, end: start.saturating_add(part.len()) as u32 }
}

impl<'a> Sink<'a> for InPlace {
    fn name(&mut self, key: Key<'a>) -> Result<TextRange, Stop> {
        key.start.map(|start| range(start, &key.name)).ok_or(Stop::Escaped)
    }

    fn open(&mut self, name: ElementName) -> Result<usize, Stop> {
        let end = name.range.end;
        Ok(self.push(name, TextRange { start: end, end }))
    }

    fn close(&mut self, index: usize) {
        if self.0.len() > index.saturating_add(1) {
            self.0.set_parent(index);
        }
    }

    fn leaf(&mut self, name: ElementName, text: Written<'a>) -> Result<(), Stop> {
        if text.is_escaped {
            return Err(Stop::Escaped);
        }
        self.push(name, range(text.start, text.text));
        Ok(())
    }
}

/// Copies names and texts.
impl<'a> Sink<'a> for Growing {
    fn name(&mut self, key: Key<'a>) -> Result<TextRange, Stop> {
        Ok(self.append(&key.name)?)
    }

    fn open(&mut self, name: ElementName) -> Result<usize, Stop> {
        let end = name.range.end;
        Ok(self.push(name.range, TextRange { start: end, end }, name.known)?)
    }

    fn close(&mut self, index: usize) {
        Self::close(self, index, TextRange::default());
    }

    fn leaf(&mut self, name: ElementName, text: Written<'a>) -> Result<(), Stop> {
        let start = offset(self.text().len())?;
        if text.is_escaped {
            text.unescape(|part| self.push_str(part));
        } else {
            self.push_str(text.text);
        }
        let end = offset(self.text().len())?;
        self.push(name.range, TextRange { start, end }, name.known)?;
        Ok(())
    }
}
