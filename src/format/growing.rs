use super::document::{Document, Text, TextRange};
use super::node::{Nodes, WIDEST_GAP, is_too_large};
use super::tree::offset;
use super::{Limit, MAX_ELEMENTS, Name, Tree};

/// A tree that is built one element after the other.
#[derive(Default)]
pub(super) struct Growing {
    text: String,
    nodes: Nodes,
    /// The last name.
    name: TextRange,
}

impl Growing {
    /// With room for so many elements, whose names and texts have `length` bytes.
    pub(super) fn with_room_for(elements: usize, length: usize) -> Self {
        let mut nodes = Nodes::new();
        nodes.reserve(elements.min(MAX_ELEMENTS));
        Self { text: String::with_capacity(length), nodes, name: TextRange::default() }
    }

    pub(super) fn finish(mut self) -> Tree {
        self.nodes.shrink();
        if is_too_large(self.text.capacity(), self.text.len()) {
            self.text.shrink_to_fit();
        }
        Tree::new(Document { text: Text::Whole(self.text), nodes: self.nodes })
    }

    /// All names and texts so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn push_str(&mut self, text: &str) {
        if self.text.capacity().saturating_sub(self.text.len()) < text.len() {
            self.text.reserve_exact(text.len().max(self.text.len() / 4));
        }
        self.text.push_str(text);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.text.truncate(length);
    }

    pub(super) fn append(&mut self, text: &str) -> Result<TextRange, Limit> {
        let start = offset(self.text.len())?;
        self.push_str(text);
        Ok(TextRange { start, end: offset(self.text.len())? })
    }

    /// Where `name` is. One that repeats the last name stands there once, unless a text that follows were too far away.
    fn append_name(&mut self, name: &str) -> Result<TextRange, Limit> {
        let TextRange { start, end } = self.name;
        let is_near = self.text.len().saturating_sub(end as usize) <= WIDEST_GAP as usize;
        if !is_near || self.text.get(start as usize..end as usize) != Some(name) {
            self.name = self.append(name)?;
        }
        Ok(self.name)
    }

    /// Starts an element. Elements that are opened before it is closed are inside it.
    pub(super) fn open(&mut self, name: &str) -> Result<usize, Limit> {
        let index = self.open_unnamed()?;
        self.set_name(index, name)?;
        Ok(index)
    }

    /// Starts an element whose name is set later.
    pub(super) fn open_unnamed(&mut self) -> Result<usize, Limit> {
        self.push(TextRange::default(), TextRange::default(), Name::Other)
    }

    /// Adds an element whose name and text stand in the text of the tree already. Elements that are opened before it is
    /// closed are inside it.
    pub(super) fn push(&mut self, name: TextRange, text: TextRange, known: Name) -> Result<usize, Limit> {
        let index = self.nodes.len();
        if index >= MAX_ELEMENTS {
            return Err(Limit::Elements);
        }
        self.nodes.push(name, text, known);
        Ok(index)
    }

    /// Names the element `index`, before its text is set.
    pub(super) fn set_name(&mut self, index: usize, name: &str) -> Result<(), Limit> {
        let range = self.append_name(name)?;
        self.nodes.set_name(index, range, Name::of(name));
        Ok(())
    }

    /// The name of the element `index`.
    pub(super) fn name(&self, index: usize) -> &str {
        let range = self.nodes.as_slice().get(index).map(|node| self.nodes.name(*node)).unwrap_or_default();
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// Ends the element `index`. It has no text if it holds elements.
    pub(super) fn close(&mut self, index: usize, text: TextRange) {
        if self.nodes.len() == index.saturating_add(1) {
            self.nodes.set_text(index, text);
        } else {
            self.nodes.set_parent(index);
        }
    }

    /// Ends the element `index`, which holds `text`.
    pub(super) fn close_with(&mut self, index: usize, text: &str) -> Result<(), Limit> {
        let text = self.append(text)?;
        self.close(index, text);
        Ok(())
    }
}
