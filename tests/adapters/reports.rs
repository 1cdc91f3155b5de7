//! What users of other libraries reported in public: each push is to be read, and answered, as it was meant.

use crate::support;

use serde_json::Value;
use support::deliveries::{App, Heard, Refused, Stage, Success, USER, on_both};
use support::{MODES, Push, fresh, now, text};
use wechat_callback::{Message, Reply, SecurityMode, TextReply};

/// `name`, and what the message says at each path as JSON; `ack` where nobody could be answered.
const EXPECTED: &str = include_str!("../fixtures/reports/expected.tsv");

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/reports/{name}.xml", env!("CARGO_MANIFEST_DIR"));
    let xml = std::fs::read_to_string(path).expect("a fixture");
    xml.replace("{NOW}", &now().to_string()).replace("{ID}", &fresh().to_string())
}

/// Every push is answered with itself.
async fn inspect(stage: &Stage) -> App {
    let inspect = async |message: Message| {
        let json = serde_json::to_string(&message).expect("JSON");
        Reply::from(message.openid().map(|_| TextReply::literal(&json)))
    };
    stage.middleware().around(inspect).await
}

fn at<'v>(json: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(json, |value, name| &value[name])
}

#[test]
fn each_reported_push_is_read_as_it_was_meant() {
    for mode in MODES {
        on_both(mode, async |stage| {
            let app = inspect(&stage).await;
            for line in EXPECTED.lines().filter(|line| !line.starts_with('#')) {
                let (name, expected) = line.split_once('\t').expect("a name and what is expected");
                let heard = app.ask(stage.wechat.push(&fixture(name))).await;
                if expected == "ack" {
                    assert_eq!(heard, Success, "{name}");
                    continue;
                }
                let Heard::Text(shown) = heard else { panic!("{name}: {heard:?}") };
                let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                let shown: Value = serde_json::from_str(&shown).expect("JSON");
                for (path, value) in expected.split('\t').filter_map(|pair| pair.split_once('=')) {
                    let found = at(&shown, path);
                    let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
                    assert_eq!(found, value, "{name}: {path}");
                }
            }
        });
    }
}

/// The console's URL may have parameters of its own with names that WeChat adds too.
#[test]
fn parameters_of_the_urls_own_that_nothing_hangs_on_change_neither_a_verification_nor_a_push() {
    for mode in MODES {
        on_both(mode, async |stage| {
            let app = inspect(&stage).await;
            for own in ["openid=o1", "encrypt_type=AES", "appid=wx1", "c_id=21"] {
                let verification = stage.wechat.signed_query(now(), &fresh().to_string());
                let verified = app.verify(&format!("{own}&{verification}&echostr=42")).await;
                assert_eq!(verified, (200, "42".to_owned()), "{own}");
                let Push { query, body } = stage.wechat.push(&text("hi"));
                let heard = app.ask(Push { query: format!("{own}&{query}"), body }).await;
                assert!(matches!(heard, Heard::Text(_)), "{own}: {heard:?}");
            }
        });
    }
}

#[test]
fn two_pushes_without_msgid_of_one_user_in_one_second_are_both_handled() {
    for mode in MODES {
        on_both(mode, async |stage| {
            let app = inspect(&stage).await;
            let device = |event: &str, id: &str| {
                format!(
                    "<xml><ToUserName><![CDATA[gh_1ea4fc76af61]]></ToUserName>\
                     <FromUserName><![CDATA[{USER}]]></FromUserName><CreateTime>1714036504</CreateTime>\
                     <MsgType><![CDATA[device_event]]></MsgType><Event><![CDATA[{event}]]></Event>\
                     <DeviceID><![CDATA[{id}]]></DeviceID><SessionID>0</SessionID></xml>"
                )
            };
            let mut heard = Vec::new();
            for (event, id) in [("bind", "d1"), ("subscribe_status", "d1"), ("bind", "d2")] {
                heard.push(app.ask(stage.wechat.push(&device(event, id))).await);
            }
            assert!(heard[0] != heard[1] && heard[0] != heard[2] && heard[1] != heard[2]);
            // And a repeat is a repeat.
            assert_eq!(app.ask(stage.wechat.push(&device("bind", "d1"))).await, heard[0]);
        });
    }
}

#[test]
fn four_requests_with_the_very_same_query_get_one_and_the_same_reply() {
    for mode in MODES {
        on_both(mode, async |stage| {
            let app = inspect(&stage).await;
            let push = stage.wechat.push(&text("one run"));
            let first = app.ask(push.clone()).await;
            assert!(matches!(first, Heard::Text(_)));
            for _ in 0..3 {
                assert_eq!(app.ask(push.clone()).await, first);
            }
        });
    }
}

#[test]
fn json_is_refused_in_every_mode() {
    for mode in MODES {
        on_both(mode, async |stage| {
            let app = inspect(&stage).await;
            let json = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1,"MsgType":"text"}"#;
            let status = if mode == SecurityMode::Plain { 400 } else { 403 };
            assert_eq!(app.ask(stage.wechat.push(json)).await, Refused(status));
        });
    }
}
