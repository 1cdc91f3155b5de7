use super::{Fields, debug_without_content};

/// A link message (链接消息), such as an article that the user sends on.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// `Title`
    pub title: String,
    /// `Description`; may be empty.
    pub description: String,
    /// `Url`
    pub url: String,
}

impl Link {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self { title: fields.text("Title"), description: fields.text("Description"), url: fields.text("Url") }
    }
}

debug_without_content!(Link);
