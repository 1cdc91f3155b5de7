use std::fmt::Display;

use serde::de::{Error, Expected, Unexpected};

/// Why a message's elements were not read into a type of your own.
///
/// `path` says where: names with dots between them, `CopyrightCheckResult.ResultList.item`; empty for the message
/// itself. No error repeats what stands in the message.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// No such element.
    #[error("{path} is missing")]
    Missing {
        /// Where it would be.
        path: String,
    },
    /// Something else stands there.
    #[error("{}expected {expected}", prefix(path))]
    Unexpected {
        /// Where.
        path: String,
        /// What the type asks for: `i64`, `a string`, `struct Item`.
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
    /// What the type's own code says, in its own words.
    #[error("{}{message}", prefix(path))]
    Custom {
        /// Where.
        path: String,
        /// What it says.
        message: String,
    },
}

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl FieldsError {
    /// The same error, of an element that stands in `name`.
    pub(super) fn inside(mut self, name: &str) -> Self {
        let (Self::Missing { path }
        | Self::Unexpected { path, .. }
        | Self::Unknown { path }
        | Self::Doubled { path }
        | Self::Custom { path, .. }) = &mut self;
        let dot = if path.is_empty() { "" } else { "." };
        // A name is whatever the message says: no control characters out of it into a log.
        *path = format!("{}{dot}{path}", name.escape_debug());
        self
    }

    fn expected(expected: impl Display) -> Self {
        Self::Unexpected { path: String::new(), expected: expected.to_string() }
    }
}

/// What stands in the message is never part of an error: serde's own texts repeat it.
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
