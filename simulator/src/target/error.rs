use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::LocalizedText;
use crate::texts::connection as texts;

/// Why there is no answer.
///
/// `Display` is in English; [`text`](Self::text) is in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The URL is not valid, or not `http` or `https`.
    Url(UrlError),
    /// The URL is not on this machine, and remote URLs were not allowed. The host.
    Remote(String),
    /// There is no connection.
    Unreachable(ConnectionError),
    /// The connection was lost before the answer was complete.
    Broken(ConnectionError),
}

/// Why a URL is not valid. Each contains the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It is not a URL.
    Invalid(String),
    /// It starts with neither `http://` nor `https://`.
    Scheme(String),
    /// `https` needs the feature `tls`.
    NoTls(String),
    /// It has no host.
    NoHost(String),
}

/// What went wrong with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionError {
    /// Nothing listens on the port.
    Refused,
    /// There is no address for this host name.
    NoSuchHost(String),
    /// There is no way to the address.
    NoRoute,
    /// No connection within this time.
    TimedOut(Duration),
    /// The other side reset the connection.
    Reset,
    /// The other side closed the connection before the answer was complete.
    Closed,
    /// What came back is not HTTP.
    NotHttp,
    /// The other side does not speak TLS, as if the URL should start with `http://`.
    NotTls,
    /// The server's certificate is not valid.
    Certificate(CertificateError),
    /// Any other failure of TLS, in the words of the TLS library.
    Tls(String),
    /// The service in this process failed, in its own words.
    Service(String),
    /// Anything else, in the system's own words.
    System(String),
}

/// Why a certificate is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// It is for another host name.
    OtherName,
    /// It has expired, or is not valid yet.
    Expired,
    /// It is self-signed, or an intermediate certificate is missing.
    UnknownIssuer,
}

impl SendError {
    /// Why, in both languages.
    #[must_use]
    pub fn text(&self) -> LocalizedText {
        match self {
            Self::Url(error) => error.text(),
            Self::Remote(host) => texts::remote(host),
            Self::Unreachable(error) => texts::unreachable(&error.text()),
            Self::Broken(error) => texts::broken(&error.text()),
        }
    }
}

impl UrlError {
    /// Why, in both languages.
    #[must_use]
    pub fn text(&self) -> LocalizedText {
        match self {
            Self::Invalid(url) if url.contains("://") => texts::not_a_url(url),
            Self::Invalid(url) => texts::not_a_url_without_scheme(url),
            Self::Scheme(url) => texts::not_http_url(url),
            Self::NoTls(url) => texts::no_tls(url),
            Self::NoHost(url) => texts::no_host(url),
        }
    }
}

impl ConnectionError {
    /// What went wrong, in both languages.
    #[must_use]
    pub fn text(&self) -> LocalizedText {
        match self {
            Self::Refused => texts::refused(),
            Self::NoSuchHost(host) => texts::no_such_host(host),
            Self::NoRoute => texts::no_route(),
            Self::TimedOut(limit) => texts::timed_out(*limit),
            Self::Reset => texts::reset(),
            Self::Closed => texts::closed(),
            Self::NotHttp => texts::not_http(),
            Self::NotTls => texts::not_tls(),
            Self::Certificate(CertificateError::OtherName) => texts::certificate_of_another_name(),
            Self::Certificate(CertificateError::Expired) => texts::certificate_expired(),
            Self::Certificate(CertificateError::UnknownIssuer) => texts::certificate_of_unknown_issuer(),
            Self::Tls(words) => texts::tls(words),
            Self::Service(words) => texts::service(words),
            Self::System(words) => texts::system(words),
        }
    }

    pub(super) fn of_hyper(error: &hyper::Error) -> Self {
        if error.is_parse() {
            return Self::NotHttp;
        }
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return Self::Closed;
        }
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        source.map_or_else(|| Self::System(error.to_string()), Self::from)
    }
}

impl From<&io::Error> for ConnectionError {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Self::Reset,
            ErrorKind::UnexpectedEof => Self::Closed,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::TimedOut => Self::NoRoute,
            _ => Self::System(error.to_string()),
        }
    }
}

macro_rules! shown {
    ($($error:ident),+) => {$(
        /// In English.
        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text().en)
            }
        }

        /// In both languages.
        impl Serialize for $error {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.text().serialize(serializer)
            }
        }

        impl Error for $error {}
    )+};
}
shown!(SendError, UrlError, ConnectionError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_has_a_kind() {
        let of = |kind: ErrorKind| ConnectionError::from(&io::Error::new(kind, "words"));
        assert_eq!(of(ErrorKind::ConnectionRefused), ConnectionError::Refused);
        assert_eq!(of(ErrorKind::BrokenPipe), ConnectionError::Reset);
        assert_eq!(of(ErrorKind::UnexpectedEof), ConnectionError::Closed);
        assert_eq!(of(ErrorKind::Other), ConnectionError::System("words".to_owned()));
        let text = of(ErrorKind::Other).text();
        assert_eq!((&*text.zh, &*text.en), ("系统错误：words", "the system says: words"));
    }

    #[test]
    fn display_is_english_and_the_text_is_in_both_languages() {
        let error = SendError::Unreachable(ConnectionError::Refused);
        assert_eq!(error.to_string(), "no connection: no server listens on this port");
        assert_eq!(error.text().zh, "无法连接：这个端口没有服务在监听");
    }
}
