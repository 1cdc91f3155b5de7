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

const OFFICIAL: [&str; 3] = ["WECHAT_APP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY"];
const AIBOT: [&str; 2] = ["AIBOT_TOKEN", "AIBOT_ENCODING_AES_KEY"];

#[tokio::main]
async fn main() -> ExitCode {
    common::log();
    common::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let accounts = accounts()?;
    let app = app(Bot::new(Model::from_env()?), &accounts);
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    for (path, _) in &accounts {
        common::print(format_args!("listening on http://{}{path}", listener.local_addr()?))?;
    }
    let shutdown = common::shutdown(async move {
        for (_, layer) in accounts {
            layer.drain().await;
        }
    })?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}

/// The accounts that the environment names, each with its path.
fn accounts() -> Result<Vec<(&'static str, WechatLayer)>, Box<dyn Error>> {
    let official = configured(&OFFICIAL, Callback::from_env)?;
    let aibot = configured(&AIBOT, Callback::aibot_from_env)?;
    let store = env::var("REDIS_URL").ok().map(|url| RedisStore::connect(&url)).transpose()?;
    let accounts = [("/weixin", official), ("/aibot", aibot)].into_iter();
    let accounts: Vec<_> = accounts
        .filter_map(|(path, callback)| callback.map(|callback| (path, layer(callback, store.clone()))))
        .collect();
    if accounts.is_empty() {
        return Err("no account: set WECHAT_APP_ID, WECHAT_TOKEN and WECHAT_ENCODING_AES_KEY for an Official Account, \
                    AIBOT_TOKEN and AIBOT_ENCODING_AES_KEY for an AI bot, or both\n\
                    without an account: cargo run -p wechat-sim -- dev -- cargo run -p llm-bot"
            .into());
    }
    Ok(accounts)
}

/// The account, if any of its variables is set.
fn configured(
    variables: &[&str],
    from_env: impl FnOnce() -> Result<Callback, ConfigError>,
) -> Result<Option<Callback>, ConfigError> {
    if variables.iter().any(|name| env::var_os(name).is_some()) {
        return from_env().map(Some);
    }
    tracing::info!("not served, because these are not set: {}", variables.join(", "));
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

/// All accounts have the same handler.
fn app(bot: Bot, accounts: &[(&str, WechatLayer)]) -> Router {
    let mut app = Router::new();
    for (path, layer) in accounts {
        app = app.route(path, post(bot::answer).layer(layer.clone()));
    }
    app.with_state(Arc::new(bot))
}
