use std::fmt::Display;

use serde::de::{Error, Expected, Unexpected};

/// Why the elements of a message do not fit a type of your own ([`Message::deserialize`](super::Message::deserialize)).
///
/// `path` is where: names joined with dots, as in `CopyrightCheckResult.ResultList.item`; empty for the message itself.
/// No error repeats text of the message.
///
/// `#[non_exhaustive]`: more reasons may be distinguished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// The element is missing.
    #[error("{path} is missing")]
    Missing {
        /// Where it would be.
        path: String,
    },
    /// The element holds something else than the type expects.
    #[error("{}expected {expected}", prefix(path))]
    Unexpected {
        /// Where.
        path: String,
        /// What the type expects: `i64`, `a string`, `struct Item`.
        expected: String,
    },
    /// An element that the type does not have, where it has `#[serde(deny_unknown_fields)]`.
    #[error("{}the type has no such element", prefix(path))]
    Unknown {
        /// Where.
        path: String,
    },
    /// Two elements that are one field of the type, by `#[serde(alias)]`.
    #[error("{path} is there in more than one spelling")]
    Doubled {
        /// Where, as the type spells it.
        path: String,
    },
    /// An error of the type's own code.
    #[error("{}{message}", prefix(path))]
    Custom {
        /// Where.
        path: String,
        /// Its message.
        message: String,
    },
}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl FieldsError {
    /// The same error, with `name` in front of its path.
    pub(super) fn inside(mut self, name: &str) -> Self {
        let (Self::Missing { path }
        | Self::Unexpected { path, .. }
        | Self::Unknown { path }
        | Self::Doubled { path }
        | Self::Custom { path, .. }) = &mut self;
        let dot = if path.is_empty() { "" } else { "." };
        // The name comes from the message, so control characters are escaped for the log.
        *path = format!("{}{dot}{path}", name.escape_debug());
        self
    }

    fn expected(expected: impl Display) -> Self {
        Self::Unexpected { path: String::new(), expected: expected.to_string() }
    }
}

/// Text of the message is left out of errors: serde's own messages would repeat it.
impl Error for FieldsError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom { path: String::new(), message: message.to_string() }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn unknown_variant(_: &str, variants: &'static [&'static str]) -> Self {
        Self::expected(format_args!("one of {}", variants.join(", ")))
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown { path: String::new() }
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing { path: name.to_owned() }
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::Doubled { path: name.to_owned() }
    }
}
