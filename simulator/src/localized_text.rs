use std::fmt;
use std::io::{self, ErrorKind};

use serde::Serialize;

use crate::texts::system as texts;

/// One text in Chinese and in English.
///
/// `Display` is the English one (`{text}`), and the Chinese one in the alternate form (`{text:#}`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalizedText {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The error in words. An error of a kind that is not known is in the system's own words, and they are marked as such.
impl From<&io::Error> for LocalizedText {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => texts::not_found(),
            ErrorKind::PermissionDenied => texts::not_permitted(),
            ErrorKind::AlreadyExists => texts::already_there(),
            ErrorKind::AddrInUse => texts::port_in_use(),
            ErrorKind::AddrNotAvailable => texts::no_such_address(),
            ErrorKind::InvalidData => texts::not_utf8(),
            ErrorKind::IsADirectory => texts::is_a_directory(),
            ErrorKind::NotADirectory => texts::not_a_directory(),
            ErrorKind::StorageFull => texts::storage_full(),
            _ => texts::unknown(error),
        }
    }
}

impl fmt::Display for LocalizedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { &self.zh } else { &self.en })
    }
}

/// A table of texts, `name(arguments) => "Chinese", "English";`, as functions that return [`LocalizedText`]. Both
/// format strings can use each argument; one that is a `LocalizedText` itself is `{argument:#}` in the Chinese one.
///
/// Only for this crate's library and command line.
#[doc(hidden)]
#[macro_export]
macro_rules! localized_texts {
    ($($name:ident($($argument:ident: $type:ty),*) => $zh:literal, $en:literal;)+) => {
        $(
            #[allow(clippy::useless_format, reason = "some texts have arguments")]
            #[must_use]
            pub(crate) fn $name($($argument: $type),*) -> $crate::LocalizedText {
                $crate::LocalizedText { zh: ::std::format!($zh), en: ::std::format!($en) }
            }
        )+
    };
}
