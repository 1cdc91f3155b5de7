use super::Limit;

/// Why JSON was not read. Positions are offsets in bytes.
///
/// `#[non_exhaustive]`: more reasons may be distinguished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It is XML, which is the other data format (数据格式) of the console.
    #[error(
        "XML, where JSON is expected: if the data format (数据格式) in the console is XML, leave out WECHAT_FORMAT=json or .format(DataFormat::Json)"
    )]
    Xml,
    /// It is not well-formed JSON.
    #[error("not well-formed JSON near byte {position}")]
    Malformed {
        /// Where reading stopped.
        position: u64,
    },
    /// It does not begin as an object does.
    #[error("the root is not an object")]
    Root,
    /// Elements are nested deeper than 16 levels.
    #[error("{}", Limit::Depth)]
    Depth,
    /// There are more than 4,096 elements. Each item of an array is one.
    #[error("{}", Limit::Elements)]
    Elements,
    /// An element that identifies the message occurs more than once, in whichever case: sender, receiver, time, kind, id
    /// or `Encrypt`.
    #[error("{}", Limit::Doubled(.0))]
    Doubled(&'static str),
}
