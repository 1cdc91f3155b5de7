//! cargo run --example axum_echo
//!
//! Sends back what it gets, in axum. The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`,
//! `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

mod common;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::routing::post;
use common::echo;
use tokio::net::TcpListener;
use wechat_tower::WechatLayer;

#[tokio::main]
async fn main() -> ExitCode {
    common::log();
    common::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let wechat = WechatLayer::new(common::callback()?);
    let app = Router::new().route("/weixin", post(echo::chat).layer(wechat.clone()));

    let shutdown = common::shutdown(async move { wechat.drain().await })?;
    let listener = TcpListener::from_std(common::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}
