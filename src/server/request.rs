use std::fmt;
use std::time::Instant;

/// A request, as an [`Engine`](super::Engine) takes it from any server.
#[derive(Clone, Copy)]
#[must_use = "a request does nothing until it is handled"]
pub struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
    pub(super) arrived: Instant,
}

impl<'a> Request<'a> {
    /// A request that arrived now. `path` and `query` are as they stand in the URL, the query without the `?`; `body` is
    /// the whole body, read up to [`BODY_LIMIT`](super::Engine::BODY_LIMIT).
    ///
    /// ```
    /// # use wechat_callback::server::Request;
    /// let request = Request::new("POST", "/weixin", "signature=…&timestamp=…&nonce=…", b"<xml></xml>");
    /// ```
    pub fn new(method: &'a str, path: &'a str, query: &'a str, body: &'a [u8]) -> Self {
        Self { method, path, query, body, arrived: tokio::time::Instant::now().into_std() }
    }

    /// When it arrived, before its body was read: from there WeChat's five seconds count.
    ///
    /// ```
    /// # use std::time::Instant;
    /// # use wechat_callback::server::Request;
    /// let arrived = Instant::now();
    /// // … the body is read …
    /// let request = Request::new("POST", "/weixin", "", b"").arrived(arrived);
    /// ```
    pub const fn arrived(self, arrived: Instant) -> Self {
        Self { arrived, ..self }
    }
}

/// The method and the path.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}
