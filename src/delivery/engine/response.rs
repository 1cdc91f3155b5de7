use std::fmt;

use crate::Sealed;

/// What to answer over HTTP.
///
/// `#[non_exhaustive]`: only an [`Engine`](super::Engine) makes one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The value of `Content-Type`, where there is a body.
    pub content_type: Option<&'static str>,
    /// The body, to be sent as it is.
    pub body: String,
}

impl Response {
    /// A status and nothing else.
    pub(super) const fn empty(status: u16) -> Self {
        Self { status, content_type: None, body: String::new() }
    }

    /// An echostr, exactly as it came.
    pub(super) const fn echostr(echostr: String) -> Self {
        Self { status: 200, content_type: Some("text/plain; charset=utf-8"), body: echostr }
    }

    /// The headers: `Content-Type` where there is a body, with `X-Content-Type-Options: nosniff` where it is plain text,
    /// which no browser shall take for anything else; `Allow` for a status of 405.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let content_type = self.content_type.map(|value| ("content-type", value));
        let is_text = self.content_type.is_some_and(|value| value.starts_with("text/plain"));
        let nosniff = is_text.then_some(("x-content-type-options", "nosniff"));
        let allow = (self.status == 405).then_some(("allow", "GET, POST"));
        [content_type, nosniff, allow].into_iter().flatten()
    }
}

impl From<Sealed> for Response {
    fn from(Sealed { content_type, body }: Sealed) -> Self {
        Self { status: 200, content_type: Some(content_type), body }
    }
}

/// The body's length alone.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body_length", &self.body.len())
            .finish()
    }
}
