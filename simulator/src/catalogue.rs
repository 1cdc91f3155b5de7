//! The catalogue: every kind of message and event that WeChat documents, with its fields and sample values.
//!
//! ```
//! let click = wechat_sim::catalogue::event("CLICK").expect("in the catalogue");
//! assert_eq!(click.fields()[0].path, "EventKey");
//! assert!(wechat_sim::catalogue::kinds().len() > 90);
//! ```

use std::sync::LazyLock;

use serde::Serialize;

use crate::LocalizedText;
use crate::xml::Element;

/// A kind of message or event, with sample values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    msg_type: String,
    event: Option<String>,
    family: String,
    title: LocalizedText,
    fields: Vec<Field>,
    #[serde(skip)]
    pub(crate) elements: Vec<Element>,
    /// Such a push has neither sender nor receiver.
    #[serde(skip)]
    pub(crate) anonymous: bool,
}

/// A field of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The element's name after the names of its parents: `ScanCodeInfo.ScanType`.
    pub path: String,
    /// A sample value, which is pushed if no other is set.
    pub default: String,
    /// Whether it is pushed only if it is set.
    pub optional: bool,
}

impl Kind {
    /// The event's name, or the message's `MsgType`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.event.as_deref().unwrap_or(&self.msg_type)
    }

    /// `MsgType`.
    #[must_use]
    pub fn msg_type(&self) -> &str {
        &self.msg_type
    }

    /// `Event`, if it is an event.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// The group it belongs to: `message`, `menu`, `card` and so on.
    #[must_use]
    pub fn family(&self) -> &str {
        &self.family
    }

    /// A short description.
    #[must_use]
    pub const fn title(&self) -> &LocalizedText {
        &self.title
    }

    /// Its fields.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether [`Message::field`](crate::Message::field) finds a field by this path, rather than adding one.
    ///
    /// ```
    /// let scan = wechat_sim::catalogue::event("scancode_push").expect("in the catalogue");
    /// assert!(scan.has_field("ScanCodeInfo.ScanResult") && scan.has_field("ScanResult"));
    /// assert!(!scan.has_field("ScanReslt"));
    /// ```
    #[must_use]
    pub fn has_field(&self, path: &str) -> bool {
        self.fields.iter().any(|field| {
            let begin = field.path.len().checked_sub(path.len());
            let end = begin.and_then(|begin| field.path.split_at_checked(begin));
            end.is_some_and(|(before, end)| {
                end.eq_ignore_ascii_case(path) && (before.is_empty() || before.ends_with('.'))
            })
        })
    }
}

/// Every kind, family by family.
#[must_use]
pub fn kinds() -> &'static [Kind] {
    &KINDS
}

/// The kind of message with this `MsgType`.
#[must_use]
pub fn message(msg_type: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.event.is_none() && kind.msg_type == msg_type)
}

/// The kind of event with this name. Case is ignored.
#[must_use]
pub fn event(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.event.as_deref().is_some_and(|event| event.eq_ignore_ascii_case(name)))
}

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    // The file is part of this crate; a test checks that it parses.
    let document = roxmltree::Document::parse(include_str!("kinds.xml"));
    document.map(|document| read(document.root_element())).unwrap_or_default()
});

fn read(root: roxmltree::Node<'_, '_>) -> Vec<Kind> {
    let kinds = root.descendants().filter(|node| node.has_tag_name("kind"));
    kinds.map(read_kind).collect()
}

fn read_kind(node: roxmltree::Node<'_, '_>) -> Kind {
    let attribute = |name| node.attribute(name).unwrap_or_default();
    let elements: Vec<_> = node.children().filter(roxmltree::Node::is_element).map(Element::read).collect();
    let mut fields = Vec::new();
    for element in &elements {
        list(element, "", false, &mut fields);
    }
    Kind {
        msg_type: node.attribute("type").unwrap_or("event").to_owned(),
        event: node.attribute("event").map(str::to_owned),
        family: node.parent().and_then(|family| family.attribute("name")).unwrap_or_default().to_owned(),
        title: LocalizedText { zh: attribute("zh").to_owned(), en: attribute("en").to_owned() },
        fields,
        elements,
        anonymous: node.has_attribute("anonymous"),
    }
}

fn list(element: &Element, around: &str, optional: bool, fields: &mut Vec<Field>) {
    let path = format!("{around}{}", element.name);
    let optional = optional || element.optional;
    if element.children.is_empty() {
        fields.push(Field { path, default: element.text.clone(), optional });
        return;
    }
    for child in &element.children {
        list(child, &format!("{path}."), optional, fields);
    }
}
