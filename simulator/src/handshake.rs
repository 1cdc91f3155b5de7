//! The URL verification (GET) and why it fails. WeChat's console says only "token验证失败".

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::deliver::millis;
use crate::push::{IN_QUERY, Stamp};
use crate::texts::handshake as texts;
use crate::{Account, Answer, ConnectionError, LocalizedText, Request, SendError, Signature, Target};

/// The request that WeChat's console sends when an account's URL is saved.
///
/// ```
/// use axum::{Router, routing::get};
/// use wechat_sim::handshake::{Diagnosis, Handshake};
/// use wechat_sim::{Account, ServiceTarget};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A framework that returns the echostr as JSON.
/// let app: Router = Router::new().route("/weixin", get(async || "\"4375120948345356249\""));
/// let handshake = Handshake::new(&Account::generate(), "http://127.0.0.1/weixin", "4375120948345356249");
/// let result = handshake.run(&ServiceTarget::new(app, "/weixin")).await;
/// assert_eq!(result.diagnosis, Diagnosis::Quoted);
/// println!("{}", result.diagnosis.explanation());
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a handshake does nothing until it is run"]
pub struct Handshake {
    request: Request,
    signature: Signature,
    echostr: String,
}

/// How long the console waits.
const TIMEOUT: Duration = Duration::from_secs(5);

impl Handshake {
    /// The verification of `url`, signed now. The right answer is `echostr`.
    pub fn new(account: &Account, url: &str, echostr: &str) -> Self {
        let Stamp { timestamp, nonce, .. } = Stamp::now();
        let timestamp = timestamp.to_string();
        let parts = [("timestamp", timestamp.as_str()), ("nonce", nonce.as_str())];
        let signature = Signature::new("signature", account.token(), &parts);
        let echoed = percent_encoding::utf8_percent_encode(echostr, IN_QUERY);
        let query =
            format!("signature={}&echostr={echoed}&timestamp={timestamp}&nonce={nonce}", signature.value);
        Self { request: Request::get(url, &query), signature, echostr: echostr.to_owned() }
    }

    /// The verification of the bot at `target`, with a random echostr of 19 digits.
    pub fn of<T: Target>(account: &Account, target: &T) -> Self {
        let echostr = format!("{:019}", rand::random::<u64>() >> 1);
        Self::new(account, target.url(), &echostr)
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Sends the request and diagnoses the answer.
    pub async fn run<T: Target>(self, target: &T) -> HandshakeResult {
        let started = Instant::now();
        let sent = timeout(TIMEOUT, target.send(self.request.clone())).await;
        let took_ms = millis(started.elapsed());
        let (answer, diagnosis) = match sent {
            Err(_) => (None, Diagnosis::Slow),
            Ok(Err(SendError::Broken(reason))) => (None, Diagnosis::Broken { reason }),
            Ok(Err(error)) => (None, Diagnosis::Unreachable { error }),
            Ok(Ok(answer)) => {
                let diagnosis = diagnose(&self.request, &self.echostr, &answer);
                (Some(answer), diagnosis)
            }
        };
        HandshakeResult { request: self.request, signature: self.signature, answer, took_ms, diagnosis }
    }
}

/// The result of a URL verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HandshakeResult {
    /// The request.
    pub request: Request,
    /// How its signature was computed.
    pub signature: Signature,
    /// The answer, if there was one.
    pub answer: Option<Answer>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What the answer means.
    pub diagnosis: Diagnosis,
}

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
    /// 401 or 403: the signature was refused. Most often the Token is another one.
    WrongToken {
        /// The status.
        status: u16,
    },
    /// 404.
    NotFound,
    /// 405: the URL accepts only POST.
    GetNotAllowed,
    /// Any other status but 200.
    Status {
        /// The status.
        status: u16,
    },
    /// The echostr in quotes, as in JSON.
    Quoted,
    /// The echostr after a byte order mark.
    ByteOrderMark,
    /// The echostr with white space around it.
    Blanks,
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

fn diagnose(request: &Request, echostr: &str, answer: &Answer) -> Diagnosis {
    match answer.status {
        200 => {}
        301 | 302 | 303 | 307 | 308 => return redirected(request, answer),
        status @ (401 | 403) => return Diagnosis::WrongToken { status },
        404 => return Diagnosis::NotFound,
        405 => return Diagnosis::GetNotAllowed,
        status => return Diagnosis::Status { status },
    }
    if answer.body == echostr.as_bytes() {
        return Diagnosis::Verified;
    }
    let text = String::from_utf8_lossy(&answer.body);
    let is_html = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if text.is_empty() {
        Diagnosis::Empty
    } else if text.strip_prefix('\u{feff}').is_some_and(|text| text.trim() == echostr) {
        Diagnosis::ByteOrderMark
    } else if text.trim() == echostr {
        Diagnosis::Blanks
    } else if text.trim().trim_matches(['"', '\'']) == echostr {
        Diagnosis::Quoted
    } else if is_html || text.trim_start().starts_with('<') {
        Diagnosis::Html
    } else {
        Diagnosis::Other { start: text.chars().take(80).collect() }
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
    let slash = same_scheme && from != to && from.trim_end_matches('/') == to.trim_end_matches('/');
    match slash {
        true => Diagnosis::TrailingSlash { location },
        false => Diagnosis::Redirect { location },
    }
}

impl Diagnosis {
    /// Whether the console accepts the URL.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self, Self::Verified)
    }

    /// What is wrong and what to do about it.
    #[must_use]
    pub fn explanation(&self) -> LocalizedText {
        match self {
            Self::Verified => texts::verified(),
            Self::Unreachable { error } => texts::unreachable(&error.text()),
            Self::Broken { reason } => texts::connection_lost(&reason.text()),
            Self::Slow => texts::slow(),
            Self::TrailingSlash { location } => texts::trailing_slash(location),
            Self::Redirect { location } => texts::redirect(location),
            Self::WrongToken { status } => texts::wrong_token(*status),
            Self::NotFound => texts::not_found(),
            Self::GetNotAllowed => texts::get_not_allowed(),
            Self::Status { status } => texts::status(*status),
            Self::Quoted => texts::quoted(),
            Self::ByteOrderMark => texts::byte_order_mark(),
            Self::Blanks => texts::white_space(),
            Self::Html => texts::html(),
            Self::Empty => texts::empty(),
            Self::Other { start } => texts::not_the_echostr(start),
        }
    }
}
