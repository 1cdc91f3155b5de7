//! Reads an answer as WeChat does. Each step is a check.

mod aibot;

use serde::Serialize;

use crate::check::{Check, CheckName, Checks};
use crate::cipher::{self, CipherError};
use crate::texts::check as texts;
use crate::xml::Element;
use crate::{Account, AccountKind, Answer, DataFormat, Mode, Reply, Signature, json, reply};

/// An answer as WeChat reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reading {
    /// The checks that were made, in order. A check that fails can be the last.
    pub checks: Vec<Check>,
    /// How the signature of an encrypted reply should have been computed.
    pub signature: Option<Signature>,
    /// The reply's XML or JSON, decrypted.
    pub xml: Option<String>,
    /// The reply, if every check passed.
    pub reply: Option<Reply>,
}

impl Reading {
    /// Whether every check passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// The checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }
}

/// The head of a pushed message: what a reply has to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageHead {
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) msg_type: String,
    /// The event's name, or the `InfoType` of a system event.
    pub(crate) event: Option<String>,
    /// A system event of a platform or a suite: no user sent it.
    pub(crate) system: bool,
    pub(crate) agent_id: String,
    /// The nonce of the push, which an AI bot's answer repeats.
    pub(crate) nonce: String,
    /// What an AI bot's answer to a refresh has to name.
    pub(crate) stream_id: Option<String>,
    /// Whether the message of a refresh has been answered with a card.
    pub(crate) has_card: bool,
}

impl MessageHead {
    /// What is missing in the message is empty: raw XML can be anything.
    pub(crate) fn of(message: &Element) -> Self {
        if message.child("MsgType").is_none() && message.child("msgtype").is_some() {
            return aibot::head(message);
        }
        let text = |name| message.get(name).unwrap_or_default().to_owned();
        let msg_type = text("MsgType");
        let system = msg_type.is_empty() && message.get("InfoType").is_some();
        let event = match system {
            true => Some(text("InfoType")),
            false => (msg_type == "event").then(|| text("Event")),
        };
        let (to, from, agent_id) = (text("ToUserName"), text("FromUserName"), text("AgentID"));
        Self { to, from, msg_type, event, system, agent_id, ..Self::default() }
    }

    /// Whether it is the event of a card (模板卡片) in `WeCom`.
    pub(crate) fn is_of_a_card(&self) -> bool {
        let events = ["template_card_event", "template_card_menu_event", "taskcard_click"];
        self.event.as_deref().is_some_and(|event| events.contains(&event))
    }

    pub(crate) fn is_unfollow(&self) -> bool {
        self.event.as_deref().is_some_and(|event| event.eq_ignore_ascii_case("unsubscribe"))
    }
}

/// Reads an answer that arrived in time.
pub(crate) fn read(account: &Account, head: &MessageHead, answer: &Answer, mut checks: Checks) -> Reading {
    let (mut signature, mut xml) = (None, None);
    let reply =
        Reader { account, head, checks: &mut checks, signature: &mut signature, xml: &mut xml }.read(answer);
    let reply = reply.filter(|_| checks.all_passed());
    Reading { checks: checks.0, signature, xml, reply }
}

struct Reader<'a> {
    account: &'a Account,
    head: &'a MessageHead,
    checks: &'a mut Checks,
    signature: &'a mut Option<Signature>,
    xml: &'a mut Option<String>,
}

impl Reader<'_> {
    fn read(&mut self, answer: &Answer) -> Option<Reply> {
        let status = answer.status;
        // What else is wrong with an error page tells nothing.
        if !self.checks.note(CheckName::Status, status == 200, texts::http_status(status)) {
            return None;
        }
        let length = answer.body.len();
        let detail = match answer.truncated {
            true => texts::body_too_long(length),
            false => texts::body_length(length),
        };
        if !self.checks.note(CheckName::Size, !answer.truncated, detail) {
            return None;
        }
        let body = self.text(&answer.body)?;
        if self.account.kind() == AccountKind::AiBot {
            return self.aibot(body);
        }
        if self.head.system {
            return self.system_event(body);
        }
        // In every mode it is plain text, without quotes.
        if body.is_empty() || self.is_success(body) {
            let detail = if body.is_empty() { texts::empty() } else { texts::success() };
            self.checks.note(CheckName::Acknowledgement, true, detail);
            return Some(Reply::Acknowledgement);
        }
        let outer = self.parse(body)?;
        let reply = match outer.child("Encrypt").is_some() {
            true => self.open(&outer)?,
            false => {
                *self.xml = Some(body.to_owned());
                self.plain();
                outer
            }
        };
        self.check_head(&reply);
        reply::read(self.account.kind(), &reply, self.head, self.checks)
    }

    /// `success`. Mini-programs are told to write it in capitals, too.
    fn is_success(&self, body: &str) -> bool {
        body == "success" || (self.account.kind().only_transfers() && body == "SUCCESS")
    }

    /// A system event of a platform or a suite has one right answer.
    fn system_event(&mut self, body: &str) -> Option<Reply> {
        let right = body == "success";
        let detail = if right { texts::success() } else { texts::not_success(&start_of(body)) };
        let right = self.checks.note(CheckName::Acknowledgement, right, detail);
        right.then_some(Reply::Acknowledgement)
    }

    fn text<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b str> {
        let (text, detail) = match str::from_utf8(bytes) {
            Err(_) => (None, texts::not_utf8()),
            Ok(text) if text.starts_with('\u{feff}') => (None, texts::byte_order_mark()),
            Ok(text) => (Some(text), texts::utf8()),
        };
        self.checks.note(CheckName::Utf8, text.is_some(), detail);
        text
    }

    /// An answer that is neither `success` nor a document is most often meant to be `success`.
    fn parse(&mut self, body: &str) -> Option<Element> {
        let format = self.account.format();
        let start = body.trim_start();
        if start.starts_with(['<', '{']) {
            return self.well_formed(CheckName::WellFormed, body);
        }
        let detail = match body.trim().trim_matches(['"', '\'']) {
            "success" => texts::success_not_bare(),
            _ => texts::neither_success_nor_document(format.title(), &start_of(body)),
        };
        self.checks.note(CheckName::Acknowledgement, false, detail);
        None
    }

    fn well_formed(&mut self, name: CheckName, text: &str) -> Option<Element> {
        let (element, detail) = match self.account.format() {
            DataFormat::Json if text.trim_start().starts_with('<') => (None, texts::xml_for_json()),
            DataFormat::Xml if text.trim_start().starts_with('{') => (None, texts::json_for_xml()),
            DataFormat::Json => match json::parse(text) {
                Ok(object) => (Some(object), texts::well_formed_json()),
                Err(error) => (None, texts::not_well_formed_json(&error.text())),
            },
            DataFormat::Xml => match Element::parse(text) {
                Ok(element) if element.name == "xml" => (Some(element), texts::well_formed()),
                Ok(element) => (None, texts::wrong_root(&element.name)),
                Err(error) => (None, texts::not_well_formed(&error.text())),
            },
        };
        self.checks.note(name, element.is_some(), detail);
        element
    }

    /// In compatible mode WeChat accepts a plain reply, too.
    fn plain(&mut self) {
        let right = self.account.mode() != Mode::Safe;
        let detail = if right { texts::plain_reply() } else { texts::plain_in_safe_mode() };
        self.checks.note(CheckName::Encrypted, right, detail);
    }

    /// Opens an envelope.
    fn open(&mut self, envelope: &Element) -> Option<Element> {
        let encrypted = self.account.mode().is_encrypted();
        let detail = if encrypted { texts::encrypted_reply() } else { texts::encrypted_in_plain_mode() };
        if !self.checks.note(CheckName::Encrypted, encrypted, detail) {
            return None;
        }
        let [encrypt, given, timestamp, nonce] =
            ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map(|name| envelope.get(name));
        let is_json = self.account.format() == DataFormat::Json;
        let is_string = |name| envelope.child(name).is_some_and(|child| child.cdata);
        let typed = !is_json || (is_string("Nonce") && !is_string("TimeStamp"));
        let is_number = timestamp.is_some_and(|text| text.parse::<i64>().is_ok());
        let complete = encrypt.is_some() && given.is_some() && nonce.is_some() && is_number && typed;
        let detail = match complete {
            true => texts::complete_envelope(),
            false if is_json => texts::incomplete_json_envelope(),
            false => texts::incomplete_envelope(),
        };
        self.checks.note(CheckName::Envelope, complete, detail);
        let (encrypt, given) = (encrypt.unwrap_or_default(), given.unwrap_or_default());
        let (timestamp, nonce) = (timestamp.unwrap_or_default(), nonce.unwrap_or_default());

        let parts = [("timestamp", timestamp), ("nonce", nonce), ("encrypt", encrypt)];
        let signature = Signature::new("MsgSignature", self.account.token(), &parts);
        let right = signature.value == given;
        let detail = match right {
            true => texts::right_signature(),
            false => texts::wrong_signature(given, &signature.value),
        };
        self.checks.note(CheckName::MsgSignature, right, detail);
        *self.signature = Some(signature);
        self.decrypt(encrypt)
    }

    fn decrypt(&mut self, encrypt: &str) -> Option<Element> {
        let xml = self.decrypt_text(encrypt)?;
        self.well_formed(CheckName::InnerWellFormed, &xml)
    }

    /// Decrypts a reply that is not empty.
    fn decrypt_text(&mut self, encrypt: &str) -> Option<String> {
        let opened = cipher::open(self.account.key(), encrypt);
        let detail = match &opened {
            Ok(_) => texts::decrypted(),
            Err(CipherError::Base64) => texts::not_base64(),
            Err(CipherError::Blocks) => texts::not_whole_blocks(),
            Err(CipherError::Padding) => texts::wrong_padding(),
            Err(CipherError::Length) => texts::wrong_length_field(),
        };
        self.checks.note(CheckName::Decryption, opened.is_ok(), detail);
        let opened = opened.ok()?;
        let (found, own) = (String::from_utf8_lossy(&opened.app_id), self.account.receive_id(self.head));
        let id_name = self.account.kind().id_name();
        let detail = match found == own {
            true => texts::right_app_id(id_name, own),
            false => texts::wrong_app_id(id_name, &found, own),
        };
        self.checks.note(CheckName::AppId, found == own, detail);
        let xml = String::from_utf8_lossy(&opened.message).into_owned();
        *self.xml = Some(xml.clone());
        if xml.trim().is_empty() {
            self.checks.note(CheckName::InnerWellFormed, false, texts::decrypted_empty());
            return None;
        }
        Some(xml)
    }

    fn check_head(&mut self, reply: &Element) {
        // Sender and receiver are those of the push, swapped.
        for (check, name, expected) in [
            (CheckName::ToUserName, "ToUserName", &self.head.from),
            (CheckName::FromUserName, "FromUserName", &self.head.to),
        ] {
            let found = reply.get(name).unwrap_or_default();
            let right = found == expected && !found.is_empty();
            let detail = match right {
                true => texts::has(name, found),
                false => texts::has_another(name, found, expected),
            };
            self.checks.note(check, right, detail);
        }
        let time = reply.get("CreateTime").unwrap_or_default();
        let right = time.parse::<i64>().is_ok();
        let detail = match right {
            true => texts::has("CreateTime", time),
            false => texts::not_a_number("CreateTime", time),
        };
        self.checks.note(CheckName::CreateTime, right, detail);
    }
}

/// The beginning of an answer, to show it.
fn start_of(body: &str) -> String {
    body.chars().take(40).collect()
}

#[cfg(test)]
mod aibot_tests;
#[cfg(test)]
mod kind_tests;
#[cfg(test)]
mod tests;
