//! The one door to JSON: reading a [`Tree`], finding texts in an envelope, writing members.
//!
//! It has a scanner of its own, because the features of `serde_json` that keep a number's text and the order of members
//! would change `serde_json` in the whole build of its user.

mod build;
mod error;
mod find;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod read;
mod scan;
#[cfg(test)]
mod tests;
mod write;

use std::borrow::Cow;

use super::{
    HEAD, HeadSeen, Limit, MAX_DEPTH, MAX_ELEMENTS, Name, document, growing, is_blank, node, tree, wanted,
};

pub use error::JsonError;
pub(super) use find::texts;
pub(crate) use write::push_text;
pub(super) use write::{begin_member, member, push_snake_case};

/// The text of `Encrypt` directly under the root, or `None` if there is no such element.
///
/// Without escapes in it, it borrows and does not allocate.
#[inline(never)]
pub(crate) fn encrypted_text(envelope: &str) -> Result<Option<Cow<'_, str>>, JsonError> {
    let [encrypted] = texts(envelope, ["Encrypt"])?;
    Ok(encrypted)
}
