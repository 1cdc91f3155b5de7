use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::service::to_http;
use super::{Answer, ConnectionError, SendError, Target, UrlError};
use crate::Request;

/// A URL, over HTTP/1.1. Like WeChat it uses one connection a request.
///
/// Only loopback addresses are allowed, because the signatures are as good as WeChat's;
/// [`allow_remote`](Self::allow_remote) allows others. `https` needs the feature `tls`.
///
/// ```
/// use wechat_sim::HttpTarget;
///
/// let target = HttpTarget::new("http://127.0.0.1:3000/weixin")?;
/// assert!(HttpTarget::new("localhost").is_err());
/// # Ok::<(), wechat_sim::SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpTarget {
    url: String,
    tls: bool,
    host: String,
    port: u16,
    allow_remote: bool,
}

/// Less than the five seconds that WeChat waits, to tell a host that does not exist from a slow bot.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

impl HttpTarget {
    /// Pushes to `url`.
    ///
    /// # Errors
    ///
    /// [`SendError::Url`] if it is not an `http` URL or, with the feature `tls`, an `https` URL.
    pub fn new(url: &str) -> Result<Self, SendError> {
        let wrong = |error: fn(String) -> UrlError| SendError::Url(error(url.to_owned()));
        let uri: http::Uri = url.parse().map_err(|_| wrong(UrlError::Invalid))?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") if cfg!(feature = "tls") => true,
            Some("https") => return Err(wrong(UrlError::NoTls)),
            _ => return Err(wrong(UrlError::Scheme)),
        };
        let host = uri.host().ok_or_else(|| wrong(UrlError::NoHost))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let url = url.split('#').next().unwrap_or_default().to_owned();
        Ok(Self { url, tls, host, port, allow_remote: false })
    }

    /// Allows pushes to other machines.
    #[must_use]
    pub fn allow_remote(self) -> Self {
        Self { allow_remote: true, ..self }
    }

    /// The addresses of the host. These are checked, not the name, and the connection is made to one of these.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, SendError> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        // The system has no kind for this error. With an address instead of a name it does not occur.
        let unknown = |_| SendError::Unreachable(ConnectionError::NoSuchHost(self.host.clone()));
        let found: Vec<_> = found.map_err(unknown)?.collect();
        let remote = found.iter().any(|address| !address.ip().to_canonical().is_loopback());
        if remote && !self.allow_remote {
            return Err(SendError::Remote(self.host.clone()));
        }
        Ok(found)
    }

    async fn connect(&self) -> Result<TcpStream, SendError> {
        let connecting = async {
            let addresses = self.addresses().await?;
            let stream = TcpStream::connect(&*addresses).await;
            stream.map_err(|error| SendError::Unreachable(ConnectionError::from(&error)))
        };
        let late = |_| SendError::Unreachable(ConnectionError::TimedOut(CONNECT_TIMEOUT));
        tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.map_err(late)?
    }
}

impl Target for HttpTarget {
    fn url(&self) -> &str {
        &self.url
    }

    async fn send(&self, request: Request) -> Result<Answer, SendError> {
        let stream = self.connect().await?;
        let _ = stream.set_nodelay(true);
        #[cfg(feature = "tls")]
        if self.tls {
            return exchange(super::tls::connect(&self.host, stream).await?, request).await;
        }
        debug_assert!(!self.tls, "https without the feature is refused by the constructor");
        exchange(stream, request).await
    }
}

/// One request on one connection. This future drives both: dropping it closes the connection.
async fn exchange<I>(stream: I, request: Request) -> Result<Answer, SendError>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let lost = |error: hyper::Error| ConnectionError::of_hyper(&error);
    let broken = |error: hyper::Error| SendError::Broken(lost(error));
    let mut request = to_http(&request)?;
    request.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let mut answer =
        pin!(async { Answer::read(sender.send_request(request).await.map_err(broken)?, lost).await });
    let mut connection = pin!(connection);
    let mut connected = true;
    loop {
        tokio::select! {
            answer = &mut answer => return answer,
            _ = &mut connection, if connected => connected = false,
        }
    }
}
