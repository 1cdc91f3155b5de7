//! A small tree of elements, which is read from XML and written in WeChat's layout.

use std::fmt::Write as _;

use crate::xml_error::XmlError;
use crate::{DataFormat, json};

/// An element that contains a text or other elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    /// Whether the text is in CDATA. WeChat's strings are, its numbers are not.
    pub(crate) cdata: bool,
    /// Whether it is left out unless it is set.
    pub(crate) optional: bool,
    /// Whether it is an array in JSON even if it is the only one.
    pub(crate) list: bool,
    /// Whether JSON has only its children, in its place.
    pub(crate) inline: bool,
    pub(crate) children: Vec<Self>,
}

/// No reply is nested deeper than this.
const MAX_DEPTH: usize = 32;

impl Element {
    /// An element that contains a string.
    pub(crate) fn string(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), cdata: true, ..Self::default() }
    }

    /// An element that contains a number.
    pub(crate) fn number(name: &str, number: i64) -> Self {
        Self { name: name.to_owned(), text: number.to_string(), ..Self::default() }
    }

    /// Reads a document. A document type declaration is refused.
    pub(crate) fn parse(text: &str) -> Result<Self, XmlError> {
        if deepest(text) > MAX_DEPTH {
            return Err(XmlError::TooDeep(MAX_DEPTH));
        }
        let document = roxmltree::Document::parse(text).map_err(XmlError::Syntax)?;
        Ok(Self::read(document.root_element()))
    }

    pub(crate) fn read(node: roxmltree::Node<'_, '_>) -> Self {
        let source = node.document().input_text().get(node.range()).unwrap_or_default();
        Self {
            name: node.tag_name().name().to_owned(),
            text: node.children().filter(roxmltree::Node::is_text).filter_map(|child| child.text()).collect(),
            cdata: source.contains("<![CDATA["),
            optional: node.has_attribute("optional"),
            list: node.has_attribute("list"),
            inline: node.has_attribute("inline"),
            children: node.children().filter(roxmltree::Node::is_element).map(Self::read).collect(),
        }
    }

    /// The first child with this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child with this name, without white space around it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// Reads a pushed message. XML need not be well-formed: a user's text can contain `]]>`.
    pub(crate) fn parse_pushed(text: &str, format: DataFormat) -> Self {
        match format {
            DataFormat::Xml => {
                Self::parse(text).unwrap_or_else(|_| Self { children: leading(text), ..Self::default() })
            }
            DataFormat::Json => json::parse(text).unwrap_or_default(),
        }
    }

    /// The message in this format.
    pub(crate) fn to_text(&self, format: DataFormat, style: CdataStyle) -> String {
        match format {
            DataFormat::Xml => self.to_message(style),
            DataFormat::Json => json::write(self),
        }
    }

    /// The message in WeChat's layout: one element a line, no indent, no line end after the last.
    pub(crate) fn to_message(&self, style: CdataStyle) -> String {
        let mut out = String::from("<xml>");
        for child in &self.children {
            child.write(&mut out, style);
            out.push('\n');
        }
        out.push_str("</xml>");
        out
    }

    fn write(&self, out: &mut String, style: CdataStyle) {
        let _ = write!(out, "<{}>", self.name);
        match (&self.children[..], self.cdata) {
            ([], true) => push_cdata(out, &self.text, style),
            ([], false) => {
                out.push_str(&self.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
            }
            _ => {}
        }
        for (number, child) in self.children.iter().enumerate() {
            if number > 0 {
                out.push('\n');
            }
            child.write(out, style);
        }
        let _ = write!(out, "</{}>", self.name);
    }
}

/// How a text that contains `]]>` is written in CDATA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CdataStyle {
    /// Unchanged, which is not well-formed. WeChat is reported to write it like this.
    #[default]
    Unsplit,
    /// In two CDATA sections, as XML requires.
    Split,
}

/// Writes a text in CDATA. Control characters are unchanged: WeChat's own pushes contain them, too.
pub(crate) fn push_cdata(out: &mut String, text: &str, style: CdataStyle) {
    out.push_str("<![CDATA[");
    match style {
        CdataStyle::Unsplit => out.push_str(text),
        CdataStyle::Split => out.push_str(&text.replace("]]>", "]]]]><![CDATA[>")),
    }
    out.push_str("]]>");
}

/// The elements whose text does not come from a user.
const HEAD: [&str; 5] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"];

/// The elements at the start of a message, each with a text, as far as they can be read. A text that can come from a
/// user ends at the last end tag of its element.
fn leading(xml: &str) -> Vec<Element> {
    let mut rest = xml.split_once("<xml>").map_or("", |(_, inside)| inside);
    let mut elements = Vec::new();
    while let Some((element, behind)) = leading_element(rest) {
        elements.push(element);
        rest = behind;
    }
    elements
}

fn leading_element(rest: &str) -> Option<(Element, &str)> {
    let (name, rest) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    let inside = rest.trim_start();
    let end = format!("</{name}>");
    if let Some(section) = inside.strip_prefix("<![CDATA[") {
        let end = format!("]]>{end}");
        let (text, behind) =
            if HEAD.contains(&name) { section.split_once(&end)? } else { section.rsplit_once(&end)? };
        return Some((Element::string(name, text), behind));
    }
    let (text, behind) = inside.split_once(&end)?;
    let element = Element { name: name.to_owned(), text: text.trim().to_owned(), ..Element::default() };
    (!text.contains('<')).then_some((element, behind))
}

/// An upper bound of the nesting depth, counted without recursion, because the parser is recursive.
fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once('<') {
        rest = if let Some(cdata) = tag.strip_prefix("![CDATA[") {
            cdata.split_once("]]>").map_or("", |(_, behind)| behind)
        } else if let Some(comment) = tag.strip_prefix("!--") {
            comment.split_once("-->").map_or("", |(_, behind)| behind)
        } else {
            let (inside, behind) = tag.split_once('>').unwrap_or((tag, ""));
            if inside.starts_with('/') {
                depth = depth.saturating_sub(1);
            } else if !inside.starts_with(['!', '?']) && !inside.ends_with('/') {
                depth += 1;
                deepest = deepest.max(depth);
            }
            behind
        };
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_laid_out_as_wechat_does() {
        let inner = Element {
            name: "Info".to_owned(),
            children: vec![Element::string("A", "x"), Element::number("B", 1)],
            ..Element::default()
        };
        let message = Element {
            children: vec![Element::string("To", "gh_1"), Element::number("Time", 7), inner],
            ..Element::default()
        };
        assert_eq!(
            message.to_message(CdataStyle::default()),
            "<xml><To><![CDATA[gh_1]]></To>\n<Time>7</Time>\n<Info><A><![CDATA[x]]></A>\n<B>1</B></Info>\n</xml>"
        );
    }

    #[test]
    fn any_text_reads_back_as_it_was_written() {
        for text in ["", "a]]>b", "<a href=\"x\">&amp;</a>", "]]", "第一行\n第二行"] {
            for cdata in [true, false] {
                let element =
                    Element { name: "C".to_owned(), text: text.to_owned(), cdata, ..Element::default() };
                let message =
                    Element { children: vec![element], ..Element::default() }.to_message(CdataStyle::Split);
                let read = Element::parse(&message).expect("well-formed");
                assert_eq!(read.child("C").map(|child| child.text.as_str()), Some(text));
            }
        }
    }

    #[test]
    fn a_text_is_written_as_it_is_unless_it_is_to_be_split() {
        let text = Element::string("C", "a]]>b]]></C><D>");
        let message = Element { children: vec![text], ..Element::default() };
        assert_eq!(
            message.to_message(CdataStyle::Unsplit),
            "<xml><C><![CDATA[a]]>b]]></C><D>]]></C>\n</xml>"
        );
        let split = "<xml><C><![CDATA[a]]]]><![CDATA[>b]]]]><![CDATA[></C><D>]]></C>\n</xml>";
        assert_eq!(message.to_message(CdataStyle::Split), split);
    }

    #[test]
    fn a_pushed_message_is_read_as_far_as_it_is_whatever_a_text_of_it_holds() {
        let xml = |text: &str| {
            format!(
                "<xml><FromUserName><![CDATA[o1]]></FromUserName>\n<Time>7</Time>\n<C><![CDATA[{text}]]></C>\n<Id>1</Id>\n</xml>"
            )
        };
        for text in ["a ]]> b", "<r><![CDATA[1]]></r>", "]]></FromUserName>", "]]></C></xml>", "a\u{2}b"] {
            let read = Element::parse_pushed(&xml(text), DataFormat::Xml);
            assert_eq!(
                ["FromUserName", "Time", "Id"].map(|name| read.get(name)),
                [Some("o1"), Some("7"), Some("1")]
            );
            assert_eq!(read.child("C").map(|child| child.text.as_str()), Some(text));
        }
        assert_eq!(Element::parse_pushed("<xml><A>1</A><B>", DataFormat::Xml).get("A"), Some("1"));
        assert_eq!(Element::parse_pushed("nothing", DataFormat::Xml), Element::default());
    }

    #[test]
    fn what_is_not_well_formed_is_refused_and_so_is_a_document_type() {
        for wrong in
            ["", "success", "<xml>", "<xml></xml><xml></xml>", "<xml>\u{1}</xml>", "<!DOCTYPE xml><xml/>"]
        {
            assert!(Element::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(Element::parse(&deep(32)).is_ok());
        assert!(Element::parse(&deep(33)).is_err());
        assert!(Element::parse(&deep(200_000)).is_err());
        assert!(Element::parse(&format!("<xml>{}</xml>", "<a/>".repeat(100))).is_ok());
    }
}
