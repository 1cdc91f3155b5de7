use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An id that WeChat gave to something, such as a `MsgId`: a text, which usually is a number.
///
/// Ids of Official Accounts are numbers of up to 19 digits; other WeChat products use base64 too. Ids are equal if
/// their texts are. In JSON an id is a string, because many readers keep only 53 bits of a number.
///
/// ```
/// use wechat_callback::message::Id;
///
/// let id = Id::from(5_960_362_473_381_088_404);
/// assert_eq!((id.as_str(), id.to_i64()), ("5960362473381088404", Some(5_960_362_473_381_088_404)));
///
/// let id = Id::from("Ab3dEf+/==");
/// assert_eq!((id.as_str(), id.to_i64()), ("Ab3dEf+/==", None));
/// ```
#[derive(Clone)]
pub struct Id(Repr);

/// Numbers are stored without an allocation.
#[derive(Clone)]
enum Repr {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

/// As many bytes as fit beside the tag and the length in the size of a `String`. An `i64` has up to 20 characters.
const SHORT: usize = 22;

impl Id {
    /// The text as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Short { length, bytes } => {
                let text = bytes.get(..usize::from(*length)).map(str::from_utf8);
                text.and_then(Result::ok).unwrap_or_default()
            }
            Repr::Long(text) => text,
        }
    }

    /// The number, if the id is one that fits into 64 bits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        self.as_str().parse().ok()
    }

    /// The number, if the id is one above zero that fits, and is written as one is: no other text has that number.
    pub(crate) fn to_decimal(&self) -> Option<u64> {
        let text = self.as_str().as_bytes();
        let is_decimal = (1..=19).contains(&text.len())
            && text[0] != b'0'
            && text.iter().fold(true, |all, byte| all & byte.is_ascii_digit());
        is_decimal.then(|| text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    /// Whether it identifies anything: an empty id does not, nor does a number that is not positive.
    pub(crate) fn is_distinct(&self) -> bool {
        if self.to_decimal().is_some() {
            return true;
        }
        let text = self.as_str();
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_positive = !text.starts_with('-') && digits.bytes().any(|byte| byte != b'0');
        if is_number { is_positive } else { !text.is_empty() }
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        itoa::Buffer::new().format(number).into()
    }
}

impl From<&str> for Id {
    #[inline]
    fn from(text: &str) -> Self {
        Self(match u8::try_from(text.len()) {
            Ok(length) if text.len() <= SHORT => Repr::Short { length, bytes: padded(text.as_bytes()) },
            _ => Repr::Long(text.into()),
        })
    }
}

/// The first bytes, with zeros behind them if there are no more. Nearly all ids have ten to twenty bytes; those are
/// copied in two steps of the same length, which overlap.
#[inline]
fn padded(text: &[u8]) -> [u8; SHORT] {
    let mut bytes = [0; SHORT];
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        let middle = text.get(8..).and_then(<[u8]>::first_chunk::<8>);
        let ends = [(0, Some(first)), (8, middle), (text.len() - 8, Some(last))];
        for (at, part) in ends {
            if let (Some(part), Some(bytes)) = (part, bytes.get_mut(at..at + 8)) {
                bytes.copy_from_slice(part);
            }
        }
    } else {
        for (byte, text) in bytes.iter_mut().zip(text) {
            *byte = *text;
        }
    }
    bytes
}

impl From<String> for Id {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

/// Never fails: any text can be an id.
impl FromStr for Id {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// Numbers come first, by value, and then other texts.
impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |id: &Self| id.to_i64().map_or((true, 0), |number| (false, number));
        place(self).cmp(&place(other)).then_with(|| self.as_str().cmp(other.as_str()))
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Shows the text, quoted, so that it cannot break a log line.
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Id").field(&self.as_str()).finish()
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Reads a string, which is how an id is serialized, or a number.
impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(i64),
            Large(u64),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Text(text) => text.into(),
            Written::Number(number) => number.into(),
            Written::Large(number) => number.to_string().into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_text_with_a_number_where_there_is_one() {
        for number in [0, 7, 5_960_362_473_381_088_404, i64::MAX, i64::MIN] {
            let id = Id::from(number);
            assert_eq!((id.as_str(), id.to_i64()), (number.to_string().as_str(), Some(number)));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in ["", "MSGID", "1.5", "9223372036854775808", "Ab3dEf+/==", &"编号".repeat(20)] {
            let id = Id::from(text);
            assert_eq!((id.as_str(), id.to_i64()), (text, None));
            assert_eq!(Id::from(text.to_owned()), id);
        }
    }

    #[test]
    fn a_decimal_is_the_number_of_one_text_alone() {
        for number in [1, 7, 10, 9_999_999_999_999_999_999_u64] {
            assert_eq!(Id::from(number.to_string()).to_decimal(), Some(number));
        }
        for text in ["", "0", "01", "+1", "-1", " 1", "1 ", "1.0", "x", "10000000000000000000"] {
            assert_eq!(Id::from(text).to_decimal(), None, "{text}");
        }
    }

    #[test]
    fn an_id_keeps_every_length() {
        for length in 0..300 {
            let text = "x".repeat(length);
            assert_eq!(Id::from(text.as_str()).as_str(), text);
        }
        assert_eq!(size_of::<Option<Id>>(), size_of::<String>());
    }

    #[test]
    fn numbers_are_in_order_by_value_and_before_texts() {
        let mut ids = ["b", "10", "9", "", "-1", "a"].map(Id::from);
        ids.sort();
        assert_eq!(ids.map(|id| id.to_string()), ["-1", "9", "10", "", "a", "b"]);
    }

    #[test]
    fn an_id_is_a_string_in_json_and_read_from_both() {
        let id = Id::from(5_960_362_473_381_088_404);
        assert_eq!(serde_json::to_string(&id).expect("JSON"), "\"5960362473381088404\"");
        for json in ["\"5960362473381088404\"", "5960362473381088404"] {
            assert_eq!(serde_json::from_str::<Id>(json).expect("an id"), id);
        }
        let base64 = Id::from("Ab3dEf+/==");
        assert_eq!(serde_json::to_string(&base64).expect("JSON"), "\"Ab3dEf+/==\"");
        assert_eq!(serde_json::from_str::<Id>("\"Ab3dEf+/==\"").expect("an id"), base64);
        assert_eq!(
            serde_json::from_str::<Id>("18446744073709551615").expect("an id").as_str(),
            "18446744073709551615"
        );
        assert!(serde_json::from_str::<Id>("1.5").is_err());
    }

    #[test]
    fn what_is_empty_or_not_above_zero_tells_nothing_apart() {
        for text in ["", "0", "00", "+0", "-0", "-7", "-99999999999999999999999"] {
            assert!(!Id::from(text).is_distinct(), "{text}");
        }
        for text in ["1", "+1", "9223372036854775808", "Ab3dEf+/==", "-", "-x"] {
            assert!(Id::from(text).is_distinct(), "{text}");
        }
    }
}
