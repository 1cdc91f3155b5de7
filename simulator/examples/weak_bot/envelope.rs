//! Signatures, the encrypted frame and XML, with holes.

use aes::Aes256;
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use roxmltree::{Document, ParsingOptions};
use sha1::{Digest, Sha1};

/// The SHA-1 of the sorted and concatenated parts.
pub(crate) fn sha1(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn key(encoding_aes_key: &str) -> Option<[u8; 32]> {
    // The low bits of the last character are often not zero.
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&ALPHABET, config);
    engine.decode(format!("{encoding_aes_key}=")).ok()?.try_into().ok()
}

/// The message in `encrypt`; `None` if it is refused, `Some(None)` if it is accepted because of a hole.
pub(crate) fn open(
    key: &[u8; 32],
    app_id: &str,
    encrypt: &str,
    has: &dyn Fn(&str) -> bool,
) -> Option<Option<String>> {
    let whole = STANDARD.decode(encrypt).ok().filter(|bytes| !bytes.is_empty() && bytes.len() % 16 == 0);
    let Some(mut bytes) = whole else {
        return has("cut-ciphertext").then_some(None);
    };
    let iv = key.first_chunk::<16>()?;
    let frame =
        Decryptor::<Aes256>::new(key.into(), iv.into()).decrypt_padded::<NoPadding>(&mut bytes).ok()?;
    let opened = unpad(frame, has("bad-padding")).and_then(|frame| take(frame, app_id, has));
    match opened {
        None if has("other-key") || has("flipped-ciphertext") => Some(None),
        opened => opened.map(Some),
    }
}

fn unpad(frame: &[u8], loose: bool) -> Option<&[u8]> {
    let last = usize::from(*frame.last()?);
    let length = frame.len().checked_sub(last).filter(|_| (1..=32).contains(&last));
    if loose {
        // As in WeChat's sample programs: only the last byte counts, and a wrong one is ignored.
        return frame.get(..length.unwrap_or(frame.len()));
    }
    let (message, padding) = frame.split_at_checked(length?)?;
    padding.iter().all(|byte| usize::from(*byte) == last).then_some(message)
}

fn take(frame: &[u8], app_id: &str, has: &dyn Fn(&str) -> bool) -> Option<String> {
    let (length, rest) = frame.get(16..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let Some((message, id)) = rest.split_at_checked(length) else {
        // The length is too large: take the rest, whatever it contains.
        let message = String::from_utf8_lossy(rest).into_owned();
        return has("bad-length").then(|| message.replace(app_id, ""));
    };
    let right = match has("bad-padding") {
        true => id.starts_with(app_id.as_bytes()),
        false => id == app_id.as_bytes() || has("other-app-id") || (has("empty-app-id") && id.is_empty()),
    };
    right.then(|| String::from_utf8(message.to_vec()).ok())?
}

/// The text of an element, found by a string search.
pub(crate) fn field<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once("</")?;
    Some(value.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>"))
}

pub(crate) fn well_formed(xml: &str, allow_dtd: bool) -> bool {
    let options = ParsingOptions { allow_dtd, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml, options);
    document.is_ok_and(|document| document.root_element().has_tag_name("xml"))
}
