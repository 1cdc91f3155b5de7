use std::io;
use std::net::{SocketAddr, TcpListener};

use http::Uri;
use wechat_sim::{HttpTarget, SendError, UrlError};

use crate::context::Context;
use crate::exit::Failure;

/// The address that a bot listens on, and its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    listen: String,
    url: String,
}

impl Address {
    /// Where a bot that is started is expected: at the URL that was given, or else at a free port.
    pub(super) fn to_expect(context: &Context, path: &str) -> Result<Self, Failure> {
        let address = match &context.given_url {
            Some(url) => Self::of(url)?,
            None => Self::free(path)?,
        };
        context.target(address.url())?;
        Ok(address)
    }

    /// A free port on this machine. It is free only until somebody else takes it, and systems give ports from 32768 on to
    /// those who ask for any: so a lower one, if one of a few is free.
    pub(crate) fn free(path: &str) -> Result<Self, Failure> {
        let ports = (0..16).map(|_| rand::random_range(20_000..32_768)).chain([0]);
        let listener = ports.map(|port: u16| TcpListener::bind(("127.0.0.1", port))).find_map(Result::ok);
        let listener = listener.ok_or_else(|| io::Error::from(io::ErrorKind::AddrInUse))?;
        let listen = listener.local_addr()?.to_string();
        let path = path.trim_start_matches('/');
        Ok(Self { url: format!("http://{listen}/{path}"), listen })
    }

    /// The address of a URL.
    pub(crate) fn of(url: &str) -> Result<Self, SendError> {
        HttpTarget::new(url)?;
        let wrong = || SendError::Url(UrlError::Invalid(url.to_owned()));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?;
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        Ok(Self { listen: format!("{host}:{port}"), url: url.to_owned() })
    }

    /// The same path at another socket.
    pub(super) fn at(&self, socket: SocketAddr) -> Self {
        Self { listen: socket.to_string(), url: format!("http://{socket}/{}", self.path()) }
    }

    /// The address in a line that a bot prints when it starts: `listening on http://127.0.0.1:3000/weixin`, with any
    /// text around it.
    pub(super) fn in_line(line: &str, path: &str) -> Option<Self> {
        // Lower case of ASCII does not change positions.
        let begin = line.to_ascii_lowercase().find("listening on http://")? + "listening on ".len();
        let url = line.get(begin..)?.split_whitespace().next()?;
        // The URL can be followed by an escape sequence of a log's colours, or by a full stop.
        let url = url.split(char::is_control).next()?.trim_end_matches(['.', ',', '"', '\'']);
        // The unspecified address includes the loopback address.
        let url = url.replacen("//0.0.0.0:", "//127.0.0.1:", 1).replacen("//[::]:", "//[::1]:", 1);
        let uri: Uri = url.parse().ok()?;
        let url = match uri.path() {
            "/" => format!("{}/{}", url.trim_end_matches('/'), path.trim_start_matches('/')),
            _ => url,
        };
        Self::of(&url).ok()
    }

    /// `host:port`
    pub(crate) fn listen(&self) -> String {
        self.listen.clone()
    }

    /// The URL's path and query.
    pub(super) fn path(&self) -> String {
        let behind = self.url.split_once("://").map_or(self.url.as_str(), |(_, behind)| behind);
        behind.split_once('/').map_or_else(String::new, |(_, path)| path.to_owned())
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_line(line: &str) -> Option<(String, String)> {
        Address::in_line(line, "/weixin").map(|Address { listen, url }| (listen, url))
    }

    #[test]
    fn the_address_is_found_in_what_a_bot_prints() {
        let pair = |listen: &str, url: &str| Some((listen.to_owned(), url.to_owned()));
        let whole = pair("127.0.0.1:3000", "http://127.0.0.1:3000/weixin");
        assert_eq!(in_line("listening on http://127.0.0.1:3000/weixin"), whole);
        assert_eq!(in_line("2026-01-01 INFO Listening on http://0.0.0.0:3000/."), whole);
        assert_eq!(in_line("\u{1b}[2mlistening on http://127.0.0.1:3000\u{1b}[0m"), whole);
        assert_eq!(
            in_line("listening on http://[::]:8080/callback?c_id=21"),
            pair("[::1]:8080", "http://[::1]:8080/callback?c_id=21")
        );
        for line in ["", "listening on 127.0.0.1:3000", "listening on http://", "listening on http:// x"] {
            assert_eq!(in_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_url_says_where_to_listen() {
        let listen = |url| Address::of(url).expect("a URL").listen();
        assert_eq!(listen("http://127.0.0.1:4000/weixin"), "127.0.0.1:4000");
        assert_eq!(listen("http://localhost/weixin"), "localhost:80");
        assert!(Address::of("weixin").is_err());
    }
}
