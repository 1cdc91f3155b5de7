//! The URL verification (GET) and why it fails. WeChat's console says only "token验证失败".
//!
//! The verification proves the Token alone. [`verify`] also pushes one event, which needs the right AppID, EncodingAESKey
//! and mode.

mod diagnosis;
mod push_diagnosis;
mod second_look;
mod verification;

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::deliver::millis;
use crate::push::{IN_QUERY, Stamp};
use crate::{Account, Answer, Request, SendError, Signature, Target};

pub use diagnosis::Diagnosis;
pub use push_diagnosis::PushDiagnosis;
pub use verification::{TestPush, Verification, verify};

/// The name of each diagnosis, of the URL verification and of the push after it, as in JSON and in scenarios.
pub const DIAGNOSES: &[&str] = &[
    "verified",
    "unreachable",
    "broken",
    "slow",
    "trailing_slash",
    "redirect",
    "https_redirect",
    "wrong_token",
    "no_query",
    "login",
    "not_found",
    "other_slash",
    "get_not_allowed",
    "status",
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
        let request = Request::get(url, &query);
        Self { url: url.to_owned(), request, signature, echostr: echostr.to_owned() }
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
        let sent = timeout(TIMEOUT, target.send(self.request.clone())).await;
        let took_ms = millis(started.elapsed());
        let (answer, diagnosis) = match sent {
            Err(_) => (None, Diagnosis::Slow),
            Ok(Err(SendError::Broken(reason))) => (None, Diagnosis::Broken { reason }),
            Ok(Err(error)) => (None, Diagnosis::Unreachable { error }),
            Ok(Ok(answer)) => {
                let diagnosis = diagnosis::of(&self.request, &self.echostr, &answer);
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
