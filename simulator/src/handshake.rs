//! The URL verification (GET), and why it fails: the console's only word is "token验证失败".

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::deliver::millis;
use crate::push::{IN_QUERY, Stamp};
use crate::{Account, Answer, Request, SendError, Sentence, Signature, Target};

/// What WeChat's console does as an account's URL is saved.
///
/// ```
/// use axum::{Router, routing::get};
/// use wechat_sim::handshake::{Diagnosis, Handshake};
/// use wechat_sim::{Account, ServiceTarget};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // A framework that turns the answer into JSON.
/// let app: Router = Router::new().route("/weixin", get(async || "\"4375120948345356249\""));
/// let handshake = Handshake::new(&Account::generate(), "http://127.0.0.1/weixin", "4375120948345356249");
/// let done = handshake.run(&ServiceTarget::new(app, "/weixin")).await;
/// assert_eq!(done.diagnosis, Diagnosis::Quoted);
/// println!("{}", done.diagnosis.sentence());
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
    /// The verification of `url`, signed now, which is to be answered with `echostr`.
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

    /// Sends it and says what the answer means.
    pub async fn run<T: Target>(self, target: &T) -> Verified {
        let started = Instant::now();
        let sent = timeout(TIMEOUT, target.send(self.request.clone())).await;
        let took_ms = millis(started.elapsed());
        let (answer, diagnosis) = match sent {
            Err(_) => (None, Diagnosis::Slow),
            Ok(Err(SendError::Broken(reason))) => (None, Diagnosis::Broken { reason }),
            Ok(Err(SendError::Unreachable(reason))) => (None, Diagnosis::Unreachable { reason }),
            Ok(Err(error)) => (None, Diagnosis::Unreachable { reason: error.to_string() }),
            Ok(Ok(answer)) => {
                let diagnosis = diagnose(&self.request, &self.echostr, &answer);
                (Some(answer), diagnosis)
            }
        };
        Verified { request: self.request, signature: self.signature, answer, took_ms, diagnosis }
    }
}

/// What came of a URL verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// What was sent.
    pub request: Request,
    /// How its signature was computed.
    pub signature: Signature,
    /// What was answered.
    pub answer: Option<Answer>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What it means.
    pub diagnosis: Diagnosis,
}

/// What an answer to the URL verification means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "diagnosis", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Diagnosis {
    /// The echostr came back, exactly.
    Verified,
    /// Nobody answers there.
    Unreachable {
        /// Why.
        reason: String,
    },
    /// The connection broke off.
    Broken {
        /// Why.
        reason: String,
    },
    /// No answer within five seconds.
    Slow,
    /// The answer leads to the same URL with or without a `/` at its end. WeChat does not follow.
    TrailingSlash {
        /// Where it leads.
        location: String,
    },
    /// The answer leads elsewhere. WeChat does not follow.
    Redirect {
        /// Where it leads.
        location: String,
    },
    /// 401 or 403: the signature was not taken, so the Token is mostly another one.
    WrongToken {
        /// The status.
        status: u16,
    },
    /// 404: nothing there.
    NotFound,
    /// 405: the URL takes POST alone.
    GetNotAllowed,
    /// Another status than 200.
    Status {
        /// Which one.
        status: u16,
    },
    /// The echostr in quotes, as JSON has it.
    Quoted,
    /// The echostr behind a byte order mark.
    ByteOrderMark,
    /// The echostr with blanks or line ends around it.
    Blanks,
    /// A web page.
    Html,
    /// Nothing.
    Empty,
    /// Something else: mostly a word that says that the signature is wrong.
    Other {
        /// How it begins.
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
    /// Whether the console takes the URL.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self, Self::Verified)
    }

    /// What is wrong and what to do, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> Sentence {
        let (zh, en) = match self {
            Self::Verified => ("验证成功".to_owned(), "verified".to_owned()),
            Self::Unreachable { reason } => (
                format!("无法连接：{reason}。服务器启动了吗？域名和端口对吗？"),
                format!("nobody answers: {reason}. Does the server run? Are name and port right?"),
            ),
            Self::Broken { reason } => (
                format!("连接中断：{reason}"),
                format!("the connection broke off before the answer was complete: {reason}"),
            ),
            Self::Slow => (
                "5 秒内没有回答：验证请求应当立即回答".to_owned(),
                "no answer within five seconds: answer the verification at once".to_owned(),
            ),
            Self::TrailingSlash { location } => (
                format!("跳转到 {location}，只差结尾的斜杠：微信不跟随跳转，请在后台填写跳转后的地址"),
                format!("redirected to {location}, which differs by the slash at its end: WeChat does not follow, so give the console that URL"),
            ),
            Self::Redirect { location } => (
                format!("跳转到 {location}：微信不跟随跳转，请直接填写最终地址，且此地址不能要求登录"),
                format!("redirected to {location}: WeChat does not follow. Give the console the last URL, and let it ask for no login"),
            ),
            Self::WrongToken { status } => (
                format!("被拒绝（{status}）：两边的 Token 一致吗？服务器时间准吗？"),
                format!("refused ({status}): is the Token the same on both sides? Is the server's clock right?"),
            ),
            Self::NotFound => {
                ("404：路径对吗？".to_owned(), "404: is the path right?".to_owned())
            }
            Self::GetNotAllowed => (
                "405：此地址只接受 POST，验证用的是 GET".to_owned(),
                "405: the URL takes POST alone, and the verification is a GET".to_owned(),
            ),
            Self::Status { status } => (
                format!("状态码 {status}，应为 200"),
                format!("status {status}, and 200 is what counts"),
            ),
            Self::Quoted => (
                "echostr 带了引号：要原样返回，不要转成 JSON".to_owned(),
                "the echostr has quotes around it: answer with exactly what came, not with JSON".to_owned(),
            ),
            Self::ByteOrderMark => (
                "echostr 前有 BOM：把源文件或模板存为无 BOM 的 UTF-8".to_owned(),
                "a byte order mark stands before the echostr: save the source or template as UTF-8 without one"
                    .to_owned(),
            ),
            Self::Blanks => (
                "echostr 前后有空白或换行：要原样返回".to_owned(),
                "blanks or line ends stand around the echostr: answer with exactly what came".to_owned(),
            ),
            Self::Html => (
                "返回了网页：要以 text/plain 原样返回 echostr".to_owned(),
                "a web page: answer with the echostr alone, as text/plain".to_owned(),
            ),
            Self::Empty => (
                "回答为空：要返回 echostr；Token 一致吗？".to_owned(),
                "an empty answer: answer with the echostr. Is the Token the same on both sides?".to_owned(),
            ),
            Self::Other { start } => (
                format!("返回的不是 echostr，而是 {start:?}：Token 一致吗？"),
                format!("not the echostr but {start:?}: is the Token the same on both sides?"),
            ),
        };
        Sentence::new(zh, en)
    }
}
