//! `run`: plays scenarios, each a conversation in TOML.

mod file;
mod junit;
mod play;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use wechat_sim::LocalizedText;

use crate::args::RunArgs;
use crate::context::Context;
use crate::dev::with_bot;
use crate::exit::{Exit, Failure};
use crate::texts;
use file::{Scenario, ScenarioFile};

pub(crate) async fn run(context: &Context, args: &RunArgs) -> Result<Exit, Failure> {
    // All are read before any is played, so that a mistake in the last one is reported at once.
    let files = args.files.iter().map(|file| ScenarioFile::read(file)).collect::<Result<Vec<_>, _>>()?;
    let context = &for_account_of(context, &files)?;
    let kind = context.credentials.kind();
    let scenarios = files.into_iter().map(|file| file.scenario(kind)).collect::<Result<Vec<_>, _>>()?;
    let report = args.junit.as_deref().map(Report::create).transpose()?;
    // Outside of the play, which ends early when the bot does.
    let results = Results::default();
    let played =
        with_bot(context, &args.bot, async |context| play_all(context, &scenarios, &results).await).await;
    let Some(report) = report else { return played };
    let reason = match &played {
        Ok(_) => texts::interrupted(),
        Err(failure) => failure.reason().clone(),
    };
    let results = completed(results.into_inner(), &scenarios, context.output.pick(&reason));
    let written = report.write(&results);
    played.and_then(|exit| written.map(|()| exit))
}

/// With the settings of the scenarios. They are played for one account, so none may contradict another, or the command line.
fn for_account_of(context: &Context, files: &[ScenarioFile]) -> Result<Context, Failure> {
    let mut context = context.clone();
    for file in files {
        let settings = file.settings()?;
        if let Some((name, given, wanted)) = context.credentials.contradiction(settings) {
            let path = file.path.display();
            return Err(Failure::usage(texts::scenario::another_account(&path, name, &wanted, &given)));
        }
        context.credentials = context.credentials.with_settings(settings);
    }
    Ok(context)
}

/// The results so far.
type Results = RefCell<Vec<ScenarioResult>>;

/// The file of the JUnit report. It is made before anything is played, so that nothing is played for a report that cannot
/// be written, and no report of an earlier run stays if this one is killed.
struct Report<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Report<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
        if let Some(folder) = folder {
            return Err(Failure::usage(texts::no_folder(&folder.display())));
        }
        let file = File::create(path).map_err(|error| Self::cannot_write(path, &error))?;
        Ok(Self { path, file })
    }

    fn write(mut self, results: &[ScenarioResult]) -> Result<(), Failure> {
        let written = self.file.write_all(junit::report(results).as_bytes());
        written.map_err(|error| Self::cannot_write(self.path, &error))
    }

    fn cannot_write(path: &Path, error: &io::Error) -> Failure {
        Failure::usage(texts::cannot_write(&path.display(), &LocalizedText::from(error)))
    }
}

/// The results with those of the steps that were not played, each with the reason as an error.
fn completed(mut results: Vec<ScenarioResult>, scenarios: &[Scenario], reason: &str) -> Vec<ScenarioResult> {
    for (index, scenario) in scenarios.iter().enumerate() {
        if results.len() == index {
            results.push(ScenarioResult::of(scenario));
        }
        let Some(result) = results.get_mut(index) else { continue };
        for step in scenario.steps.iter().skip(result.steps.len()) {
            result.push(StepResult {
                name: step.name.clone(),
                status: StepStatus::Error,
                took_ms: 0,
                failures: vec![reason.to_owned()],
                exit: Exit::Unreachable,
            });
        }
    }
    results
}

async fn play_all(context: &Context, scenarios: &[Scenario], results: &Results) -> Result<Exit, Failure> {
    let (wechat, target) = context.wechat()?;
    for scenario in scenarios {
        play::play(context, &wechat, &target, scenario, results).await;
    }
    let results = results.borrow();
    let exit = results.iter().map(ScenarioResult::exit).fold(Exit::Success, Exit::worse);
    context.output.json(&json!({ "passed": exit == Exit::Success, "scenarios": *results }));
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
    /// Of a scenario of which nothing was played.
    fn of(scenario: &Scenario) -> Self {
        let (name, file) = (scenario.name.clone(), scenario.file.display().to_string());
        Self { name, file, passed: true, steps: Vec::new() }
    }

    fn push(&mut self, step: StepResult) {
        self.passed &= step.status == StepStatus::Passed;
        self.steps.push(step);
    }

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
