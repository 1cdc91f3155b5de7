//! `run`: plays scenarios, each a conversation in TOML.

mod file;
mod junit;
mod play;

use std::path::Path;

use serde::Serialize;
use serde_json::json;
use wechat_sim::LocalizedText;

use crate::args::RunArgs;
use crate::context::Context;
use crate::dev::with_bot;
use crate::exit::{Exit, Failure};
use crate::texts;
use file::Scenario;

pub(crate) async fn run(context: &Context, args: &RunArgs) -> Result<Exit, Failure> {
    // All are read before any is played, so that a mistake in the last one is reported at once.
    let scenarios = args.files.iter().map(|file| Scenario::read(file)).collect::<Result<Vec<_>, _>>()?;
    with_bot(context, &args.bot, async |context| play_all(context, &scenarios, args.junit.as_deref()).await)
        .await
}

async fn play_all(context: &Context, scenarios: &[Scenario], junit: Option<&Path>) -> Result<Exit, Failure> {
    let (wechat, target) = context.wechat()?;
    let mut results = Vec::new();
    for scenario in scenarios {
        results.push(play::play(&context.output, &wechat, &target, scenario).await);
    }
    if let Some(file) = junit {
        let written = std::fs::write(file, junit::report(&results));
        written.map_err(|error| {
            Failure::usage(texts::cannot_write(&file.display(), &LocalizedText::from(&error)))
        })?;
    }
    let exit = results.iter().map(ScenarioResult::exit).fold(Exit::Success, Exit::worse);
    context.output.json(&json!({ "passed": exit == Exit::Success, "scenarios": results }));
    Ok(exit)
}

/// The result of a scenario.
#[derive(Debug, Serialize)]
struct ScenarioResult {
    name: String,
    file: String,
    passed: bool,
    steps: Vec<StepResult>,
}

impl ScenarioResult {
    fn exit(&self) -> Exit {
        self.steps.iter().map(|step| step.exit).fold(Exit::Success, Exit::worse)
    }
}

/// The result of a step.
#[derive(Debug, Serialize)]
struct StepResult {
    name: String,
    #[serde(rename = "result")]
    status: StepStatus,
    took_ms: u64,
    /// What failed; empty if nothing did.
    failures: Vec<String>,
    #[serde(skip)]
    exit: Exit,
}

/// The result of a step in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum StepStatus {
    Passed,
    Failed,
    /// The bot was not reached.
    Error,
    /// A step before it did not reach the bot.
    Skipped,
}
