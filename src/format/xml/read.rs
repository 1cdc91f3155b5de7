//! Reads a message: what is flat in its own memory, all else with [`build`].

use std::sync::Arc;

use super::document::{Document, TextRange};
use super::node::Nodes;
use super::tree::{Tree, offset};
use super::{HeadSeen, MAX_ELEMENTS, XmlError, build, expected, flat};
use crate::SharedStr;
use crate::format::Text;

impl Tree {
    /// Reads `xml`, and shares its memory where its layout is flat. Returns it as well.
    #[inline]
    pub(crate) fn share(xml: Text) -> Result<(Self, SharedStr), XmlError> {
        let mut nodes = Nodes::new();
        let is_flat = read_flat(&xml, &mut nodes)?;
        let end = offset(xml.len())?;
        let document = Arc::new(Document { text: xml, nodes });
        let xml = SharedStr::new(document.clone(), TextRange { start: 0, end });
        Ok((if is_flat { Self(document) } else { build::build(&xml)? }, xml))
    }

    /// `None` if the layout is not flat.
    pub(super) fn parse_flat(xml: &str) -> Result<Option<Self>, XmlError> {
        let mut nodes = Nodes::new();
        let is_flat = read_flat(xml, &mut nodes)?;
        let tree = || Self::new(Document { text: Text::Whole(xml.to_owned()), nodes });
        Ok(is_flat.then(tree))
    }
}

/// Whether the layout is flat. The elements are added to `nodes`.
fn read_flat(xml: &str, nodes: &mut Nodes) -> Result<bool, XmlError> {
    offset(xml.len())?;
    // The parts of a text that fits have offsets that fit.
    let range = |start: usize, end: usize| TextRange { start: start as u32, end: end as u32 };
    let mut seen = HeadSeen::default();
    let mut elements = flat::elements(xml, &expected::MESSAGE);
    for element in &mut elements {
        seen.note(element.name)?;
        if nodes.len() >= MAX_ELEMENTS {
            return Err(XmlError::Elements);
        }
        let name = range(element.name_start, element.name_end);
        nodes.push(name, range(element.text_start, element.text_end), element.name);
    }
    if !elements.reached_end() {
        *nodes = Nodes::new();
    }
    Ok(elements.reached_end())
}
