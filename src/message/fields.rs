use std::fmt;

use crate::SharedStr;
use crate::format::{Cursor, Element, Name};

/// Sibling elements, in the order of the message: iterate over them, or look one up by name.
///
/// A name is looked up exactly as written first, then ignoring case: WeChat writes `MsgID` and `MsgId`, `AppID` and
/// `appid`.
///
/// ```
/// use wechat_callback::Message;
///
/// let message = Message::from_xml("<xml><MsgType>x</MsgType><Order><Id>7</Id></Order></xml>")?;
/// let order = message.fields().field("Order").map(|order| order.fields());
/// assert_eq!(order.and_then(|order| order.get("Id")), Some("7"));
/// let names = message.fields().map(|field| field.name());
/// assert_eq!(names.collect::<Vec<_>>(), ["MsgType", "Order"]);
/// # Ok::<(), wechat_callback::XmlError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct Fields<'a>(Cursor<'a>);

/// One element of [`Fields`]: a name, and a text or elements of its own.
#[derive(Clone, Copy)]
pub struct Field<'a>(Element<'a>);

impl<'a> Fields<'a> {
    pub(crate) fn new(cursor: Cursor<'a>) -> Self {
        Self(cursor)
    }

    /// The text of the first element of that name. An empty element has an empty text.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.field(name).map(Field::text)
    }

    /// The first element of that name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        self.0.get(name).map(Field)
    }

    /// The text of `MsgType`, whose case is passed over as that of any name.
    #[inline]
    pub(super) fn msg_type(self) -> Option<Field<'a>> {
        self.0.first(Name::MsgType).map(Field).or_else(|| self.field("MsgType"))
    }

    /// The first element of a name that is known by number.
    pub(super) fn known(self, name: Name) -> Option<Field<'a>> {
        self.0.first(name).map(Field)
    }

    /// As [`get`](Self::get), in the memory that the text has.
    pub(super) fn shared(self, name: &str) -> Option<SharedStr> {
        self.field(name).map(Field::shared_text)
    }

    /// All elements of that name, ignoring case.
    pub fn all(self, name: &str) -> impl Iterator<Item = Field<'a>> {
        self.filter(move |field| field.0.may_be(name) && field.name().eq_ignore_ascii_case(name))
    }

    /// Whether there are no elements, or none left to iterate over.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(Field)
    }
}

impl<'a> Field<'a> {
    /// The element's name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.0.name()
    }

    /// The element's text, without the white space around it; empty if it holds elements.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.0.text()
    }

    #[inline]
    pub(super) fn shared_text(self) -> SharedStr {
        self.0.shared_text()
    }

    /// As [`shared_text`](Self::shared_text), or `None` if it is empty.
    #[inline]
    pub(super) fn filled(self) -> Option<SharedStr> {
        self.0.has_text().then(|| self.0.shared_text())
    }

    /// A measure of how much it holds: the bytes of all names and texts, and one for each element.
    pub(super) fn weight(self) -> usize {
        self.0.weight()
    }

    pub(super) fn element(self) -> Element<'a> {
        self.0
    }

    #[inline]
    pub(super) fn known(self) -> Name {
        self.0.known()
    }

    /// The elements inside.
    #[must_use]
    pub fn fields(self) -> Fields<'a> {
        Fields(self.0.children())
    }
}

/// Shows the names alone.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// Shows the name, and the names inside.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple(self.name());
        if !self.fields().is_empty() {
            debug.field(&self.fields());
        }
        debug.finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::Message;

    #[test]
    fn a_name_is_looked_up_as_written_before_its_case_is_passed_over() {
        let message = Message::from_xml("<xml><appid>1</appid><AppId>2</AppId></xml>").expect("XML");
        assert_eq!(message.fields().get("AppId"), Some("2"));
        assert_eq!(message.fields().get("APPID"), Some("1"));
        assert_eq!(message.fields().get("App"), None);
        assert_eq!(message.fields().all("appid").count(), 2);
    }

    #[test]
    fn debug_shows_names_and_no_text() {
        let message = Message::from_xml("<xml><A><B>secret</B></A><C>secret</C></xml>").expect("XML");
        assert_eq!(format!("{:?}", message.fields()), "[A([B]), C]");
    }
}
