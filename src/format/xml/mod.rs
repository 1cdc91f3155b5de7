//! The one door to XML: reading a [`Tree`], finding `Encrypt` in an envelope, writing elements. Nothing else touches
//! `quick-xml`.
//!
//! What WeChat sends is nearly always flat: `<xml>`, elements that hold one text each, `</xml>`. [`flat`] reads
//! that layout without allocating; whatever it does not know goes through `quick-xml`, after [`user_text`] has taken
//! out of it what could be taken for XML.

mod border;
mod build;
mod error;
mod expected;
mod flat;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod layouts;
mod pieces;
mod read;
mod user_text;
mod write;

use std::borrow::Cow;

use super::{
    HEAD, HeadSeen, Limit, MAX_DEPTH, MAX_ELEMENTS, Name, Tree, document, growing, is_blank, name, node, tree,
};

#[cfg(any(feature = "tokio-1", fuzzing))]
use super::wanted::Wanted;
pub use error::XmlError;
pub(crate) use write::{element, is_allowed, tag};

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

/// The texts of the elements of these names directly under the root, or `None` where there is no such element.
///
/// In the layout that WeChat writes they borrow.
#[cfg(any(feature = "tokio-1", fuzzing))]
pub(crate) fn texts<'a, const N: usize>(
    xml: &'a str,
    names: [&str; N],
) -> Result<[Option<Cow<'a, str>>; N], XmlError> {
    let (mut seen, mut wanted) = (HeadSeen::default(), Wanted::new(names));
    let mut elements = flat::elements(xml, &expected::ENVELOPE);
    for element in &mut elements {
        seen.note(element.name)?;
        let part = |start, end| xml.get(start..end).unwrap_or_default();
        if let Some(found) = wanted.find(part(element.name_start, element.name_end)) {
            wanted.put(found, || Cow::Borrowed(part(element.text_start, element.text_end)));
        }
    }
    if elements.reached_end() {
        return Ok(wanted.texts());
    }
    let (tree, mut wanted) = (Tree::parse(xml)?, Wanted::new(names));
    for element in tree.root() {
        if let Some(found) = wanted.find(element.name()) {
            wanted.put(found, || Cow::Owned(element.text().to_owned()));
        }
    }
    Ok(wanted.texts())
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
