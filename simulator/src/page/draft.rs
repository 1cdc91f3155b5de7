//! What the browser sends for a fan.

use serde::Deserialize;

use super::refusal::Refusal;
use crate::catalogue::{self, Kind};
use crate::{AccountKind, Message};

/// What a fan sends: a message or an event with its fields, or raw XML. It is not checked yet.
#[derive(Clone, Deserialize)]
pub(super) struct Draft {
    #[serde(default)]
    pub(super) fan: String,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) event: Option<String>,
    #[serde(default)]
    pub(super) fields: Vec<(String, String)>,
    pub(super) raw: Option<String>,
    /// What it is sent to.
    #[serde(skip)]
    pub(super) account: AccountKind,
}

impl Draft {
    /// Its kind in the catalogue, if that has all of its fields.
    pub(super) fn catalogued(&self) -> Option<&'static Kind> {
        let kind = match (&self.raw, &self.event, &self.kind) {
            (None, Some(event), _) => catalogue::event_of(self.account, event),
            (None, None, Some(kind)) => catalogue::message_of(self.account, kind),
            _ => None,
        };
        kind.filter(|kind| self.fields.iter().all(|(path, _)| kind.has_field(path)))
    }

    pub(super) fn message(&self) -> Result<Message, Refusal> {
        let message = match (&self.raw, &self.event, &self.kind) {
            (Some(xml), None, None) => return Ok(Message::raw(xml)),
            (None, Some(event), None) if is_element_name(event) => {
                let kind = catalogue::event_of(self.account, event);
                kind.map_or_else(|| Message::event(event), Message::new)
            }
            (None, None, Some(kind)) if is_element_name(kind) => {
                let found = catalogue::message_of(self.account, kind);
                found.map_or_else(|| Message::of_type(kind), Message::new)
            }
            _ => return Err(Refusal::UnknownKind),
        };
        if self.fields.len() > 64 || !self.fields.iter().all(|(path, _)| path.split('.').all(is_element_name))
        {
            return Err(Refusal::BadFieldName);
        }
        Ok(self.fields.iter().fold(message, |message, (path, value)| message.field(path, value)))
    }
}

/// Whether it can be the name of an element, since it is not escaped in the XML.
fn is_element_name(text: &str) -> bool {
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(of_name)
}
