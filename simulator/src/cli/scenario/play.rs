use std::time::Duration;

use tokio::time::{Instant, sleep};
use wechat_sim::handshake::Diagnosis;
use wechat_sim::{HttpTarget, Wechat};

use super::read::{Action, Scenario};
use super::{Outcome, Played, Step, read};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::send::deliver;
use crate::{attack, story, verify};

/// Plays a scenario, each step in its turn. One that fails does not end it: what comes next is a conversation too. But
/// where the bot is not reached, the rest is skipped.
pub(super) async fn play(
    output: &Output,
    wechat: &Wechat,
    target: &HttpTarget,
    scenario: &Scenario,
) -> Played {
    output.progress(&format!("▶ {} ({})", scenario.name, scenario.file.display()));
    let mut steps: Vec<Step> = Vec::new();
    for step in &scenario.steps {
        let skipped =
            steps.last().is_some_and(|step| step.result != Outcome::Passed && step.result != Outcome::Failed);
        let played = match skipped {
            true => Step {
                name: step.name.clone(),
                result: Outcome::Skipped,
                took_ms: 0,
                failures: Vec::new(),
                exit: Exit::Fine,
            },
            false => play_step(output, wechat, target, step).await,
        };
        tell(output, &played);
        steps.push(played);
    }
    let passed = steps.iter().all(|step| step.result == Outcome::Passed);
    Played { name: scenario.name.clone(), file: scenario.file.display().to_string(), passed, steps }
}

async fn play_step(output: &Output, wechat: &Wechat, target: &HttpTarget, step: &read::Step) -> Step {
    let begun = Instant::now();
    let done = act(output, wechat, target, &step.action).await;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (result, exit, failures) = match done {
        Ok((Exit::Fine, _)) => (Outcome::Passed, Exit::Fine, Vec::new()),
        Ok((exit, failures)) => (Outcome::Failed, exit, failures),
        Err(failure) => (Outcome::Error, failure.exit(), vec![output.pick(failure.reason()).to_owned()]),
    };
    Step { name: step.name.clone(), result, took_ms, failures, exit }
}

async fn act(
    output: &Output,
    wechat: &Wechat,
    target: &HttpTarget,
    action: &Action,
) -> Result<(Exit, Vec<String>), Failure> {
    match action {
        Action::Wait(time) => {
            wait(output, *time).await;
            Ok((Exit::Fine, Vec::new()))
        }
        Action::Push { fan, message, expect } => {
            let exchange = deliver(output, wechat, target, message, fan).await;
            if let Some(error) = exchange.unreachable() {
                return Err(error.clone().into());
            }
            let missed = expect.check(&exchange).into_iter().filter(|expected| !expected.met);
            let mut missed: Vec<_> = missed.map(|missed| output.pick(&missed.expected).to_owned()).collect();
            let exit = Exit::passed(missed.is_empty());
            // What came in its place.
            missed.push(story::shown(output, &exchange));
            let wrong = exchange
                .failures()
                .map(|check| format!("{}: {}", check.name.as_str(), output.pick(&check.detail)));
            missed.extend(wrong);
            Ok((exit, missed))
        }
        Action::Verify(expected) => {
            let verified = verify::handshake(output, wechat.account(), target).await;
            if verify::name(&verified.diagnosis) == *expected {
                return Ok((Exit::Fine, Vec::new()));
            }
            let sentence = verified.diagnosis.sentence();
            match verified.diagnosis {
                Diagnosis::Unreachable { .. } => Err(Failure::unreachable(sentence.zh, sentence.en)),
                _ => Ok((Exit::Missed, vec![output.pick(&sentence).to_owned()])),
            }
        }
        Action::Attack(attacks) => {
            let report = attack::all(output, wechat, target, attacks).await?;
            Ok((report.exit(), vec![report.failures()]))
        }
    }
}

async fn wait(output: &Output, time: Duration) {
    output.counted(output.say("等待", "waiting"), sleep(time)).await;
}

fn tell(output: &Output, step: &Step) {
    let mark = match step.result {
        Outcome::Passed => "✓",
        Outcome::Failed => "✗",
        Outcome::Error => "!",
        Outcome::Skipped => "-",
    };
    output.progress(&format!("  {mark} {} ({} ms)", step.name, step.took_ms));
    for failure in &step.failures {
        output.progress(&format!("      {failure}"));
    }
}
