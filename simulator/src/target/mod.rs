//! Where pushes go: a URL, or a service in this process.

#[cfg(feature = "actix-web")]
mod actix;
mod error;
mod http1;
mod service;
#[cfg(feature = "tls")]
mod tls;

use bytes::{Buf, Bytes, BytesMut};
use serde::Serialize;

use crate::Request;
use crate::request::as_text;

#[cfg(feature = "actix-web")]
pub use actix::ActixTarget;
pub use error::{CertificateError, ConnectionError, SendError, UrlError};
pub use http1::HttpTarget;
pub use service::ServiceTarget;

/// The longest answer that is read, in bytes. WeChat's own limit is unknown; no reply is nearly as long.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// Where pushes go.
///
/// Dropping the future of [`send`](Self::send) closes the connection of the request.
pub trait Target {
    /// The bot's URL, as it would be entered in WeChat's console.
    fn url(&self) -> &str;

    /// Sends a request and reads at most [`MAX_ANSWER`] bytes of the answer. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no answer.
    fn send(&self, request: Request) -> impl Future<Output = Result<Answer, SendError>>;
}

impl<T: Target> Target for &T {
    fn url(&self) -> &str {
        T::url(self)
    }

    fn send(&self, request: Request) -> impl Future<Output = Result<Answer, SendError>> {
        T::send(self, request)
    }
}

/// The answer of a bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(serialize_with = "as_text")]
    pub body: Bytes,
    /// Whether the body was longer than [`MAX_ANSWER`]; the rest was not read.
    pub truncated: bool,
}

impl Answer {
    /// The value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Reads a response. `lost` tells why its body broke off.
    async fn read<B: http_body::Body>(
        response: http::Response<B>,
        lost: impl Fn(B::Error) -> ConnectionError,
    ) -> Result<Self, SendError> {
        use http_body_util::BodyExt;

        let (parts, body) = response.into_parts();
        let mut body = std::pin::pin!(body);
        let mut bytes = BytesMut::new();
        let mut truncated = false;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| SendError::Broken(lost(error)))?;
            let Ok(mut data) = frame.into_data() else { continue };
            let room = MAX_ANSWER - bytes.len();
            truncated = data.remaining() > room;
            bytes.extend_from_slice(&data.copy_to_bytes(data.remaining().min(room)));
            if truncated {
                break;
            }
        }
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = parts.headers.iter().map(header).collect();
        Ok(Self { status: parts.status.as_u16(), headers, body: bytes.freeze(), truncated })
    }
}
