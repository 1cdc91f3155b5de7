use std::env;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;
use wechat_redis::RedisStore;
use wechat_tower::{Callback, Reply, TextReply, WechatLayer, WechatMessage};

async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    message.text().map(|text| TextReply::literal(&format!("你说：{text}"))).into()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log()?;
    let mut wechat = WechatLayer::new(Callback::from_env()?);
    if let Ok(url) = env::var("REDIS_URL") {
        wechat = wechat.store(RedisStore::connect(&url)?);
    }
    let app = Router::new()
        .route("/weixin", post(chat).layer(wechat.clone()))
        .route("/healthz", get(healthz));
    let address = env::var("LISTEN").unwrap_or("127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    let stopped = stop_signal()?;
    let shutdown = async move {
        stopped.await;
        wechat.drain().await;
    };
    let server = wechat_tower::serve(listener, app);
    Ok(server.with_graceful_shutdown(shutdown).await?)
}

/// Set by the signal to stop.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// For a load balancer: 200, and 503 from the signal on.
async fn healthz() -> StatusCode {
    if STOPPING.load(Ordering::Relaxed) {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}

/// Waits for SIGTERM or Ctrl-C, and then `STOP_DELAY` seconds for the load balancer to notice.
fn stop_signal() -> Result<impl Future<Output = ()>, Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let delay = env::var("STOP_DELAY").map_or(Ok(0), |seconds| seconds.parse())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        STOPPING.store(true, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(delay)).await;
    })
}

/// `RUST_LOG` says how much is logged, `info` unless set. With `LOG=json` each line is an object.
fn log() -> Result<(), Box<dyn Error>> {
    let filter = env::var("RUST_LOG").unwrap_or("info".to_owned());
    let registry = tracing_subscriber::registry().with(filter.parse::<Targets>()?);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false);
    if env::var("LOG").is_ok_and(|format| format == "json") {
        registry.with(lines.json().with_span_list(false)).init();
    } else {
        registry.with(lines).init();
    }
    Ok(())
}
