use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use wechat_sim::attack::Attack;
use wechat_sim::handshake::DIAGNOSES;
use wechat_sim::{AccountKind, DEFAULT_FAN, LocalizedText, Message};

use crate::credentials::Settings;
use crate::duration::HumanDuration;
use crate::exit::Failure;
use crate::expectations::Expectations;
use crate::suggest::{listed, nearest};
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

/// A scenario that is read, but not yet checked for an account of some kind.
pub(super) struct ScenarioFile {
    pub(super) path: PathBuf,
    entry: ScenarioEntry,
}

impl ScenarioFile {
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let shown = file.display();
        let text = std::fs::read_to_string(file);
        let text =
            text.map_err(|error| Failure::usage(texts::cannot_read(&shown, &LocalizedText::from(&error))))?;
        let entry: ScenarioEntry = toml::from_str(&text).map_err(|error| {
            let known = expect_without_table(&text);
            Failure::usage(match known {
                Some((number, reason)) => texts::scenario::in_step(&shown, number, &reason),
                None => texts::scenario::not_toml(&shown, error.to_string().trim_end()),
            })
        })?;
        if entry.steps.is_empty() {
            return Err(Failure::usage(texts::scenario::no_step(&shown)));
        }
        Ok(Self { path: file.to_owned(), entry })
    }

    /// What it says about the account.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let ScenarioEntry { kind, format, mode, .. } = &self.entry;
        Ok(Settings {
            kind: kind.as_deref().map(str::parse).transpose()?,
            format: format.as_deref().map(str::parse).transpose()?,
            mode: mode.as_deref().map(str::parse).transpose()?,
        })
    }

    /// The scenario for an account of this kind.
    pub(super) fn scenario(self, account: AccountKind) -> Result<Scenario, Failure> {
        let Self { path: file, entry } = self;
        let shown = file.display();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let name = entry.name.unwrap_or_else(|| stem.into_owned());
        let mut fan = DEFAULT_FAN.to_owned();
        let mut steps = Vec::new();
        for (index, step) in entry.steps.into_iter().enumerate() {
            if let Some(named) = &step.fan {
                named.clone_into(&mut fan);
            }
            let folder = file.parent().unwrap_or_else(|| Path::new(""));
            let step = step.read(account, &fan, folder);
            steps.push(
                step.map_err(|reason| Failure::usage(texts::scenario::in_step(&shown, index + 1, &reason)))?,
            );
        }
        Ok(Scenario { name, file: file.clone(), steps })
    }
}

/// The number of the first step whose `expect` is not a table, and what to write instead.
fn expect_without_table(text: &str) -> Option<(usize, LocalizedText)> {
    let scenario: toml::Table = toml::from_str(text).ok()?;
    let steps = scenario.get("step")?.as_array()?;
    let index = steps.iter().position(|step| step.get("expect").is_some_and(|expect| !expect.is_table()))?;
    let expect = steps.get(index)?.get("expect")?;
    // A string in JSON is one in TOML.
    let example = serde_json::Value::from(expect.as_str().unwrap_or("…")).to_string();
    Some((index + 1, texts::scenario::expect_is_a_table(&example)))
}

/// A scenario as it is in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioEntry {
    name: Option<String>,
    kind: Option<String>,
    format: Option<String>,
    mode: Option<String>,
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
    /// Attacks that `attack` leaves out.
    except: Option<OneOrMany>,

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

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name],
            Self::Many(names) => names,
        }
    }
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
    fn read(mut self, account: AccountKind, fan: &str, folder: &Path) -> Result<Step, LocalizedText> {
        let name = self.name.take();
        let expect = std::mem::take(&mut self.expect);
        let fields = std::mem::take(&mut self.fields).into_iter();
        let fields: Vec<_> = fields.map(|(path, value)| (path, value.into_text())).collect();
        let messages = self.messages(account, &fields, folder)?;
        if messages.is_empty() && (!fields.is_empty() || !expect.is_empty()) {
            return Err(texts::scenario::nothing_to_expect_of());
        }
        let pushes = messages.into_iter().map(|Described(message, description)| {
            let action = Action::Push { fan: fan.to_owned(), message, expect: expect.clone() };
            Described(action, format!("{fan}: {description}"))
        });
        let mut actions: Vec<_> = pushes.chain(self.other_actions()?).collect();
        let (Some(Described(action, description)), true) = (actions.pop(), actions.is_empty()) else {
            return Err(texts::scenario::not_one_action());
        };
        Ok(Step { name: name.unwrap_or(description), action })
    }

    /// The messages and events to push.
    fn messages(
        &mut self,
        account: AccountKind,
        fields: &[(String, String)],
        folder: &Path,
    ) -> Result<Vec<Described<Message>>, LocalizedText> {
        let message = |kind: &str, value: Option<&str>| {
            compose::message(account, kind, value, fields).map_err(|error| error.text())
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
            return Err(texts::scenario::value_without_send());
        }
        if let Some(event) = self.event.take() {
            let message = compose::event(account, &event, fields).map_err(|error| error.text())?;
            messages.push(Described(message, format!("<{event}>")));
        }
        if (self.raw.is_some() || self.raw_file.is_some()) && !fields.is_empty() {
            return Err(texts::scenario::raw_with_fields());
        }
        if let Some(xml) = self.raw.take() {
            messages.push(Described(Message::raw(xml), "[XML]".to_owned()));
        }
        if let Some(file) = self.raw_file.take() {
            let xml = std::fs::read_to_string(folder.join(&file));
            let xml =
                xml.map_err(|error| texts::cannot_read(&file.display(), &LocalizedText::from(&error)))?;
            messages.push(Described(Message::raw(xml), format!("[{}]", file.display())));
        }
        Ok(messages)
    }

    /// The actions that push nothing.
    fn other_actions(self) -> Result<Vec<Described<Action>>, LocalizedText> {
        let mut actions = Vec::new();
        if let Some(HumanDuration(time)) = self.wait {
            actions.push(Described(Action::Wait(time), format!("wait {time:?}")));
        }
        if let Some(expected) = self.verify {
            let diagnosis = match expected {
                ExpectedDiagnosis::Verified(true) => "verified".to_owned(),
                ExpectedDiagnosis::Verified(false) => {
                    return Err(texts::scenario::verify_false());
                }
                ExpectedDiagnosis::Named(diagnosis) => known_diagnosis(diagnosis)?,
            };
            let description = format!("verify: {diagnosis}");
            actions.push(Described(Action::Verify(diagnosis), description));
        }
        let except = self.except.map(OneOrMany::into_vec);
        if let Some(names) = self.attack {
            let (names, except) = (names.into_vec(), except.unwrap_or_default());
            let attacks = attacks::named(&names).and_then(|mut attacks| {
                attacks::leave_out(&mut attacks, &except)?;
                Ok(attacks)
            });
            let attacks = attacks.map_err(|failure| failure.reason().clone())?;
            let mut description = format!("attack {}", names.join(", "));
            if !except.is_empty() {
                description = format!("{description} except {}", except.join(", "));
            }
            actions.push(Described(Action::Attack(attacks), description));
        } else if except.is_some() {
            return Err(texts::scenario::except_without_attack());
        }
        Ok(actions)
    }
}

/// The name, if there is a diagnosis with it.
fn known_diagnosis(name: String) -> Result<String, LocalizedText> {
    if DIAGNOSES.contains(&name.as_str()) {
        return Ok(name);
    }
    let known = DIAGNOSES.join(", ");
    Err(match &nearest(&name, DIAGNOSES.iter().copied())[..] {
        [] => texts::scenario::no_such_diagnosis(&name, &known),
        meant => texts::scenario::no_such_diagnosis_but(&name, &listed(meant), &known),
    })
}
