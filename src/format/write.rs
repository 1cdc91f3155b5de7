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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn write(format: DataFormat, inner: impl FnOnce(&mut Writer<'_>)) -> String {
        let mut out = "before{".to_owned();
        Writer::document(&mut out, format, inner);
        out.split_off("before{".len())
    }

    fn transfer(writer: &mut Writer<'_>) {
        writer.text("ToUserName", "o1");
        writer.number("CreateTime", 1_714_036_504);
        writer.optional("None", None);
        writer.text("MsgType", "transfer_customer_service");
        writer.element("TransInfo", |writer| writer.optional("KfAccount", Some("a\"@]]>\n")));
        writer.element("Empty", |_| {});
    }

    #[test]
    fn one_reply_is_written_in_either_format() {
        assert_eq!(
            write(DataFormat::Xml, transfer),
            "<xml><ToUserName><![CDATA[o1]]></ToUserName><CreateTime>1714036504</CreateTime>\
             <MsgType><![CDATA[transfer_customer_service]]></MsgType>\
             <TransInfo><KfAccount><![CDATA[a\"@]]]]><![CDATA[>\n]]></KfAccount></TransInfo><Empty></Empty></xml>"
        );
        assert_eq!(
            write(DataFormat::Json, transfer),
            r#"{"ToUserName":"o1","CreateTime":1714036504,"MsgType":"transfer_customer_service","TransInfo":{"KfAccount":"a\"@]]>\n"},"Empty":{}}"#
        );
        assert_eq!(write(DataFormat::Json, |_| {}), "{}");
    }

    #[test]
    fn control_characters_are_escaped_in_json() {
        let text: String =
            (0..=0x20_u8).map(char::from).chain(['"', '\\', '/', '\u{7f}', '\u{2028}']).collect();
        let json = write(DataFormat::Json, |writer| writer.text("A", &text));
        assert!(
            json.contains(r"\u0000\u0001") && json.contains(r"\u001f ") && json.contains(r"\t\n"),
            "{json}"
        );
        assert!(!json.bytes().any(|byte| byte < b' '), "{json}");
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read["A"], text);
    }

    proptest! {
        #[test]
        fn any_text_in_json_is_read_back(name in any::<String>(), text in any::<String>(), number in any::<i64>()) {
            let json = write(DataFormat::Json, |writer| {
                writer.element("A", |writer| writer.text(&name, &text));
                writer.number("B", number);
            });
            let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            prop_assert_eq!(&read, &serde_json::json!({"A": {name: text}, "B": number}));
        }
    }
}
