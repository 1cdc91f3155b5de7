//! A body as a small [`Tree`] of elements.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod document;
mod draft;
#[cfg(any(feature = "tokio-1", fuzzing))]
mod envelope;
mod growing;
pub(crate) mod json;
mod limit;
mod name;
mod node;
mod serde;
mod tree;
mod wanted;
mod write;
mod xml;

pub use document::SharedStr;
pub(crate) use document::{Text, TwoTexts};
pub(crate) use draft::Draft;
#[cfg(feature = "tokio-1")]
pub(crate) use envelope::Envelope;
#[cfg(any(feature = "tokio-1", fuzzing))]
pub(crate) use envelope::envelope;
pub use json::JsonError;
pub(crate) use name::Name;
pub(crate) use tree::{Cursor, Element, Tree};
pub(crate) use write::Writer;
pub use xml::XmlError;
#[cfg(fuzzing)]
pub(crate) use xml::fuzzing;
pub(crate) use xml::{encrypted_text, is_allowed};

use limit::Limit;

/// How deeply elements may be nested. WeChat's deepest event has five levels.
pub(crate) const MAX_DEPTH: usize = 16;
/// How many elements a message may have. It bounds the memory of a tree to a small multiple of its text.
pub(crate) const MAX_ELEMENTS: usize = 4096;

/// The elements that identify a message. Two readers of one message must never differ about them, so each may occur
/// only once.
const HEAD: [&str; 6] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt"];

/// The white space of XML and JSON.
fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n')
}

/// Which elements of the head have occurred: a bit each.
#[derive(Clone, Default)]
struct HeadSeen(u8);

impl HeadSeen {
    #[inline(always)]
    fn note(&mut self, name: Name) -> Result<(), Limit> {
        let Some(doubled) = HEAD.get(name as usize) else { return Ok(()) };
        let bit = 1_u8.wrapping_shl(name as u32);
        if self.0 & bit != 0 {
            return Err(Limit::Doubled(doubled));
        }
        self.0 |= bit;
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        HEAD.iter().position(|known| *known == name).is_some_and(|index| self.0 >> index & 1 == 1)
    }
}
