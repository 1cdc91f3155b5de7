//! `run`: scenarios, each a conversation in TOML.

mod junit;
mod play;
mod read;

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::args::Run;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use read::Scenario;

pub(crate) async fn run(context: &Context, run: &Run) -> Result<Exit, Failure> {
    // All are read before any is played: a mistake in the last is not to be found minutes later.
    let scenarios = run.files.iter().map(|file| Scenario::read(file)).collect::<Result<Vec<_>, _>>()?;
    let (wechat, target) = context.wechat()?;
    let mut played = Vec::new();
    for scenario in &scenarios {
        played.push(play::play(&context.output, &wechat, &target, scenario).await);
    }
    if let Some(file) = &run.junit {
        write(file, &junit::report(&played))?;
    }
    let exit = played.iter().map(Played::exit).fold(Exit::Fine, Exit::worse);
    context.output.json(&json!({ "passed": exit == Exit::Fine, "scenarios": played }));
    Ok(exit)
}

fn write(file: &Path, report: &str) -> Result<(), Failure> {
    std::fs::write(file, report).map_err(|error| {
        let file = file.display();
        Failure::usage(format!("无法写入 {file}：{error}"), format!("{file} cannot be written: {error}"))
    })
}

/// What came of a scenario.
#[derive(Debug, Serialize)]
struct Played {
    name: String,
    file: String,
    passed: bool,
    steps: Vec<Step>,
}

impl Played {
    fn exit(&self) -> Exit {
        self.steps.iter().map(|step| step.exit).fold(Exit::Fine, Exit::worse)
    }
}

/// What came of a step.
#[derive(Debug, Serialize)]
struct Step {
    name: String,
    result: Outcome,
    took_ms: u64,
    /// What went wrong; empty where nothing did.
    failures: Vec<String>,
    #[serde(skip)]
    exit: Exit,
}

/// What came of a step, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Passed,
    Failed,
    /// The bot was not reached.
    Error,
    /// One before it did not reach the bot.
    Skipped,
}
