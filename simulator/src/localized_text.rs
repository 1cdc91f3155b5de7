use std::fmt;

use serde::Serialize;

/// One text in Chinese and in English.
///
/// `Display` is the English one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LocalizedText {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl fmt::Display for LocalizedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

/// A table of texts, `name(arguments) => "Chinese", "English";`, as functions that return [`LocalizedText`]. Both
/// format strings can use each argument.
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
