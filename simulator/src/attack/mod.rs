//! Attacks: requests that a bot must refuse. Each attack looks for one vulnerability.
//!
//! A refusal is a status of 400 or more. Its body should be empty, since it can tell an attacker what was wrong; that
//! is reported separately ([`ProbeResult::silent`]).
//!
//! ```
//! use axum::{Router, routing::post};
//! use wechat_sim::attack::{self, Verdict};
//! use wechat_sim::{Account, ServiceTarget, Wechat};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // A bot without any checks.
//! let weak = ServiceTarget::new(Router::new().route("/weixin", post(async || "success")), "/weixin");
//! let wechat = Wechat::new(Account::generate());
//! let attack = attack::named("bad-signature").expect("in the list");
//! assert_eq!(attack.run(&wechat, &weak).await.verdict, Verdict::Accepted);
//! # }
//! ```

mod documents;
mod forge;
mod frames;
mod list;
mod verifications;

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::deliver::millis;
use crate::{
    Account, AccountKind, DataFormat, Ending, LocalizedText, Message, Mode, Request, Target, Wechat, texts,
};
use forge::Forge;

/// How long a bot may take to refuse. The library's own timeout for a slow body is five seconds.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(12);

/// An attack that looks for one vulnerability.
#[derive(Clone, Debug, Serialize)]
pub struct Attack {
    /// Its name, in lower case with dashes.
    pub name: &'static str,
    /// A short description.
    pub title: LocalizedText,
    /// The kinds of accounts that it applies to.
    #[serde(rename = "accounts")]
    pub kinds: &'static [AccountKind],
    /// The data formats that it applies to.
    pub formats: &'static [DataFormat],
    /// The modes that it applies to.
    pub modes: &'static [Mode],
    #[serde(skip)]
    make: fn(&Forge<'_>) -> Vec<Probe>,
}

/// One request of an attack.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Probe {
    /// The request.
    pub request: Request,
    /// What is forged about it, in words.
    pub forgery: LocalizedText,
    /// What a correct bot does with it.
    pub expected: Expected,
    /// Whether closing the connection is a refusal, too: a bot need not read what is too long or too slow.
    pub may_hang_up: bool,
}

/// What a correct bot does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// It accepts a genuine request, which is sent before the forged one.
    Accepted,
    /// It refuses the request.
    Refused,
}

/// The result of an attack.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AttackResult {
    /// The attack's name.
    pub name: &'static str,
    /// The attack's description.
    pub title: LocalizedText,
    /// The result in one word.
    pub verdict: Verdict,
    /// Each request and what the bot did with it.
    #[serde(rename = "attempts")]
    pub probes: Vec<ProbeResult>,
}

/// The result of an attack in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Every forged request was refused, as it should be.
    Refused,
    /// A forged request was not refused: the bot is vulnerable.
    Accepted,
    /// The attack does not apply to this account: to its kind, its data format or its mode.
    NotApplicable,
    /// The genuine request before it was not accepted, so there is no result.
    Unclear,
    /// The bot was not reached.
    Unreachable,
}

/// One request of an attack and what the bot did with it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ProbeResult {
    /// The request.
    pub request: Request,
    /// What is forged about it, in words.
    pub forgery: LocalizedText,
    /// What a correct bot does with it.
    pub expected: Expected,
    /// Whether closing the connection is a refusal, too.
    pub may_hang_up: bool,
    /// What this bot did.
    pub ending: Ending,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
    /// Whether that was as expected.
    pub passed: bool,
    /// Whether the answer has no body.
    pub silent: bool,
    /// What this bot did, in words.
    pub detail: LocalizedText,
}

/// Every attack.
#[must_use]
pub fn all() -> &'static [Attack] {
    &list::ALL
}

/// The attack with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Attack> {
    all().iter().find(|attack| attack.name == name)
}

/// Sends a genuine message. If a bot refuses it, its refusals of attacks mean nothing.
pub async fn genuine<T: Target>(wechat: &Wechat, target: &T) -> ProbeResult {
    let forge = Forge::new(wechat, target.url(), None);
    send(wechat, forge.genuine(), target).await
}

/// Runs every attack that applies to the account. `watch` is called with each result.
pub async fn run_all<T: Target>(
    wechat: &Wechat,
    target: &T,
    mut watch: impl FnMut(&AttackResult),
) -> Vec<AttackResult> {
    let mut results = Vec::new();
    for attack in all().iter().filter(|attack| attack.applies_to(wechat.account())) {
        let result = attack.run(wechat, target).await;
        watch(&result);
        results.push(result);
    }
    results
}

impl Attack {
    /// Whether it applies to this account, by its kind, its data format and its mode.
    #[must_use]
    pub fn applies_to(&self, account: &Account) -> bool {
        self.kinds.contains(&account.kind())
            && self.formats.contains(&account.format())
            && self.modes.contains(&account.mode())
    }

    /// The requests to a bot at `url`, in order. They are made from the message `xml` (or JSON), or from a sample text.
    #[must_use]
    pub fn probes(&self, wechat: &Wechat, url: &str, xml: Option<&str>) -> Vec<Probe> {
        (self.make)(&Forge::new(wechat, url, xml))
    }

    /// Runs the attack.
    pub async fn run<T: Target>(&self, wechat: &Wechat, target: &T) -> AttackResult {
        self.run_with(wechat, target, None).await
    }

    /// Runs the attack with the message `xml`.
    pub async fn run_with<T: Target>(&self, wechat: &Wechat, target: &T, xml: Option<&str>) -> AttackResult {
        let mut result = AttackResult {
            name: self.name,
            title: self.title.clone(),
            verdict: Verdict::Refused,
            probes: Vec::new(),
        };
        if !self.applies_to(wechat.account()) {
            result.verdict = Verdict::NotApplicable;
            return result;
        }
        for probe in self.probes(wechat, target.url(), xml) {
            let probed = send(wechat, probe, target).await;
            let verdict = match (&probed.ending, probed.expected) {
                (Ending::Unreachable { .. }, _) => Verdict::Unreachable,
                _ if probed.passed => result.verdict,
                (_, Expected::Accepted) => Verdict::Unclear,
                (_, Expected::Refused) => Verdict::Accepted,
            };
            result.verdict = verdict;
            result.probes.push(probed);
            if matches!(verdict, Verdict::Unreachable | Verdict::Unclear) {
                break;
            }
        }
        result
    }
}

impl AttackResult {
    /// Whether no refusal has a body.
    #[must_use]
    pub fn silent(&self) -> bool {
        let mut refusals = self.probes.iter().filter(|probe| probe.expected == Expected::Refused);
        refusals.all(|probe| probe.silent)
    }
}

async fn send<T: Target>(wechat: &Wechat, probe: Probe, target: &T) -> ProbeResult {
    let Probe { request, forgery, expected, may_hang_up } = probe;
    let started = Instant::now();
    let ending = wechat.send_once(request.clone(), target, REFUSAL_TIMEOUT).await;
    let took_ms = millis(started.elapsed());
    let accepted = ending.answer().is_some_and(|answer| answer.status < 400);
    let refused = match &ending {
        Ending::Answered { answer } => answer.status >= 400,
        Ending::Broken { .. } => may_hang_up,
        _ => false,
    };
    let detail = match &ending {
        Ending::Answered { answer } if refused => texts::attack::refused(answer.status),
        Ending::Answered { answer } => texts::attack::accepted(answer.status),
        Ending::Broken { reason } => texts::check::connection_lost(&reason.text()),
        Ending::TimedOut => texts::attack::not_refused(REFUSAL_TIMEOUT),
        Ending::Unreachable { error } => error.text(),
    };
    let silent = ending.answer().is_none_or(|answer| answer.body.is_empty());
    let passed = if expected == Expected::Accepted { accepted } else { refused };
    ProbeResult { request, forgery, expected, may_hang_up, ending, took_ms, passed, silent, detail }
}

/// The message of attacks that are not given one.
fn sample_text(wechat: &Wechat) -> String {
    wechat.xml(&Message::text("你好"), &wechat.openid("attacker"))
}
