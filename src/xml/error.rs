use super::{MAX_DEPTH, MAX_ELEMENTS};

/// Why XML was not read. Positions are byte offsets.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// It is JSON.
    #[error("JSON, where XML is expected: set the data format (数据格式) in the console to XML")]
    Json,
    /// Not well-formed.
    #[error("not well-formed XML near byte {position}")]
    Malformed {
        /// Where reading stopped.
        position: u64,
    },
    /// A document type declaration. Nothing that WeChat sends has one; entity bombs do.
    #[error("a document type declaration")]
    DocType,
    /// Declared in another encoding than UTF-8.
    #[error("declared in another encoding than UTF-8")]
    Encoding,
    /// The root element is not `xml`.
    #[error("the root element is not <xml>")]
    Root,
    /// Elements nested deeper than 16 levels.
    #[error("elements nested deeper than {} levels", MAX_DEPTH)]
    Depth,
    /// More than 4,096 elements.
    #[error("more than {} elements", MAX_ELEMENTS)]
    Elements,
    /// An element that names sender, receiver, time, kind or identity is there twice.
    #[error("the element {0} is there more than once")]
    Doubled(&'static str),
}
