//! The query string: percent-decoded once and typed. Each of WeChat's parameters may occur only once.
//!
//! The character sets are narrow on purpose. The signature covers the parts without a delimiter between them, so
//! characters could otherwise be moved from one part to the next without changing it.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::{Timestamp, swar};

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
        if is_escaped(query) { Self::new(escaped_values(query)?) } else { Self::new(plain_values(query)?) }
    }

    #[inline(always)]
    fn new<T: Into<Cow<'a, str>>>(values: Values<T>) -> Result<Self, QueryError> {
        let [signature, timestamp, nonce, echostr, msg_signature] = values;
        let timestamp_text = timestamp.ok_or(QueryError::Missing("timestamp"))?.into();
        let timestamp = parse_timestamp(&timestamp_text).ok_or(QueryError::Malformed("timestamp"))?;
        let nonce = nonce.ok_or(QueryError::Missing("nonce"))?.into();
        if !is_nonce(&nonce) {
            return Err(QueryError::Malformed("nonce"));
        }
        let echostr = echostr.map(Into::into).filter(|echostr| !echostr.is_empty());
        if echostr.as_ref().is_some_and(|echostr| echostr.len() > MAX_ECHOSTR) {
            return Err(QueryError::Malformed("echostr"));
        }
        let (signature, msg_signature) = (signature.map(Into::into), msg_signature.map(Into::into));
        Ok(Self {
            timestamp_text,
            timestamp,
            nonce,
            signature: SignatureParameter { name: "signature", hex: signature },
            msg_signature: SignatureParameter { name: "msg_signature", hex: msg_signature },
            echostr,
        })
    }
}

/// WeChat's parameters.
const NAMES: [&str; 5] = ["signature", "timestamp", "nonce", "echostr", "msg_signature"];

/// Their values, in the same order.
type Values<T> = [Option<T>; NAMES.len()];

/// The values of a query in which percent escapes may be anywhere.
fn escaped_values(query: &str) -> Result<Values<Cow<'_, str>>, QueryError> {
    let mut values = Values::default();
    let mut rest = Some(query);
    while let Some(pairs) = rest {
        let (name, value, others) = first_pair(pairs);
        rest = others;
        let name = decode(name).unwrap_or_default();
        if let Some((name, slot)) = NAMES.into_iter().zip(&mut values).find(|(known, _)| *known == name) {
            let value = decode(value).ok_or(QueryError::Malformed(name))?;
            if slot.replace(value).is_some() {
                return Err(QueryError::Doubled(name));
            }
        }
    }
    Ok(values)
}

/// As [`escaped_values`], for a query without percent escapes.
#[inline(always)]
fn plain_values(query: &str) -> Result<Values<&str>, QueryError> {
    let bytes = query.as_bytes();
    let mut values = Values::default();
    let mut at = 0;
    loop {
        let name = wechats_name(bytes, at);
        let start = name.map_or(at, |(_, end)| end);
        let end = swar::find(bytes, start, b'&', b'&');
        if let Some((index, _)) = name
            && let Some((slot, name)) = values.get_mut(index).zip(NAMES.get(index))
        {
            let value = query.get(start..end.unwrap_or(bytes.len())).unwrap_or_default();
            if slot.replace(value.strip_prefix('=').unwrap_or(value)).is_some() {
                return Err(QueryError::Doubled(name));
            }
        }
        match end {
            Some(end) => at = end.wrapping_add(1),
            None => return Ok(values),
        }
    }
}

/// Which of WeChat's names is at `at`, as its index in [`NAMES`], and where it ends.
#[inline(always)]
fn wechats_name(query: &[u8], at: usize) -> Option<(usize, usize)> {
    const SIGNATURE: u64 = u64::from_le_bytes(*b"signatur");
    const TIMESTAMP: u64 = u64::from_le_bytes(*b"timestam");
    const MSG_SIGNATURE: u64 = u64::from_le_bytes(*b"msg_sign");
    const ECHOSTR: u64 = u64::from_le_bytes(*b"echostr=");
    const NONCE: u64 = u64::from_le_bytes(*b"nonce=\0\0");

    let ends = |index, end: Option<usize>| {
        let end = end?;
        matches!(query.get(end), None | Some(b'=' | b'&')).then_some((index, end))
    };
    let rest = at.wrapping_add(8);
    match swar::word_at(query, at) {
        Some(SIGNATURE) => ends(0, swar::behind(query, rest, b"e")),
        Some(TIMESTAMP) => ends(1, swar::behind(query, rest, b"p")),
        Some(word) if word & 0xffff_ffff_ffff == NONCE => Some((2, at.wrapping_add(5))),
        Some(ECHOSTR) => Some((3, at.wrapping_add(7))),
        Some(MSG_SIGNATURE) => ends(4, swar::behind(query, rest, b"ature")),
        // Such a pair is at the end, or has no value.
        _ => ends(2, swar::behind(query, at, b"nonce"))
            .or_else(|| ends(3, swar::behind(query, at, b"echostr"))),
    }
}

/// Whether `query` has a signature, so that the request may be WeChat's.
pub(crate) fn is_signed(query: &str) -> bool {
    let name = |pair| decode(first_pair(pair).0).unwrap_or_default();
    query.split('&').any(|pair| matches!(&*name(pair), "signature" | "msg_signature"))
}

/// The longest text that may name an account, as it stands in the URL, in bytes.
#[cfg(feature = "tokio-1")]
const MAX_SHORT: usize = 256;

/// Whether WeChat adds a parameter of that name to the endpoint's URL.
#[cfg(feature = "tokio-1")]
pub(crate) fn is_wechats(name: &str) -> bool {
    NAMES.contains(&name) || matches!(name, "encrypt_type" | "openid")
}

/// The value of a parameter that is there once.
#[cfg(feature = "tokio-1")]
pub(crate) fn parameter<'a>(query: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    let mut found = None;
    let mut rest = Some(query);
    while let Some(pairs) = rest {
        let (name, value, others) = first_pair(pairs);
        rest = others;
        if decode(name).is_some_and(|name| name == wanted) && found.replace(value).is_some() {
            return None;
        }
    }
    decode_short(found?)
}

/// `text` without percent escapes. `None` where it is too long to name an account, or not UTF-8.
#[cfg(feature = "tokio-1")]
pub(crate) fn decode_short(text: &str) -> Option<Cow<'_, str>> {
    (text.len() <= MAX_SHORT).then(|| decode(text))?
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
#[inline]
fn parse_timestamp(text: &str) -> Option<Timestamp> {
    if !(1..=10).contains(&text.len()) || text.starts_with('0') {
        return None;
    }
    let mut secs = 0_i64;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        secs = secs.wrapping_mul(10).wrapping_add(i64::from(digit));
    }
    Some(Timestamp::from_secs(secs))
}

#[inline]
fn is_nonce(text: &str) -> bool {
    #[expect(clippy::indexing_slicing, reason = "it runs when it is compiled")]
    static IS_OF_NONCE: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            byte += 1;
        }
        table
    };
    #[expect(clippy::indexing_slicing, reason = "the table has an entry for every byte")]
    let is_of_nonce = |byte: u8| IS_OF_NONCE[usize::from(byte)];
    (1..=MAX_NONCE).contains(&text.len()) && text.bytes().all(is_of_nonce)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// Parts that a reader could cut wrongly.
    fn part() -> impl Strategy<Value = String> {
        let cut = (0..NAMES.len(), 0_usize..14).prop_map(|(name, length)| {
            let name = NAMES[name];
            name[..length.min(name.len())].to_owned()
        });
        prop_oneof![
            3 => (0..NAMES.len()).prop_map(|name| NAMES[name].to_owned()),
            1 => cut,
            5 => "[=&]{1,2}",
            2 => "[0-9a-z_=]{0,20}",
            1 => "[^%]{0,3}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

        #[test]
        fn a_query_without_escapes_is_read_as_one_with_escapes(parts in prop::collection::vec(part(), 0..16)) {
            let query = parts.concat();
            let plain = plain_values(&query).map(|values| values.map(|value| value.map(Cow::from)));
            prop_assert_eq!(plain, escaped_values(&query), "{}", query);
        }
    }
}
