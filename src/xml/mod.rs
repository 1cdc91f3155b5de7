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
mod expected;
mod flat;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod growing;
mod json;
mod layouts;
mod name;
mod node;
mod pieces;
mod tree;
mod user_text;
mod write;

use std::borrow::Cow;

pub use document::SharedStr;
pub(crate) use document::{Text, TwoTexts};
pub(crate) use draft::Draft;
pub use error::XmlError;
pub(crate) use name::Name;
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

/// Which elements of the head have occurred: a bit each.
#[derive(Clone, Default)]
struct HeadSeen(u8);

impl HeadSeen {
    #[inline(always)]
    fn note(&mut self, name: Name) -> Result<(), XmlError> {
        let Some(doubled) = HEAD.get(name as usize) else { return Ok(()) };
        let bit = 1_u8.wrapping_shl(name as u32);
        if self.0 & bit != 0 {
            return Err(XmlError::Doubled(doubled));
        }
        self.0 |= bit;
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        HEAD.iter().position(|known| *known == name).is_some_and(|index| self.0 >> index & 1 == 1)
    }
}

/// The text of `Encrypt` directly under the root, or `None` if there is no such element.
///
/// In the layout that WeChat writes it borrows and does not allocate.
pub(crate) fn encrypted_text(envelope: &str) -> Result<Option<Cow<'_, str>>, XmlError> {
    let mut seen = HeadSeen::default();
    let mut encrypted = None;
    let mut elements = flat::elements(envelope, &expected::ENVELOPE);
    for element in &mut elements {
        seen.note(element.name)?;
        if element.name == Name::Encrypt {
            encrypted = envelope.get(element.text_start..element.text_end);
        }
    }
    if elements.reached_end() {
        return Ok(encrypted.map(Cow::Borrowed));
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
