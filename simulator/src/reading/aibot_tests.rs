//! The answers of AI bots.

use CheckName as C;
use serde_json::json;

use super::*;

/// What these tests see fail.
pub(super) const FIRED: [CheckName; 7] =
    [C::Nonce, C::ReplyTo, C::StreamId, C::StreamFinish, C::StreamImages, C::FeedbackId, C::OneCard];

const NONCE: &str = "1514711492";

fn account() -> Account {
    let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    Account::aibot("QDG6eKxyrqUnkq3M", key).expect("an account")
}

/// The head of a message, of an event, or of a refresh.
fn head(push: &str) -> MessageHead {
    let message = match push {
        "text" => json!({ "msgid": "1", "aibotid": "aib1", "from": { "userid": "u" }, "msgtype": "text" }),
        "stream" => json!({ "msgid": "1", "msgtype": "stream", "stream": { "id": "s1" } }),
        event => json!({ "msgid": "1", "msgtype": "event", "event": { "eventtype": event } }),
    };
    let element = json::parse(&message.to_string()).expect("JSON");
    MessageHead { nonce: NONCE.to_owned(), ..MessageHead::of(&element) }
}

fn read(head: &MessageHead, body: &str) -> Reading {
    let answer = Answer { status: 200, headers: Vec::new(), body: body.to_owned().into(), truncated: false };
    super::read(&account(), head, &answer, Checks::default())
}

fn envelope(reply: &str, receive_id: &str) -> serde_json::Value {
    let account = account();
    let encrypt = cipher::seal(account.key(), receive_id, reply.as_bytes(), [7; 16]);
    let parts = [("timestamp", "1714036504"), ("nonce", NONCE), ("encrypt", encrypt.as_str())];
    let signature = Signature::new("msgsignature", account.token(), &parts).value;
    json!({ "encrypt": encrypt, "msgsignature": signature, "timestamp": 1_714_036_504, "nonce": NONCE })
}

fn failures_of(head: &MessageHead, body: &str) -> Vec<CheckName> {
    read(head, body).failures().map(|check| check.name).collect()
}

fn failures(push: &str, reply: &serde_json::Value) -> Vec<CheckName> {
    failures_of(&head(push), &envelope(&reply.to_string(), "").to_string())
}

fn stream(members: &serde_json::Value) -> serde_json::Value {
    let mut stream = json!({ "id": "s1", "finish": true, "content": "好" });
    if let (Some(stream), Some(members)) = (stream.as_object_mut(), members.as_object()) {
        stream.extend(members.clone());
    }
    json!({ "msgtype": "stream", "stream": stream })
}

fn card() -> serde_json::Value {
    json!({ "card_type": "text_notice", "main_title": { "title": "请假" } })
}

/// The start of a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

fn image(bytes: &[u8], md5: Option<&str>) -> serde_json::Value {
    use base64::Engine;
    use md5::Digest;
    let digest = md5::Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
    json!({ "msgtype": "image", "image": { "base64": base64, "md5": md5.unwrap_or(&digest) } })
}

#[test]
fn what_is_right_to_the_limit_passes() {
    let images: Vec<_> = std::iter::repeat_with(|| image(PNG, None)).take(10).collect();
    let with_card = |finish| json!({ "msgtype": "stream_with_template_card", "stream": { "id": "s1", "finish": finish, "content": "" }, "template_card": card() });
    for (push, reply) in [
        ("text", stream(&json!({}))),
        ("text", stream(&json!({ "content": "x".repeat(20_480), "finish": false }))),
        ("text", stream(&json!({ "feedback": { "id": "f".repeat(256) } }))),
        ("text", stream(&json!({ "msg_item": images }))),
        ("stream", stream(&json!({}))),
        ("stream", with_card(true)),
        ("text", with_card(false)),
        ("text", json!({ "msgtype": "template_card", "template_card": card() })),
        ("enter_chat", json!({ "msgtype": "template_card", "template_card": card() })),
        ("enter_chat", json!({ "msgtype": "text", "text": { "content": "欢迎" } })),
        ("template_card_event", json!({ "response_type": "update_template_card", "template_card": card() })),
    ] {
        assert_eq!(failures(push, &reply), [], "{push}: {reply}");
    }
}

#[test]
fn each_fault_of_a_reply_has_its_cause() {
    let images = |count| std::iter::repeat_with(|| image(PNG, None)).take(count).collect::<Vec<_>>();
    let update = json!({ "response_type": "update_template_card", "template_card": card() });
    let cards = json!({ "msgtype": "template_card", "template_card": card() });
    for (expected, push, reply) in [
        (C::MsgType, "text", json!({ "msgtype": "markdown", "markdown": { "content": "x" } })),
        (C::MsgType, "text", json!({ "msgtype": "update_template_card", "template_card": card() })),
        (C::ReplyTo, "text", json!({ "msgtype": "text", "text": { "content": "好" } })),
        (C::ReplyTo, "enter_chat", stream(&json!({}))),
        (C::ReplyTo, "feedback_event", json!({ "msgtype": "text", "text": { "content": "好" } })),
        (C::ReplyTo, "stream", cards.clone()),
        (C::ReplyTo, "text", update),
        (C::StreamId, "text", stream(&json!({ "id": "" }))),
        (C::StreamId, "stream", stream(&json!({ "id": "s2" }))),
        (C::StreamFinish, "text", stream(&json!({ "finish": "true" }))),
        (C::TextEmpty, "text", stream(&json!({ "content": 1 }))),
        (C::TextEmpty, "enter_chat", json!({ "msgtype": "text", "text": { "content": " " } })),
        (C::TextLength, "text", stream(&json!({ "content": "好".repeat(6_827) }))),
        (C::StreamImages, "text", stream(&json!({ "finish": false, "msg_item": images(1) }))),
        (C::StreamImages, "text", stream(&json!({ "msg_item": images(11) }))),
        (C::StreamImages, "text", stream(&json!({ "msg_item": [image(PNG, Some("0"))] }))),
        (C::StreamImages, "text", stream(&json!({ "msg_item": [image(b"GIF89a", None)] }))),
        (C::StreamImages, "text", stream(&json!({ "msg_item": [{ "msgtype": "text" }] }))),
        (C::FeedbackId, "text", stream(&json!({ "feedback": { "id": "f".repeat(257) } }))),
        (C::FeedbackId, "text", stream(&json!({ "feedback": {} }))),
        (
            C::FeedbackId,
            "text",
            json!({ "msgtype": "template_card", "template_card": { "card_type": "text_notice", "feedback": {} } }),
        ),
        (C::CardType, "text", json!({ "msgtype": "template_card", "template_card": { "card_type": "x" } })),
    ] {
        assert_eq!(failures(push, &reply), [expected], "{push}: {reply}");
    }
    let body = envelope(&cards.to_string(), "").to_string();
    let answered = MessageHead { has_card: true, ..head("text") };
    assert_eq!(failures_of(&answered, &body), [C::OneCard]);
}

#[test]
fn each_fault_of_an_envelope_has_its_cause() {
    let right = envelope(&stream(&json!({})).to_string(), "");
    let with = |name: &str, value: serde_json::Value| {
        let mut envelope = right.clone();
        envelope[name] = value;
        failures_of(&head("text"), &envelope.to_string())
    };
    assert_eq!(with("timestamp", json!("1714036504")), [C::Envelope]);
    assert_eq!(with("nonce", json!(1_514_711_492)), [C::Envelope]);
    assert_eq!(with("msgsignature", json!("0")), [C::MsgSignature]);
    assert_eq!(with("nonce", json!("1")), [C::Nonce, C::MsgSignature]);
    let upper = right.to_string().replace("\"encrypt\"", "\"Encrypt\"").replace("msgsig", "MsgSig");
    assert_eq!(failures_of(&head("text"), &upper), [C::Envelope]);
    let plain = stream(&json!({})).to_string();
    assert_eq!(failures_of(&head("text"), &plain), [C::Encrypted]);
    assert_eq!(failures_of(&head("text"), "success"), [C::Acknowledgement]);
    let with_id = envelope(&plain, "wx5823bf96d3bd56c7").to_string();
    assert_eq!(failures_of(&head("text"), &with_id), [C::AppId]);
    assert_eq!(failures_of(&head("text"), &envelope("{", "").to_string()), [C::InnerWellFormed]);
}

#[test]
fn an_empty_body_and_an_encrypted_empty_object_are_no_reply() {
    for push in ["text", "stream", "enter_chat", "feedback_event"] {
        for body in [String::new(), envelope("{}", "").to_string()] {
            assert_eq!(read(&head(push), &body).reply, Some(Reply::Acknowledgement));
        }
    }
}
