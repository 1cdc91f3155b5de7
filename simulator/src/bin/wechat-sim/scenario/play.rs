use std::time::Duration;

use tokio::time::{Instant, sleep};
use wechat_sim::{HttpTarget, Message, Wechat};

use super::file::{Action, Scenario, Step};
use super::{Results, ScenarioResult, StepResult, StepStatus};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::expectations::Expectations;
use crate::output::Output;
use crate::send::deliver;
use crate::{attacks, hint, report, texts, verify};

/// Plays a scenario step by step. It continues after a step that fails, because the next one is a conversation, too. If
/// the bot is not reached, the remaining steps are skipped.
pub(super) async fn play(
    context: &Context,
    wechat: &Wechat,
    target: &HttpTarget,
    scenario: &Scenario,
    results: &Results,
) {
    let output = &context.output;
    output.progress(&format!("▶ {} ({})", scenario.name, scenario.file.display()));
    results.borrow_mut().push(ScenarioResult::of(scenario));
    let mut is_lost = false;
    for step in &scenario.steps {
        let result = match is_lost {
            true => StepResult {
                name: step.name.clone(),
                status: StepStatus::Skipped,
                took_ms: 0,
                failures: Vec::new(),
                exit: Exit::Success,
            },
            false => play_step(context, wechat, target, step).await,
        };
        report_step(output, &result);
        is_lost |= result.status == StepStatus::Error;
        if let Some(scenario) = results.borrow_mut().last_mut() {
            scenario.push(result);
        }
    }
}

async fn play_step(context: &Context, wechat: &Wechat, target: &HttpTarget, step: &Step) -> StepResult {
    let started = Instant::now();
    let acted = act(context, wechat, target, &step.action).await;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (status, exit, failures) = match acted {
        Ok((Exit::Success, _)) => (StepStatus::Passed, Exit::Success, Vec::new()),
        Ok((exit, failures)) => (StepStatus::Failed, exit, failures),
        Err(failure) => {
            (StepStatus::Error, failure.exit(), vec![context.output.pick(failure.reason()).to_owned()])
        }
    };
    StepResult { name: step.name.clone(), status, took_ms, failures, exit }
}

async fn act(
    context: &Context,
    wechat: &Wechat,
    target: &HttpTarget,
    action: &Action,
) -> Result<(Exit, Vec<String>), Failure> {
    let output = &context.output;
    match action {
        Action::Wait(time) => {
            wait(output, *time).await;
            Ok((Exit::Success, Vec::new()))
        }
        Action::Push { fan, message, expect } => push(context, wechat, target, fan, message, expect).await,
        Action::Verify(expected) => {
            let verified = verify::verify(output, wechat.account(), target).await;
            if verify::name(&verified) == *expected {
                return Ok((Exit::Success, Vec::new()));
            }
            match verify::unreachable(&verified) {
                Some(error) => Err(error.clone().into()),
                None => Ok((Exit::Missed, vec![output.pick(&verified.explanation()).to_owned()])),
            }
        }
        Action::Attack(attacks) => {
            let report = attacks::run_all(output, wechat, target, attacks).await?;
            Ok((report.exit(), vec![report.failures(output)]))
        }
    }
}

async fn push(
    context: &Context,
    wechat: &Wechat,
    target: &HttpTarget,
    fan: &str,
    message: &Message,
    expect: &Expectations,
) -> Result<(Exit, Vec<String>), Failure> {
    let output = &context.output;
    let played = deliver(output, wechat, target, message, fan).await?;
    let missed = expect.check(&played).into_iter().filter(|expectation| !expectation.met);
    let mut failures: Vec<_> = missed.map(|missed| output.pick(&missed.expected).to_owned()).collect();
    let exit = Exit::passed(failures.is_empty());
    let exchange = played.exchange;
    failures.push(report::shown(output, &exchange));
    let checks = exchange.failures();
    failures.extend(checks.map(|check| format!("{}: {}", check.name.as_str(), output.pick(&check.detail))));
    let hints = hint::of_exchange(context, &exchange);
    failures.extend(hints.iter().map(|hint| output.pick(hint).trim_start().to_owned()));
    Ok((exit, failures))
}

async fn wait(output: &Output, time: Duration) {
    output.counted(output.pick(&texts::waiting()), sleep(time)).await;
}

fn report_step(output: &Output, step: &StepResult) {
    let mark = match step.status {
        StepStatus::Passed => "✓",
        StepStatus::Failed => "✗",
        StepStatus::Error => "!",
        StepStatus::Skipped => "-",
    };
    output.progress(&format!("  {mark} {} ({} ms)", step.name, step.took_ms));
    for failure in &step.failures {
        output.progress(&format!("      {failure}"));
    }
}
