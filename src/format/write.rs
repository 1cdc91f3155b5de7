use super::{json, xml};
use crate::DataFormat;

/// Writes elements in either format. The document is well-formed whatever their texts hold.
pub(crate) struct Writer<'a> {
    out: &'a mut String,
    format: DataFormat,
}

impl<'a> Writer<'a> {
    /// Writes a document whose elements `inner` writes: inside of `<xml>`, or as the members of an object.
    #[inline]
    pub(crate) fn document(out: &'a mut String, format: DataFormat, inner: impl FnOnce(&mut Self)) {
        let mut writer = Self { out, format };
        match format {
            DataFormat::Xml => writer.element("xml", inner),
            DataFormat::Json => writer.object(inner),
        }
    }

    /// An element that holds what `inner` writes.
    ///
    /// In JSON it is a member whose value is an object, so several of one name are no list.
    #[inline]
    pub(crate) fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        match self.format {
            DataFormat::Xml => {
                xml::tag(self.out, "<", name);
                inner(self);
                xml::tag(self.out, "</", name);
            }
            DataFormat::Json => {
                json::begin_member(self.out, name);
                self.object(inner);
            }
        }
    }

    fn object(&mut self, inner: impl FnOnce(&mut Self)) {
        self.out.push('{');
        inner(self);
        self.out.push('}');
    }

    /// An element that holds `text`. XML is written in CDATA, without the characters that it cannot hold.
    #[inline]
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        match self.format {
            DataFormat::Xml => xml::element(self.out, name, text),
            DataFormat::Json => json::member(self.out, name, text),
        }
    }

    /// As [`text`](Self::text), or nothing for `None`.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// An element that holds a number.
    pub(crate) fn number(&mut self, name: &str, number: impl itoa::Integer) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number);
        match self.format {
            DataFormat::Xml => self.element(name, |writer| writer.out.push_str(digits)),
            DataFormat::Json => {
                json::begin_member(self.out, name);
                self.out.push_str(digits);
            }
        }
    }
}
