//! The one door to XML: reading a small [`Tree`] of elements, finding `Encrypt` in an envelope, writing
//! elements. Nothing else touches `quick-xml`.
//!
//! What WeChat sends is nearly always flat: `<xml>`, elements that hold one text each, `</xml>`. [`flat`] reads
//! that layout without allocating; whatever it does not know goes through `quick-xml`, after [`user_text`] has taken
//! out of it what could be taken for XML.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod border;
mod build;
mod document;
mod draft;
mod error;
mod flat;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod json;
mod layouts;
mod pieces;
mod tree;
mod user_text;
mod write;

use std::borrow::Cow;

pub use document::SharedStr;
pub(crate) use document::Text;
pub(crate) use draft::Draft;
pub use error::XmlError;
pub(crate) use tree::{Cursor, Element, Tree};
pub(crate) use write::{Writer, is_allowed};

/// XML's white space.
fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n')
}

/// How deeply elements may be nested. WeChat's deepest event has five levels.
pub(crate) const MAX_DEPTH: usize = 16;
/// How many elements a message may have. It bounds the memory of a tree to a small multiple of its text.
pub(crate) const MAX_ELEMENTS: usize = 4096;

/// The elements that identify a message. Two readers of one message must never differ about them, so each may occur
/// only once.
const HEAD: [&str; 6] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt"];

/// Which elements of the head have occurred.
#[derive(Clone, Default)]
struct HeadSeen([bool; HEAD.len()]);

impl HeadSeen {
    fn note(&mut self, name: &str) -> Result<(), XmlError> {
        for (known, seen) in HEAD.iter().zip(&mut self.0) {
            if *known == name && std::mem::replace(seen, true) {
                return Err(XmlError::Doubled(known));
            }
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        HEAD.iter().zip(&self.0).any(|(known, seen)| *known == name && *seen)
    }
}

/// The text of `Encrypt` directly under the root, or `None` if there is no such element.
///
/// In the layout that WeChat writes it borrows and does not allocate.
pub(crate) fn encrypted_text(envelope: &str) -> Result<Option<Cow<'_, str>>, XmlError> {
    let mut seen = HeadSeen::default();
    let mut encrypted = None;
    let mut elements = flat::elements(envelope);
    for flat::Simple { name, text, .. } in &mut elements {
        seen.note(name)?;
        if name == "Encrypt" {
            encrypted = Some(Cow::Borrowed(text));
        }
    }
    if elements.reached_end() {
        return Ok(encrypted);
    }
    let tree = Tree::parse(envelope)?;
    Ok(tree.root().get_exactly("Encrypt").map(|element| Cow::Owned(element.text().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypt_is_found_without_copying_in_wechats_layouts() {
        for envelope in [
            "<xml>\n    <ToUserName><![CDATA[gh_1]]></ToUserName>\n    <Encrypt><![CDATA[ab+/=]]></Encrypt>\n</xml>\n",
            "<xml><AppId>wx</AppId><Encrypt>ab+/=</Encrypt></xml>",
            "<xml><Encrypt> <![CDATA[ab+/=]]> </Encrypt></xml>",
        ] {
            assert!(matches!(encrypted_text(envelope), Ok(Some(Cow::Borrowed("ab+/=")))), "{envelope}");
        }
    }

    #[test]
    fn encrypt_is_found_in_any_other_layout() {
        for envelope in [
            "\u{feff}<?xml version=\"1.0\"?><xml><Encrypt>ab</Encrypt></xml>",
            "<xml><!-- --><Encrypt a='b'>a<![CDATA[b]]></Encrypt><A><Encrypt>x</Encrypt></A></xml>",
        ] {
            assert_eq!(encrypted_text(envelope), Ok(Some("ab".into())), "{envelope}");
        }
    }

    #[test]
    fn encrypt_counts_directly_under_the_root_alone() {
        for plain in [
            "<xml><Content><![CDATA[<Encrypt>ab</Encrypt>]]></Content></xml>",
            "<xml><A><Encrypt>ab</Encrypt></A></xml>",
            "<xml/>",
        ] {
            assert_eq!(encrypted_text(plain), Ok(None), "{plain}");
        }
    }

    #[test]
    fn a_doubled_encrypt_is_refused() {
        for doubled in [
            "<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
            "<xml><Encrypt>a</Encrypt><!-- --><Encrypt>b</Encrypt></xml>",
        ] {
            assert_eq!(encrypted_text(doubled), Err(XmlError::Doubled("Encrypt")), "{doubled}");
        }
    }
}
