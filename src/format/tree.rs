use std::fmt;
use std::sync::{Arc, LazyLock};

use super::document::{Document, SharedStr, TextRange, TwoTexts};
use super::node::Node;
use super::{Limit, Name};

/// The elements under `<xml>`: a text that holds all names and texts, and one list in document order.
#[derive(Clone, Default)]
pub(crate) struct Tree(pub(super) Arc<Document>);

impl Tree {
    pub(super) fn new(document: Document) -> Self {
        Self(Arc::new(document))
    }

    /// The texts of the first elements of these names, unless they are empty.
    #[inline]
    pub(crate) fn two_texts(&self, names: [Name; 2]) -> TwoTexts {
        let range = |name| self.root().first(name).map(Element::text_range).unwrap_or_default();
        TwoTexts::new(self.0.clone(), names.map(range))
    }

    /// The texts of two elements of this tree, unless they are empty.
    pub(crate) fn texts_of(&self, elements: [Option<Element<'_>>; 2]) -> TwoTexts {
        TwoTexts::new(
            self.0.clone(),
            elements.map(|element| element.map(Element::text_range).unwrap_or_default()),
        )
    }

    /// The elements directly under `<xml>`.
    #[inline]
    pub(crate) fn root(&self) -> Cursor<'_> {
        Cursor { document: &self.0, nodes: self.0.nodes.as_slice(), next: 0 }
    }
}

/// Compares the elements and their texts, not their positions in memory.
impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        let (this, other) = (&*self.0, &*other.0);
        let same = |(one, two): (&Node, &Node)| {
            // A leaf ends before any index that an element with others inside it can end at.
            one.end(0) == two.end(0)
                && this.slice(this.nodes.name(*one)) == other.slice(other.nodes.name(*two))
                && this.slice(this.nodes.text(*one)) == other.slice(other.nodes.text(*two))
        };
        let (ours, theirs) = (this.nodes.as_slice(), other.nodes.as_slice());
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
    }
}

impl Eq for Tree {}

/// Shows no text, which must stay out of logs.
impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} elements)", self.0.nodes.len())
    }
}

/// No elements.
static EMPTY: LazyLock<Arc<Document>> = LazyLock::new(Arc::default);

impl Default for Cursor<'_> {
    fn default() -> Self {
        Cursor { document: &EMPTY, nodes: &[], next: 0 }
    }
}

/// A list of siblings.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    document: &'a Arc<Document>,
    /// All nodes up to the last descendant of the last sibling.
    nodes: &'a [Node],
    next: usize,
}

impl<'a> Cursor<'a> {
    /// The first element of exactly that name.
    pub(crate) fn get_exactly(mut self, name: &str) -> Option<Element<'a>> {
        self.find(|element| element.name() == name)
    }

    /// The first element of a name that is known by number.
    #[inline]
    pub(crate) fn first(mut self, name: Name) -> Option<Element<'a>> {
        self.find(|element| element.node.is(name))
    }

    /// The first element of exactly that name, or else the first one of that name in any case.
    pub(crate) fn get(self, name: &str) -> Option<Element<'a>> {
        let (document, text): (_, &str) = (self.document, &self.document.text);
        let mut in_other_case = None;
        // The length tells most names apart.
        for element in self.filter(|element| element.may_be(name)) {
            let TextRange { start, end } = document.nodes.name(*element.node);
            let found = text.as_bytes().get(start as usize..end as usize).unwrap_or_default();
            if found == name.as_bytes() {
                return Some(element);
            }
            if in_other_case.is_none() && found.eq_ignore_ascii_case(name.as_bytes()) {
                in_other_case = Some(element);
            }
        }
        in_other_case
    }

    /// Whether no element is left.
    pub(crate) const fn is_empty(self) -> bool {
        self.next >= self.nodes.len()
    }
}

impl<'a> Iterator for Cursor<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let node = self.nodes.get(self.next)?;
        let children = self.next.checked_add(1)?;
        let element = Element { document: self.document, node, children };
        self.next = node.end(children);
        Some(element)
    }
}

/// One element. Its name and text are sliced when asked for.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    document: &'a Arc<Document>,
    node: &'a Node,
    /// The index of the first child.
    children: usize,
}

impl<'a> Element<'a> {
    #[inline]
    pub(crate) fn name(self) -> &'a str {
        self.document.slice(self.document.nodes.name(*self.node))
    }

    /// Whether its name may be as long as `name`, which tells most names apart.
    #[inline]
    pub(crate) fn may_be(self, name: &str) -> bool {
        self.node.may_have_length(name.len())
    }

    #[inline]
    pub(crate) fn known(self) -> Name {
        self.node.known()
    }

    #[inline]
    pub(crate) fn has_text(self) -> bool {
        let TextRange { start, end } = self.text_range();
        start < end
    }

    #[inline]
    fn text_range(self) -> TextRange {
        self.document.nodes.text(*self.node)
    }

    #[inline]
    pub(crate) fn text(self) -> &'a str {
        self.document.slice(self.text_range())
    }

    /// The text, in the memory that it has.
    #[inline]
    pub(crate) fn shared_text(self) -> SharedStr {
        SharedStr::new(self.document.clone(), self.text_range())
    }

    /// The bytes of the names and texts of the element and all inside it, and one for each of them.
    pub(crate) fn weight(self) -> usize {
        let nodes = &self.document.nodes;
        let from = self.children.saturating_sub(1);
        let all = nodes.as_slice().get(from..self.node.end(self.children)).unwrap_or_default();
        let length = |TextRange { start, end }| end.saturating_sub(start) as usize;
        let lengths =
            all.iter().map(|node| length(nodes.name(*node)).saturating_add(length(nodes.text(*node))));
        lengths.fold(all.len(), usize::saturating_add)
    }

    pub(crate) fn children(self) -> Cursor<'a> {
        let nodes = self.document.nodes.as_slice().get(..self.node.end(self.children)).unwrap_or_default();
        Cursor { document: self.document, nodes, next: self.children }
    }
}

pub(super) fn offset(length: usize) -> Result<u32, Limit> {
    u32::try_from(length).map_err(|_| Limit::Elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{MAX_DEPTH, MAX_ELEMENTS, XmlError};

    /// The tree as text: `name=text` or `name(children)`.
    fn show(xml: &str) -> Result<String, XmlError> {
        fn list(cursor: Cursor<'_>) -> String {
            let shown = cursor.map(|element| match element.children().is_empty() {
                true => format!("{}={}", element.name(), element.text()),
                false => format!("{}({})", element.name(), list(element.children())),
            });
            shown.collect::<Vec<_>>().join(" ")
        }
        Tree::parse(xml).map(|tree| list(tree.root()))
    }

    #[test]
    fn a_declaration_a_bom_comments_and_crlf_are_passed_over() {
        let xml = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- -->\r\n<xml>\r\n stray <A>1</A>\r\n</xml>\r\n";
        assert_eq!(show(xml), Ok("A=1".to_owned()));
    }

    #[test]
    fn blanks_inside_cdata_stay_and_around_it_go() {
        assert_eq!(show("<xml><A>\n <![CDATA[ a ]]> <!-- --></A><A/></xml>"), Ok("A= a  A=".to_owned()));
        assert_eq!(show("<xml><A>&#32;a&#32; </A></xml>"), Ok("A= a ".to_owned()));
    }

    #[test]
    fn split_cdata_text_and_references_are_one_text() {
        assert_eq!(
            show("<xml><A>a<![CDATA[]]]]><![CDATA[>]]> &lt;&#x4F60;&#22909;&quot;</A></xml>"),
            Ok("A=a]]> <你好\"".to_owned())
        );
    }

    #[test]
    fn nested_and_repeated_elements_are_all_kept() {
        let xml = "<xml><L><I><N>1</N></I><I/>text<I>3</I></L><M a='b'>4</M></xml>";
        assert_eq!(show(xml), Ok("L(I(N=1) I= I=3) M=4".to_owned()));
    }

    #[test]
    fn document_types_and_unknown_entities_are_refused() {
        for xml in ["<!DOCTYPE xml [<!ENTITY a 'b'>]><xml>&a;</xml>", "<xml><!DOCTYPE a></xml>"] {
            assert_eq!(show(xml), Err(XmlError::DocType), "{xml}");
        }
        for xml in ["<xml><A>&a;</A></xml>", "<xml><A>&#0;</A></xml>", "<xml><A>&#xD800;</A></xml>"] {
            assert!(matches!(show(xml), Err(XmlError::Malformed { .. })), "{xml}");
        }
    }

    #[test]
    fn json_is_named() {
        for json in ["{}", "\u{feff}\r\n {\"ToUserName\":\"gh_1\"}", "[1]"] {
            assert_eq!(show(json), Err(XmlError::Json), "{json}");
        }
    }

    #[test]
    fn another_declared_encoding_is_refused() {
        assert_eq!(show("<?xml version='1.0' encoding='GBK'?><xml/>"), Err(XmlError::Encoding));
    }

    #[test]
    fn another_root_is_refused() {
        assert_eq!(show("<html></html>"), Err(XmlError::Root));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for xml in [
            "",
            "text",
            "<xml>",
            "<xml><A></xml>",
            "<xml><A></B></xml>",
            "<xml></xml><xml></xml>",
            "<xml></xml>text",
            "<xml></xml><![CDATA[x]]>",
            "<xml><A>&</A></xml>",
            "<xml><A><![CDATA[</A></xml>",
            "<xml/><?xml version='1.0'?>",
        ] {
            assert!(matches!(show(xml), Err(XmlError::Malformed { .. })), "{xml}");
        }
    }

    #[test]
    fn each_element_of_the_head_stands_at_most_once() {
        for name in super::super::HEAD {
            let doubled = format!("<xml><{name}>1</{name}><{name}>1</{name}></xml>");
            assert_eq!(show(&doubled), Err(XmlError::Doubled(name)));
            assert_eq!(show(&doubled.replace("<xml>", "<xml><!-- -->")), Err(XmlError::Doubled(name)));
            assert!(show(&format!("<xml><{name}>1</{name}><A><{name}>1</{name}></A></xml>")).is_ok());
        }
    }

    #[test]
    fn depth_and_number_of_elements_are_bounded() {
        let nested = |depth| format!("<xml>{}{}</xml>", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(show(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(show(&nested(MAX_DEPTH + 1)), Err(XmlError::Depth));
        let wide = |count| format!("<xml>{}</xml>", "<a></a>".repeat(count));
        assert!(show(&wide(MAX_ELEMENTS)).is_ok());
        assert_eq!(show(&wide(MAX_ELEMENTS + 1)), Err(XmlError::Elements));
        assert_eq!(show(&wide(MAX_ELEMENTS + 1).replace("<a></a>", "<a/>")), Err(XmlError::Elements));
    }
}
