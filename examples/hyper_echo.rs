//! cargo run --example hyper_echo
//!
//! Says back what it is told, in hyper with the tower layer and without axum. The account comes from
//! `WECHAT_APP_ID`, `WECHAT_TOKEN`, `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

mod echo;

use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt};
use wechat_tower::{Message, WechatBody, WechatLayer};

/// The handler: the message stands in the request's extensions, the reply goes into the response's.
async fn chat(mut request: Request<WechatBody<Incoming>>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::default();
    if let Some(message) = request.extensions_mut().remove::<Message>() {
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
    let layer = WechatLayer::new(echo::callback()?);
    let wechat = layer.layer(tower::service_fn(chat));
    let app = tower::service_fn(move |request: Request<Incoming>| {
        let wechat = wechat.clone();
        async move {
            match request.uri().path() {
                "/weixin" => wechat.oneshot(request.map(WechatBody::new)).await,
                _ => not_found(),
            }
        }
    });

    let signal = echo::shutdown()?;
    let shutdown = async move {
        signal.await;
        layer.drain().await;
    };
    let listener = TcpListener::from_std(echo::listen()?)?;
    Ok(wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}

fn not_found() -> Result<Response<WechatBody<Empty<Bytes>>>, Infallible> {
    let mut response = Response::new(WechatBody::new(Empty::new()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}
