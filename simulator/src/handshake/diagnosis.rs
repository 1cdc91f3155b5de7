use serde::Serialize;

use crate::ConnectionError::{self, NoRoute, Refused, TimedOut};
use crate::texts::handshake as texts;
use crate::{Answer, LocalizedText, Request, SendError};

/// What an answer to the URL verification means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "diagnosis", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Diagnosis {
    /// The answer is exactly the echostr.
    Verified,
    /// There is no connection.
    Unreachable {
        /// Why.
        error: SendError,
    },
    /// The connection was lost.
    Broken {
        /// Why.
        reason: ConnectionError,
    },
    /// No answer within five seconds.
    Slow,
    /// No answer within one second, which is how long `WeCom` waits.
    SlowInWecom,
    /// A redirect to the same URL with or without a `/` at its end. WeChat does not follow it.
    TrailingSlash {
        /// The target of the redirect.
        location: String,
    },
    /// A redirect to another URL. WeChat does not follow it.
    Redirect {
        /// The target of the redirect.
        location: String,
    },
    /// A redirect to the same URL with `https`. WeChat does not follow it.
    HttpsRedirect {
        /// The target of the redirect.
        location: String,
    },
    /// The signature was refused. Most often the Token is another one.
    WrongToken {
        /// The status.
        status: u16,
        /// Whether a request without a query is refused in the same way. If so, the query may not have arrived.
        query_may_be_lost: bool,
    },
    /// `WeCom`'s verification was refused: the Token, the EncodingAESKey or the CorpID is another one.
    WrongCredentials {
        /// The status.
        status: u16,
    },
    /// 400 or 422, and the same without a query: most often the query does not arrive.
    NoQuery {
        /// The status.
        status: u16,
    },
    /// A login is required: a proxy asks for a password, or the answer is a login page.
    Login {
        /// The status.
        status: u16,
    },
    /// 404.
    NotFound,
    /// 404, and the same URL with or without a `/` at its end is verified.
    OtherSlash {
        /// The URL that is verified.
        url: String,
    },
    /// 405: the URL accepts only POST.
    GetNotAllowed,
    /// Any other status but 200.
    Status {
        /// The status.
        status: u16,
    },
    /// The echostr as it was sent, encrypted. `WeCom` wants it decrypted.
    NotDecrypted,
    /// The echostr in quotes, as in JSON.
    Quoted,
    /// The echostr after a byte order mark.
    ByteOrderMark,
    /// The echostr with white space around it.
    Blanks,
    /// The answer is compressed, although the request does not accept that.
    Compressed {
        /// `gzip`, `br` and so on.
        encoding: String,
    },
    /// A web page.
    Html,
    /// An empty answer.
    Empty,
    /// Something else, most often a message that the signature is wrong.
    Other {
        /// The beginning of the answer.
        start: String,
    },
}

/// What the answer means. It is diagnosed from this one answer.
pub(super) fn of(request: &Request, echostr: &str, answer: &Answer) -> Diagnosis {
    match answer.status {
        200 => {}
        301 | 302 | 303 | 307 | 308 => return redirected(request, answer),
        status @ (401 | 403) if answer.header("www-authenticate").is_some() => {
            return Diagnosis::Login { status };
        }
        status @ (401 | 403) => return Diagnosis::WrongToken { status, query_may_be_lost: true },
        404 => return Diagnosis::NotFound,
        405 => return Diagnosis::GetNotAllowed,
        status => return Diagnosis::Status { status },
    }
    if answer.body == echostr.as_bytes() {
        return Diagnosis::Verified;
    }
    if let Some(encoding) = compression(answer) {
        return Diagnosis::Compressed { encoding };
    }
    let text = String::from_utf8_lossy(&answer.body);
    let is_html = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if is_as_sent(request, &text) {
        Diagnosis::NotDecrypted
    } else if text.is_empty() {
        Diagnosis::Empty
    } else if text.strip_prefix('\u{feff}').is_some_and(|text| text.trim() == echostr) {
        Diagnosis::ByteOrderMark
    } else if text.trim() == echostr {
        Diagnosis::Blanks
    } else if text.trim().trim_matches(['"', '\'']) == echostr {
        Diagnosis::Quoted
    } else if has_password_field(&text) {
        Diagnosis::Login { status: answer.status }
    } else if is_html || text.trim_start().starts_with('<') {
        Diagnosis::Html
    } else {
        Diagnosis::Other { start: text.chars().take(80).collect() }
    }
}

/// Whether the answer is the encrypted echostr of the request.
fn is_as_sent(request: &Request, text: &str) -> bool {
    let sent = request.parameter("echostr").unwrap_or_default();
    let sent = percent_encoding::percent_decode_str(sent).decode_utf8_lossy();
    request.parameter("msg_signature").is_some() && !sent.is_empty() && text.trim() == sent
}

/// How the answer is compressed, if it is. The requests do not accept any encoding.
pub(super) fn compression(answer: &Answer) -> Option<String> {
    let named = answer.header("content-encoding").map(str::trim);
    match named.filter(|name| !name.eq_ignore_ascii_case("identity") && !name.is_empty()) {
        Some(name) => Some(name.to_owned()),
        // The first two bytes of gzip.
        None => answer.body.starts_with(&[0x1f, 0x8b]).then(|| "gzip".to_owned()),
    }
}

fn redirected(request: &Request, answer: &Answer) -> Diagnosis {
    let location = answer.header("location").unwrap_or_default().to_owned();
    let path = |url: &str| {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
        behind.find('/').map_or("", |at| behind.get(at..).unwrap_or_default()).to_owned()
    };
    let (from, to) = (path(&request.url), path(&location));
    let scheme = |url: &str| url.split_once("://").map(|(scheme, _)| scheme.to_owned());
    let same_scheme = scheme(&location).is_none_or(|to| Some(to) == scheme(&request.url));
    let same_path = from.trim_end_matches('/') == to.trim_end_matches('/');
    if same_scheme && same_path && from != to {
        Diagnosis::TrailingSlash { location }
    } else if same_path && location.starts_with("https://") && host(&location) == host(&request.url) {
        Diagnosis::HttpsRedirect { location }
    } else {
        Diagnosis::Redirect { location }
    }
}

fn has_password_field(html: &str) -> bool {
    html.to_ascii_lowercase().replace(['"', '\''], "").contains("type=password")
}

/// The URL as it would be entered in the console: without the query of this verification.
fn without_signature(location: &str) -> &str {
    let query = location.find("?signature=").or_else(|| location.find("&signature="));
    location.get(..query.unwrap_or(location.len())).unwrap_or(location)
}

/// The host name of a URL, without the port.
fn host(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    uri.host().map(str::to_owned)
}

impl Diagnosis {
    /// Whether the console accepts the URL.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self, Self::Verified)
    }

    /// In `WeCom` the verification needs the key and the `CorpID`, too.
    pub(super) fn in_wecom(self) -> Self {
        match self {
            Self::WrongToken { status, .. } | Self::Status { status: status @ (400 | 422) } => {
                Self::WrongCredentials { status }
            }
            other => other,
        }
    }

    /// What is wrong and what to do about it.
    #[must_use]
    pub fn explanation(&self) -> LocalizedText {
        match self {
            Self::Verified => texts::verified(),
            // The others say themselves what to do.
            Self::Unreachable { error: error @ SendError::Unreachable(Refused | NoRoute | TimedOut(_)) } => {
                texts::no_server(&error.text())
            }
            Self::Unreachable { error } => error.text(),
            Self::Broken { reason } => texts::connection_lost(&reason.text()),
            Self::Slow => texts::slow(),
            Self::SlowInWecom => texts::slow_in_wecom(),
            Self::WrongCredentials { status } => texts::wrong_credentials(*status),
            Self::NotDecrypted => texts::not_decrypted(),
            Self::TrailingSlash { location } => texts::trailing_slash(without_signature(location)),
            Self::Redirect { location } => texts::redirect(without_signature(location)),
            Self::HttpsRedirect { location } => texts::https_redirect(without_signature(location)),
            Self::WrongToken { status, query_may_be_lost: false } => texts::wrong_token(*status),
            Self::WrongToken { status, .. } => texts::wrong_token_or_no_query(*status),
            Self::NoQuery { status } => texts::no_query(*status),
            Self::Login { status } => texts::login(*status),
            Self::NotFound => texts::not_found(),
            Self::OtherSlash { url } => texts::other_slash(url),
            Self::GetNotAllowed => texts::get_not_allowed(),
            Self::Status { status } => texts::status(*status),
            Self::Quoted => texts::quoted(),
            Self::ByteOrderMark => texts::byte_order_mark(),
            Self::Blanks => texts::white_space(),
            Self::Compressed { encoding } => texts::compressed(encoding),
            Self::Html => texts::html(),
            Self::Empty => texts::empty(),
            Self::Other { start } => texts::not_the_echostr(start),
        }
    }
}
