//! cargo run --example actix_echo
//!
//! Sends back what it gets, in actix-web. The account comes from `WECHAT_APP_ID`, `WECHAT_TOKEN`,
//! `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE`, the address from `LISTEN`.

#[path = "common/actix.rs"]
mod actix;
mod common;

use std::error::Error;
use std::process::ExitCode;

use actix_web::web;
use actix_web::web::ServiceConfig;
use common::echo;
use wechat_actix::WechatMiddleware;

#[actix_web::main]
async fn main() -> ExitCode {
    common::log();
    common::exit_code(serve().await)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let wechat = WechatMiddleware::new(common::callback()?);
    let weixin = wechat.clone();
    let routes = move |config: &mut ServiceConfig| {
        config.service(web::resource("/weixin").wrap(weixin.clone()).route(web::post().to(echo::chat)));
    };
    actix::serve(routes, 1, async move { wechat.drain().await }).await
}
