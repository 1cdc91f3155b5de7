//! Opening a push, in the three modes.
//!
//! An input is a query string, a line break, and a body. It is opened as it is; with a query that is signed for it; and
//! encrypted and signed. So the fuzzer gets past the signature.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wechat_callback::fuzzing::encrypted_text;
use wechat_callback::{
    DecryptError, Message, OpenError, Opened, SealError, SecurityMode, TextReply, XmlError,
};
use wechat_callback_fuzz::{APP_ID, MODES, NOW, callback, encrypt, envelope, signed_query};

/// The message that is pushed in `xml` to the account.
fn pushed(xml: &str) -> Result<Message, XmlError> {
    Message::from_xml(xml).map(|message| message.to_account(APP_ID))
}

/// A request from anybody.
fn open_as_it_is(mode: SecurityMode, query: &str, body: &[u8]) {
    let callback = callback(mode);
    let opened = callback.open_at(query, body, NOW);
    let opened_raw = callback.open_raw_at(query, body, NOW);
    match &opened {
        Ok(opened) => {
            let xml = opened_raw.expect("what opens is verified").plaintext;
            assert_eq!(xml, opened.plaintext);
            assert!(pushed(&xml).expect("what opens is a message") == opened.message);
        }
        Err(refusal) => assert!([400, 403].contains(&refusal.status()), "{refusal:?}"),
    }
    let _ = callback.verify_url_at(query, NOW);
    let checked = callback.check_query_at(query, NOW);
    assert!(checked.is_ok() || opened.is_err(), "opened with a query that is refused");
    // These say nothing of the body, so they are known without it.
    if let Err(
        refusal @ (OpenError::Query(_)
        | OpenError::Stale { .. }
        | OpenError::Signature { parameter: "signature" }
        | OpenError::SignatureMissing { parameter: "signature" }),
    ) = opened
    {
        assert_eq!(checked, Err(refusal));
    }
}

/// A request from somebody who has the Token, with what stands in its `Encrypt` signed.
fn open_signed(mode: SecurityMode, body: &[u8]) {
    let text = str::from_utf8(body);
    let encrypted = text.map(encrypted_text);
    let signed = encrypted.as_ref().ok().and_then(|read| read.as_ref().ok()?.as_deref());
    let query = signed_query(signed.unwrap_or_default());
    let opened = callback(mode).open_at(&query, body, NOW);
    let expected = match (mode, text, &encrypted) {
        (_, Err(_), _) | (_, _, Err(_)) => Err(OpenError::Utf8),
        (SecurityMode::Plain, Ok(text), _) => match (pushed(text), &opened) {
            (Ok(message), Err(OpenError::Encrypted)) => {
                assert!(signed.is_some() && ["", "system"].contains(&message.content.kind()));
                Err(OpenError::Encrypted)
            }
            (message, _) => message.map_err(OpenError::Xml),
        },
        (_, _, Ok(Err(error))) => Err(OpenError::Xml(error.clone())),
        (mode, _, Ok(Ok(None))) => Err(OpenError::Unencrypted { mode }),
        (_, _, Ok(Ok(Some(_)))) => match &opened {
            Err(error @ OpenError::Decrypt(_)) => Err(error.clone()),
            opened => {
                pushed(&opened.as_ref().expect("only decryption fails").plaintext).map_err(OpenError::Xml)
            }
        },
    };
    check(opened, expected);
}

/// A request from somebody who has the Token and the key.
fn open_encrypted(mode: SecurityMode, message: &[u8]) {
    let encrypted = encrypt(message);
    let body = envelope(&encrypted);
    let expected = match str::from_utf8(message).map(pushed) {
        Err(_) => Err(DecryptError::Utf8.into()),
        Ok(message) => message.map_err(|error| DecryptError::Xml(error).into()),
    };
    check(callback(mode).open_at(&signed_query(&encrypted), body.as_bytes(), NOW), expected);
    let refused = callback(mode).open_at(&signed_query("AAAA"), body.as_bytes(), NOW);
    assert_eq!(refused.err(), Some(OpenError::Signature { parameter: "msg_signature" }));
}

fn check(opened: Result<Opened, OpenError>, expected: Result<Message, OpenError>) {
    match (opened, expected) {
        (Ok(opened), Ok(message)) => {
            assert!(opened.message == message);
            assert_eq!(opened.delivery_key(), opened.delivery_key());
            check_reply(&opened);
        }
        (opened, expected) => assert_eq!(opened.err(), expected.err()),
    }
}

/// A text as XML can hold it.
fn held(text: Option<&str>) -> String {
    let is_dropped = |char: char| matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let kept: String = text.unwrap_or_default().chars().filter(|char| !is_dropped(*char)).collect();
    kept.replace("\r\n", "\n").replace('\r', "\n")
}

/// A reply opens as a message to the sender.
fn check_reply(push: &Opened) {
    let head = &push.message.head;
    let sealed = push.context.seal_at(TextReply::literal("1 < 2"), NOW, *b"0123456789abcdef");
    let (Some(from), Some(to)) = (head.from.as_deref(), head.to.as_deref()) else {
        return assert!(sealed.is_err(), "sealed without a recipient");
    };
    if push.message.system().is_some() {
        return assert_eq!(sealed.err(), Some(SealError::ToSystemEvent));
    }
    let body = sealed.expect("a recipient").body;
    let encrypted = encrypted_text(&body).expect("XML");
    let (mode, query) = match &encrypted {
        Some(encrypted) => (SecurityMode::Safe, signed_query(encrypted)),
        None => (SecurityMode::Plain, signed_query("")),
    };
    let reply = callback(mode).open_at(&query, body.as_bytes(), NOW).expect("what it sealed itself").message;
    assert_eq!(reply.text(), Some("1 &lt; 2"));
    assert_eq!(reply.fields().count(), 5);
    assert_eq!(held(reply.head.to.as_deref()), held(Some(from)));
    assert_eq!(held(reply.head.from.as_deref()), held(Some(to)));
}

fuzz_target!(|input: &[u8]| {
    let line = input.iter().position(|byte| *byte == b'\n');
    let (query, body) = input.split_at(line.unwrap_or(input.len()));
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    for mode in MODES {
        if let Ok(query) = str::from_utf8(query) {
            open_as_it_is(mode, query, body);
        }
        open_signed(mode, body);
        if mode != SecurityMode::Plain {
            open_encrypted(mode, body);
        }
    }
});
