//! A test of a bot, as users write it.

mod support;

use std::time::Duration;

use support::{account, actix, axum};
use wechat_sim::{FakeWechat, Mode, Target};

async fn chats<T: Target>(wechat: &FakeWechat<T>) {
    let mut fan = wechat.fan("小明");
    fan.follow().await.expect("reached").expect_text("subscribe");
    let exchange = fan.text("你好").await.expect("reached");
    exchange.expect_text("你说：你好").expect_deliveries(1).expect_within(Duration::from_secs(4));
    fan.text("nothing").await.expect("reached").expect_nothing();
}

#[tokio::test]
async fn a_fan_chats_with_a_bot_in_axum_in_every_mode() {
    for account in Mode::ALL.map(account) {
        chats(&FakeWechat::new(account.clone(), axum(&account))).await;
    }
}

#[actix_web::test]
async fn a_fan_chats_with_a_bot_in_actix_web_in_every_mode() {
    for account in Mode::ALL.map(account) {
        chats(&FakeWechat::new(account.clone(), actix(&account).await)).await;
    }
}
