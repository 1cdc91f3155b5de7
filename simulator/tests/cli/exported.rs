//! A conversation on the page, exported as a scenario and played by `run`.
#![cfg(feature = "page")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wechat_sim::page::Page;
use wechat_sim::{Account, Mode};

use crate::bots::{bot, serve_with};
use crate::scenarios::Scenario;
use crate::sim::{Done, account};

/// Serves a page until the tests end.
fn page(account: &Account, bot_url: &str) -> SocketAddr {
    let page = Page::new(account.clone(), bot_url.to_owned());
    serve_with(async move |listener| page.serve(listener).await.expect("served"))
}

/// Posts a request like one of the page's own script.
fn post(page: SocketAddr, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut stream = TcpStream::connect(page).expect("it listens");
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: {page}\r\norigin: http://{page}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, json) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    serde_json::from_str(json).expect("JSON")
}

/// Sends these messages one after another, and returns the scenario of them.
fn exported(page: SocketAddr, messages: &[Value]) -> String {
    for (index, message) in messages.iter().enumerate() {
        post(page, "/api/send", message);
        let since = Instant::now();
        while post(page, "/api/scenario", &json!({}))["steps"] != index + 1 {
            assert!(since.elapsed() < Duration::from_secs(30), "{message} is not done");
            thread::sleep(Duration::from_millis(5));
        }
    }
    post(page, "/api/scenario", &json!({}))["toml"].as_str().expect("TOML").to_owned()
}

const HOSTILE: [&str; 9] = [
    "\"quoted\" and 'quoted' and \\back\\slashed\\",
    "\"\"\"\n'''\n\"\"\"\"",
    "a]]>b]]></Content><Content>",
    "第一行\n第二行\r\n\t第三行",
    "\u{1}\u{8}\u{b}\u{c}\u{1b}\u{7f}\u{85}\u{2028}",
    "\\u0041 \\n # no comment",
    "[[step]]\ntext = \"x\"",
    "😀 {\"a\": 1} ${HOME} `id`",
    " with spaces around ",
];

#[test]
fn an_exported_conversation_is_played_by_run_against_the_same_bot() {
    let account = account(Mode::Safe);
    let bot = bot(&account);
    let page = page(&account, &bot);
    let openid = wechat_sim::Wechat::new(account.clone()).openid("小明");
    let raw = format!(
        "<xml><ToUserName>a</ToUserName><FromUserName>{openid}</FromUserName>\n<CreateTime>1</CreateTime>\n\
         <MsgType>text</MsgType><Content><![CDATA[\"\\]]]></Content><MsgId>1</MsgId></xml>"
    );
    let text = |fan: &str, text: &str| json!({"fan": fan, "type": "text", "fields": [["Content", text]]});
    let mut messages = vec![
        json!({"fan": "小明", "event": "subscribe"}),
        text("小明", "你好"),
        json!({"fan": "小明", "type": "text", "fields": [["Content", "1"], ["bizmsgmenuid", "2"]]}),
        json!({"fan": "阿花", "type": "image"}),
        json!({"fan": "阿花", "event": "CLICK", "fields": [["EventKey", "MENU_TODAY"]]}),
        json!({"fan": "阿花", "event": "scancode_push", "fields": [["ScanCodeInfo.ScanResult", "\"a\nb"]]}),
        json!({"fan": "阿花", "event": "unsubscribe"}),
        json!({"fan": "小明", "event": "click", "fields": [["EventKey", "MENU_TODAY"]]}),
        json!({"fan": "小明", "type": "text", "fields": [["Contents", "2"]]}),
        json!({"fan": "小明", "type": "sticker", "fields": [["Sticker", "1"]]}),
        json!({"fan": "小明", "raw": raw}),
        json!({"fan": "小明", "raw": "<xml><MsgType>text"}),
        text("小明", "慢 6"),
    ];
    messages.extend(HOSTILE.map(|hostile| text("小明", hostile)));
    let toml = exported(page, &messages);
    for line in [
        "event = \"subscribe\"\nexpect = { text = \"欢迎关注！\" }\n",
        "\n[[step]]\ntext = \"你好\"\nexpect = { text = \"你说：你好\" }\n",
        "text = \"1\"\nfields = { \"bizmsgmenuid\" = \"2\" }\n",
        "\n[[step]]\nfan = \"阿花\"\nsend = \"image\"\n",
        "event = \"CLICK\"\nfields = { \"EventKey\" = \"MENU_TODAY\" }\nexpect = { kind = \"news\" }\n",
        "event = \"unsubscribe\"\nexpect = { nothing = true }\n",
        "deliveries = 2 }\n",
        "raw = \"\"\"\n<xml><ToUserName>a</ToUserName>",
        "[[step]]\nfan = \"小明\"\nevent = \"CLICK\"\n",
        "<Contents><![CDATA[2]]></Contents>",
    ] {
        assert!(toml.contains(line), "{line} in {toml}");
    }
    let scenario = Scenario::new("exported.toml", &toml);
    let json = Done::at(&account, &bot, &["run", "--json", scenario.path()]).exits(0).json();
    let steps = json["scenarios"][0]["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), messages.len());
    // The fan says the same, character by character.
    let said = toml::from_str::<Value>(&toml).expect("TOML");
    let said: Vec<_> = said["step"].as_array().expect("steps").iter().map(|step| &step["text"]).collect();
    for hostile in HOSTILE {
        assert!(said.contains(&&json!(hostile)), "{hostile:?}");
    }
    // With another expectation it fails, so the expectations are checked.
    let other = Scenario::new("exported-other.toml", &toml.replace("欢迎关注！", "再见"));
    Done::at(&account, &bot, &["run", other.path()]).exits(1);
}

#[test]
fn a_message_without_an_accepted_answer_is_exported_with_the_notice_that_the_fan_saw() {
    let account = account(Mode::Plain);
    let bot = crate::bots::serve(axum::Router::new());
    let page = page(&account, &bot);
    let toml = exported(page, &[json!({"fan": "小明", "type": "text", "fields": [["Content", "你好"]]})]);
    assert!(toml.contains("expect = { failure_notice = true, deliveries = 4 }"), "{toml}");
    let scenario = Scenario::new("failed.toml", &toml);
    Done::at(&account, &bot, &["run", scenario.path()]).exits(0);
}

#[test]
fn one_fan_alone_is_exported_too() {
    let account = account(Mode::Plain);
    let page = page(&account, &bot(&account));
    let text = |fan: &str| json!({"fan": fan, "type": "text", "fields": [["Content", fan]]});
    exported(page, &[text("小明"), text("阿花"), text("小明")]);
    let alone = post(page, "/api/scenario", &json!({"fan": "阿花"}));
    assert_eq!(alone["steps"], 1);
    assert!(
        alone["toml"].as_str().is_some_and(|toml| toml.contains("name = \"阿花\"") && !toml.contains("小明"))
    );
}
