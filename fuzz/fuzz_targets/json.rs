//! JSON: a message or a reply that was written is read back as what it was.
//!
//! An input that begins with `{` is JSON; any other is the XML of a message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_callback::{Message, Reply};

fn check_message(message: &Message) {
    let json = serde_json::to_string(message).expect("JSON");
    assert!(serde_json::from_str::<Message>(&json).expect("what it wrote itself") == *message, "{json}");
    let value = serde_json::to_value(message).expect("JSON");
    assert!(serde_json::from_value::<Message>(value).expect("what it wrote itself") == *message, "{json}");
}

fn check_reply(reply: &Reply) {
    let json = serde_json::to_string(reply).expect("JSON");
    assert!(serde_json::from_str::<Reply>(&json).expect("what it wrote itself") == *reply, "{json}");
    let value = serde_json::to_value(reply).expect("JSON");
    assert!(serde_json::from_value::<Reply>(value).expect("what it wrote itself") == *reply, "{json}");
}

/// A message that is made of the content of another has the same content.
fn check_made(message: &Message) {
    let made = Message::new(message.content.clone());
    assert!(made.content == message.content, "{:?}", made.fields());
    check_message(&made);
}

fuzz_target!(|text: &str| {
    if text.starts_with('{') {
        if let Ok(message) = serde_json::from_str::<Message>(text) {
            check_message(&message);
        }
        if let Ok(reply) = serde_json::from_str::<Reply>(text) {
            check_reply(&reply);
        }
    } else if let Ok(message) = Message::from_xml(text) {
        check_message(&message);
        check_made(&message);
    }
});
