use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use wechat_sim::Message;
use wechat_sim::attack::Attack;

use crate::duration::HumanDuration;
use crate::exit::Failure;
use crate::expectations::Expectations;
use crate::{attacks, compose, texts};

/// A conversation: steps, which are played one after another.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    Push {
        fan: String,
        message: Message,
        expect: Expectations,
    },
    Wait(Duration),
    /// The URL verification, with the expected diagnosis.
    Verify(String),
    Attack(Vec<&'static Attack>),
}

impl Scenario {
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let wrong = |reason: &str| {
            let reason = format!("{}: {reason}", file.display());
            Failure::usage(texts::untranslated(&reason))
        };
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
        let entry: ScenarioEntry = toml::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let name = entry.name.unwrap_or_else(|| stem.into_owned());
        if entry.steps.is_empty() {
            return Err(wrong("there is no [[step]]"));
        }
        let mut fan = "小明".to_owned();
        let mut steps = Vec::new();
        for (index, step) in entry.steps.into_iter().enumerate() {
            if let Some(named) = &step.fan {
                named.clone_into(&mut fan);
            }
            let folder = file.parent().unwrap_or_else(|| Path::new(""));
            steps.push(
                step.read(&fan, folder).map_err(|reason| wrong(&format!("step {}: {reason}", index + 1)))?,
            );
        }
        Ok(Self { name, file: file.to_owned(), steps })
    }
}

/// A scenario as it is in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioEntry {
    name: Option<String>,
    #[serde(default, rename = "step")]
    steps: Vec<StepEntry>,
}

/// A step as it is in the file. Exactly one of the actions is present.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepEntry {
    name: Option<String>,
    /// The sender; by default the one of the step before.
    fan: Option<String>,

    text: Option<String>,
    /// A `MsgType`, with its content in `value`.
    send: Option<String>,
    event: Option<String>,
    raw: Option<String>,
    raw_file: Option<PathBuf>,
    wait: Option<HumanDuration>,
    verify: Option<ExpectedDiagnosis>,
    attack: Option<OneOrMany>,

    value: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, FieldValue>,
    #[serde(default)]
    expect: Expectations,
}

/// `true`, or the expected diagnosis.
#[derive(Deserialize)]
#[serde(untagged)]
enum ExpectedDiagnosis {
    Verified(bool),
    Named(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// The value of a field. In a push every value is text.
#[derive(Deserialize)]
#[serde(untagged)]
enum FieldValue {
    Text(String),
    Integer(i64),
    Float(f64),
}

impl FieldValue {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
        }
    }
}

/// A part of a step, with a description that becomes the step's name unless it has one.
struct Described<T>(T, String);

impl StepEntry {
    fn read(mut self, fan: &str, folder: &Path) -> Result<Step, String> {
        let name = self.name.take();
        let expect = std::mem::take(&mut self.expect);
        let fields = std::mem::take(&mut self.fields).into_iter();
        let fields: Vec<_> = fields.map(|(path, value)| (path, value.into_text())).collect();
        let messages = self.messages(&fields, folder)?;
        if messages.is_empty() && (!fields.is_empty() || !expect.is_empty()) {
            return Err("`fields` and `expect` go with a message or an event".to_owned());
        }
        let pushes = messages.into_iter().map(|Described(message, description)| {
            let action = Action::Push { fan: fan.to_owned(), message, expect: expect.clone() };
            Described(action, format!("{fan}: {description}"))
        });
        let mut actions: Vec<_> = pushes.chain(self.other_actions()?).collect();
        let (Some(Described(action, description)), true) = (actions.pop(), actions.is_empty()) else {
            return Err("there is exactly one of text, send, event, raw, raw_file, wait, verify and attack"
                .to_owned());
        };
        Ok(Step { name: name.unwrap_or(description), action })
    }

    /// The messages and events to push.
    fn messages(
        &mut self,
        fields: &[(String, String)],
        folder: &Path,
    ) -> Result<Vec<Described<Message>>, String> {
        let message = |kind: &str, value: Option<&str>| {
            compose::message(kind, value, fields).map_err(|failure| failure.to_string())
        };
        let mut messages = Vec::new();
        if let Some(text) = self.text.take() {
            messages.push(Described(message("text", Some(&text))?, text));
        }
        let value = self.value.take();
        if let Some(kind) = self.send.take() {
            let description = format!("[{kind}] {}", value.as_deref().unwrap_or_default());
            let message = message(&kind, value.as_deref())?;
            messages.push(Described(message, description.trim_end().to_owned()));
        } else if value.is_some() {
            return Err("`value` goes with `send`".to_owned());
        }
        if let Some(event) = self.event.take() {
            messages.push(Described(compose::event(&event, fields), format!("<{event}>")));
        }
        if (self.raw.is_some() || self.raw_file.is_some()) && !fields.is_empty() {
            return Err("raw XML has no `fields`".to_owned());
        }
        if let Some(xml) = self.raw.take() {
            messages.push(Described(Message::raw(xml), "[XML]".to_owned()));
        }
        if let Some(file) = self.raw_file.take() {
            let xml = std::fs::read_to_string(folder.join(&file));
            let xml = xml.map_err(|error| format!("{}: {error}", file.display()))?;
            messages.push(Described(Message::raw(xml), format!("[{}]", file.display())));
        }
        Ok(messages)
    }

    /// The actions that push nothing.
    fn other_actions(self) -> Result<Vec<Described<Action>>, String> {
        let mut actions = Vec::new();
        if let Some(HumanDuration(time)) = self.wait {
            actions.push(Described(Action::Wait(time), format!("wait {time:?}")));
        }
        if let Some(expected) = self.verify {
            let diagnosis = match expected {
                ExpectedDiagnosis::Verified(true) => "verified".to_owned(),
                ExpectedDiagnosis::Verified(false) => {
                    return Err("`verify` is true, or a diagnosis".to_owned());
                }
                ExpectedDiagnosis::Named(diagnosis) => diagnosis,
            };
            let description = format!("verify: {diagnosis}");
            actions.push(Described(Action::Verify(diagnosis), description));
        }
        if let Some(names) = self.attack {
            let names = match names {
                OneOrMany::One(name) => vec![name],
                OneOrMany::Many(names) => names,
            };
            let attacks = attacks::named(&names).map_err(|failure| failure.to_string())?;
            actions.push(Described(Action::Attack(attacks), format!("attack {}", names.join(", "))));
        }
        Ok(actions)
    }
}
