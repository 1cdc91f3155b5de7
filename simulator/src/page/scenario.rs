//! A conversation as a scenario in TOML, which `wechat-sim run` plays.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::record::Record;
use crate::{Account, AccountKind, Reply, Shown};

/// The messages that are done, each with what the user saw as its expectation.
#[derive(Serialize)]
pub(super) struct Scenario {
    /// How many steps there are. Without one it cannot be played.
    steps: usize,
    toml: String,
}

impl Scenario {
    /// The scenario of this conversation.
    pub(super) fn of<'r>(account: &Account, name: &str, records: impl Iterator<Item = &'r Record>) -> Self {
        let mut toml = format!(
            "# Exported from the page of wechat-sim. To play it: wechat-sim run FILE\nname = {}\n",
            quoted(name)
        );
        if account.kind() != AccountKind::Official {
            let (kind, format) = (account.kind(), account.format());
            let _ = writeln!(toml, "kind = {}\nformat = {}", quoted(kind.name()), quoted(format.name()));
        }
        let (mut steps, mut fan) = (0, "");
        for record in records {
            let Some((shown, deliveries)) = record.result() else { continue };
            toml.push_str("\n[[step]]\n");
            if record.draft().fan != fan {
                fan = &record.draft().fan;
                let _ = writeln!(toml, "fan = {}", quoted(fan));
            }
            toml.push_str(&action(record));
            toml.push_str(&expectation(shown, deliveries));
            steps += 1;
        }
        Self { steps, toml }
    }
}

/// What the fan sends. What the catalogue lacks is sent as the XML that it was.
fn action(record: &Record) -> String {
    let draft = record.draft();
    let Some(kind) = draft.catalogued() else {
        return format!("raw = {}\n", quoted_lines(draft.raw.as_deref().unwrap_or(record.xml())));
    };
    let mut fields: BTreeMap<_, _> = draft.fields.iter().map(|(path, value)| (&**path, &**value)).collect();
    let message = match (kind.event(), kind.name()) {
        (Some(event), _) => format!("event = {}\n", quoted(event)),
        (None, "text") if fields.contains_key("Content") => {
            format!("text = {}\n", quoted(fields.remove("Content").unwrap_or_default()))
        }
        (None, name) => format!("send = {}\n", quoted(name)),
    };
    if fields.is_empty() {
        return message;
    }
    let fields = fields.iter().map(|(path, value)| format!("{} = {}", quoted(path), quoted(value)));
    format!("{message}fields = {{ {} }}\n", fields.collect::<Vec<_>>().join(", "))
}

fn expectation(shown: &Shown, deliveries: usize) -> String {
    let shown = match shown {
        Shown::Nothing | Shown::Reply { reply: Reply::Acknowledgement } => "nothing = true".to_owned(),
        Shown::FailureNotice => "failure_notice = true".to_owned(),
        Shown::Reply { reply: Reply::Text { content } } => format!("text = {}", quoted(content)),
        Shown::Reply { reply } => format!("kind = {}", quoted(kind_of(reply))),
    };
    match deliveries {
        0 | 1 => format!("expect = {{ {shown} }}\n"),
        more => format!("expect = {{ {shown}, deliveries = {more} }}\n"),
    }
}

/// The kind of a reply, as a scenario names it.
const fn kind_of(reply: &Reply) -> &'static str {
    match reply {
        Reply::Acknowledgement => "nothing",
        Reply::Text { .. } => "text",
        Reply::Image { .. } => "image",
        Reply::Voice { .. } => "voice",
        Reply::Video { .. } => "video",
        Reply::Music { .. } => "music",
        Reply::News { .. } => "news",
        Reply::Transfer { .. } => "transfer",
        Reply::TransferToAi => "transfer_to_ai",
        Reply::UpdateButton { .. } => "update_button",
        Reply::UpdateTaskCard { .. } => "update_task_card",
        Reply::UpdateTemplateCard { .. } => "update_template_card",
        Reply::Stream { .. } => "stream",
        Reply::BotCard { .. } => "bot_card",
        Reply::UpdateBotCard { .. } => "update_bot_card",
    }
}

/// A basic string. What TOML wants escaped is what JSON wants escaped, and DEL.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', r"\u007F")
}

/// A basic string of several lines, each as a line of the file.
fn quoted_lines(text: &str) -> String {
    let lines = text.split('\n').map(quoted);
    let lines = lines.map(|line| line.get(1..line.len() - 1).unwrap_or_default().to_owned());
    format!("\"\"\"\n{}\"\"\"", lines.collect::<Vec<_>>().join("\n"))
}
