//! cargo run --example hyper_echo
//!
//! Says back what it is told, in hyper with the tower layer and without axum. The account comes from
//! `WECHAT_APP_ID`, `WECHAT_TOKEN`, `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

mod echo;

use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tower::{Layer, ServiceExt};
use wechat_tower::{Message, WechatBody, WechatLayer};

/// The handler: the message stands in the request's extensions, the reply goes into the response's.
async fn chat(request: Request<WechatBody<Incoming>>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::default();
    if let Some(message) = request.extensions().get::<Arc<Message>>() {
        response.extensions_mut().insert(echo::echo(message));
    }
    Ok(response)
}

#[tokio::main]
async fn main() -> ExitCode {
    echo::log();
    echo::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let wechat = WechatLayer::new(echo::callback()?).layer(tower::service_fn(chat));
    let app = service_fn(move |request: Request<Incoming>| {
        let wechat = wechat.clone();
        async move {
            match request.uri().path() {
                "/weixin" => wechat.oneshot(request.map(WechatBody::new)).await,
                _ => not_found(),
            }
        }
    });

    let mut shutdown = pin!(echo::shutdown()?);
    let listener = TcpListener::from_std(echo::listen()?)?;
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let Ok((stream, _)) = accepted else {
            // Too many open files, mostly: wait until some are closed.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        // With a timer hyper drops whoever does not send his headers.
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), app.clone());
        tokio::spawn(connections.watch(http));
    }
    drop(listener);
    if timeout(echo::GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("some connections were still open");
    }
    Ok(())
}

fn not_found() -> Result<Response<WechatBody<Empty<Bytes>>>, Infallible> {
    let mut response = Response::new(WechatBody::new(Empty::new()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}
