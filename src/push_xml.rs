//! What the middlewares put beside a message.
#![cfg(any(feature = "actix-web-4", feature = "axum-core-0_5", feature = "tokio-1"))]

use std::fmt;

use bytes::Bytes;

/// The XML that a [`Message`](crate::Message) was read from. A middleware puts it into a request's extensions beside the
/// message, so that a handler may have several extractors: the first [`WechatMessage`](crate::WechatMessage) takes the
/// message, and those behind it read it once more.
#[derive(Clone)]
pub struct PushXml(pub(crate) Bytes);

impl PushXml {
    /// From the bytes that the message was read from.
    #[must_use]
    pub const fn new(xml: Bytes) -> Self {
        Self(xml)
    }
}

/// The length alone.
impl fmt::Debug for PushXml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushXml({} bytes)", self.0.len())
    }
}
