//! The elements of a document, in twelve bytes each.

use smallvec::SmallVec;

use super::Name;
use super::document::TextRange;

/// As many elements as most messages have take no allocation of their own.
const WITHOUT_ALLOCATION: usize = 8;

/// A list of so many elements grows by a quarter. Shorter ones double.
const LONG: usize = 32;

/// The elements of a document, in its order.
#[derive(Default)]
pub(super) struct Nodes {
    list: SmallVec<[Node; WITHOUT_ALLOCATION]>,
    /// The names and texts of the elements that are too long, or too far from each other, for a node.
    wide: Vec<[TextRange; 2]>,
}

/// An element.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// Where its name starts, or where it stands among the wide ones.
    name: u32,
    /// How long its text is. An element that holds elements has none, and this is the index after its last descendant.
    text: u32,
    /// From the lowest bit: the number of the name, whether it holds elements, whether it is wide, the length of the
    /// name, and how far the start of the text is from the end of the name.
    bits: u32,
}

const KNOWN: u32 = 0xf;
const PARENT: u32 = 1 << 4;
const WIDE: u32 = 1 << 5;
const NAME: u32 = 6;
const LONGEST_NAME: u32 = (1 << (GAP - NAME)) - 1;
const GAP: u32 = 16;
/// The farthest that a text can be from its name.
pub(super) const WIDEST_GAP: u32 = (1 << (32 - GAP)) - 1;

impl Node {
    #[inline(always)]
    pub(super) fn known(self) -> Name {
        Name::numbered(self.bits & KNOWN)
    }

    #[inline(always)]
    pub(super) const fn is(self, known: Name) -> bool {
        self.bits & KNOWN == known as u32
    }

    /// Whether the name may have that length. Those too long for a node may have any that is.
    #[inline(always)]
    pub(super) const fn may_have_length(self, length: usize) -> bool {
        let longest = LONGEST_NAME as usize;
        self.name_length() as usize == if length < longest { length } else { longest }
    }

    /// The index after its last descendant. `children` is the index after the element.
    #[inline(always)]
    pub(super) const fn end(self, children: usize) -> usize {
        if self.bits & PARENT == 0 { children } else { self.text as usize }
    }
}

impl Nodes {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self::default()
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    #[inline(always)]
    pub(super) fn as_slice(&self) -> &[Node] {
        &self.list
    }

    /// Makes room for exactly so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.list.reserve_exact(more);
    }

    /// Gives back what it has reserved and does not need.
    pub(super) fn shrink(&mut self) {
        if is_too_large(self.list.capacity(), self.list.len()) {
            self.list.shrink_to_fit();
        }
        self.wide.shrink_to_fit();
    }

    /// Adds an element.
    #[inline(always)]
    pub(super) fn push(&mut self, name: TextRange, text: TextRange, known: Name) {
        if self.list.len() >= LONG && self.list.len() == self.list.capacity() {
            self.grow();
        }
        match Node::narrow(name, text, known as u32) {
            Some(node) => self.list.push(node),
            None => self.push_wide(name, text, known),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_wide(&mut self, name: TextRange, text: TextRange, known: Name) {
        let node = self.wide_node(name, text, known as u32);
        self.list.push(node);
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.list.reserve_exact(self.list.len() / 8);
    }

    fn wide_node(&mut self, name: TextRange, text: TextRange, bits: u32) -> Node {
        // There are as many as elements at most.
        let index = self.wide.len() as u32;
        self.wide.push([name, text]);
        let length = name.end.wrapping_sub(name.start).min(LONGEST_NAME);
        Node { name: index, text: 0, bits: bits | WIDE | length << NAME }
    }

    /// Sets the name of an element that has no text.
    pub(super) fn set_name(&mut self, index: usize, name: TextRange, known: Name) {
        self.set(index, name, TextRange { start: name.end, end: name.end }, known as u32);
    }

    /// Sets the text of an element, which holds no elements.
    pub(super) fn set_text(&mut self, index: usize, text: TextRange) {
        if text.start < text.end
            && let Some(node) = self.list.get(index).copied()
        {
            self.set(index, self.name(node), text, node.bits & KNOWN);
        }
    }

    fn set(&mut self, index: usize, name: TextRange, text: TextRange, bits: u32) {
        let changed = Node::narrow(name, text, bits).unwrap_or_else(|| self.wide_node(name, text, bits));
        if let Some(node) = self.list.get_mut(index) {
            *node = changed;
        }
    }

    /// All elements behind `index` are inside it.
    pub(super) fn set_parent(&mut self, index: usize) {
        let end = self.list.len() as u32;
        if let Some(node) = self.list.get_mut(index) {
            node.bits |= PARENT;
            node.text = end;
        }
    }

    #[inline(always)]
    pub(super) fn name(&self, node: Node) -> TextRange {
        if node.bits & WIDE != 0 {
            return self.wide_range::<0>(node);
        }
        TextRange { start: node.name, end: node.name.wrapping_add(node.name_length()) }
    }

    #[inline(always)]
    pub(super) fn text(&self, node: Node) -> TextRange {
        if node.bits & (PARENT | WIDE) != 0 {
            return if node.bits & PARENT == 0 { self.wide_range::<1>(node) } else { TextRange::default() };
        }
        let start = node.name.wrapping_add(node.name_length()).wrapping_add(node.bits >> GAP);
        TextRange { start, end: start.wrapping_add(node.text) }
    }

    #[cold]
    #[inline(never)]
    fn wide_range<const WHICH: usize>(&self, node: Node) -> TextRange {
        let ranges = self.wide.get(node.name as usize);
        ranges.and_then(|ranges| ranges.get(WHICH)).copied().unwrap_or_default()
    }
}

impl Node {
    /// `None` if the name is too long, or the text too far from it.
    #[inline(always)]
    fn narrow(name: TextRange, text: TextRange, bits: u32) -> Option<Self> {
        let length = name.end.wrapping_sub(name.start);
        let gap = text.start.wrapping_sub(name.end);
        let bits = bits | length << NAME | gap << GAP;
        let node = Self { name: name.start, text: text.end.wrapping_sub(text.start), bits };
        (length <= LONGEST_NAME && gap <= WIDEST_GAP).then_some(node)
    }

    #[inline(always)]
    const fn name_length(self) -> u32 {
        self.bits >> NAME & LONGEST_NAME
    }
}

/// Whether a quarter of a capacity or more is not used.
pub(super) fn is_too_large(capacity: usize, length: usize) -> bool {
    capacity.saturating_sub(length) > length / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(start: u32, end: u32) -> TextRange {
        TextRange { start, end }
    }

    #[test]
    fn an_element_takes_twelve_bytes() {
        assert_eq!(size_of::<Node>(), 12);
    }

    #[test]
    fn names_and_texts_of_any_length_at_any_distance_stay_as_they_are() {
        let lengths = [0, 1, LONGEST_NAME - 1, LONGEST_NAME, LONGEST_NAME + 1, WIDEST_GAP, u32::MAX / 8];
        let mut expected = Vec::new();
        let mut nodes = Nodes::new();
        for name_length in lengths {
            for gap in lengths.into_iter().chain([WIDEST_GAP + 1]) {
                for text_length in lengths {
                    let name = range(7, 7 + name_length);
                    let text = range(name.end + gap, name.end + gap + text_length);
                    expected.push((name, text));
                    nodes.push(name, text, Name::MsgId);
                }
            }
        }
        // A text before the name of its element.
        expected.push((range(9, 12), range(2, 5)));
        nodes.push(range(9, 12), TextRange::default(), Name::MsgId);
        nodes.set_text(nodes.len() - 1, range(2, 5));
        nodes.shrink();
        for (index, (name, text)) in expected.into_iter().enumerate() {
            let node = nodes.as_slice()[index];
            let (found, of_text) = (nodes.name(node), nodes.text(node));
            assert_eq!((found.start, found.end), (name.start, name.end));
            assert_eq!((of_text.start, of_text.end), (text.start, text.end));
            let length = (name.end - name.start) as usize;
            assert!(node.may_have_length(length));
            assert!(length >= LONGEST_NAME as usize || !node.may_have_length(length + 1));

            assert_eq!((node.known(), node.end(index + 1)), (Name::MsgId, index + 1));
        }
    }

    #[test]
    fn an_element_that_holds_elements_has_an_end_and_no_text() {
        for length in [1, LONGEST_NAME, LONGEST_NAME + 1] {
            let mut nodes = Nodes::new();
            nodes.push(range(0, length), range(length, length), Name::Other);
            nodes.push(range(length, length + 1), range(length + 1, length + 3), Name::Idx);
            nodes.set_parent(0);
            let [parent, child] = *nodes.as_slice() else { panic!("two elements") };
            assert_eq!((parent.end(1), child.end(2)), (2, 2));
            assert_eq!((nodes.text(parent).end, nodes.name(parent).end), (0, length));
            assert_eq!((child.known(), nodes.text(child).end), (Name::Idx, length + 3));
        }
    }
}
