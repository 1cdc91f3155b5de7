//! cargo run --example slow_bot -- --framework axum
//!
//! Answers slowly: `慢 7` is answered after seven seconds, `慢 0.3` after 300 milliseconds, and both reach the user. In
//! axum, or in actix-web with `--framework actix`.
//!
//! `LATE` says what happens to a reply that takes more than 14.5 seconds: with `drop`, the default, it is lost; with
//! `fetch` the user is asked to write 继续 and then gets it. With `REDIS_URL` several bots answer as one. The account
//! comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`, `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

#[path = "common/actix.rs"]
mod actix;
mod common;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use actix_web::web;
use actix_web::web::ServiceConfig;
use axum::Router;
use axum::routing::post;
use common::Framework;
use tokio::net::TcpListener;
use wechat_actix::WechatMiddleware;
use wechat_callback::late_reply::LateReply;
use wechat_callback::{Callback, Reply, TextReply, WechatMessage};
use wechat_redis::RedisStore;
use wechat_tower::WechatLayer;

fn main() -> ExitCode {
    common::log();
    common::exit_code(common::framework("slow_bot").and_then(|framework| match framework {
        Framework::Axum => in_axum(),
        Framework::Actix => in_actix(),
    }))
}

/// Runs once for each message, however often WeChat asks.
async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    let Some(text) = message.text() else {
        return Reply::none();
    };
    let seconds = text.strip_prefix('慢').and_then(|seconds| seconds.trim().parse::<f64>().ok());
    let Some(seconds) = seconds.filter(|seconds| (0.0..=300.0).contains(seconds)) else {
        return TextReply::new("发“慢 7”，七秒后回答；最多 300 秒。").into();
    };
    tracing::info!(%seconds, "thinking");
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    TextReply::new(format!("想了 {seconds} 秒。")).into()
}

fn late_reply() -> Result<LateReply, Box<dyn Error>> {
    match env::var("LATE").as_deref() {
        Err(_) | Ok("drop") => Ok(LateReply::Drop),
        Ok("fetch") => {
            let notice = TextReply::new("还在想，过一会儿发“继续”来看。");
            Ok(LateReply::fetch("继续", notice))
        }
        Ok(other) => Err(format!("LATE={other}: it is drop or fetch").into()),
    }
}

/// The store of several bots that answer as one.
fn shared() -> Result<Option<RedisStore>, Box<dyn Error>> {
    match env::var("REDIS_URL") {
        Ok(url) => Ok(Some(RedisStore::connect(&url)?)),
        Err(_) => Ok(None),
    }
}

#[tokio::main]
async fn in_axum() -> Result<(), Box<dyn Error>> {
    let wechat = layer(common::callback()?)?;
    let app = Router::new().route("/weixin", post(chat).layer(wechat.clone()));
    let shutdown = common::shutdown(async move { wechat.drain().await })?;
    let listener = TcpListener::from_std(common::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}

fn layer(callback: Callback) -> Result<WechatLayer, Box<dyn Error>> {
    let layer = WechatLayer::new(callback).late_reply(late_reply()?);
    Ok(match shared()? {
        Some(store) => layer.store(store),
        None => layer,
    })
}

#[actix_web::main]
async fn in_actix() -> Result<(), Box<dyn Error>> {
    let wechat = middleware(common::callback()?)?;
    let weixin = wechat.clone();
    let routes = move |config: &mut ServiceConfig| {
        config.service(web::resource("/weixin").wrap(weixin.clone()).route(web::post().to(chat)));
    };
    actix::serve(routes, 2, async move { wechat.drain().await }).await
}

fn middleware(callback: Callback) -> Result<WechatMiddleware, Box<dyn Error>> {
    let middleware = WechatMiddleware::new(callback).late_reply(late_reply()?);
    Ok(match shared()? {
        Some(store) => middleware.store(store),
        None => middleware,
    })
}
