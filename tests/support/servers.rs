//! Real servers.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use wechat_callback::{Message, WechatMessage};

use super::Wechat;
use super::deliveries::Adapter;

/// Serves `/weixin` on a port of its own until the test ends.
pub fn serve<H, F, R>(adapter: Adapter, wechat: &Wechat, handler: H) -> SocketAddr
where
    H: Fn(Message) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = R> + Send + 'static,
    R: axum::response::IntoResponse + actix_web::Responder + 'static,
{
    let callback = wechat.callback();
    let handler = move |WechatMessage(message): WechatMessage| handler(message);
    let (address, addresses) = std::sync::mpsc::channel();
    std::thread::spawn(move || match adapter {
        Adapter::Engine => unreachable!("it has no server of its own"),
        Adapter::Tower => {
            let route = axum::routing::post(handler).layer(wechat_tower::WechatLayer::new(callback));
            let serve = async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                address.send(listener.local_addr()?).expect("the test is there");
                axum::serve(listener, Router::new().route("/weixin", route)).await
            };
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(serve)
        }
        Adapter::Actix => actix_web::rt::System::new().block_on(async {
            let app = move || {
                let middleware = wechat_actix::WechatMiddleware::new(callback.clone());
                let resource = actix_web::web::resource("/weixin").wrap(middleware);
                actix_web::App::new().service(resource.route(actix_web::web::post().to(handler.clone())))
            };
            // Each delivery may meet another worker.
            let server = actix_web::HttpServer::new(app).workers(2).bind("127.0.0.1:0")?;
            address.send(server.addrs()[0]).expect("the test is there");
            server.run().await
        }),
    });
    addresses.recv().expect("it serves")
}
