use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use wechat_sim::Message;
use wechat_sim::attack::Attack;

use crate::exit::Failure;
use crate::expectation::Expectations;
use crate::span::Span;
use crate::{attack, message};

/// A conversation: what fans do, one after another, and what is expected of each.
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
    /// The URL verification, and what is to come of it.
    Verify(String),
    Attack(Vec<&'static Attack>),
}

impl Scenario {
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let wrong = |reason: &str| {
            let reason = format!("{}: {reason}", file.display());
            Failure::usage(reason.clone(), reason)
        };
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
        let written: Written = toml::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let name = written.name.unwrap_or_else(|| stem.into_owned());
        if written.steps.is_empty() {
            return Err(wrong("there is no [[step]]"));
        }
        let mut fan = "小明".to_owned();
        let mut steps = Vec::new();
        for (index, step) in written.steps.into_iter().enumerate() {
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

/// A scenario as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    #[serde(default, rename = "step")]
    steps: Vec<WrittenStep>,
}

/// A step as it is written: exactly one of what can be done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    name: Option<String>,
    /// Who does it; the fan of the step before, unless it is named.
    fan: Option<String>,

    text: Option<String>,
    /// A `MsgType`, with what it says in `value`.
    send: Option<String>,
    event: Option<String>,
    raw: Option<String>,
    raw_file: Option<PathBuf>,
    wait: Option<Span>,
    verify: Option<Verify>,
    attack: Option<OneOrMany>,

    value: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, Value>,
    #[serde(default)]
    expect: Expectations,
}

/// `true`, or the diagnosis that is expected.
#[derive(Deserialize)]
#[serde(untagged)]
enum Verify {
    Asked(bool),
    Diagnosis(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A field's value: WeChat's are all text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Whole(i64),
    Fraction(f64),
}

impl Value {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
            Self::Fraction(number) => number.to_string(),
        }
    }
}

impl WrittenStep {
    fn read(self, fan: &str, folder: &Path) -> Result<Step, String> {
        let Self {
            name, text, send, event, raw, raw_file, wait, verify, attack, value, fields, expect, ..
        } = self;
        let fields: Vec<_> = fields.into_iter().map(|(path, value)| (path, value.into_text())).collect();
        let has_fields = !fields.is_empty();
        let message = |kind: &str, value: Option<&str>| {
            message::message(kind, value, &fields).map_err(|failure| failure.to_string())
        };
        let mut said = Vec::new();
        let mut messages = Vec::new();
        let mut others = Vec::new();
        if let Some(text) = text {
            messages.push(message("text", Some(&text))?);
            said.push(text);
        }
        if let Some(kind) = send {
            messages.push(message(&kind, value.as_deref())?);
            said.push(format!("[{kind}] {}", value.as_deref().unwrap_or_default()).trim_end().to_owned());
        } else if value.is_some() {
            return Err("`value` goes with `send`".to_owned());
        }
        if let Some(event) = event {
            messages.push(message::event(&event, &fields));
            said.push(format!("<{event}>"));
        }
        if (raw.is_some() || raw_file.is_some()) && has_fields {
            return Err("raw XML has no `fields`".to_owned());
        }
        if let Some(xml) = raw {
            messages.push(Message::raw(xml));
            said.push("[XML]".to_owned());
        }
        if let Some(file) = raw_file {
            let xml = std::fs::read_to_string(folder.join(&file));
            messages.push(Message::raw(xml.map_err(|error| format!("{}: {error}", file.display()))?));
            said.push(format!("[{}]", file.display()));
        }
        if let Some(Span(time)) = wait {
            others.push(Action::Wait(time));
            said.push(format!("wait {time:?}"));
        }
        if let Some(verify) = verify {
            let diagnosis = match verify {
                Verify::Asked(true) => "verified".to_owned(),
                Verify::Asked(false) => return Err("`verify` is true, or a diagnosis".to_owned()),
                Verify::Diagnosis(diagnosis) => diagnosis,
            };
            said.push(format!("verify: {diagnosis}"));
            others.push(Action::Verify(diagnosis));
        }
        if let Some(names) = attack {
            let names = match names {
                OneOrMany::One(name) => vec![name],
                OneOrMany::Many(names) => names,
            };
            others.push(Action::Attack(attack::named(&names).map_err(|failure| failure.to_string())?));
            said.push(format!("attack {}", names.join(", ")));
        }

        let pushes = !messages.is_empty();
        if !pushes && (has_fields || !expect.is_empty()) {
            return Err("`fields` and `expect` go with a message or an event".to_owned());
        }
        let pushed = |message| Action::Push { fan: fan.to_owned(), message, expect: expect.clone() };
        let mut actions: Vec<_> = messages.into_iter().map(pushed).chain(others).collect();
        let (Some(action), true) = (actions.pop(), actions.is_empty()) else {
            return Err("there is exactly one of text, send, event, raw, raw_file, wait, verify and attack"
                .to_owned());
        };
        let said = said.concat();
        let name = name.unwrap_or_else(|| if pushes { format!("{fan}: {said}") } else { said });
        Ok(Step { name, action })
    }
}
