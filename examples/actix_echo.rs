//! cargo run --example actix_echo
//!
//! Says back what it is told, in actix-web. The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`,
//! `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

mod echo;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer, web};
use wechat_actix::WechatMiddleware;

#[actix_web::main]
async fn main() -> ExitCode {
    echo::log();
    echo::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let wechat = WechatMiddleware::new(echo::callback()?);
    let weixin = wechat.clone();
    let app = move || {
        let weixin = web::resource("/weixin").wrap(weixin.clone()).route(web::post().to(echo::chat));
        App::new().service(weixin).default_service(web::to(echo::not_found))
    };

    let signal = echo::shutdown()?;
    let shutdown = async move {
        signal.await;
        wechat.drain().await;
    };
    // It times the headers of a connection's first request alone, and reads on for a while from who is refused.
    let server = HttpServer::new(app).workers(1).keep_alive(KeepAlive::Disabled);
    let server = server.client_disconnect_timeout(Duration::ZERO);
    let server = server.shutdown_timeout(echo::GRACE.as_secs()).shutdown_signal(shutdown);
    server.listen(echo::listen()?)?.run().await?;
    Ok(())
}
