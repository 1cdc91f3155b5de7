use super::{JsonError, MAX_DEPTH, MAX_ELEMENTS, XmlError};

/// Why elements are not those of a message, in whichever format they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Limit {
    /// They are nested too deeply.
    #[error("elements nested deeper than {} levels", MAX_DEPTH)]
    Depth,
    /// There are too many, or too much text.
    #[error("more than {} elements", MAX_ELEMENTS)]
    Elements,
    /// An element of the head is there more than once.
    #[error("the element {0} is there more than once")]
    Doubled(&'static str),
}

macro_rules! from_limit {
    ($($error:ident),+) => {$(
        impl From<Limit> for $error {
            fn from(limit: Limit) -> Self {
                match limit {
                    Limit::Depth => Self::Depth,
                    Limit::Elements => Self::Elements,
                    Limit::Doubled(name) => Self::Doubled(name),
                }
            }
        }
    )+};
}
from_limit!(XmlError, JsonError);
