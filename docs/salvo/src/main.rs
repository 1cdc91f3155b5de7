use std::env;
use std::time::Duration;

use salvo::prelude::*;
use wechat_callback::server::Engine;
use wechat_callback::{Callback, TextReply};
use wechat_in_salvo::Weixin;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tracing_subscriber::fmt::init();
    let callback = Callback::from_env()?;
    let engine = Engine::new(callback).on_error(TextReply::new("出了点问题，请再发一次。"));
    let router = Router::with_path("weixin").goal(Weixin(engine.clone()));

    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let server = Server::new(TcpListener::new(address).try_bind().await?);
    let handle = server.handle();
    tokio::spawn(async move {
        // Ctrl-C here; SIGTERM under systemd, Docker and Kubernetes.
        let _ = tokio::signal::ctrl_c().await;
        engine.drain().await;
        handle.stop_graceful(Duration::from_secs(5));
    });
    Ok(server.try_serve(router).await?)
}
