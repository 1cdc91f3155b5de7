//! The URL verification (GET) and why it fails. WeChat's console says only "token验证失败".
//!
//! The verification proves the Token alone (in `WeCom` also the EncodingAESKey and the CorpID). [`verify`] also pushes one
//! event, which needs the right AppID, EncodingAESKey and mode.

mod diagnosis;
mod push_diagnosis;
mod second_look;
mod verification;

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::deliver::millis;
use crate::push::{IN_QUERY, Stamp};
use crate::{Account, AccountKind, Answer, Request, SendError, Signature, Target, cipher};

pub use diagnosis::Diagnosis;
pub use push_diagnosis::PushDiagnosis;
pub use verification::{TestPush, Verification, verify};

/// The name of each diagnosis, of the URL verification and of the push after it, as in JSON and in scenarios.
pub const DIAGNOSES: &[&str] = &[
    "verified",
    "unreachable",
    "broken",
    "slow",
    "slow_in_wecom",
    "trailing_slash",
    "redirect",
    "https_redirect",
    "wrong_token",
    "wrong_credentials",
    "no_query",
    "login",
    "not_found",
    "other_slash",
    "get_not_allowed",
    "status",
    "not_decrypted",
    "quoted",
    "byte_order_mark",
    "blanks",
    "compressed",
    "html",
    "empty",
    "other",
    "bot_is_plain",
    "bot_is_encrypted",
    "refused",
    "post_not_allowed",
    "media_type",
    "gateway",
    "failed",
    "plain_reply",
    "encrypted_reply",
    "wrong_signature",
    "wrong_key",
    "wrong_app_id",
    "not_accepted",
];

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
    /// The bot's URL.
    url: String,
    request: Request,
    signature: Signature,
    echostr: String,
    is_encrypted: bool,
}

/// How long the console waits.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long `WeCom`'s console waits.
const WECOM_TIMEOUT: Duration = Duration::from_secs(1);

impl Handshake {
    /// The verification of `url`, signed now. The right answer is `echostr`.
    ///
    /// `WeCom` encrypts the echostr and signs it; the right answer is the decrypted one.
    pub fn new(account: &Account, url: &str, echostr: &str) -> Self {
        match account.kind() {
            AccountKind::WeCom | AccountKind::AiBot => {
                let key = account.key();
                let sealed = cipher::seal(key, account.app_id(), echostr.as_bytes(), Stamp::now().random);
                Self::encrypted(account, url, echostr, &sealed)
            }
            _ => Self::plain(account, url, echostr),
        }
    }

    /// `WeCom`'s verification with any `sealed`, signed now.
    pub(crate) fn encrypted(account: &Account, url: &str, echostr: &str, sealed: &str) -> Self {
        let Stamp { timestamp, nonce, .. } = Stamp::now();
        let timestamp = timestamp.to_string();
        let parts = [("timestamp", timestamp.as_str()), ("nonce", nonce.as_str()), ("echostr", sealed)];
        let signature = Signature::new("msg_signature", account.token(), &parts);
        let escaped = percent_encoding::utf8_percent_encode(sealed, IN_QUERY);
        let query = format!(
            "msg_signature={}&timestamp={timestamp}&nonce={nonce}&echostr={escaped}",
            signature.value
        );
        let request = Request::get(url, &query);
        let (url, echostr) = (url.to_owned(), echostr.to_owned());
        Self { url, request, signature, echostr, is_encrypted: true }
    }

    /// The verification of all but `WeCom`.
    pub(crate) fn plain(account: &Account, url: &str, echostr: &str) -> Self {
        let Stamp { timestamp, nonce, .. } = Stamp::now();
        let timestamp = timestamp.to_string();
        let parts = [("timestamp", timestamp.as_str()), ("nonce", nonce.as_str())];
        let signature = Signature::new("signature", account.token(), &parts);
        let echoed = percent_encoding::utf8_percent_encode(echostr, IN_QUERY);
        let query =
            format!("signature={}&echostr={echoed}&timestamp={timestamp}&nonce={nonce}", signature.value);
        let request = Request::get(url, &query);
        let (url, echostr) = (url.to_owned(), echostr.to_owned());
        Self { url, request, signature, echostr, is_encrypted: false }
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

    /// Sends the request and diagnoses the answer. If one answer can mean several things, a second request is sent to
    /// tell them apart: without the query, or to the same URL with or without a `/` at its end.
    pub async fn run<T: Target>(self, target: &T) -> HandshakeResult {
        let started = Instant::now();
        let limit = if self.is_encrypted { WECOM_TIMEOUT } else { TIMEOUT };
        let sent = timeout(limit, target.send(self.request.clone())).await;
        let took_ms = millis(started.elapsed());
        let (answer, diagnosis) = match sent {
            Err(_) if self.is_encrypted => (None, Diagnosis::SlowInWecom),
            Err(_) => (None, Diagnosis::Slow),
            Ok(Err(SendError::Broken(reason))) => (None, Diagnosis::Broken { reason }),
            Ok(Err(error)) => (None, Diagnosis::Unreachable { error }),
            Ok(Ok(answer)) => {
                let diagnosis = diagnosis::of(&self.request, &self.echostr, &answer);
                let diagnosis = if self.is_encrypted { diagnosis.in_wecom() } else { diagnosis };
                let diagnosis = second_look::at(&self, target, &answer, diagnosis).await;
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

#[cfg(test)]
mod tests {
    use super::DIAGNOSES;
    use crate::{Account, AccountKind, Signature, cipher};

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    /// Tencent's own example.
    #[test]
    fn the_published_verification_of_wecom_is_signed_and_opened_as_published() {
        let echostr =
            "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==";
        let parts = [("timestamp", "1409659589"), ("nonce", "263014780"), ("echostr", echostr)];
        let signature = Signature::new("msg_signature", "QDG6eK", &parts);
        assert_eq!(signature.value, "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3");
        let opened = cipher::open(&cipher::key(KEY).expect("a key"), echostr).expect("opened");
        assert_eq!(
            (opened.message, opened.app_id),
            (b"1616140317555161061".to_vec(), b"wx5823bf96d3bd56c7".to_vec())
        );
    }

    #[test]
    fn a_verification_of_wecom_is_escaped_and_has_no_signature() {
        let account = Account::generate_as(AccountKind::WeCom);
        let handshake = super::Handshake::new(&account, "http://127.0.0.1/weixin", "1616140317555161061");
        let query = handshake.request().query();
        let names: Vec<_> = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
        assert_eq!(names, ["msg_signature", "timestamp", "nonce", "echostr"]);
        assert!(!query.contains(['+', '/']), "{query}");
    }

    /// The variants of an enum in this file, as serde names them.
    fn variants(source: &str, name: &str) -> Vec<String> {
        let (_, body) = source.split_once(&format!("pub enum {name} {{\n")).expect("the enum");
        let (body, _) = body.split_once("\n}").expect("its end");
        let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
        let lines = lines.filter(|line| line.starts_with(|char: char| char.is_ascii_uppercase()));
        let snake = |line: &str| {
            let mut name = String::new();
            for char in line.chars().take_while(char::is_ascii_alphanumeric) {
                if char.is_ascii_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(char.to_ascii_lowercase());
            }
            name
        };
        lines.map(snake).collect()
    }

    #[test]
    fn each_diagnosis_is_listed_once() {
        let mut names = variants(include_str!("diagnosis.rs"), "Diagnosis");
        names.extend(variants(include_str!("push_diagnosis.rs"), "PushDiagnosis"));
        // After an accepted push the diagnosis is the verification's.
        names.retain(|name| name != "accepted");
        names.sort_unstable();
        names.dedup();
        let mut listed = DIAGNOSES.to_vec();
        listed.sort_unstable();
        assert_eq!(names, listed);
    }
}
