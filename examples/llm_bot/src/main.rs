//! cargo run -p llm-bot
//!
//! Asks a language model, and streams its answer to WeChat: to an Official Account at `/weixin`, to an AI bot of WeCom at
//! `/aibot`, by one handler. The README beside it says which variables it reads.

mod bot;
#[path = "../../common/mod.rs"]
mod common;
mod history;
mod model;
#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use wechat_callback::late_reply::LateReply;
use wechat_callback::{Callback, ConfigError, TextReply};
use wechat_redis::RedisStore;
use wechat_tower::WechatLayer;

use crate::bot::Bot;
use crate::model::Model;

#[tokio::main]
async fn main() -> ExitCode {
    common::log();
    common::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let official = configured("WECHAT_", Callback::from_env)?;
    let aibot = configured("AIBOT_", Callback::aibot_from_env)?;
    if official.is_none() && aibot.is_none() {
        return Err("no account: set WECHAT_APP_ID, WECHAT_TOKEN and WECHAT_ENCODING_AES_KEY for an Official Account, \
                    AIBOT_TOKEN and AIBOT_ENCODING_AES_KEY for an AI bot, or both\n\
                    without an account: cargo run -p wechat-sim -- dev -- cargo run -p llm-bot"
            .into());
    }
    let store = env::var("REDIS_URL").ok().map(|url| RedisStore::connect(&url)).transpose()?;
    let [official, aibot] =
        [official, aibot].map(|callback| callback.map(|callback| layer(callback, store.clone())));
    let app = app(Bot::new(Model::from_env()?), official.clone(), aibot.clone());
    let shutdown = common::shutdown(async move {
        for layer in official.into_iter().chain(aibot) {
            layer.drain().await;
        }
    })?;
    let listener = TcpListener::from_std(common::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}

/// The account whose variables begin with `prefix`, if any of them is set.
fn configured(
    prefix: &str,
    from_env: impl FnOnce() -> Result<Callback, ConfigError>,
) -> Result<Option<Callback>, ConfigError> {
    if env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with(prefix)) {
        return from_env().map(Some);
    }
    tracing::info!("no variable {prefix}* is set: that account is not served");
    Ok(None)
}

/// Where an Official Account cannot wait any longer, its user writes 继续 for the rest.
fn layer(callback: Callback, store: Option<RedisStore>) -> WechatLayer {
    let notice = TextReply::new("还在想，过一会儿发“继续”来看。");
    let layer = WechatLayer::new(callback)
        .late_reply(LateReply::fetch("继续", notice))
        .on_error(TextReply::new("出了点问题，请再问一次。"));
    match store {
        Some(store) => layer.store(store),
        None => layer,
    }
}

/// Both accounts have the same handler.
fn app(bot: Bot, official: Option<WechatLayer>, aibot: Option<WechatLayer>) -> Router {
    let mut app = Router::new();
    for (path, layer) in [("/weixin", official), ("/aibot", aibot)] {
        if let Some(layer) = layer {
            app = app.route(path, post(bot::answer).layer(layer));
        }
    }
    app.with_state(Arc::new(bot))
}
