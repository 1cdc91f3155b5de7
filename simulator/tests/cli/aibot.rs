//! AI bots on the command line: the text grows.

use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::post;
use wechat_sim::{Account, AccountKind};
use wechat_tower::{Callback, Reply, StreamReply, TextReply, WechatLayer, WechatMessage};

use crate::bots::serve;
use crate::hand_made;
use crate::scenarios::shipped;
use crate::sim::{Done, sim};

fn account() -> Account {
    Account::generate_as(AccountKind::AiBot)
}

/// A bot of the library that says what it was told in two parts.
fn growing(account: &Account) -> String {
    let callback = Callback::aibot(account.token(), account.encoding_aes_key()).build().expect("an account");
    let chat = async |WechatMessage(message): WechatMessage| {
        let text = message.text().map_or_else(|| "欢迎".to_owned(), str::to_owned);
        match message.event().map(wechat_tower::message::Event::name) {
            Some("enter_chat") => TextReply::new(text).into_response(),
            Some(_) => Reply::none().into_response(),
            None => StreamReply::from_fn(async move |out| {
                out.push("你说：").await;
                tokio::time::sleep(Duration::from_millis(1500)).await;
                out.push(text).await;
            })
            .into_response(),
        }
    };
    serve(Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback))))
}

#[test]
fn the_text_grows_and_its_end_is_checked() {
    let account = account();
    let url = growing(&account);
    let sent = Done::at(
        &account,
        &url,
        &["send", "text", "你好", "--kind", "aibot", "--expect", "你说：你好", "--expect-kind", "stream"],
    );
    let sent = sent.exits(0).says(" s  你说：\n").says(" s  你好\n").says("← 你说：你好");
    assert!(sent.stdout.find("s  你说：") < sent.stdout.find("s  你好"), "{sent:?}");
    let arguments = ["send", "text", "你好", "--kind", "aibot", "--within", "500ms", "--json"];
    let json = Done::at(&account, &url, &arguments).exits(1).json();
    assert_eq!(json["conversation"]["ended"], "finished");
    assert_eq!(json["conversation"]["states"][0]["content"], "你说：");
    assert_eq!(json["exchange"]["shown"]["reply"]["type"], "stream");
}

#[test]
fn an_ai_bot_is_verified_greeted_attacked_and_plays_the_shipped_scenario() {
    let account = account();
    let url = growing(&account);
    let at = |arguments: &[&str]| Done::at(&account, &url, &[arguments, &["--kind", "aibot"]].concat());
    at(&["verify"]).exits(0).says("(feedback_event, safe mode)");
    at(&["verify", "--handshake-only"]).exits(0);
    at(&["event", "enter_chat", "--expect", "欢迎"]).exits(0);
    let attacked = at(&["attack", "--except", "slow-body", "--json"]).exits(0).json();
    assert_eq!((&attacked["kind"], &attacked["passed"]), (&"aibot".into(), &true.into()));
    Done::at(&account, &url, &["run", &shipped("aibot")]).exits(0).says("✓");
}

#[test]
fn an_answer_that_no_ai_bot_can_give_is_told() {
    let account = account();
    let bot = hand_made::aibot(&account, async |_| {
        Some(serde_json::json!({ "msgtype": "text", "text": { "content": "好" } }))
    });
    let url = serve(bot).replace("/weixin", "/aibot");
    let sent = Done::at(&account, &url, &["send", "text", "你好", "--kind", "aibot"]).exits(1);
    sent.says("text is a reply only to enter_chat");
}

#[test]
fn a_bot_that_is_started_reads_its_account_in_its_own_variables() {
    let script = "echo token ${#AIBOT_TOKEN} key ${#AIBOT_ENCODING_AES_KEY} id ${#WECHAT_APP_ID}; exit 1";
    let done = Done::of(sim(&["send", "text", "x", "--kind", "aibot", "--", "sh", "-c", script]));
    done.says("token 32 key 43 id 0");
    Done::of(sim(&["keys", "--kind", "aibot"])).exits(0).says("AIBOT_TOKEN=").says("AIBOT_ENCODING_AES_KEY=");
    Done::of(sim(&["send", "text", "x", "--kind", "aibot"])).exits(2).says("AIBOT_TOKEN");
}

#[test]
fn a_message_in_a_group_with_a_quote_is_written_from_fields() {
    let fields = ["--field", "chattype=group", "--field", "chatid=wr1", "--field", "quote.text.content=昨天"];
    let arguments = [&["send", "text", "总结", "--kind", "aibot", "--print-xml"][..], &fields].concat();
    let printed = Done::of(sim(&arguments)).exits(0).json();
    assert_eq!((&printed["chatid"], &printed["text"]["content"]), (&"wr1".into(), &"@Bot 总结".into()));
    assert_eq!(printed["quote"]["text"]["content"], "昨天");
    let image = ["send", "image", "https://example.com/1", "--kind", "aibot", "--print-xml"];
    assert_eq!(Done::of(sim(&image)).exits(0).json()["image"]["url"], "https://example.com/1");
    Done::of(sim(&["send", "location", "--kind", "aibot"])).exits(2);
}
