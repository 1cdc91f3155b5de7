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
    kind: Kind,
}

impl Response {
    /// A status and nothing else.
    pub(super) const fn empty(status: u16) -> Self {
        Self { status, content_type: None, body: String::new(), kind: Kind::Other }
    }

    pub(super) fn method_not_allowed() -> Self {
        Self { kind: Kind::MethodNotAllowed, ..Self::empty(405) }
    }

    /// An echostr, exactly as it came.
    pub(super) const fn echostr(echostr: String) -> Self {
        let content_type = Some("text/plain; charset=utf-8");
        Self { status: 200, content_type, body: echostr, kind: Kind::Echostr }
    }

    /// The headers: `Content-Type` where there is a body; `X-Content-Type-Options: nosniff` with an echostr, which no
    /// browser shall take for anything but text; `Allow` with a status of 405.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let more: &[_] = match self.kind {
            Kind::Echostr => &[("x-content-type-options", "nosniff")],
            Kind::MethodNotAllowed => &[("allow", "GET, POST")],
            Kind::Other => &[],
        };
        self.content_type.map(|value| ("content-type", value)).into_iter().chain(more.iter().copied())
    }
}

/// What has headers of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Echostr,
    MethodNotAllowed,
    Other,
}

impl From<Sealed> for Response {
    fn from(Sealed { content_type, body }: Sealed) -> Self {
        Self { status: 200, content_type: Some(content_type), body, kind: Kind::Other }
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
