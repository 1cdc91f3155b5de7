//! The answers of AI bots: an envelope in lower case, and replies of their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::Value;

use super::{MessageHead, Reader, start_of};
use crate::account_kind::MAX_STREAM_TEXT;
use crate::check::{CheckName, Checks};
use crate::reply::{CARD_TYPES, StreamState};
use crate::texts::check as texts;
use crate::xml::Element;
use crate::{Reply, Signature};

const MAX_IMAGES: usize = 10;
const MAX_IMAGE: usize = 10 * 1024 * 1024;
const MAX_FEEDBACK_ID: usize = 256;

/// The head of a message to an AI bot.
pub(super) fn head(message: &Element) -> MessageHead {
    let text = |name| message.get(name).unwrap_or_default().to_owned();
    let inside = |around, name| message.child(around).and_then(|around| around.get(name)).map(str::to_owned);
    let msg_type = text("msgtype");
    MessageHead {
        to: text("aibotid"),
        from: inside("from", "userid").unwrap_or_default(),
        event: (msg_type == "event").then(|| inside("event", "eventtype").unwrap_or_default()),
        stream_id: if msg_type == "stream" { inside("stream", "id") } else { None },
        msg_type,
        ..MessageHead::default()
    }
}

impl Reader<'_> {
    pub(super) fn aibot(&mut self, body: &str) -> Option<Reply> {
        if body.is_empty() {
            self.checks.note(CheckName::Acknowledgement, true, texts::empty());
            return Some(Reply::Acknowledgement);
        }
        if !body.trim_start().starts_with('{') {
            let detail = texts::neither_success_nor_document("JSON", &start_of(body));
            self.checks.note(CheckName::Acknowledgement, false, detail);
            return None;
        }
        let envelope = self.object(CheckName::WellFormed, body)?;
        let encrypted = envelope.get("encrypt").is_some() || envelope.get("Encrypt").is_some();
        let detail = if encrypted { texts::encrypted_reply() } else { texts::plain_in_safe_mode() };
        if !self.checks.note(CheckName::Encrypted, encrypted, detail) {
            *self.xml = Some(body.to_owned());
            return None;
        }
        let reply = self.open_bot(&envelope)?;
        if reply.as_object().is_some_and(serde_json::Map::is_empty) {
            self.checks.note(CheckName::Acknowledgement, true, texts::empty_object());
            return Some(Reply::Acknowledgement);
        }
        read(&reply, self.head, self.checks)
    }

    fn object(&mut self, name: CheckName, text: &str) -> Option<Value> {
        // Its error names the place.
        let element = self.well_formed(name, text)?;
        drop(element);
        serde_json::from_str(text).ok()
    }

    fn open_bot(&mut self, envelope: &Value) -> Option<Value> {
        let string = |name: &str| envelope.get(name).and_then(Value::as_str);
        let (encrypt, given, nonce) = (string("encrypt"), string("msgsignature"), string("nonce"));
        let timestamp = envelope.get("timestamp").and_then(Value::as_i64);
        let complete = encrypt.is_some() && given.is_some() && nonce.is_some() && timestamp.is_some();
        let detail = if complete { texts::bot_envelope() } else { texts::incomplete_bot_envelope() };
        self.checks.note(CheckName::Envelope, complete, detail);
        let (encrypt, given, nonce, timestamp) = (encrypt?, given?, nonce?, timestamp?.to_string());

        let right = nonce == self.head.nonce;
        let detail = if right { texts::same_nonce() } else { texts::another_nonce(nonce, &self.head.nonce) };
        self.checks.note(CheckName::Nonce, right, detail);
        let parts = [("timestamp", timestamp.as_str()), ("nonce", nonce), ("encrypt", encrypt)];
        let signature = Signature::new("msgsignature", self.account.token(), &parts);
        let right = signature.value == given;
        let detail = match right {
            true => texts::right_signature(),
            false => texts::wrong_signature(given, &signature.value),
        };
        self.checks.note(CheckName::MsgSignature, right, detail);
        *self.signature = Some(signature);
        let text = self.decrypt_text(encrypt)?;
        self.object(CheckName::InnerWellFormed, &text)
    }
}

/// Reads a reply and notes each check.
fn read(reply: &Value, head: &MessageHead, checks: &mut Checks) -> Option<Reply> {
    let update = reply.get("response_type").and_then(Value::as_str);
    let kind = update.or_else(|| reply.get("msgtype")?.as_str()).unwrap_or_default();
    let known = ["stream", "stream_with_template_card", "template_card", "text", "update_template_card"];
    let right = known.contains(&kind) && (kind == "update_template_card") == update.is_some();
    let detail = if right { texts::has("msgtype", kind) } else { texts::unknown_bot_reply(kind) };
    if !checks.note(CheckName::MsgType, right, detail) || !fits(kind, head, checks) {
        return None;
    }
    match kind {
        "text" => text(reply, checks),
        "template_card" => Some(Reply::BotCard { card: card(reply, head, checks)? }),
        "update_template_card" => {
            let listed = reply.get("userids").and_then(Value::as_array).into_iter().flatten();
            let userids = listed.filter_map(|id| id.as_str().map(str::to_owned)).collect();
            Some(Reply::UpdateBotCard { userids, card: card(reply, head, checks)? })
        }
        _ => {
            let stream = stream(reply.get("stream").unwrap_or(&Value::Null), head, checks);
            let has_card = kind == "stream_with_template_card" && reply.get("template_card").is_some();
            let card = if has_card { Some(card(reply, head, checks)?) } else { None };
            stream.map(|stream| Reply::Stream { stream, card })
        }
    }
}

/// Whether the push can be answered with this.
fn fits(kind: &str, head: &MessageHead, checks: &mut Checks) -> bool {
    let event = head.event.as_deref();
    let right = match (kind, event) {
        ("text", event) => event == Some("enter_chat"),
        ("update_template_card", event) => event == Some("template_card_event"),
        ("template_card", event) => {
            head.stream_id.is_none() && event.is_none_or(|event| event == "enter_chat")
        }
        (_, event) => event.is_none(),
    };
    let push = event.unwrap_or(&head.msg_type);
    let detail = match kind {
        _ if right => texts::has("msgtype", kind),
        "text" if event.is_none() => texts::text_to_message(),
        "update_template_card" => texts::no_bot_card_to_update(),
        _ => texts::bot_reply_of_another_push(kind, push),
    };
    checks.note(CheckName::ReplyTo, right, detail)
}

fn text(reply: &Value, checks: &mut Checks) -> Option<Reply> {
    let content = reply.pointer("/text/content").and_then(Value::as_str).unwrap_or_default();
    let present = !content.trim().is_empty();
    let detail = if present { texts::text_present() } else { texts::text_empty() };
    let present = checks.note(CheckName::TextEmpty, present, detail);
    (length(content, checks) && present).then(|| Reply::Text { content: content.to_owned() })
}

fn length(content: &str, checks: &mut Checks) -> bool {
    let detail = texts::text_length(content.len(), MAX_STREAM_TEXT);
    checks.note(CheckName::TextLength, content.len() <= MAX_STREAM_TEXT, detail)
}

fn card(reply: &Value, head: &MessageHead, checks: &mut Checks) -> Option<Value> {
    let card = reply.get("template_card");
    let kind = card.and_then(|card| card.get("card_type")?.as_str()).unwrap_or_default();
    let known = CARD_TYPES.contains(&kind);
    let detail = match known {
        true => texts::bot_card_type(kind),
        false => texts::unknown_bot_card_type(kind, &CARD_TYPES.join(", ")),
    };
    checks.note(CheckName::CardType, known, detail);
    let _ = card.and_then(|card| feedback_id(card, checks));
    if head.event.is_none() {
        let detail = if head.has_card { texts::second_card() } else { texts::first_card() };
        checks.note(CheckName::OneCard, !head.has_card, detail);
    }
    card.filter(|_| known).cloned()
}

fn stream(stream: &Value, head: &MessageHead, checks: &mut Checks) -> Option<StreamState> {
    let id = stream.get("id").and_then(Value::as_str).unwrap_or_default();
    let (right, detail) = match &head.stream_id {
        _ if id.is_empty() => (false, texts::no_stream_id()),
        Some(expected) if expected != id => (false, texts::another_stream_id(id, expected)),
        _ => (true, texts::stream_id(id)),
    };
    let has_id = checks.note(CheckName::StreamId, right, detail);
    let finish = stream.get("finish").and_then(Value::as_bool);
    let detail = finish.map_or_else(texts::no_stream_finish, texts::stream_finish);
    checks.note(CheckName::StreamFinish, finish.is_some(), detail);
    let content = match stream.get("content") {
        None => Some(""),
        Some(content) => content.as_str(),
    };
    let detail = if content.is_some() { texts::stream_content() } else { texts::no_stream_content() };
    checks.note(CheckName::TextEmpty, content.is_some(), detail);
    let (finish, content) = (finish?, content?);
    let short = length(content, checks);
    let feedback_id = feedback_id(stream, checks);
    let images = images(stream, finish, checks)?;
    (has_id && short).then(|| StreamState {
        id: id.to_owned(),
        content: content.to_owned(),
        is_finished: finish,
        feedback_id,
        images,
    })
}

fn feedback_id(stream: &Value, checks: &mut Checks) -> Option<String> {
    let feedback = stream.get("feedback")?;
    let id = feedback.get("id").and_then(Value::as_str).unwrap_or_default();
    let right = (1..=MAX_FEEDBACK_ID).contains(&id.len());
    let detail = if right { texts::feedback_id() } else { texts::wrong_feedback_id() };
    checks.note(CheckName::FeedbackId, right, detail).then(|| id.to_owned())
}

/// The pictures in base64, or `None` if they are not right.
fn images(stream: &Value, finish: bool, checks: &mut Checks) -> Option<Vec<String>> {
    let Some(items) = stream.get("msg_item").and_then(Value::as_array).filter(|items| !items.is_empty())
    else {
        return Some(Vec::new());
    };
    let wrong = |at: &(usize, &Value)| image(at.1).err().map(|detail| detail(at.0 + 1));
    let detail = match items.iter().enumerate().find_map(|at| wrong(&at)) {
        _ if !finish => Some(texts::images_before_finish()),
        _ if items.len() > MAX_IMAGES => Some(texts::too_many_images(items.len())),
        detail => detail,
    };
    let right = detail.is_none();
    let detail = detail.unwrap_or_else(|| texts::stream_images(items.len()));
    let base64 = |item: &Value| item.pointer("/image/base64")?.as_str().map(str::to_owned);
    checks.note(CheckName::StreamImages, right, detail).then(|| items.iter().filter_map(base64).collect())
}

/// What is wrong with the picture, as a text that takes its number.
fn image(item: &Value) -> Result<(), fn(usize) -> crate::LocalizedText> {
    let text = |pointer| item.pointer(pointer).and_then(Value::as_str);
    let (Some("image"), Some(base64), Some(md5)) =
        (text("/msgtype"), text("/image/base64"), text("/image/md5"))
    else {
        return Err(texts::wrong_image);
    };
    let bytes = STANDARD.decode(base64).map_err(|_| texts::wrong_image as fn(usize) -> _)?;
    let digest: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if !md5.eq_ignore_ascii_case(&digest) {
        return Err(texts::wrong_image);
    }
    let is_picture = bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    if bytes.len() > MAX_IMAGE || !is_picture {
        return Err(texts::no_picture);
    }
    Ok(())
}
