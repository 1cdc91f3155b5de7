//! cargo run --example inspect -- --framework axum
//!
//! Shows what WeChat sends: every push is answered with itself as JSON, cut to what a text may hold. In axum, or in
//! actix-web with `--framework actix`. The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`,
//! `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

#[path = "common/actix.rs"]
mod actix;
mod common;

use std::error::Error;
use std::process::ExitCode;

use actix_web::web;
use actix_web::web::ServiceConfig;
use axum::Router;
use axum::routing::post;
use common::Framework;
use tokio::net::TcpListener;
use wechat_actix::WechatMiddleware;
use wechat_callback::{HandlerError, Reply, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

fn main() -> ExitCode {
    common::log();
    common::exit_code(common::framework("inspect").and_then(|framework| match framework {
        Framework::Axum => in_axum(),
        Framework::Actix => in_actix(),
    }))
}

async fn inspect(WechatMessage(message): WechatMessage) -> Result<Reply, HandlerError> {
    let json = serde_json::to_string_pretty(&message)?;
    // Events without a sender are only logged, because nobody would get the reply.
    if message.openid().is_none() {
        tracing::info!("{json}");
        return Ok(Reply::none());
    }
    Ok(TextReply::literal(&json).split().into_iter().next().into())
}

#[tokio::main]
async fn in_axum() -> Result<(), Box<dyn Error>> {
    let wechat = WechatLayer::new(common::callback()?);
    let app = Router::new().route("/weixin", post(inspect).layer(wechat.clone()));
    let shutdown = common::shutdown(async move { wechat.drain().await })?;
    let listener = TcpListener::from_std(common::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}

#[actix_web::main]
async fn in_actix() -> Result<(), Box<dyn Error>> {
    let wechat = WechatMiddleware::new(common::callback()?);
    let weixin = wechat.clone();
    let routes = move |config: &mut ServiceConfig| {
        config.service(web::resource("/weixin").wrap(weixin.clone()).route(web::post().to(inspect)));
    };
    actix::serve(routes, 1, async move { wechat.drain().await }).await
}
