//! Attacks: requests that a bot must refuse, each with the hole that it looks for.
//!
//! A refusal is a status of 400 or more. Whether its body is empty, as it should be, is told apart
//! ([`Attempted::silent`]): a body may tell an attacker what was wrong.
//!
//! ```
//! use axum::{Router, routing::post};
//! use wechat_sim::attack::{self, Verdict};
//! use wechat_sim::{Account, ServiceTarget, Wechat};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // A bot that checks nothing.
//! let weak = ServiceTarget::new(Router::new().route("/weixin", post(async || "success")), "/weixin");
//! let wechat = Wechat::new(Account::generate());
//! let attack = attack::named("bad-signature").expect("in the list");
//! assert_eq!(attack.run(&wechat, &weak).await.verdict, Verdict::Accepted);
//! # }
//! ```

mod forge;
mod list;

use std::time::Duration;

use serde::Serialize;

use crate::{Ending, Message, Mode, Request, Sentence, Target, Wechat};
use forge::Forge;

/// How long a bot may take to refuse. The library's own time-out for a slow body is five seconds.
const PATIENCE: Duration = Duration::from_secs(12);

/// A hole to look for.
#[derive(Clone, Debug, Serialize)]
pub struct Attack {
    /// Its name, in lower case with dashes.
    pub name: &'static str,
    /// What is tried, in a sentence.
    pub title: Sentence,
    /// The modes in which it can be tried.
    pub modes: &'static [Mode],
    #[serde(skip)]
    make: fn(&Forge<'_>) -> Vec<Attempt>,
}

/// One request of an attack.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The request.
    pub request: Request,
    /// What a right bot does.
    pub expected: Expected,
    /// Whether hanging up is a refusal too: a bot need not read what is too long or too slow.
    pub may_hang_up: bool,
}

/// What a right bot does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// It takes a genuine request, which goes before the tampered one.
    Accepted,
    /// It refuses it.
    Refused,
}

/// What came of an attack.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The attack's name.
    pub name: &'static str,
    /// What was tried.
    pub title: Sentence,
    /// What came of it.
    pub verdict: Verdict,
    /// Each request and its answer.
    pub attempts: Vec<Attempted>,
}

/// What came of an attack, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Everything was refused: as it should be.
    Refused,
    /// Something was not: a hole.
    Accepted,
    /// The attack makes no sense in this mode.
    NotApplicable,
    /// The genuine request that goes before was not taken, so that nothing is known.
    Unclear,
    /// The bot was not reached.
    Unreachable,
}

/// One request of an attack and its answer.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Attempted {
    /// The request.
    pub request: Request,
    /// What a right bot does with it.
    pub expected: Expected,
    /// What this bot did.
    pub ending: Ending,
    /// Whether it did what a right bot does.
    pub passed: bool,
    /// Whether it said nothing but the status.
    pub silent: bool,
    /// What it did, in a sentence.
    pub detail: Sentence,
}

/// Every attack.
#[must_use]
pub fn all() -> &'static [Attack] {
    &list::ALL
}

/// The attack of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Attack> {
    all().iter().find(|attack| attack.name == name)
}

/// Sends a genuine message. A bot that does not take it refuses attacks for no good reason.
pub async fn genuine<T: Target>(wechat: &Wechat, target: &T) -> Attempted {
    let forge = Forge::new(wechat, target.url(), None);
    attempt(wechat, forge.genuine(), target).await
}

/// Runs every attack that makes sense in the account's mode, and tells `watch` of each outcome.
pub async fn run_all<T: Target>(
    wechat: &Wechat,
    target: &T,
    mut watch: impl FnMut(&Outcome),
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for attack in all().iter().filter(|attack| attack.applies_to(wechat.account().mode())) {
        let outcome = attack.run(wechat, target).await;
        watch(&outcome);
        outcomes.push(outcome);
    }
    outcomes
}

impl Attack {
    /// Whether it can be tried in that mode.
    #[must_use]
    pub fn applies_to(&self, mode: Mode) -> bool {
        self.modes.contains(&mode)
    }

    /// The requests to a bot at `url`, in order, made from the message `xml`, or from a text of some fan's.
    #[must_use]
    pub fn attempts(&self, wechat: &Wechat, url: &str, xml: Option<&str>) -> Vec<Attempt> {
        (self.make)(&Forge::new(wechat, url, xml))
    }

    /// Tries it.
    pub async fn run<T: Target>(&self, wechat: &Wechat, target: &T) -> Outcome {
        self.run_with(wechat, target, None).await
    }

    /// Tries it with the message `xml`.
    pub async fn run_with<T: Target>(&self, wechat: &Wechat, target: &T, xml: Option<&str>) -> Outcome {
        let mut outcome = Outcome {
            name: self.name,
            title: self.title.clone(),
            verdict: Verdict::Refused,
            attempts: Vec::new(),
        };
        if !self.applies_to(wechat.account().mode()) {
            outcome.verdict = Verdict::NotApplicable;
            return outcome;
        }
        for tried in self.attempts(wechat, target.url(), xml) {
            let attempted = attempt(wechat, tried, target).await;
            let verdict = match (&attempted.ending, attempted.expected) {
                (Ending::Unreachable { .. }, _) => Verdict::Unreachable,
                _ if attempted.passed => outcome.verdict,
                (_, Expected::Accepted) => Verdict::Unclear,
                (_, Expected::Refused) => Verdict::Accepted,
            };
            outcome.verdict = verdict;
            outcome.attempts.push(attempted);
            if matches!(verdict, Verdict::Unreachable | Verdict::Unclear) {
                break;
            }
        }
        outcome
    }
}

impl Outcome {
    /// Whether every refusal was a status and nothing else.
    #[must_use]
    pub fn silent(&self) -> bool {
        let mut refusals = self.attempts.iter().filter(|attempted| attempted.expected == Expected::Refused);
        refusals.all(|attempted| attempted.silent)
    }
}

async fn attempt<T: Target>(wechat: &Wechat, attempt: Attempt, target: &T) -> Attempted {
    let Attempt { request, expected, may_hang_up } = attempt;
    let ending = wechat.attempt(request.clone(), target, PATIENCE).await;
    let accepted = ending.answer().is_some_and(|answer| answer.status < 400);
    let refused = match &ending {
        Ending::Answered { answer } => answer.status >= 400,
        Ending::Broken { .. } => may_hang_up,
        _ => false,
    };
    let detail = match &ending {
        Ending::Answered { answer } => {
            let status = answer.status;
            match refused {
                true => Sentence::new(format!("拒绝：{status}"), format!("refused with {status}")),
                false => Sentence::new(format!("接受：{status}"), format!("accepted with {status}")),
            }
        }
        Ending::Broken { reason } => {
            Sentence::new(format!("连接中断：{reason}"), format!("the connection broke off: {reason}"))
        }
        Ending::TimedOut => {
            Sentence::new(format!("{PATIENCE:?} 内没有拒绝"), format!("not refused within {PATIENCE:?}"))
        }
        Ending::Unreachable { error } => Sentence::new(format!("无法连接：{error}"), error.to_string()),
    };
    let silent = ending.answer().is_none_or(|answer| answer.body.is_empty());
    let passed = if expected == Expected::Accepted { accepted } else { refused };
    Attempted { request, expected, ending, passed, silent, detail }
}

/// The message of attacks that are given none.
fn some_text(wechat: &Wechat) -> String {
    wechat.xml(&Message::text("你好"), &wechat.openid("attacker"))
}
