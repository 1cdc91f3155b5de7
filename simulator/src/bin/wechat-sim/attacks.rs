//! `attack`

use serde::Serialize;
use serde_json::json;
use wechat_sim::attack::{self, Attack, AttackResult, ProbeResult, Verdict};
use wechat_sim::{Ending, HttpTarget, LocalizedText, Request, Wechat};

use crate::args::AttackArgs;
use crate::context::Context;
use crate::dev::with_bot;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::suggest::{listed, nearest};
use crate::texts;

pub(crate) async fn run(context: &Context, args: &AttackArgs) -> Result<Exit, Failure> {
    let mut attacks = named(&args.names)?;
    leave_out(&mut attacks, &args.except)?;
    with_bot(context, &args.bot, async |context| send(context, &attacks).await).await
}

async fn send(context: &Context, attacks: &[&'static Attack]) -> Result<Exit, Failure> {
    let (wechat, target) = context.wechat()?;
    let output = &context.output;
    let report = run_all(output, &wechat, &target, attacks).await?;
    report.print_totals(output);
    output.json(&json!({
        "kind": wechat.account().kind(),
        "format": wechat.account().format(),
        "mode": wechat.account().mode(),
        "url": context.url(),
        "passed": report.exit() == Exit::Success,
        "accepted": report.accepted().collect::<Vec<_>>(),
        "genuine_taken": report.genuine.passed,
        "attacks": report.results.iter().map(AttackSummary::of).collect::<Vec<_>>(),
    }));
    Ok(report.exit())
}

/// The attacks with these names, or all of them if there are no names.
pub(crate) fn named(names: &[String]) -> Result<Vec<&'static Attack>, Failure> {
    if names.is_empty() || names.iter().any(|name| name == "all") {
        return Ok(attack::all().iter().collect());
    }
    names.iter().map(|name| by_name(name, &["all"])).collect()
}

/// Leaves the attacks with these names out.
pub(crate) fn leave_out(attacks: &mut Vec<&'static Attack>, except: &[String]) -> Result<(), Failure> {
    let excepted = except.iter().map(|name| by_name(name, &[])).collect::<Result<Vec<_>, _>>()?;
    attacks.retain(|attack| !excepted.iter().any(|excepted| excepted.name == attack.name));
    Ok(())
}

/// The attack with this name. `others` can stand in its place.
fn by_name(name: &str, others: &[&'static str]) -> Result<&'static Attack, Failure> {
    attack::named(name).ok_or_else(|| {
        let mut known = others.to_vec();
        known.extend(attack::all().iter().map(|attack| attack.name));
        Failure::usage(match &nearest(name, known.iter().copied())[..] {
            [] => texts::no_such_attack(name, &known.join(", ")),
            meant => texts::no_such_attack_but(name, &listed(meant)),
        })
    })
}

/// The results of several attacks.
pub(crate) struct AttackReport {
    /// A genuine message. If it was not accepted, the refusals mean nothing.
    genuine: ProbeResult,
    results: Vec<AttackResult>,
}

/// Runs each attack and prints its row when it ends.
pub(crate) async fn run_all(
    output: &Output,
    wechat: &Wechat,
    target: &HttpTarget,
    attacks: &[&'static Attack],
) -> Result<AttackReport, Failure> {
    let genuine = attack::genuine(wechat, target).await;
    if let Ending::Unreachable { error } = genuine.ending {
        return Err(error.into());
    }
    if !genuine.passed {
        output.note(output.pick(&texts::genuine_refused(&genuine.detail)));
    }
    let mut report = AttackReport { genuine, results: Vec::new() };
    for attack in attacks {
        let result = output.counted(attack.name, attack.run(wechat, target)).await;
        print_row(output, &result);
        report.results.push(result);
    }
    let is_loud = |result: &&AttackResult| result.verdict == Verdict::Refused && !result.silent();
    let loud = report.results.iter().filter(is_loud).count();
    if loud > 0 {
        output.progress(output.pick(&texts::refusals_with_body(loud)));
    }
    Ok(report)
}

/// A row of the table, followed by the forged requests that were accepted.
fn print_row(output: &Output, result: &AttackResult) {
    let mark = match result.verdict {
        Verdict::Refused => "✓",
        Verdict::Accepted => "✗",
        Verdict::NotApplicable => "-",
        _ => "?",
    };
    let verdict = match crash(result) {
        Some(status) => texts::refused_by_failing(status),
        None => verdict(result.verdict),
    };
    let title = output.pick(&result.title);
    let verdict = output.pick(&verdict);
    output.progress(&format!("{mark} {verdict}{:28}{title}", result.name));
    for probe in result.probes.iter().filter(|probe| !probe.passed) {
        output.progress(output.pick(&texts::probe(&probe.forgery, &probe.detail)));
    }
}

/// The status of a refusal that may be a crash, if there is one.
fn crash(result: &AttackResult) -> Option<u16> {
    let statuses = result.probes.iter().filter_map(|probe| Some(probe.ending.answer()?.status));
    let mut statuses = statuses.filter(|_| result.verdict == Verdict::Refused);
    statuses.find(|status| *status >= 500)
}

/// The verdict as the first column of the table.
fn verdict(verdict: Verdict) -> LocalizedText {
    match verdict {
        Verdict::Refused => texts::refused(),
        Verdict::Accepted => texts::accepted(),
        Verdict::NotApplicable => texts::not_applicable(),
        Verdict::Unreachable => texts::not_reached(),
        _ => texts::unclear(),
    }
}

impl AttackReport {
    fn accepted(&self) -> impl Iterator<Item = &'static str> {
        self.with(Verdict::Accepted)
    }

    fn with(&self, verdict: Verdict) -> impl Iterator<Item = &'static str> {
        self.results.iter().filter(move |result| result.verdict == verdict).map(|result| result.name)
    }

    fn print_totals(&self, output: &Output) {
        let count = |verdict| self.with(verdict).count();
        let totals = texts::attack_totals(count(Verdict::Refused), count(Verdict::Accepted));
        output.line(output.pick(&totals));
        if !self.genuine.passed {
            output.line(&format!("✗ {}", output.pick(&texts::genuine_refused(&self.genuine.detail))));
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        let has = |verdict| self.with(verdict).next().is_some();
        if has(Verdict::Accepted) {
            Exit::Accepted
        } else if has(Verdict::Unreachable) {
            Exit::Unreachable
        } else {
            Exit::passed(self.genuine.passed && !has(Verdict::Unclear))
        }
    }

    /// What failed, in one line; empty if nothing did.
    pub(crate) fn failures(&self, output: &Output) -> String {
        let failed =
            |result: &&AttackResult| !matches!(result.verdict, Verdict::Refused | Verdict::NotApplicable);
        let failed = self.results.iter().filter(failed);
        let failed: Vec<_> = failed
            .map(|result| format!("{}: {}", result.name, output.pick(&verdict(result.verdict)).trim_end()))
            .collect();
        if failed.is_empty() && !self.genuine.passed {
            return output.pick(&texts::genuine_not_taken()).to_owned();
        }
        failed.join(", ")
    }
}

/// A result as JSON, without long requests.
#[derive(Serialize)]
struct AttackSummary<'r> {
    name: &'r str,
    title: &'r LocalizedText,
    verdict: Verdict,
    silent: bool,
    #[serde(rename = "attempts")]
    probes: Vec<ProbeSummary<'r>>,
}

#[derive(Serialize)]
struct ProbeSummary<'r> {
    passed: bool,
    status: Option<u16>,
    /// What is forged about the request.
    forgery: &'r LocalizedText,
    detail: &'r LocalizedText,
    /// The request that was accepted, to send it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'r Request>,
}

/// The longest request body that is repeated in the JSON.
const MAX_BODY: usize = 16 * 1024;

impl<'r> AttackSummary<'r> {
    fn of(result: &'r AttackResult) -> Self {
        Self {
            name: result.name,
            title: &result.title,
            verdict: result.verdict,
            silent: result.silent(),
            probes: result.probes.iter().map(ProbeSummary::of).collect(),
        }
    }
}

impl<'r> ProbeSummary<'r> {
    fn of(probe: &'r ProbeResult) -> Self {
        let ProbeResult { request, ending, passed, forgery, detail, .. } = probe;
        Self {
            passed: *passed,
            status: ending.answer().map(|answer| answer.status),
            forgery,
            detail,
            request: Some(request).filter(|request| !passed && request.body.len() <= MAX_BODY),
        }
    }
}
