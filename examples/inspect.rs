//! cargo run --example inspect -- --framework axum
//!
//! Shows what WeChat sends: every push is answered with itself as JSON, cut to what a text may hold. In axum, or in
//! actix-web with `--framework actix`. The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`,
//! `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

mod echo;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer, web};
use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use wechat_actix::WechatMiddleware;
use wechat_callback::{HandlerError, Reply, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

fn main() -> ExitCode {
    echo::log();
    let arguments: Vec<_> = env::args().skip(1).collect();
    echo::exit_code(match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--framework", "axum"] => in_axum(),
        ["--framework", "actix"] => in_actix(),
        _ => Err("usage: inspect [--framework axum|actix]".into()),
    })
}

async fn inspect(WechatMessage(message): WechatMessage) -> Result<Reply, HandlerError> {
    let json = serde_json::to_string_pretty(&message)?;
    // Events without a sender are shown in the log alone: nobody would get the reply.
    if message.openid().is_none() {
        tracing::info!("{json}");
        return Ok(Reply::none());
    }
    Ok(TextReply::literal(&json).split().into_iter().next().into())
}

#[tokio::main]
async fn in_axum() -> Result<(), Box<dyn Error>> {
    let wechat = WechatLayer::new(echo::callback()?);
    let app = Router::new().route("/weixin", post(inspect).layer(wechat.clone()));
    let signal = echo::shutdown()?;
    let shutdown = async move {
        signal.await;
        wechat.drain().await;
    };
    let listener = TcpListener::from_std(echo::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}

#[actix_web::main]
async fn in_actix() -> Result<(), Box<dyn Error>> {
    let wechat = WechatMiddleware::new(echo::callback()?);
    let weixin = wechat.clone();
    let app = move || {
        let weixin = web::resource("/weixin").wrap(weixin.clone()).route(web::post().to(inspect));
        App::new().service(weixin).default_service(web::to(echo::not_found))
    };
    let signal = echo::shutdown()?;
    let shutdown = async move {
        signal.await;
        wechat.drain().await;
    };
    let server = HttpServer::new(app).workers(1).keep_alive(KeepAlive::Disabled);
    let server = server.client_disconnect_timeout(Duration::ZERO);
    let server = server.shutdown_timeout(echo::GRACE.as_secs()).shutdown_signal(shutdown);
    server.listen(echo::listen()?)?.run().await?;
    Ok(())
}
