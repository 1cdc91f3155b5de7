//! cargo run -p wechat-process-tests --example streaming_bot
//!
//! Says so many sentences as a message names, four a second: as an AI bot at `/aibot`, and as an Official Account at
//! `/weixin`, whose WeChat waits for one second. The account comes from `WECHAT_…`, the bot's token and key are the same. Two
//! of them on one `REDIS_URL` answer as one.

#[path = "../../examples/common/mod.rs"]
mod common;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use wechat_callback::late_reply::{LateReply, RetrySchedule};
use wechat_callback::{Callback, StreamReply, TextReply, WechatMessage};
use wechat_redis::RedisStore;
use wechat_tower::WechatLayer;

fn main() -> ExitCode {
    common::log();
    common::exit_code(serve())
}

async fn speak(WechatMessage(message): WechatMessage) -> StreamReply {
    let count: u32 = message.text().and_then(|text| text.parse().ok()).unwrap_or_default();
    tracing::info!(count, "speaking");
    StreamReply::from_fn(move |out| async move {
        for number in 0..count {
            tokio::time::sleep(Duration::from_millis(250)).await;
            out.push(format!("这是第{number}句话。")).await;
        }
    })
}

#[tokio::main]
async fn serve() -> Result<(), Box<dyn Error>> {
    let store = RedisStore::connect(&env::var("REDIS_URL")?)?;
    let bot = Callback::aibot(env::var("WECHAT_TOKEN")?, env::var("WECHAT_ENCODING_AES_KEY")?).build()?;
    let schedule =
        RetrySchedule::new().timeout(Duration::from_secs(1)).answer_within(Duration::from_millis(800));
    let account = WechatLayer::new(common::callback()?)
        .store(store.clone())
        .late_reply(LateReply::fetch("继续", TextReply::new("还在想")))
        .retry_schedule(schedule);
    let bot = WechatLayer::new(bot).store(store);
    let app = Router::new()
        .route("/weixin", post(speak).layer(account.clone()))
        .route("/aibot", post(speak).layer(bot.clone()));
    let drained = async move { tokio::join!(account.drain(), bot.drain()) };
    let listener = TcpListener::from_std(common::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(common::shutdown(drained)?).await?)
}
