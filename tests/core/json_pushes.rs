//! Pushes in JSON: verified exactly as those in XML, and read into the same messages.

use crate::support;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{MODES, Push, Wechat};
use wechat_callback::message::{Content, Event};
use wechat_callback::{
    Callback, DataFormat, DecryptError, JsonError, OpenError, Opened, SecurityMode, Timestamp, TransferReply,
    XmlError,
};

const TEXT: &str = r#"{"ToUserName":"gh_1ea4fc76af61","FromUserName":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
    "CreateTime":1714036504,"MsgType":"text","Content":"你\/好\n","MsgId":9246801357913570171}"#;

fn callback(wechat: &Wechat) -> Callback {
    let builder = Callback::builder(&wechat.app_id, &wechat.token).mode(wechat.mode).format(DataFormat::Json);
    let builder = match wechat.mode {
        SecurityMode::Plain => builder,
        _ => builder.encoding_aes_key(&wechat.encoding_aes_key),
    };
    builder.build().expect("an account")
}

/// The push of `json` in the wechat's mode.
fn push(wechat: &Wechat, json: &str) -> Push {
    let encrypt = wechat.encrypt(json);
    let signed = wechat.push_encrypted(&encrypt, support::now(), "1514711492");
    let body = match wechat.mode {
        SecurityMode::Plain => json.to_owned(),
        SecurityMode::Safe => format!(r#"{{"ToUserName":"gh_1ea4fc76af61","Encrypt":"{encrypt}"}}"#),
        // The fields of the message and `Encrypt` in one object.
        SecurityMode::Compatible => {
            let (rest, _) = json.rsplit_once('}').expect("an object");
            format!(r#"{rest},"Encrypt":"{encrypt}"}}"#)
        }
    };
    Push { query: signed.query, body: body.into_bytes() }
}

fn open(wechat: &Wechat, json: &str) -> Result<Opened, OpenError> {
    let Push { query, body } = push(wechat, json);
    callback(wechat).open(&query, &body)
}

#[test]
fn a_text_is_opened_in_every_mode() {
    for mode in MODES {
        let opened = open(&Wechat::new(mode), TEXT).expect("a push");
        assert_eq!(opened.message.text(), Some("你/好\n"), "{mode}");
        assert_eq!(opened.message.openid(), Some("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"));
        assert_eq!(opened.message.head.created, Some(Timestamp::from_secs(1_714_036_504)));
        // Above 2^53 and above 2^63: never a floating-point number.
        assert_eq!(
            opened.message.head.id.as_ref().map(wechat_callback::message::Id::as_str),
            Some("9246801357913570171")
        );
        assert!(opened.plaintext.starts_with(r#"{"ToUserName":"gh_1ea4fc76af61","FromUserName""#));
        assert!(opened.delivery_key().is_some());
    }
}

#[test]
fn json_without_its_signature_is_never_opened() {
    for mode in MODES {
        let wechat = Wechat::new(mode);
        let Push { query, body } = push(&wechat, TEXT);
        let parameter = if mode == SecurityMode::Plain { "signature" } else { "msg_signature" };
        let at = query.find(&format!("{parameter}=")).expect("the parameter") + parameter.len() + 1;
        let mut changed = query.clone();
        let digit = if query[at..].starts_with('0') { "1" } else { "0" };
        changed.replace_range(at..=at, digit);
        let refused = callback(&wechat).open(&changed, &body).expect_err("a wrong signature");
        assert_eq!(refused, OpenError::Signature { parameter });
        let without: Vec<_> = query.split('&').filter(|part| !part.starts_with(parameter)).collect();
        let refused = callback(&wechat).open(&without.join("&"), &body).expect_err("no signature");
        assert_eq!(refused, OpenError::SignatureMissing { parameter });
    }
}

#[test]
fn a_changed_body_is_refused_where_a_signature_covers_it() {
    for mode in support::ENCRYPTED_MODES {
        let wechat = Wechat::new(mode);
        let Push { query, body } = push(&wechat, TEXT);
        let other = push(&wechat, &TEXT.replace("你", "我"));
        assert!(matches!(callback(&wechat).open(&query, &other.body), Err(OpenError::Signature { .. })));
        let body = String::from_utf8(body).expect("UTF-8");
        for doubled in ["Encrypt", "encrypt", "ENCRYPT"] {
            let twice = body.replacen('{', &format!(r#"{{"{doubled}":"x","#), 1);
            let refused = callback(&wechat).open(&query, twice.as_bytes());
            assert_eq!(refused.err(), Some(OpenError::Json(JsonError::Doubled("Encrypt"))), "{doubled}");
        }
    }
}

#[test]
fn keys_of_an_envelope_are_read_in_any_case() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let Push { query, body } = push(&wechat, &TEXT.replace("ToUserName", " tousername"));
    let body = String::from_utf8(body).expect("UTF-8").replace("Encrypt", "encrypt");
    let opened = callback(&wechat).open(&query, body.as_bytes()).expect("a push");
    assert_eq!(opened.message.head.to.as_deref(), Some("gh_1ea4fc76af61"));
}

#[test]
fn the_other_format_is_refused_and_the_setting_is_named() {
    for mode in MODES {
        let wechat = Wechat::new(mode);
        let xml = wechat.push(&support::text("你好"));
        let refused = callback(&wechat).open(&xml.query, &xml.body).expect_err("XML");
        assert_eq!(refused, OpenError::Json(JsonError::Xml), "{mode}");
        assert_eq!(refused.status(), 400);

        let Push { query, body } = push(&wechat, TEXT);
        let refused = wechat.callback().open(&query, &body).expect_err("JSON");
        assert_eq!(refused, OpenError::Xml(XmlError::Json), "{mode}");
        for reason in [JsonError::Xml.to_string(), XmlError::Json.to_string()] {
            assert!(reason.contains("数据格式"), "{reason}");
        }
    }
    // Rightly encrypted, in the wrong format: as any failure after the signature.
    let wechat = Wechat::new(SecurityMode::Safe);
    let refused = open(&wechat, &support::text("你好")).expect_err("XML inside");
    assert_eq!(refused, OpenError::Decrypt(DecryptError::Json(JsonError::Xml)));
    assert_eq!(refused.status(), 403);
}

#[test]
fn an_encrypted_body_in_plain_mode_and_a_plain_one_in_an_encrypted_mode_are_refused() {
    let (plain, safe) = (Wechat::new(SecurityMode::Plain), Wechat::new(SecurityMode::Safe));
    let Push { query, body } = push(&safe, TEXT);
    assert_eq!(callback(&plain).open(&query, &body).err(), Some(OpenError::Encrypted));
    let refused = callback(&safe).open(&query, TEXT.as_bytes()).err();
    assert_eq!(refused, Some(OpenError::Unencrypted { mode: SecurityMode::Safe }));
}

#[test]
fn an_event_without_a_wrapper_and_an_unknown_one_are_read() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let event = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":"1620973045","MsgType":"event",
        "Event":"some_future_event","order_info":{"order_id":"1","list":[{"a":1.50},{"a":true},null]}}"#;
    let opened = open(&wechat, event).expect("an event");
    assert!(
        matches!(&opened.message.content, Content::Event(Event::Unknown { name }) if name == "some_future_event")
    );
    assert_eq!(opened.message.head.created, Some(Timestamp::from_secs(1_620_973_045)));
    let order = opened.message.fields().field("order_info").expect("an object").fields();
    let items: Vec<_> = order.all("list").map(|item| item.fields().get("a")).collect();
    assert_eq!(items, [Some("1.50"), Some("true"), None]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Whatever is in it, a text of a reply is a text to another reader, and the reply has its members and no others.
    #[test]
    fn no_text_breaks_out_of_a_reply_in_json(user in any::<String>(), agent in any::<String>(), mode in 0..3_usize) {
        let wechat = Wechat::new(MODES[mode]);
        let pushed = json!({
            "ToUserName": "gh_1", "FromUserName": user, "CreateTime": 1_714_036_504, "MsgType": "text",
            "Content": "x", "MsgId": 1,
        });
        let opened = open(&wechat, &pushed.to_string()).expect("a push");
        prop_assume!(!user.is_empty());
        let Ok(sealed) = opened.context.seal(TransferReply::to_agent(&agent)) else {
            // WeChat takes no blank account.
            prop_assert!(!agent.chars().any(|char| char.is_ascii_graphic()));
            return Ok(());
        };
        let mut reply: Value = serde_json::from_str(&sealed.body).expect("JSON");
        if let Some(encrypt) = reply["Encrypt"].as_str() {
            reply = serde_json::from_str(&wechat.decrypt(encrypt)).expect("JSON");
        }
        let created = reply["CreateTime"].clone();
        prop_assert!(created.is_i64());
        prop_assert_eq!(reply, json!({
            "ToUserName": user, "FromUserName": "gh_1", "CreateTime": created, "MsgType": "transfer_customer_service",
            "TransInfo": { "KfAccount": agent },
        }));
    }
}
