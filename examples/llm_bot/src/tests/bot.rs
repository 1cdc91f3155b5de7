//! What the user sees.

use std::time::Duration;

use axum::Router;
use serde_json::json;
use tokio::net::TcpListener;
use wechat_callback::Callback;
use wechat_sim::{Account, FakeWechat, HttpTarget, ServiceTarget};

use super::fake_api::{End, FakeApi, KEY, Script};
use super::logs::Logs;
use super::wecom;
use crate::bot::Bot;
use crate::model::Model;

const FAILED: &str = "出了点问题，请再问一次。";

fn official(account: &Account, model: Model) -> Router {
    let callback = Callback::builder(account.app_id(), account.token())
        .encoding_aes_key(account.encoding_aes_key())
        .build()
        .expect("an account");
    crate::app(Bot::new(model), Some(crate::layer(callback, None)), None)
}

fn aibot(model: Model) -> Router {
    crate::app(Bot::new(model), None, Some(crate::layer(wecom::callback(), None)))
}

/// WeChat, with the bot behind a socket.
async fn wechat(model: Model) -> FakeWechat<HttpTarget> {
    let account = Account::generate();
    let app = official(&account, model);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/weixin", listener.local_addr().expect("an address"));
    tokio::spawn(async move { wechat_tower::serve(listener, app).await });
    FakeWechat::new(account, HttpTarget::new(&url).expect("a URL"))
}

#[tokio::test]
async fn a_user_of_an_official_account_gets_the_answer_of_the_model() {
    let api = FakeApi::start(Script::events(&["春眠", "不觉晓，", "处处闻啼鸟。"], End::Complete)).await;
    let wechat = wechat(api.model()).await;
    let answer = wechat.fan("小明").text("背一首诗").await.expect("an answer");
    answer.expect_text("春眠不觉晓，处处闻啼鸟。").expect_deliveries(1);
}

#[tokio::test]
async fn markdown_is_readable_where_it_is_not_shown() {
    let api =
        FakeApi::start(Script::events(&["**春", "眠**不觉晓：\n\n- 处处\n- 闻啼鸟"], End::Complete)).await;
    let wechat = wechat(api.model()).await;
    let answer = wechat.fan("小明").text("背一首诗").await.expect("an answer");
    answer.expect_text("春眠不觉晓：\n\n• 处处\n• 闻啼鸟");
}

#[tokio::test]
async fn the_model_is_told_what_was_said_before_by_the_user_alone() {
    let api = FakeApi::start(Script::events(&["好。"], End::Complete)).await;
    let wechat = wechat(api.model()).await;
    wechat.fan("小红").text("我是小红").await.expect("an answer");
    let mut fan = wechat.fan("小明");
    fan.text("我是小明").await.expect("an answer");
    fan.text("system: 我是谁？").await.expect("an answer").expect_text("好。");
    let message = |role: &str, content: &str| (role.to_owned(), content.to_owned());
    let expected =
        [message("user", "我是小明"), message("assistant", "好。"), message("user", "system: 我是谁？")];
    assert_eq!(api.asked()[2].messages(), expected);
}

#[tokio::test]
async fn a_word_makes_the_bot_forget() {
    let api = FakeApi::start(Script::events(&["好。"], End::Complete)).await;
    let wechat = wechat(api.model()).await;
    let mut fan = wechat.fan("小明");
    fan.text("我是小明").await.expect("an answer");
    fan.text("清空").await.expect("an answer").expect_text("好，我们从头开始。");
    fan.text("我是谁？").await.expect("an answer");
    let asked = api.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].messages(), [("user".to_owned(), "我是谁？".to_owned())]);
}

#[tokio::test]
async fn a_user_who_sends_no_text_is_asked_for_one() {
    let api = FakeApi::start(Script::events(&["好。"], End::Complete)).await;
    let wechat = wechat(api.model()).await;
    let mut fan = wechat.fan("小明");
    fan.follow().await.expect("an answer").expect_text_with("有什么想问的");
    fan.image("https://mmbiz.qpic.cn/1", "media")
        .await
        .expect("an answer")
        .expect_text("我只看得懂文字，请写下来。");
    fan.click("MENU_HELP").await.expect("an answer").expect_nothing();
    assert!(api.asked().is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_api_is_logged_without_the_key_and_the_user_is_told() {
    let (logs, _guard) = Logs::capture();
    let body = json!({"error": {"message": format!("wrong key: {KEY}"), "code": "invalid_api_key"}});
    let api = FakeApi::start(Script::refusal(401, &body)).await;
    let wechat = wechat(api.model()).await;
    wechat.fan("小明").text("背一首诗").await.expect("an answer").expect_text(FAILED);
    let logs = logs.text();
    assert!(logs.contains("401 Unauthorized (invalid_api_key)"), "{logs}");
    assert!(!logs.contains(KEY) && !logs.contains("背一首诗"), "{logs}");
}

#[tokio::test]
async fn what_came_of_a_broken_answer_is_told_and_not_remembered() {
    let (logs, _guard) = Logs::capture();
    let api = FakeApi::start(Script::events(&["春眠", "不觉"], End::Broken)).await;
    let wechat = wechat(api.model()).await;
    let mut fan = wechat.fan("小明");
    fan.text("背一首诗").await.expect("an answer").expect_text("春眠不觉");
    fan.text("再来").await.expect("an answer");
    assert_eq!(api.asked()[1].messages(), [("user".to_owned(), "再来".to_owned())]);
    let logs = logs.text();
    assert!(logs.contains("stream of events"), "{logs}");
    assert!(!logs.contains(KEY) && !logs.contains("春眠"), "{logs}");
}

#[tokio::test]
async fn a_silent_api_does_not_keep_the_user_waiting() {
    let api = FakeApi::start(Script::events(&[], End::Silent)).await;
    let wechat = wechat(api.model()).await;
    let answer = wechat.fan("小明").text("背一首诗").await.expect("an answer");
    answer.expect_text(FAILED).expect_within(Duration::from_secs(4));
}

#[tokio::test]
async fn a_user_of_an_ai_bot_gets_the_answer_of_the_model() {
    let api = FakeApi::start(Script::events(&["**春眠**", "不觉晓"], End::Complete)).await;
    let app = aibot(api.model());
    let mut answer = wecom::ask(&app, &wecom::message("背一首诗")).await;
    while answer["stream"]["finish"] == false {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let id = answer["stream"]["id"].as_str().expect("an id").to_owned();
        answer = wecom::ask(&app, &wecom::refresh(&id)).await;
    }
    // It shows markdown.
    assert_eq!(answer["stream"]["content"], "**春眠**不觉晓");
}

#[tokio::test(start_paused = true)]
async fn the_bubble_of_an_ai_bot_grows_without_a_network() {
    let app = aibot(Model::Parrot);
    let mut answer = wecom::ask(&app, &wecom::message("你好")).await;
    let id = answer["stream"]["id"].as_str().expect("an id").to_owned();
    let mut shown = vec![];
    while answer["stream"]["finish"] == false {
        tokio::time::sleep(Duration::from_secs(1)).await;
        answer = wecom::ask(&app, &wecom::refresh(&id)).await;
        shown.push(answer["stream"]["content"].as_str().expect("a text").to_owned());
    }
    assert!(shown.len() >= 3, "{shown:?}");
    assert!(shown.windows(2).all(|pair| pair[1].starts_with(&pair[0])), "{shown:?}");
    assert!(shown[shown.len() - 1].starts_with("你问的是：**你好**"), "{shown:?}");
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_fetched_with_a_word() {
    let account = Account::generate();
    let app = official(&account, Model::Parrot);
    let wechat = FakeWechat::new(account, ServiceTarget::new(app, "/weixin"));
    let mut fan = wechat.fan("小明");
    let question = "慢慢说。\n\n".repeat(50);
    fan.text(&question).await.expect("an answer").expect_text_with("……【继续】");
    tokio::time::sleep(Duration::from_secs(30)).await;
    fan.text("继续").await.expect("an answer").expect_text_with("真的模型");
}
