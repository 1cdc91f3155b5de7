//! Bots of the library's, in both frameworks, in every mode.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use actix_web::{App, web};
use axum::Router;
use axum::routing::post;
use wechat_sim::{Account, ActixTarget, Mode, ServiceTarget, Target};
use wechat_tower::{Callback, Reply, SecurityMode, TextReply, WechatLayer, WechatMessage};

pub fn account(mode: Mode) -> Account {
    Account::generate().with_mode(mode)
}

pub fn callback(account: &Account) -> Callback {
    let mode = match account.mode() {
        Mode::Plain => SecurityMode::Plain,
        Mode::Compatible => SecurityMode::Compatible,
        Mode::Safe => SecurityMode::Safe,
    };
    Callback::builder(account.app_id(), account.token())
        .encoding_aes_key(account.encoding_aes_key())
        .mode(mode)
        .build()
        .expect("an account")
}

/// The handler of these tests: it says the text that it was sent, or the event's name.
pub async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    match (message.text(), message.event()) {
        (Some("nothing"), _) => Reply::none(),
        (Some(text), _) => TextReply::new(format!("你说：{text}")).into(),
        (_, Some(event)) => TextReply::new(event.name().to_owned()).into(),
        _ => TextReply::new(message.content.kind().to_owned()).into(),
    }
}

pub fn axum(account: &Account) -> ServiceTarget<Router> {
    let layer = WechatLayer::new(callback(account));
    ServiceTarget::new(Router::new().route("/weixin", post(chat).layer(layer)), "/weixin")
}

pub async fn actix(account: &Account) -> impl Target + use<> {
    let middleware = wechat_actix::WechatMiddleware::new(callback(account));
    let app = App::new().service(web::resource("/weixin").wrap(middleware).route(web::post().to(chat)));
    ActixTarget::new(actix_web::test::init_service(app).await, "/weixin")
}

/// Runs with actix-web's local tasks, under a paused clock.
pub fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}
