//! Elements that are put together one by one and then become a [`Tree`].

use super::growing::Growing;
use super::{Cursor, Element, Limit, MAX_DEPTH, MAX_ELEMENTS, Tree};

/// An element: a name, and a text or elements of its own.
#[derive(Clone, Default)]
pub(crate) struct Draft {
    name: String,
    text: String,
    fields: Vec<Draft>,
}

impl Draft {
    pub(crate) fn text(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), fields: Vec::new() }
    }

    pub(crate) fn nested(name: &str, fields: Vec<Self>) -> Self {
        Self { name: name.to_owned(), text: String::new(), fields }
    }

    /// The elements of a tree.
    pub(crate) fn all_of(cursor: Cursor<'_>) -> Vec<Self> {
        let copy = |element: Element<'_>| Self {
            name: element.name().to_owned(),
            text: element.text().to_owned(),
            fields: Self::all_of(element.children()),
        };
        cursor.map(copy).collect()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Lets `fill` add elements inside the first one of that name. If there is none, it is added, unless it would be
    /// empty.
    pub(crate) fn fill_inside(drafts: &mut Vec<Self>, name: &str, fill: impl FnOnce(&mut Vec<Self>)) {
        if let Some(draft) = drafts.iter_mut().find(|draft| draft.name == name) {
            return fill(&mut draft.fields);
        }
        let mut fields = Vec::new();
        fill(&mut fields);
        if !fields.is_empty() {
            drafts.push(Self::nested(name, fields));
        }
    }

    /// How many elements it has, itself included.
    fn size(&self) -> usize {
        self.fields.iter().map(Self::size).fold(1, usize::saturating_add)
    }

    fn put_into(&self, tree: &mut Growing, depth: usize) -> Result<(), Limit> {
        if depth > MAX_DEPTH {
            return Err(Limit::Depth);
        }
        let index = tree.open(&self.name)?;
        for field in &self.fields {
            field.put_into(tree, depth.saturating_add(1))?;
        }
        let text = if self.fields.is_empty() { self.text.as_str() } else { "" };
        tree.close_with(index, text)
    }
}

impl Tree {
    /// The tree of these elements.
    pub(super) fn of(drafts: &[Draft]) -> Result<Self, Limit> {
        let mut tree = Growing::default();
        for draft in drafts {
            draft.put_into(&mut tree, 1)?;
        }
        Ok(tree.finish())
    }

    /// The tree of these elements, without those that exceed the limit of a message.
    pub(crate) fn of_fitting(mut drafts: Vec<Draft>) -> Self {
        let mut room = MAX_ELEMENTS;
        drafts.retain(|draft| match room.checked_sub(draft.size()) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        });
        Self::of(&drafts).unwrap_or_default()
    }
}
