use std::fmt;

use serde::{Deserialize, Serialize};

use super::debug_without_content;
use crate::SharedStr;

/// A decimal number, such as a latitude, kept as the exact text that WeChat wrote.
///
/// ```
/// use wechat_callback::message::Decimal;
///
/// let latitude = Decimal::from("30.270000");
/// assert_eq!((latitude.as_str(), latitude.to_f64()), ("30.270000", Some(30.27)));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Decimal(SharedStr);

impl Decimal {
    /// The text as received; empty if there was none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number, if the text is a finite number.
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        self.0.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl From<&str> for Decimal {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Decimal {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<SharedStr> for Decimal {
    fn from(text: SharedStr) -> Self {
        Self(text)
    }
}

/// Writes as many digits as distinguish the number from any other.
impl From<f64> for Decimal {
    fn from(number: f64) -> Self {
        Self(number.to_string().into())
    }
}

/// The text as received.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

debug_without_content!(Decimal);

/// Defines an enum of the words that WeChat is known to write, and of unknown ones.
///
/// Words are compared ignoring case and blanks, because WeChat's own pages differ in both.
macro_rules! words {
    ($(
        $(#[$meta:meta])*
        pub enum $type:ident {
            $( $(#[$word_meta:meta])* $variant:ident = $word:literal, )+
        }
    )+) => {$(
        $(#[$meta])*
        #[doc = ""]
        #[doc = "`#[non_exhaustive]`: WeChat adds words."]
        #[derive(Clone, PartialEq, Eq, serde::Deserialize)]
        #[serde(from = "crate::SharedStr")]
        #[non_exhaustive]
        pub enum $type {
            $( $(#[$word_meta])* $variant, )+
            /// Any other word, as received; empty if there was none.
            Unknown($crate::SharedStr),
        }

        impl $type {
            /// WeChat's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Unknown(word) => word,
                }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl From<$crate::SharedStr> for $type {
            fn from(word: $crate::SharedStr) -> Self {
                $( if $crate::message::values::is_word(&word, $word) { return Self::$variant; } )+
                Self::Unknown(word)
            }
        }

        impl From<$type> for $crate::SharedStr {
            fn from(word: $type) -> Self {
                match word {
                    $type::Unknown(word) => word,
                    known => known.as_str().into(),
                }
            }
        }

        impl $crate::message::read::Read for $type {
            fn read(fields: $crate::message::Fields<'_>, name: &str) -> Self {
                fields.shared(name).unwrap_or_default().into()
            }
        }

        impl $crate::message::write::Write for $type {
            fn write(&self, elements: &mut Vec<$crate::format::Draft>, name: &str) {
                self.as_str().write(elements, name);
            }
        }

        impl $crate::message::write::Write for Option<$type> {
            fn write(&self, elements: &mut Vec<$crate::format::Draft>, name: &str) {
                if let Some(word) = self {
                    word.write(elements, name);
                }
            }
        }

        /// No word.
        impl Default for $type {
            fn default() -> Self {
                Self::Unknown(Default::default())
            }
        }

        impl $crate::message::read::Read for Option<$type> {
            fn read(fields: $crate::message::Fields<'_>, name: &str) -> Self {
                $crate::message::read::filled(fields, name).map(Into::into)
            }
        }

        /// The variant alone.
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $( Self::$variant => stringify!($variant), )+
                    Self::Unknown(_) => "Unknown(..)",
                })
            }
        }
    )+};
}
pub(super) use words;

pub(super) fn is_word(found: &str, word: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().filter(|byte| *byte != b' ').map(|byte| byte.to_ascii_lowercase())
    }
    letters(found).eq(letters(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_text_and_fails_softly() {
        let decimal = Decimal::from("30.100000");
        assert_eq!((decimal.as_str(), decimal.to_f64()), ("30.100000", Some(30.1)));
        for text in ["", "north", "NaN", "inf"] {
            assert_eq!(Decimal::from(text).to_f64(), None, "{text}");
        }
    }

    #[test]
    fn words_are_compared_without_case_and_blanks() {
        assert!(
            is_word("send success", "sendsuccess") && is_word("FAILED: user  block", "failed:user block")
        );
        assert!(!is_word("success", "successful") && !is_word("", "x"));
    }
}
