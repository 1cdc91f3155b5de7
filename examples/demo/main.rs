//! cargo run -p wechat-demo
//!
//! A bot, and WeChat's side of it in the browser. The page's address comes from `LISTEN`.

#[path = "../common/mod.rs"]
mod common;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    common::log();
    common::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let shutdown = common::signal()?;
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8788".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("LISTEN={address}: {error}"))?;
    common::print(format_args!("WeChat is at http://{}/ - say 你好, 图文 or 慢 8", listener.local_addr()?))?;
    tokio::select! {
        served = wechat_sim::demo::serve(listener) => served?,
        () = shutdown => {}
    }
    Ok(())
}
