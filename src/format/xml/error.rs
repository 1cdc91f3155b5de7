use super::Limit;

/// Why XML was not read. Positions are offsets in bytes.
///
/// `#[non_exhaustive]`: more reasons may be distinguished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// It is JSON, which is the other data format (数据格式) of the console.
    #[error(
        "JSON, where XML is expected: if the data format (数据格式) in the console is JSON, set WECHAT_FORMAT=json or .format(DataFormat::Json)"
    )]
    Json,
    /// It is not well-formed XML.
    #[error("not well-formed XML near byte {position}")]
    Malformed {
        /// Where reading stopped.
        position: u64,
    },
    /// It has a document type declaration. WeChat sends none; entity bombs have one.
    #[error("a document type declaration")]
    DocType,
    /// It declares another encoding than UTF-8.
    #[error("declared in another encoding than UTF-8")]
    Encoding,
    /// The root element is not `xml`.
    #[error("the root element is not <xml>")]
    Root,
    /// Elements are nested deeper than 16 levels.
    #[error("{}", Limit::Depth)]
    Depth,
    /// There are more than 4,096 elements.
    #[error("{}", Limit::Elements)]
    Elements,
    /// An element that identifies the message occurs more than once: sender, receiver, time, kind, id or `Encrypt`.
    #[error("{}", Limit::Doubled(.0))]
    Doubled(&'static str),
}
