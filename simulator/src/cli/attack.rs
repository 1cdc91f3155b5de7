//! `attack`

use serde::Serialize;
use serde_json::json;
use wechat_sim::attack::{self, Attack, Attempted, Outcome, Verdict};
use wechat_sim::{Ending, HttpTarget, Request, Sentence, Wechat};

use crate::args;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) async fn run(context: &Context, args: &args::Attack) -> Result<Exit, Failure> {
    let attacks = named(&args.names)?;
    let (wechat, target) = context.wechat()?;
    let output = &context.output;
    let report = all(output, &wechat, &target, &attacks).await?;
    report.tell(output);
    output.json(&json!({
        "mode": wechat.account().mode(),
        "url": context.url(),
        "passed": report.exit() == Exit::Fine,
        "accepted": report.accepted().collect::<Vec<_>>(),
        "genuine_taken": report.genuine_taken,
        "attacks": report.outcomes.iter().map(Summary::of).collect::<Vec<_>>(),
    }));
    Ok(report.exit())
}

/// For the help: every attack.
pub(crate) fn names() -> String {
    let line = |attack: &Attack| format!("\n  {:28}{}", attack.name, attack.title.en);
    format!("Attacks:{}", attack::all().iter().map(line).collect::<String>())
}

/// The attacks of these names; all of them where there is none.
pub(crate) fn named(names: &[String]) -> Result<Vec<&'static Attack>, Failure> {
    if names.is_empty() || names.iter().any(|name| name == "all") {
        return Ok(attack::all().iter().collect());
    }
    let named = |name: &String| {
        attack::named(name).ok_or_else(|| {
            let known: Vec<_> = attack::all().iter().map(|attack| attack.name).collect();
            let known = known.join(", ");
            Failure::usage(
                format!("没有名为 {name} 的攻击；有：all, {known}"),
                format!("there is no attack {name}; there are: all, {known}"),
            )
        })
    };
    names.iter().map(named).collect()
}

/// What came of attacks.
pub(crate) struct Report {
    /// Whether a genuine message was taken. A bot that takes none refuses attacks for no good reason.
    genuine_taken: bool,
    outcomes: Vec<Outcome>,
}

/// Tries each, one row as it ends.
pub(crate) async fn all(
    output: &Output,
    wechat: &Wechat,
    target: &HttpTarget,
    attacks: &[&'static Attack],
) -> Result<Report, Failure> {
    let genuine = attack::genuine(wechat, target).await;
    if let Ending::Unreachable { error } = genuine.ending {
        return Err(error.into());
    }
    if !genuine.passed {
        let zh = format!("真实的消息没有被接受（{}）：凭据和模式一致吗？", genuine.detail.zh);
        let en = format!(
            "a genuine message was not taken ({}): are the credentials and the mode the same on both sides?",
            genuine.detail.en
        );
        output.note(output.say(&zh, &en));
    }
    let mut report = Report { genuine_taken: genuine.passed, outcomes: Vec::new() };
    for attack in attacks {
        let outcome = output.counted(attack.name, attack.run(wechat, target)).await;
        tell(output, &outcome);
        report.outcomes.push(outcome);
    }
    Ok(report)
}

/// A row of the table, and under it what a hole looks like.
fn tell(output: &Output, outcome: &Outcome) {
    let (mark, zh, en) = match outcome.verdict {
        Verdict::Refused => ("✓", "已拒绝", "refused"),
        Verdict::Accepted => ("✗", "被接受", "ACCEPTED"),
        Verdict::NotApplicable => ("-", "不适用", "not applicable"),
        Verdict::Unreachable => ("?", "未连上", "not reached"),
        _ => ("?", "不明确", "unclear"),
    };
    // Chinese characters are twice as wide, and here always three.
    let verdict = output.say(&format!("{zh}  "), &format!("{en:16}")).to_owned();
    output.progress(&format!("{mark} {verdict}{:28}{}", outcome.name, output.pick(&outcome.title)));
    for attempted in outcome.attempts.iter().filter(|attempted| !attempted.passed) {
        output.progress(&format!("    {}", output.pick(&attempted.detail)));
    }
    if outcome.verdict == Verdict::Refused && !outcome.silent() {
        let zh = "    拒绝时的应答有内容：不要告诉攻击者错在哪里";
        output.progress(
            output.say(zh, "    but the refusal has a body: do not tell an attacker what was wrong"),
        );
    }
}

impl Report {
    fn accepted(&self) -> impl Iterator<Item = &'static str> {
        self.with(Verdict::Accepted)
    }

    fn with(&self, verdict: Verdict) -> impl Iterator<Item = &'static str> {
        self.outcomes.iter().filter(move |outcome| outcome.verdict == verdict).map(|outcome| outcome.name)
    }

    fn tell(&self, output: &Output) {
        let count = |verdict| self.with(verdict).count();
        let (refused, accepted) = (count(Verdict::Refused), count(Verdict::Accepted));
        let zh = format!("{refused} 种已拒绝，{accepted} 种被接受");
        let en = format!("{refused} refused, {accepted} accepted");
        output.line(output.say(&zh, &en));
    }

    pub(crate) fn exit(&self) -> Exit {
        let has = |verdict| self.with(verdict).next().is_some();
        if has(Verdict::Accepted) {
            Exit::Accepted
        } else if has(Verdict::Unreachable) {
            Exit::Unreachable
        } else {
            Exit::passed(self.genuine_taken && !has(Verdict::Unclear))
        }
    }

    /// What went wrong, in a line; empty where nothing did.
    pub(crate) fn failures(&self) -> String {
        let wrong =
            |outcome: &&Outcome| !matches!(outcome.verdict, Verdict::Refused | Verdict::NotApplicable);
        let wrong = self.outcomes.iter().filter(wrong);
        let wrong: Vec<_> = wrong.map(|outcome| format!("{}: {:?}", outcome.name, outcome.verdict)).collect();
        if wrong.is_empty() && !self.genuine_taken {
            return "a genuine message was not taken".to_owned();
        }
        wrong.join(", ")
    }
}

/// An outcome without what would fill pages.
#[derive(Serialize)]
struct Summary<'o> {
    name: &'o str,
    title: &'o Sentence,
    verdict: Verdict,
    silent: bool,
    attempts: Vec<Try<'o>>,
}

#[derive(Serialize)]
struct Try<'o> {
    passed: bool,
    status: Option<u16>,
    detail: &'o Sentence,
    /// What was let through, to try it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'o Request>,
}

/// Longer bodies are not repeated.
const LONG: usize = 16 * 1024;

impl<'o> Summary<'o> {
    fn of(outcome: &'o Outcome) -> Self {
        Self {
            name: outcome.name,
            title: &outcome.title,
            verdict: outcome.verdict,
            silent: outcome.silent(),
            attempts: outcome.attempts.iter().map(Try::of).collect(),
        }
    }
}

impl<'o> Try<'o> {
    fn of(attempted: &'o Attempted) -> Self {
        let Attempted { request, ending, passed, detail, .. } = attempted;
        Self {
            passed: *passed,
            status: ending.answer().map(|answer| answer.status),
            detail,
            request: Some(request).filter(|request| !passed && request.body.len() <= LONG),
        }
    }
}
