//! cargo run --example axum_echo
//!
//! Says back what it is told, in axum. The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`,
//! `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

mod echo;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::routing::post;
use tokio::net::TcpListener;
use wechat_tower::WechatLayer;

#[tokio::main]
async fn main() -> ExitCode {
    echo::log();
    echo::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let wechat = WechatLayer::new(echo::callback()?);
    let app = Router::new().route("/weixin", post(echo::chat).layer(wechat.clone()));

    let signal = echo::shutdown()?;
    let shutdown = async move {
        signal.await;
        wechat.drain().await;
    };
    let listener = TcpListener::from_std(echo::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}
