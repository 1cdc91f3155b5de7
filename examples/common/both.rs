//! One handler, served with the framework that the command line names.

use std::error::Error;
use std::process::ExitCode;

use actix_web::web;
use actix_web::web::ServiceConfig;
use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use wechat_actix::WechatMiddleware;
use wechat_callback::{Callback, Message, Reply, WechatMessage};
use wechat_tower::WechatLayer;

use crate::actix;
use crate::common::{self, Framework};

/// What an example answers a message with.
type Answer = fn(&Message) -> Reply;

/// The whole of `main`: serves the account of `callback` until Ctrl-C or SIGTERM.
pub(crate) fn main(
    example: &str,
    callback: fn() -> Result<Callback, Box<dyn Error>>,
    answer: Answer,
) -> ExitCode {
    common::log();
    common::exit_code(common::framework(example).and_then(|framework| match framework {
        Framework::Axum => in_axum(callback()?, answer),
        Framework::Actix => in_actix(callback()?, answer),
    }))
}

#[tokio::main]
async fn in_axum(callback: Callback, answer: Answer) -> Result<(), Box<dyn Error>> {
    let wechat = WechatLayer::new(callback);
    let chat = move |WechatMessage(message): WechatMessage| async move { answer(&message) };
    let app = Router::new().route("/weixin", post(chat).layer(wechat.clone()));
    let shutdown = common::shutdown(async move { wechat.drain().await })?;
    let listener = TcpListener::from_std(common::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}

#[actix_web::main]
async fn in_actix(callback: Callback, answer: Answer) -> Result<(), Box<dyn Error>> {
    let wechat = WechatMiddleware::new(callback);
    let weixin = wechat.clone();
    let chat = move |WechatMessage(message): WechatMessage| async move { answer(&message) };
    let routes = move |config: &mut ServiceConfig| {
        config.service(web::resource("/weixin").wrap(weixin.clone()).route(web::post().to(chat)));
    };
    actix::serve(routes, 1, async move { wechat.drain().await }).await
}
