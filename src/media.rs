//! Files that users send to an AI bot of WeCom (企业微信智能机器人). They are downloaded from the `url` in the message and decrypted
//! with [`Callback::decrypt_media`](crate::Callback::decrypt_media).
//!
//! ```
//! use wechat_callback::media::{MediaError, file_name};
//! use wechat_callback::{Callback, message::File};
//!
//! /// What was downloaded: its name and its bytes.
//! fn save(callback: &Callback, disposition: &str, body: &[u8]) -> Result<(String, Vec<u8>), MediaError> {
//!     let name = file_name(disposition).unwrap_or_else(|| "file".to_owned());
//!     Ok((name, callback.decrypt_media(body)?))
//! }
//! ```
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Why a file was not decrypted.
///
/// `#[non_exhaustive]`: more reasons may be distinguished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The callback has no EncodingAESKey.
    #[error("the account has no EncodingAESKey, with which files are encrypted")]
    NoKey,
    /// The file is empty or no multiple of 16 bytes: it was not downloaded whole, or is not encrypted.
    #[error("the file is not a positive multiple of 16 bytes: was it downloaded whole?")]
    Length,
    /// The padding is wrong: another EncodingAESKey, or not encrypted.
    #[error("the padding is wrong: is it another EncodingAESKey?")]
    Padding,
}

/// The longest name that is returned, in bytes: what file systems take.
const LONGEST: usize = 255;

/// The name of a downloaded file, out of its `Content-Disposition`. `filename*=UTF-8''…` is preferred to `filename=…`
/// (RFC 6266). `None` if there is none.
///
/// The header is the server's, and what is in it the sender's, so the name is the last part of a path alone, at most 255
/// bytes long, without control characters, and never `.` or `..`. It may still be one that a system of yours gives a
/// meaning to.
///
/// ```
/// use wechat_callback::media::file_name;
///
/// let header = "attachment; filename=\"report.pdf\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf";
/// assert_eq!(file_name(header).as_deref(), Some("报告.pdf"));
/// assert_eq!(file_name("attachment; filename=../../etc/passwd").as_deref(), Some("passwd"));
/// assert_eq!(file_name("inline"), None);
/// ```
#[must_use]
pub fn file_name(content_disposition: &str) -> Option<String> {
    let find = |name: &str| {
        let mut found = Parameters(content_disposition).filter(|(found, _)| found.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    };
    let extended = find("filename*").and_then(|value| decoded(&value)).and_then(|name| harmless(&name));
    extended.or_else(|| harmless(&find("filename")?))
}

/// The text of `UTF-8'language'percent-encoded`.
fn decoded(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes = percent_decode_str(encoded);
    charset.eq_ignore_ascii_case("UTF-8").then(|| bytes.decode_utf8().ok().map(Cow::into_owned))?
}

/// The last part of a path.
fn harmless(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|char| !char.is_control()).collect();
    let name = name.trim();
    (!matches!(name, "" | "." | "..")).then(|| bounded(name))
}

/// A name that is too long keeps its ending.
fn bounded(name: &str) -> String {
    /// Longer ones are no endings.
    const LONGEST_ENDING: usize = 16;
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let ending =
        name.rfind('.').and_then(|at| name.get(at..)).filter(|ending| ending.len() <= LONGEST_ENDING);
    let ending = ending.unwrap_or_default();
    let mut stem = LONGEST.saturating_sub(ending.len());
    while !name.is_char_boundary(stem) {
        stem = stem.saturating_sub(1);
    }
    [name.get(..stem).unwrap_or_default(), ending].concat()
}

/// The parameters behind the first `;`, whose values are tokens or quoted.
struct Parameters<'a>(&'a str);

impl<'a> Iterator for Parameters<'a> {
    type Item = (&'a str, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (_, rest) = self.0.split_once(';')?;
            self.0 = rest;
            let Some((name, value)) = rest.split_once('=') else { continue };
            if name.contains(';') {
                continue;
            }
            let value = value.trim_start();
            let Some(quoted) = value.strip_prefix('"') else {
                let token = value.split(';').next().unwrap_or_default();
                return Some((name.trim(), token.trim().into()));
            };
            let (text, behind) = unquoted(quoted);
            self.0 = behind;
            return Some((name.trim(), text.into()));
        }
    }
}

/// The text up to the closing quote, and what is behind it.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => text.extend(chars.next()),
            char => text.push(char),
        }
    }
    (text, chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(header: &str) -> Option<String> {
        file_name(header)
    }

    #[test]
    fn the_extended_name_is_preferred_wherever_it_stands() {
        for header in [
            "attachment; filename=\"a.txt\"; filename*=UTF-8''%E6%98%A5.txt",
            "attachment;filename*=utf-8'zh'%E6%98%A5.txt;filename=a.txt",
            "ATTACHMENT; FileName*=UTF-8''%e6%98%a5.txt",
        ] {
            assert_eq!(name(header).as_deref(), Some("春.txt"), "{header}");
        }
    }

    #[test]
    fn an_extended_name_that_is_no_utf8_is_passed_over() {
        for header in [
            "attachment; filename=a.txt; filename*=UTF-8''%ff",
            "attachment; filename=a.txt; filename*=GBK''%B4%BA",
            "attachment; filename=a.txt; filename*=nothing",
            "attachment; filename=a.txt; filename*=UTF-8''",
        ] {
            assert_eq!(name(header).as_deref(), Some("a.txt"), "{header}");
        }
    }

    #[test]
    fn a_quoted_name_may_hold_what_ends_a_token() {
        assert_eq!(name(r#"attachment; filename="a; b=\"c\".txt""#).as_deref(), Some(r#"a; b="c".txt"#));
        assert_eq!(name(r#"attachment; x="filename=no"; filename=yes"#).as_deref(), Some("yes"));
        assert_eq!(name(r#"attachment; filename="open"#).as_deref(), Some("open"));
    }

    #[test]
    fn a_name_is_never_a_path() {
        for (header, expected) in [
            ("attachment; filename=../../etc/passwd", Some("passwd")),
            (r"attachment; filename=C:\Users\a.txt", Some("a.txt")),
            ("attachment; filename*=UTF-8''..%2F..%2Fa.txt", Some("a.txt")),
            ("attachment; filename*=UTF-8''a%00b%0D%0A.txt", Some("ab.txt")),
            ("attachment; filename=..", None),
            ("attachment; filename=a/", None),
            ("attachment; filename=\"\"", None),
            ("attachment; filename", None),
            ("", None),
        ] {
            assert_eq!(name(header).as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_keeps_its_ending() {
        let long = name(&format!("attachment; filename={}.pdf", "春".repeat(200))).expect("a name");
        assert!(long.len() <= 255 && long.ends_with("春.pdf"), "{long}");
        let long = name(&format!("attachment; filename={}", "春".repeat(200))).expect("a name");
        assert_eq!(long.len(), 255);
        let long = name(&format!("attachment; filename=a.{}", "x".repeat(300))).expect("a name");
        assert_eq!(long.len(), 255);
    }
}
