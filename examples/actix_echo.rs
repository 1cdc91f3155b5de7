//! cargo run --example actix_echo
//!
//! Says back what it is told, in actix-web. The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`,
//! `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

mod echo;

use std::error::Error;
use std::process::ExitCode;

use actix_web::{App, HttpServer, web};
use wechat_actix::WechatMiddleware;

#[actix_web::main]
async fn main() -> ExitCode {
    echo::log();
    echo::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let wechat = WechatMiddleware::new(echo::callback()?);
    let app = move || {
        let weixin = web::resource("/weixin").wrap(wechat.clone()).route(web::post().to(echo::chat));
        App::new().service(weixin)
    };

    let server = HttpServer::new(app).workers(1).shutdown_timeout(echo::GRACE.as_secs());
    server.shutdown_signal(echo::shutdown()?).listen(echo::listen()?)?.run().await?;
    Ok(())
}
