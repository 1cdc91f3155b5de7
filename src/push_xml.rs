//! What the middlewares put into a request's extensions beside the message.
#![cfg(any(feature = "actix-web-4", feature = "axum-core-0_5", feature = "tokio-1"))]

use std::fmt;

use bytes::Bytes;

/// The XML that a [`Message`](crate::Message) was read from, for middlewares of your own.
///
/// A middleware puts it into a request's extensions beside the message, so that a handler may have several extractors:
/// the first [`WechatMessage`](crate::WechatMessage) takes the message, and later ones read the XML again.
#[derive(Clone)]
pub struct PushXml(pub(crate) Bytes);

impl PushXml {
    /// `xml` is what the message was read from.
    #[must_use]
    pub const fn new(xml: Bytes) -> Self {
        Self(xml)
    }
}

/// Shows the length alone.
impl fmt::Debug for PushXml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushXml({} bytes)", self.0.len())
    }
}
