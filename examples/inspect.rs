//! cargo run --example inspect
//!
//! Shows what WeChat sends: every push is answered with itself as JSON, cut to what a text may hold. The account
//! comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`, `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from
//! `LISTEN`.

mod echo;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use wechat_tower::{HandlerError, Reply, TextReply, WechatLayer, WechatMessage};

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
async fn main() -> ExitCode {
    echo::log();
    echo::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
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
