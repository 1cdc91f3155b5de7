//! Bots of the library's, in both frameworks, in every mode.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, web};
use axum::Router;
use axum::routing::post;
use wechat_sim::{Account, AccountKind, ActixTarget, Mode, ServiceTarget, Target};
use wechat_tower::{Callback, Reply, TextReply, WechatLayer, WechatMessage};

pub(crate) fn account(mode: Mode) -> Account {
    Account::generate().with_mode(mode)
}

pub(crate) fn callback(account: &Account) -> Callback {
    let builder = match account.kind() {
        AccountKind::WeCom => {
            let (id, key) = (account.app_id(), account.encoding_aes_key());
            return Callback::wecom(id, account.token(), key).build().expect("an account");
        }
        AccountKind::AiBot => {
            let callback = Callback::aibot(account.token(), account.encoding_aes_key());
            return callback.build().expect("an account");
        }
        _ => Callback::builder(account.app_id(), account.token()),
    };
    builder
        .encoding_aes_key(account.encoding_aes_key())
        .mode(account.mode().name().parse().expect("a mode"))
        .format(account.format().name().parse().expect("a format"))
        .build()
        .expect("an account")
}

/// The handler of these tests: it says the text that it was sent, or the event's name.
pub(crate) async fn chat(WechatMessage(message): WechatMessage) -> Reply {
    match (message.text(), message.event()) {
        (Some("nothing"), _) => Reply::none(),
        (Some(text), _) => TextReply::new(format!("你说：{text}")).into(),
        (_, Some(event)) => TextReply::new(event.name().to_owned()).into(),
        _ => TextReply::new(message.content.kind().to_owned()).into(),
    }
}

pub(crate) fn axum(account: &Account) -> ServiceTarget<Router> {
    let layer = WechatLayer::new(callback(account));
    ServiceTarget::new(Router::new().route("/weixin", post(chat).layer(layer)), "/weixin")
}

pub(crate) async fn actix(account: &Account) -> impl Target + use<> {
    let middleware = wechat_actix::WechatMiddleware::new(callback(account));
    let app = App::new().service(web::resource("/weixin").wrap(middleware).route(web::post().to(chat)));
    ActixTarget::new(actix_web::test::init_service(app).await, "/weixin")
}

/// An actix-web bot that takes so long to say anything, and does not join the deliveries.
pub(crate) async fn actix_slow(account: &Account, time: Duration) -> impl Target + use<> {
    let middleware = wechat_actix::WechatMiddleware::new(callback(account))
        .late_reply(wechat_tower::late_reply::LateReply::RunAgain);
    let handler = move |_: WechatMessage| async move {
        tokio::time::sleep(time).await;
        TextReply::new("晚了")
    };
    let app = App::new().service(web::resource("/weixin").wrap(middleware).route(web::post().to(handler)));
    ActixTarget::new(actix_web::test::init_service(app).await, "/weixin")
}

/// An actix-web bot on a port of its own, on a thread of its own; stopped with the value.
pub(crate) struct ActixServer {
    pub address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

pub(crate) fn actix_server(account: &Account) -> ActixServer {
    let callback = callback(account);
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let app = move || {
                // Short, so that a test with a slow body is fast.
                let middleware = wechat_actix::WechatMiddleware::new(callback.clone())
                    .body_timeout(Duration::from_millis(200));
                App::new().service(web::resource("/weixin").wrap(middleware).route(web::post().to(chat)))
            };
            let server = actix_web::HttpServer::new(app).workers(1).bind("127.0.0.1:0").expect("a port");
            let address = server.addrs()[0];
            let server = server.run();
            tell.send(ActixServer { address, handle: server.handle() }).expect("waited for");
            server.await.expect("served");
        });
    });
    told.recv().expect("a server")
}

impl Drop for ActixServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Runs with actix-web's local tasks, under a paused clock.
pub(crate) fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}
