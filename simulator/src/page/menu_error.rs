use crate::LocalizedText;
use crate::texts::menu as texts;

/// Why a menu is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explanation())]
#[non_exhaustive]
pub enum MenuError {
    /// It is not JSON.
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, in bytes, from 1.
        column: usize,
    },
    /// It is JSON, but not a menu's: a member is missing or of another type.
    Shape {
        /// The line, from 1.
        line: usize,
        /// The column, in bytes, from 1.
        column: usize,
    },
    /// There is no button, or there are too many.
    Buttons {
        /// How many there are.
        count: usize,
        /// How many there can be.
        limit: usize,
    },
    /// A button has too many sub-buttons.
    SubButtons {
        /// The button.
        at: ButtonPosition,
        /// How many there are.
        count: usize,
        /// How many there can be.
        limit: usize,
    },
    /// A sub-button has sub-buttons.
    Nested {
        /// The button.
        at: ButtonPosition,
    },
    /// A member is missing or empty.
    Missing {
        /// The button.
        at: ButtonPosition,
        /// The member: `name`, `type`, `key`, `url`, `appid` or `pagepath`.
        member: &'static str,
    },
    /// A member is too long.
    TooLong {
        /// The button.
        at: ButtonPosition,
        /// The member.
        member: &'static str,
        /// Its length, in bytes.
        length: usize,
        /// The longest that WeChat accepts, in bytes.
        limit: usize,
    },
    /// A button pushes no event, or its type is not known.
    Type {
        /// The button.
        at: ButtonPosition,
        /// Its type.
        kind: String,
    },
}

/// Which button of a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ButtonPosition {
    /// The button, from 1.
    pub button: usize,
    /// The sub-button, from 1, if it is one.
    pub sub_button: Option<usize>,
}

impl ButtonPosition {
    /// The text that begins with the position in words, in Chinese and in English.
    fn says(self, text: impl FnOnce(&str, &str) -> LocalizedText) -> LocalizedText {
        let LocalizedText { zh, en } = match self.sub_button {
            Some(sub_button) => texts::sub_button(self.button, sub_button),
            None => texts::button(self.button),
        };
        text(&zh, &en)
    }
}

impl MenuError {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => Self::Shape { line, column },
            _ => Self::Json { line, column },
        }
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn explanation(&self) -> LocalizedText {
        match self {
            Self::Json { line, column } => texts::not_json(*line, *column),
            Self::Shape { line, column } => texts::not_a_menu(*line, *column),
            Self::Buttons { count, limit } => texts::buttons(*count, *limit),
            Self::SubButtons { at, count, limit } => {
                at.says(|zh, en| texts::sub_buttons(zh, en, *count, *limit))
            }
            Self::Nested { at } => at.says(texts::nested),
            Self::Missing { at, member } => at.says(|zh, en| texts::missing(zh, en, member)),
            Self::TooLong { at, member, length, limit } => {
                at.says(|zh, en| texts::too_long(zh, en, member, *length, *limit))
            }
            Self::Type { at, kind } => at.says(|zh, en| texts::no_event(zh, en, kind)),
        }
    }
}
