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
    let app = Router::new().route("/weixin", post(echo::chat).layer(wechat));

    let (shutdown, overdue) = (echo::shutdown()?, echo::overdue()?);
    let listener = TcpListener::from_std(echo::listen()?)?;
    tokio::select! {
        served = axum::serve(listener, app).with_graceful_shutdown(shutdown) => served?,
        () = overdue => tracing::warn!("some connections were still open"),
    }
    Ok(())
}
