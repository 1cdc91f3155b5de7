//! AI bots: answers that grow, by hand and with the library.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, web};
use axum::Router;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wechat_sim::attack::{self, Verdict};
use wechat_sim::{
    Account, AccountKind, ActixTarget, CheckName, ConversationError, Ended, FakeWechat, Message, Policy,
    Reply, ServiceTarget, Shown, Target, Wechat, catalogue, handshake,
};
use wechat_tower::{StreamReply, WechatLayer, WechatMessage};

use crate::hand_made;
use crate::support::{callback, chat, paused};

fn account() -> Account {
    Account::generate_as(AccountKind::AiBot)
}

fn kind(name: &str) -> Message {
    let message = catalogue::message_of(AccountKind::AiBot, name);
    let kind = message.or_else(|| catalogue::event_of(AccountKind::AiBot, name));
    Message::new(kind.expect("in the catalogue"))
}

fn stream(content: &str, finish: bool) -> Value {
    json!({ "msgtype": "stream", "stream": { "id": "s1", "finish": finish, "content": content } })
}

fn by_hand<F>(
    handler: impl Fn(Value) -> F + Clone + Send + Sync + 'static,
) -> FakeWechat<ServiceTarget<Router>>
where
    F: Future<Output = Option<Value>> + Send + 'static,
{
    let account = account();
    let bot = hand_made::aibot(&account, handler);
    FakeWechat::new(account, ServiceTarget::new(bot, "/aibot"))
}

/// What a bot was pushed.
type Pushed = Arc<Mutex<Vec<Value>>>;

#[tokio::test(start_paused = true)]
async fn the_user_sees_each_state_and_is_asked_for_it_once_a_second() {
    let pushed = Pushed::default();
    let seen = pushed.clone();
    let wechat = by_hand(move |message| {
        let mut seen = seen.lock().expect("not poisoned");
        seen.push(message);
        let count = seen.len();
        async move { Some(stream(&"好".repeat(count), count == 4)) }
    });
    let begun = Instant::now();
    let conversation = wechat.fan("zhangsan").send_text("在吗").await.expect("a conversation");
    conversation.expect_text("好好好好");
    assert_eq!(conversation.texts(), ["好", "好好", "好好好", "好好好好"]);
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    assert_eq!(
        conversation.states().iter().map(|state| state.at_ms).collect::<Vec<_>>(),
        [0, 1000, 2000, 3000]
    );
    let pushed = pushed.lock().expect("not poisoned");
    assert_eq!(pushed[0]["text"]["content"], "在吗");
    assert!(pushed[0]["response_url"].is_string() && pushed[1]["response_url"].is_null());
    for refresh in &pushed[1..] {
        assert_eq!((&refresh["msgtype"], &refresh["stream"]["id"]), (&json!("stream"), &json!("s1")));
        assert_eq!(refresh["from"], pushed[0]["from"]);
    }
    let mut ids: Vec<_> = pushed.iter().map(|message| message["msgid"].to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn after_six_minutes_nobody_asks_any_more() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let wechat = by_hand(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Some(stream("还在想", false)) }
    });
    let begun = Instant::now();
    let conversation = wechat.fan("zhangsan").send_text("在吗").await.expect("a conversation");
    assert_eq!((conversation.ended, conversation.text()), (Ended::SixMinutes, "还在想"));
    assert_eq!(begun.elapsed(), Duration::from_secs(360));
    assert_eq!((count.load(Ordering::Relaxed), conversation.states().len()), (360, 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_answered_in_time_is_pushed_three_times_with_one_id() {
    let pushed = Pushed::default();
    let seen = pushed.clone();
    let wechat = by_hand(move |message| {
        seen.lock().expect("not poisoned").push(message);
        async {
            sleep(Duration::from_secs(6)).await;
            None
        }
    });
    let conversation = wechat.fan("zhangsan").send_text("在吗").await.expect("a conversation");
    assert_eq!(conversation.ended, Ended::NotAnswered);
    assert_eq!(conversation.took_ms, 15_000);
    let pushed = pushed.lock().expect("not poisoned");
    assert_eq!(pushed.len(), 3);
    assert!(pushed.iter().all(|message| message["msgid"] == pushed[0]["msgid"]));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_repeated_and_the_text_stays() {
    let pushed = Pushed::default();
    let seen = pushed.clone();
    let wechat = by_hand(move |message| {
        let mut seen = seen.lock().expect("not poisoned");
        seen.push(message);
        let count = seen.len();
        async move {
            match count {
                1 => Some(stream("一", false)),
                2 => {
                    sleep(Duration::from_secs(6)).await;
                    None
                }
                // Nothing new.
                3 => None,
                _ => Some(stream("一二", true)),
            }
        }
    });
    let conversation = wechat.fan("zhangsan").send_text("在吗").await.expect("a conversation");
    conversation.expect_text("一二");
    assert_eq!(conversation.texts(), ["一", "一二"]);
    let pushed = pushed.lock().expect("not poisoned");
    assert_eq!(pushed[1]["msgid"], pushed[2]["msgid"]);
    assert_ne!(pushed[2]["msgid"], pushed[3]["msgid"]);
}

#[tokio::test(start_paused = true)]
async fn a_fourth_message_of_a_user_is_not_pushed_while_three_are_in_progress() {
    let wechat = by_hand(|message| async move {
        let is_first = message["msgtype"] == "text";
        sleep(Duration::from_secs(if is_first { 0 } else { 2 })).await;
        Some(stream("好", !is_first))
    });
    let (mut one, mut two, mut three) = (wechat.fan("a"), wechat.fan("a"), wechat.fan("a"));
    let (mut four, mut other) = (wechat.fan("a"), wechat.fan("b"));
    let late = async {
        sleep(Duration::from_millis(500)).await;
        (four.send_text("4").await, other.send_text("5").await)
    };
    let (one, two, three, (four, other)) =
        tokio::join!(one.send_text("1"), two.send_text("2"), three.send_text("3"), late);
    for conversation in [one, two, three, other] {
        conversation.expect("a conversation").expect_text("好");
    }
    let refused = four.expect_err("refused");
    assert_eq!(refused, ConversationError::ThreeInProgress);
    assert!(refused.to_string().contains("three messages"));
    wechat.fan("a").send_text("6").await.expect("there is room again").expect_text("好");
}

#[tokio::test(start_paused = true)]
async fn a_message_has_one_card_and_a_click_on_it_another() {
    let card = || json!({ "card_type": "button_interaction", "main_title": { "title": "请假" } });
    let wechat = by_hand(move |message| async move {
        let stream = json!({ "id": "s1", "finish": false, "content": "好" });
        match message["event"]["eventtype"].as_str() {
            Some("template_card_event") => {
                Some(json!({ "response_type": "update_template_card", "template_card": card() }))
            }
            Some("enter_chat") => Some(json!({ "msgtype": "text", "text": { "content": "欢迎" } })),
            Some(_) => None,
            None => Some(
                json!({ "msgtype": "stream_with_template_card", "stream": stream, "template_card": card() }),
            ),
        }
    });
    let mut fan = wechat.fan("zhangsan");
    let conversation = fan.send_text("在吗").await.expect("a conversation");
    assert_eq!(conversation.card, Some(card()));
    // It is in every answer, which is once too often.
    assert!(conversation.failures().any(|check| check.name == CheckName::OneCard));
    let clicked = fan.converse(&kind("template_card_event")).await.expect("a conversation");
    assert_eq!(clicked.exchange.reply(), Some(&Reply::UpdateBotCard { userids: Vec::new(), card: card() }));
    fan.converse(&kind("enter_chat")).await.expect("a conversation").expect_text("欢迎");
    let feedback = fan.converse(&kind("feedback_event")).await.expect("a conversation");
    assert_eq!((feedback.ended, &feedback.exchange.shown), (Ended::NoReply, &Shown::Nothing));
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_card_is_pushed_once() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let wechat = by_hand(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        async {
            sleep(Duration::from_secs(6)).await;
            None
        }
    });
    let conversation = wechat.fan("a").converse(&kind("template_card_event")).await.expect("a conversation");
    assert_eq!((conversation.ended, count.load(Ordering::Relaxed)), (Ended::NotAnswered, 1));
}

#[test]
fn in_a_group_the_bot_is_mentioned_and_what_is_quoted_comes_along() {
    let wechat = Wechat::new(account());
    let json = |message: &Message| -> Value {
        serde_json::from_str(&wechat.xml(message, "zhangsan")).expect("JSON")
    };
    let single = json(&Message::text("总结"));
    assert_eq!((&single["chattype"], &single["chatid"]), (&json!("single"), &Value::Null));
    assert_eq!(single["text"]["content"], "总结");
    let group = json(&Message::text("总结").in_group("wr1").quoting(&kind("file")));
    assert_eq!((&group["chattype"], &group["chatid"]), (&json!("group"), &json!("wr1")));
    assert_eq!(group["text"]["content"], "@Bot 总结");
    assert_eq!(group["quote"]["msgtype"], "file");
    assert!(group["quote"]["file"]["url"].is_string());
    let mixed = json(&kind("mixed").in_group("wr1"));
    assert_eq!(mixed["mixed"]["msg_item"].as_array().map(Vec::len), Some(2));
    assert_eq!(mixed["mixed"]["msg_item"][0]["text"]["content"], "@Bot 这是什么？");
    let event = json(&kind("template_card_event").with_optional_fields());
    let card = &event["event"]["template_card_event"];
    assert_eq!(event["event"]["eventtype"], "template_card_event");
    assert!(card["selected_items"]["selected_item"][0]["option_ids"]["option_id"].is_array(), "{event}");
    assert!(event["response_url"].is_string() && json(&kind("enter_chat"))["response_url"].is_null());
}

/// The library's bot says what it was told, a character every three seconds.
async fn slowly(WechatMessage(message): WechatMessage) -> StreamReply {
    let text = message.text().unwrap_or("欢迎").to_owned();
    StreamReply::from_fn(async move |out| {
        for char in text.chars() {
            out.push(char.to_string()).await;
            sleep(Duration::from_secs(3)).await;
        }
    })
}

async fn grows(account: &Account, bot: impl Target) {
    let wechat = FakeWechat::new(account.clone(), bot);
    let mut fan = wechat.fan("zhangsan");
    let conversation = fan.send_text("你好世界").await.expect("a conversation");
    conversation.expect_text("你好世界");
    assert_eq!(conversation.texts(), ["你", "你好", "你好世", "你好世界"]);
    let grouped = fan.converse(&Message::text("在吗").in_group("wr1")).await.expect("a conversation");
    grouped.expect_text("在吗");
}

fn axum_bot(account: &Account) -> ServiceTarget<Router> {
    let app = Router::new().route("/aibot", post(slowly).layer(WechatLayer::new(callback(account))));
    ServiceTarget::new(app, "/aibot")
}

#[tokio::test(start_paused = true)]
async fn a_text_of_the_library_grows_to_its_end_in_axum() {
    let account = account();
    grows(&account, axum_bot(&account)).await;
}

#[test]
fn a_text_of_the_library_grows_to_its_end_in_actix_web() {
    paused(async {
        let account = account();
        let middleware = wechat_actix::WechatMiddleware::new(callback(&account));
        let route = web::resource("/aibot").wrap(middleware).route(web::post().to(slowly));
        let app = actix_web::test::init_service(App::new().service(route)).await;
        grows(&account, ActixTarget::new(app, "/aibot")).await;
    });
}

#[tokio::test(start_paused = true)]
async fn the_library_ends_six_minutes_without_a_fault() {
    let account = account();
    let wechat = FakeWechat::new(account.clone(), axum_bot(&account));
    let long = "长".repeat(130);
    let conversation = wechat.fan("zhangsan").send_text(&long).await.expect("a conversation");
    assert_eq!(conversation.failures().count(), 0);
    assert!(conversation.texts().len() > 100 && long.starts_with(conversation.text()));
}

/// A bot of the library that says what came, except to pushes that have no text as a reply.
fn chatting(account: &Account) -> ServiceTarget<Router> {
    let chat = async |message: WechatMessage| match message.0.event().map(|event| event.name().to_owned()) {
        Some(event) if event != "enter_chat" => wechat_tower::Reply::none(),
        _ => chat(message).await,
    };
    let app = Router::new().route("/aibot", post(chat).layer(WechatLayer::new(callback(account))));
    ServiceTarget::new(app, "/aibot")
}

#[tokio::test(start_paused = true)]
async fn every_kind_reaches_a_bot_of_the_library_in_both_chats() {
    let account = account();
    let bot = chatting(&account);
    let wechat = FakeWechat::new(account, bot).with_policy(Policy::once());
    for entry in catalogue::kinds_of(AccountKind::AiBot) {
        for message in [Message::new(entry), Message::new(entry).with_optional_fields()] {
            let conversation = wechat.fan("zhangsan").converse(&message).await.expect("a conversation");
            match entry.name() {
                // To these there is no text.
                "template_card_event" | "feedback_event" => assert_eq!(conversation.ended, Ended::NoReply),
                "text" => conversation.expect_text("你说：你好"),
                "enter_chat" => conversation.expect_text("enter_chat"),
                name => {
                    assert!(!conversation.text().is_empty(), "{name}: {conversation:?}");
                    assert_eq!((conversation.ended, conversation.failures().count()), (Ended::Finished, 0));
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_library_is_verified_and_refuses_every_attack() {
    let account = account();
    let bot = chatting(&account);
    let wechat = Wechat::new(account);
    let verified = handshake::verify(&wechat, &bot).await;
    assert!(verified.is_verified(), "{:?}", verified.explanation());
    let results = attack::run_all(&wechat, &bot, |_| {}).await;
    assert!(results.iter().any(|result| result.name == "unknown-stream") && results.len() > 15);
    for result in results {
        assert_eq!(result.verdict, Verdict::Refused, "{}: {:#?}", result.name, result.probes);
    }
}

#[tokio::test]
async fn a_bot_that_fails_at_a_stream_that_it_does_not_know_is_told() {
    let fails = async || axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    let bot = ServiceTarget::new(Router::new().route("/aibot", post(fails)), "/aibot");
    let attack = attack::named("unknown-stream").expect("in the list");
    let result = attack.run(&Wechat::new(account()), &bot).await;
    assert_eq!(result.verdict, Verdict::Unclear);
    assert!(!result.probes[0].passed);
}
