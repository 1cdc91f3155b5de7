//! A small tree of elements: read, and written in WeChat's layout.

use std::fmt::Write as _;

/// An element with a text or with elements in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    /// Whether the text stands in CDATA. WeChat's strings do, its numbers do not.
    pub(crate) cdata: bool,
    /// Left out unless it is asked for.
    pub(crate) optional: bool,
    pub(crate) children: Vec<Self>,
}

/// Elements nested deeper than this are no answer of any bot.
const MAX_DEPTH: usize = 32;

impl Element {
    /// An element with a string in it.
    pub(crate) fn string(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), cdata: true, ..Self::default() }
    }

    /// An element with a number in it.
    pub(crate) fn number(name: &str, number: i64) -> Self {
        Self { name: name.to_owned(), text: number.to_string(), ..Self::default() }
    }

    /// Reads a document. A document type declaration is refused.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if deepest(text) > MAX_DEPTH {
            return Err(format!("elements nested deeper than {MAX_DEPTH}"));
        }
        let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
        Ok(Self::read(document.root_element()))
    }

    pub(crate) fn read(node: roxmltree::Node<'_, '_>) -> Self {
        let source = node.document().input_text().get(node.range()).unwrap_or_default();
        Self {
            name: node.tag_name().name().to_owned(),
            text: node.children().filter(roxmltree::Node::is_text).filter_map(|child| child.text()).collect(),
            cdata: source.contains("<![CDATA["),
            optional: node.has_attribute("optional"),
            children: node.children().filter(roxmltree::Node::is_element).map(Self::read).collect(),
        }
    }

    /// The first element of that name in this one.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element of that name, without blanks around it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// As WeChat writes a message: one element a line, no indent, no line end behind the last.
    pub(crate) fn to_message(&self) -> String {
        let mut out = String::from("<xml>");
        for child in &self.children {
            child.write(&mut out);
            out.push('\n');
        }
        out.push_str("</xml>");
        out
    }

    fn write(&self, out: &mut String) {
        let _ = write!(out, "<{}>", self.name);
        if self.children.is_empty() {
            push_text(out, &self.text, self.cdata);
        }
        for (number, child) in self.children.iter().enumerate() {
            if number > 0 {
                out.push('\n');
            }
            child.write(out);
        }
        let _ = write!(out, "</{}>", self.name);
    }
}

fn push_text(out: &mut String, text: &str, cdata: bool) {
    // Control characters are written as they are: WeChat's own pushes hold them, too.
    if cdata {
        let _ = write!(out, "<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"));
    } else {
        out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    }
}

/// At most how deep elements are nested, counted roughly and without recursion: reading is recursive.
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
            message.to_message(),
            "<xml><To><![CDATA[gh_1]]></To>\n<Time>7</Time>\n<Info><A><![CDATA[x]]></A>\n<B>1</B></Info>\n</xml>"
        );
    }

    #[test]
    fn any_text_reads_back_as_it_was_written() {
        for text in ["", "a]]>b", "<a href=\"x\">&amp;</a>", "]]", "第一行\n第二行"] {
            for cdata in [true, false] {
                let element =
                    Element { name: "C".to_owned(), text: text.to_owned(), cdata, ..Element::default() };
                let message = Element { children: vec![element], ..Element::default() }.to_message();
                let read = Element::parse(&message).expect("well-formed");
                assert_eq!(read.child("C").map(|child| child.text.as_str()), Some(text));
            }
        }
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
