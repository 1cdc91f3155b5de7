//! The query string: percent-decoded once and typed. Each of WeChat's parameters may occur only once.
//!
//! The character sets are narrow on purpose. The signature covers the parts without a delimiter between them, so
//! characters could otherwise be moved from one part to the next without changing it.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::Timestamp;

/// The longest `echostr` that is echoed. WeChat sends 19 digits.
const MAX_ECHOSTR: usize = 1024;
/// The longest `nonce`. WeChat sends about ten digits.
const MAX_NONCE: usize = 64;

/// What is wrong with a query string.
///
/// `#[non_exhaustive]`: more mistakes may be distinguished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// One of WeChat's parameters is missing.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// One of WeChat's parameters occurs more than once.
    #[error("the parameter {0} is there more than once")]
    Doubled(&'static str),
    /// A parameter is not what WeChat sends: `timestamp` is up to ten digits, `nonce` up to 64 of
    /// `A–Z a–z 0–9 _ -`, `echostr` up to 1,024 bytes.
    #[error("the parameter {0} is malformed")]
    Malformed(&'static str),
}

/// WeChat's parameters in a request's query string. Parameters of the endpoint's own URL are ignored. So are
/// `encrypt_type`, because the mode is configuration, and `openid`, because it is not signed; the endpoint's URL may
/// have both of its own.
pub(crate) struct CallbackQuery<'a> {
    /// `timestamp` as it is signed.
    pub(crate) timestamp_text: Cow<'a, str>,
    pub(crate) timestamp: Timestamp,
    pub(crate) nonce: Cow<'a, str>,
    pub(crate) signature: SignatureParameter<'a>,
    pub(crate) msg_signature: SignatureParameter<'a>,
    pub(crate) echostr: Option<Cow<'a, str>>,
}

/// A signature of a request, as received. Which one is checked depends on the mode.
pub(crate) struct SignatureParameter<'a> {
    pub(crate) name: &'static str,
    pub(crate) hex: Option<Cow<'a, str>>,
}

impl<'a> CallbackQuery<'a> {
    /// Reads the query string exactly as in the URL, without the `?`.
    #[inline]
    pub(crate) fn parse(query: &'a str) -> Result<Self, QueryError> {
        let is_escaped = is_escaped(query);
        let decode = |text: &'a str| if is_escaped { decode(text) } else { Some(Cow::Borrowed(text)) };
        let mut parameters = Parameters::default();
        let mut rest = Some(query);
        while let Some(pairs) = rest {
            let (name, value, others) = first_pair(pairs);
            rest = others;
            if let Some((name, slot)) = parameters.slot(&decode(name).unwrap_or_default()) {
                let value = decode(value).ok_or(QueryError::Malformed(name))?;
                if slot.replace(value).is_some() {
                    return Err(QueryError::Doubled(name));
                }
            }
        }
        let timestamp_text = parameters.timestamp.ok_or(QueryError::Missing("timestamp"))?;
        let timestamp = parse_timestamp(&timestamp_text).ok_or(QueryError::Malformed("timestamp"))?;
        let nonce = parameters.nonce.ok_or(QueryError::Missing("nonce"))?;
        if !is_nonce(&nonce) {
            return Err(QueryError::Malformed("nonce"));
        }
        let echostr = parameters.echostr.filter(|echostr| !echostr.is_empty());
        if echostr.as_ref().is_some_and(|echostr| echostr.len() > MAX_ECHOSTR) {
            return Err(QueryError::Malformed("echostr"));
        }
        Ok(Self {
            timestamp_text,
            timestamp,
            nonce,
            signature: SignatureParameter { name: "signature", hex: parameters.signature },
            msg_signature: SignatureParameter { name: "msg_signature", hex: parameters.msg_signature },
            echostr,
        })
    }
}

#[derive(Default)]
struct Parameters<'a> {
    signature: Option<Cow<'a, str>>,
    timestamp: Option<Cow<'a, str>>,
    nonce: Option<Cow<'a, str>>,
    echostr: Option<Cow<'a, str>>,
    msg_signature: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    fn slot(&mut self, name: &str) -> Option<(&'static str, &mut Option<Cow<'a, str>>)> {
        Some(match name {
            "signature" => ("signature", &mut self.signature),
            "timestamp" => ("timestamp", &mut self.timestamp),
            "nonce" => ("nonce", &mut self.nonce),
            "echostr" => ("echostr", &mut self.echostr),
            "msg_signature" => ("msg_signature", &mut self.msg_signature),
            _ => return None,
        })
    }
}

/// Whether `query` has a signature, so that the request may be WeChat's.
pub(crate) fn is_signed(query: &str) -> bool {
    let name = |pair| decode(first_pair(pair).0).unwrap_or_default();
    query.split('&').any(|pair| matches!(&*name(pair), "signature" | "msg_signature"))
}

/// The name and the value of the first pair, and what follows it. A pair without `=` has no value.
fn first_pair(text: &str) -> (&str, &str, Option<&str>) {
    let (name, behind) = cut(text, text.bytes().position(|byte| matches!(byte, b'=' | b'&')));
    match behind {
        Some(value) if !is_at(text, name.len(), b'&') => {
            let (value, others) = cut(value, memchr::memchr(b'&', value.as_bytes()));
            (name, value, others)
        }
        others => (name, "", others),
    }
}

/// The text before and after the byte at `position`.
fn cut(text: &str, position: Option<usize>) -> (&str, Option<&str>) {
    let parts = position.and_then(|at| Some((text.get(..at)?, text.get(at.checked_add(1)?..)?)));
    parts.map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn is_at(text: &str, position: usize, byte: u8) -> bool {
    text.as_bytes().get(position) == Some(&byte)
}

fn is_escaped(text: &str) -> bool {
    memchr::memchr(b'%', text.as_bytes()).is_some()
}

/// Decodes percent escapes; a `+` stays a `+`. `None` if the result is not UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !is_escaped(text) {
        return Some(Cow::Borrowed(text));
    }
    percent_decode_str(text).decode_utf8().ok()
}

/// `[1-9][0-9]{0,9}`.
fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = digits && text.len() <= 10 && !text.starts_with('0');
    text.parse().ok().filter(|_| shaped).map(Timestamp::from_secs)
}

fn is_nonce(text: &str) -> bool {
    let of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MAX_NONCE).contains(&text.len()) && text.bytes().all(of_alphabet)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "f464b24fc39322e44b38aa78f5edd27bd1441696";

    fn refusal(query: &str) -> Option<QueryError> {
        CallbackQuery::parse(query).err()
    }

    #[test]
    fn parameters_are_read_by_name_among_foreign_ones() {
        let query =
            format!("c_id=21&nonce=1514711492&token=x&c_id=22&timestamp=1714036504&signature={SIGNATURE}&");
        let query = CallbackQuery::parse(&query).expect("complete");
        assert_eq!((query.nonce.as_ref(), query.timestamp.as_secs()), ("1514711492", 1_714_036_504));
        assert_eq!(query.signature.hex.as_deref(), Some(SIGNATURE));
        assert!(query.msg_signature.hex.is_none());
    }

    #[test]
    fn escapes_are_decoded_once_and_plus_stays() {
        let query = CallbackQuery::parse("timestam%70=1&nonce=%31&echostr=a+b%2Bc%2525").expect("complete");
        assert_eq!((query.nonce.as_ref(), query.echostr.as_deref()), ("1", Some("a+b+c%25")));
    }

    #[test]
    fn nothing_is_copied_where_nothing_is_escaped() {
        let query = CallbackQuery::parse("timestamp=1&nonce=2&echostr=3").expect("complete");
        assert!(matches!(query.echostr, Some(Cow::Borrowed("3"))));
    }

    #[test]
    fn each_parameter_stands_at_most_once_however_it_is_spelled() {
        for name in ["signature", "timestamp", "nonce", "echostr", "msg_signature"] {
            let doubled = format!("timestamp=1&nonce=2&{name}=1&%{:02x}{}=1", name.as_bytes()[0], &name[1..]);
            assert_eq!(refusal(&doubled), Some(QueryError::Doubled(name)));
        }
    }

    #[test]
    fn an_ignored_parameter_may_occur_any_number_of_times() {
        let query = "openid=a&encrypt_type=AES&timestamp=1&nonce=2&openid=b&encrypt_type=raw&openid=%ff";
        assert_eq!(refusal(query), None);
    }

    #[test]
    fn a_missing_timestamp_or_nonce_is_refused() {
        assert_eq!(refusal(""), Some(QueryError::Missing("timestamp")));
        assert_eq!(refusal("timestamp=1"), Some(QueryError::Missing("nonce")));
    }

    #[test]
    fn a_timestamp_is_one_to_ten_digits_without_a_leading_zero() {
        for wrong in ["", "0", "01", "-1", "+1", "1.0", "1e3", "12345678901", "%EF%BC%91", "1%00", "%ff"] {
            let query = format!("timestamp={wrong}&nonce=1");
            assert_eq!(refusal(&query), Some(QueryError::Malformed("timestamp")), "{wrong}");
        }
        assert!(CallbackQuery::parse("timestamp=9999999999&nonce=1").is_ok());
    }

    #[test]
    fn a_nonce_is_up_to_64_letters_digits_underscores_and_dashes() {
        for wrong in ["", "a+b", "a/b", "a%3D", "a%20b", "%E4%BD%A0", "a.b", &"1".repeat(65)] {
            let query = format!("timestamp=1&nonce={wrong}");
            assert_eq!(refusal(&query), Some(QueryError::Malformed("nonce")), "{wrong}");
        }
        assert!(CallbackQuery::parse(&format!("timestamp=1&nonce={}", "a-_9".repeat(16))).is_ok());
    }

    #[test]
    fn an_echostr_is_at_most_a_kibibyte() {
        let query = |length| format!("timestamp=1&nonce=1&echostr={}", "1".repeat(length));
        assert!(CallbackQuery::parse(&query(1024)).is_ok());
        assert_eq!(refusal(&query(1025)), Some(QueryError::Malformed("echostr")));
    }
}
