//! The catalogue: every kind of message and event that WeChat documents, with its fields and sample values, for each
//! [`AccountKind`].
//!
//! ```
//! let click = wechat_sim::catalogue::event("CLICK").expect("in the catalogue");
//! assert_eq!(click.fields()[0].path, "EventKey");
//! assert!(wechat_sim::catalogue::kinds().len() > 90);
//! ```

use std::sync::LazyLock;

use serde::Serialize;

use crate::xml::Element;
use crate::{AccountKind, LocalizedText};

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
    /// Whether it is a system event, with an `InfoType`.
    system: bool,
    accounts: Vec<AccountKind>,
    #[serde(skip)]
    pub(crate) sender: Sender,
}

/// Who sends a push, by its head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sender {
    #[default]
    Fan,
    /// `WeCom` itself, which is called `sys`.
    System,
    /// There is only a receiver.
    Nobody,
    /// There is neither sender nor receiver.
    Anonymous,
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

    /// `MsgType`; empty if it is a system event.
    #[must_use]
    pub fn msg_type(&self) -> &str {
        &self.msg_type
    }

    /// `Event`, if it is an event; `InfoType`, if it is a system event.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// Whether it is a system event of a platform or a suite, which has an `InfoType` and neither sender nor `MsgType`.
    ///
    /// ```
    /// use wechat_sim::catalogue;
    ///
    /// assert!(catalogue::event("component_verify_ticket").is_some_and(catalogue::Kind::is_system));
    /// ```
    #[must_use]
    pub const fn is_system(&self) -> bool {
        self.system
    }

    /// The kinds of accounts that it is pushed to.
    #[must_use]
    pub fn accounts(&self) -> &[AccountKind] {
        &self.accounts
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

/// Every kind of every account, family by family.
#[must_use]
pub fn kinds() -> &'static [Kind] {
    &KINDS
}

/// The kinds that are pushed to an account of this kind.
///
/// ```
/// use wechat_sim::{AccountKind, catalogue};
///
/// assert!(catalogue::kinds_of(AccountKind::WeCom).any(|kind| kind.name() == "template_card_event"));
/// ```
pub fn kinds_of(account: AccountKind) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(move |kind| kind.accounts.contains(&account))
}

/// The kind of message with this `MsgType`: of an Official Account, or else of the first kind of account that has it.
#[must_use]
pub fn message(msg_type: &str) -> Option<&'static Kind> {
    message_among(KINDS.iter(), msg_type)
}

/// The kind of event with this name: of an Official Account, or else of the first kind of account that has it. Case is
/// ignored.
#[must_use]
pub fn event(name: &str) -> Option<&'static Kind> {
    event_among(KINDS.iter(), name)
}

/// The kind of message with this `MsgType` of an account of this kind.
///
/// ```
/// use wechat_sim::{AccountKind, catalogue};
///
/// let location = catalogue::message_of(AccountKind::WeCom, "location").expect("in the catalogue");
/// assert!(location.has_field("AppType"));
/// assert_eq!(catalogue::message_of(AccountKind::WeCom, "shortvideo"), None);
/// ```
#[must_use]
pub fn message_of(account: AccountKind, msg_type: &str) -> Option<&'static Kind> {
    message_among(kinds_of(account), msg_type)
}

/// The kind of event with this name of an account of this kind. Case is ignored.
///
/// ```
/// use wechat_sim::{AccountKind, catalogue};
///
/// let name = |account| catalogue::event_of(account, "Click").map(catalogue::Kind::name);
/// assert_eq!((name(AccountKind::Official), name(AccountKind::WeCom)), (Some("CLICK"), Some("click")));
/// ```
#[must_use]
pub fn event_of(account: AccountKind, name: &str) -> Option<&'static Kind> {
    event_among(kinds_of(account), name)
}

fn message_among(mut kinds: impl Iterator<Item = &'static Kind>, msg_type: &str) -> Option<&'static Kind> {
    kinds.find(|kind| kind.event.is_none() && kind.msg_type == msg_type)
}

fn event_among(mut kinds: impl Iterator<Item = &'static Kind>, name: &str) -> Option<&'static Kind> {
    kinds.find(|kind| kind.event.as_deref().is_some_and(|event| event.eq_ignore_ascii_case(name)))
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
    let (event, info_type) = (node.attribute("event"), node.attribute("info"));
    let default_type = if info_type.is_some() { "" } else { "event" };
    Kind {
        msg_type: node.attribute("type").unwrap_or(default_type).to_owned(),
        event: event.or(info_type).map(str::to_owned),
        family: node.parent().and_then(|family| family.attribute("name")).unwrap_or_default().to_owned(),
        title: LocalizedText { zh: attribute("zh").to_owned(), en: attribute("en").to_owned() },
        fields,
        elements,
        system: info_type.is_some(),
        accounts: accounts(node),
        sender: match node.attribute("sender") {
            _ if node.has_attribute("anonymous") => Sender::Anonymous,
            Some("sys") => Sender::System,
            Some(_) => Sender::Nobody,
            None => Sender::Fan,
        },
    }
}

/// The attribute `kind` of the entry or else of its family; without one, Official Accounts and platforms, which push the
/// messages of Official Accounts.
fn accounts(node: roxmltree::Node<'_, '_>) -> Vec<AccountKind> {
    let named = node.attribute("kind").or_else(|| node.parent()?.attribute("kind"));
    let named = named.unwrap_or("official platform");
    named.split_whitespace().filter_map(|name| name.parse().ok()).collect()
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
