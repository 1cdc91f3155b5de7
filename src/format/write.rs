use super::{json, xml};
use crate::DataFormat;

/// Writes elements in either format. The document is well-formed whatever their texts hold.
pub(crate) struct Writer<'a> {
    out: &'a mut String,
    format: DataFormat,
    /// Whether names are those of XML, and written as WeCom's JSON spells them.
    is_snake_case: bool,
}

impl<'a> Writer<'a> {
    /// Writes a document whose elements `inner` writes: inside of `<xml>`, or as the members of an object.
    #[inline]
    pub(crate) fn document(out: &'a mut String, format: DataFormat, inner: impl FnOnce(&mut Self)) {
        // `inner` is called in one place, so that it is compiled into it.
        let (begin, end) = match format {
            DataFormat::Xml => ("<xml>", "</xml>"),
            DataFormat::Json => ("{", "}"),
        };
        out.push_str(begin);
        let mut writer = Self { out, format, is_snake_case: false };
        inner(&mut writer);
        writer.out.push_str(end);
    }

    /// Writes a JSON document whose names are spelled as in WeCom's JSON: `CardType` is `card_type`.
    pub(crate) fn snake_case(out: &'a mut String, inner: impl FnOnce(&mut Self)) {
        out.push('{');
        let mut writer = Self { out, format: DataFormat::Json, is_snake_case: true };
        inner(&mut writer);
        writer.out.push('}');
    }

    /// Begins a member of JSON.
    #[inline]
    fn begin(&mut self, name: &str) {
        match self.is_snake_case {
            false => json::begin_member(self.out, name),
            true => self.begin_snake_case(name),
        }
    }

    // Few documents are spelled so, and the others are not to pay for them.
    #[cold]
    fn begin_snake_case(&mut self, name: &str) {
        let mut spelled = String::with_capacity(name.len().saturating_add(4));
        json::push_snake_case(&mut spelled, name);
        json::begin_member(self.out, &spelled);
    }

    /// An element that holds what `inner` writes.
    ///
    /// In JSON it is a member whose value is an object, so several of one name are no list: see [`list`](Self::list).
    #[inline]
    pub(crate) fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        match self.format {
            DataFormat::Xml => xml::tag(self.out, "<", name),
            DataFormat::Json => {
                self.begin(name);
                self.out.push('{');
            }
        }
        inner(self);
        match self.format {
            DataFormat::Xml => xml::tag(self.out, "</", name),
            DataFormat::Json => self.out.push('}'),
        }
    }

    /// An element that holds `text`. XML is written in CDATA, without the characters that it cannot hold.
    #[inline]
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        match self.format {
            DataFormat::Xml => xml::element(self.out, name, text),
            DataFormat::Json if self.is_snake_case => self.text_snake_case(name, text),
            DataFormat::Json => json::member(self.out, name, text),
        }
    }

    #[cold]
    fn text_snake_case(&mut self, name: &str, text: &str) {
        self.begin_snake_case(name);
        self.string(text);
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
            DataFormat::Xml => {
                xml::tag(self.out, "<", name);
                self.out.push_str(digits);
                xml::tag(self.out, "</", name);
            }
            DataFormat::Json => {
                self.begin(name);
                self.out.push_str(digits);
            }
        }
    }

    /// An element that says whether something is so.
    pub(crate) fn flag(&mut self, name: &str, is_so: bool) {
        let word = if is_so { "true" } else { "false" };
        match self.format {
            DataFormat::Xml => self.text(name, word),
            DataFormat::Json => {
                self.begin(name);
                self.out.push_str(word);
            }
        }
    }

    /// Elements of one name, each of which holds what `inner` writes; in JSON an array of objects. None if there are no
    /// items.
    pub(crate) fn list<T>(&mut self, name: &str, items: &[T], inner: impl Fn(&mut Self, &T)) {
        if self.format == DataFormat::Xml {
            return items.iter().for_each(|item| self.element(name, |writer| inner(writer, item)));
        }
        self.array(name, items, |writer, item| {
            writer.out.push('{');
            inner(writer, item);
            writer.out.push('}');
        });
    }

    /// Elements of one name, each of which holds a text; in JSON an array of strings. None if there are no texts.
    pub(crate) fn texts(&mut self, name: &str, texts: &[String]) {
        if self.format == DataFormat::Xml {
            return texts.iter().for_each(|text| self.text(name, text));
        }
        self.array(name, texts, |writer, text| writer.string(text));
    }

    fn array<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            return;
        }
        self.begin(name);
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            write(self, item);
        }
        self.out.push(']');
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        json::push_text(self.out, text);
        self.out.push('"');
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
    fn a_list_is_repeated_in_xml_and_an_array_in_json() {
        let lists = |writer: &mut Writer<'_>| {
            writer.list("Row", &[1, 2], |writer, number| writer.number("Id", *number));
            writer.list("None", &[] as &[i64], |_, _| ());
            writer.texts("UserId", &["a\"".to_owned(), "b".to_owned()]);
            writer.flag("Disable", true);
            writer.flag("IsChecked", false);
        };
        assert_eq!(
            write(DataFormat::Xml, lists),
            "<xml><Row><Id>1</Id></Row><Row><Id>2</Id></Row><UserId><![CDATA[a\"]]></UserId><UserId><![CDATA[b]]></UserId>\
             <Disable><![CDATA[true]]></Disable><IsChecked><![CDATA[false]]></IsChecked></xml>"
        );
        assert_eq!(
            write(DataFormat::Json, lists),
            r#"{"Row":[{"Id":1},{"Id":2}],"UserId":["a\"","b"],"Disable":true,"IsChecked":false}"#
        );
    }

    #[test]
    fn names_of_xml_are_spelled_as_wecoms_json_spells_them() {
        let mut out = String::new();
        Writer::snake_case(&mut out, |writer| {
            for name in [
                "msgtype",
                "CardType",
                "HorizontalContentList",
                "AppId",
                "PagePath",
                "KeyName",
                "UserId",
                "MediaId",
            ] {
                writer.text(name, "");
            }
            writer.element("CheckBox", |writer| writer.flag("IsChecked", true));
        });
        assert_eq!(
            out,
            r#"{"msgtype":"","card_type":"","horizontal_content_list":"","appid":"","pagepath":"","keyname":"","userid":"","media_id":"","checkbox":{"is_checked":true}}"#
        );
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
