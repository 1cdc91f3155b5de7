//! Messages in JSON: the same tree of elements as in XML. An array is repeated elements.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use crate::LocalizedText;
use crate::texts::json as texts;
use crate::xml::Element;

/// Why JSON could not be read.
#[derive(Debug)]
pub(crate) enum JsonError {
    Syntax(serde_json::Error),
    NotAnObject,
}

impl JsonError {
    pub(crate) fn text(&self) -> LocalizedText {
        match self {
            Self::Syntax(error) if error.classify() == Category::Eof => texts::breaks_off(),
            Self::Syntax(error) => texts::broken(error.line(), error.column()),
            Self::NotAnObject => texts::not_an_object(),
        }
    }
}

/// Reads an object. A string is an element with [`cdata`](Element::cdata), a number or `true` one without.
pub(crate) fn parse(text: &str) -> Result<Element, JsonError> {
    match serde_json::from_str(text).map_err(JsonError::Syntax)? {
        Value::Object(members) => Ok(Element { children: elements(members), ..Element::default() }),
        _ => Err(JsonError::NotAnObject),
    }
}

/// The message in JSON, on one line, as WeChat writes it.
pub(crate) fn write(message: &Element) -> String {
    let mut out = String::new();
    write_members(&mut out, &message.children);
    out
}

/// A string with its quotes.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn write_members(out: &mut String, children: &[Element]) {
    let children: Vec<_> = children.iter().flat_map(inlined).collect();
    out.push('{');
    let mut is_first = true;
    for (index, child) in children.iter().enumerate() {
        if children.iter().take(index).any(|before| before.name == child.name) {
            continue;
        }
        if !is_first {
            out.push(',');
        }
        is_first = false;
        out.push_str(&quoted(&child.name));
        out.push(':');
        let same: Vec<_> = children.iter().filter(|other| other.name == child.name).collect();
        match &same[..] {
            [one] if !one.list => write_value(out, one),
            several => write_list(out, several.iter().map(|element| **element)),
        }
    }
    out.push('}');
}

/// The element, or its children if it is not there in JSON.
fn inlined(element: &Element) -> Vec<&Element> {
    match element.inline {
        true => element.children.iter().flat_map(inlined).collect(),
        false => vec![element],
    }
}

fn write_list<'e>(out: &mut String, elements: impl Iterator<Item = &'e Element>) {
    out.push('[');
    for (index, element) in elements.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_value(out, element);
    }
    out.push(']');
}

fn write_value(out: &mut String, element: &Element) {
    if !element.children.is_empty() {
        // In XML the members of a list have a parent, in JSON the parent is the list.
        match element.children.iter().all(|child| child.name == "item") {
            true => write_list(out, element.children.iter()),
            false => write_members(out, &element.children),
        }
    } else if !element.cdata && is_number(&element.text) {
        out.push_str(&element.text);
    } else {
        out.push_str(&quoted(&element.text));
    }
}

/// Whether it can be a number in JSON as it is.
fn is_number(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_digit() || char == '-')
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn elements(members: Vec<(String, Value)>) -> Vec<Element> {
    members.into_iter().flat_map(|(name, value)| named(&name, value)).collect()
}

fn named(name: &str, value: Value) -> Vec<Element> {
    let element = |text, cdata, children| Element {
        name: name.to_owned(),
        text,
        cdata,
        children,
        ..Element::default()
    };
    match value {
        Value::Object(members) => vec![element(String::new(), false, elements(members))],
        Value::List(values) => values.into_iter().flat_map(|value| named(name, value)).collect(),
        Value::String(text) => vec![element(text, true, Vec::new())],
        Value::Other(text) => vec![element(text, false, Vec::new())],
    }
}

/// A value, with its members in their order.
enum Value {
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    String(String),
    /// A number, `true`, `false`, or nothing for `null`.
    Other(String),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Value::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Other(value.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Other(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Other(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Other(number.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other(String::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let json = r#"{"ToUserName":"gh_1","MsgId":24000000000000001,"Info":{"A":"\"/\\","B":-1.5},"List":[{"T":"1"},{"T":"2"}]}"#;
        let message = parse(json).expect("JSON");
        assert_eq!(message.get("MsgId"), Some("24000000000000001"));
        assert_eq!(message.children.iter().filter(|child| child.name == "List").count(), 2);
        assert_eq!(write(&message), json);
    }

    #[test]
    fn a_list_is_one_even_with_one_member_if_the_catalogue_says_so() {
        let one = |list| Element { list, ..Element::string("List", "x") };
        let message = |child| Element { children: vec![child], ..Element::default() };
        assert_eq!(write(&message(one(false))), r#"{"List":"x"}"#);
        assert_eq!(write(&message(one(true))), r#"{"List":["x"]}"#);
        let around = Element { inline: true, children: vec![one(false)], ..Element::string("Around", "") };
        assert_eq!(write(&message(around)), r#"{"List":"x"}"#);
        let items = Element { children: vec![Element::string("item", "x")], ..Element::string("Items", "") };
        assert_eq!(write(&message(items)), r#"{"Items":["x"]}"#);
    }

    #[test]
    fn what_is_no_number_in_json_is_a_string() {
        let text = |text: &str| Element { text: text.to_owned(), name: "A".to_owned(), ..Element::default() };
        for (given, written) in
            [("7", "7"), ("30.27", "30.27"), ("007", "\"007\""), ("x", "\"x\""), ("", "\"\"")]
        {
            let message = Element { children: vec![text(given)], ..Element::default() };
            assert_eq!(write(&message), format!("{{\"A\":{written}}}"));
        }
    }

    #[test]
    fn what_is_not_an_object_is_refused_and_so_is_deep_nesting() {
        for wrong in ["", "success", "[]", "1", "{", "{\"a\":1,}", "{}{}"] {
            let text = parse(wrong).expect_err(wrong).text();
            assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{wrong}");
        }
        assert!(parse(&("{\"a\":".repeat(100_000) + "1")).is_err());
    }
}
