//! Bots on ports of their own, for what is asked over real connections.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use wechat_actix::WechatMiddleware;
use wechat_callback::WechatMessage;
use wechat_tower::{Serve, WechatLayer};

use super::Wechat;
use super::deliveries::{Adapter, Slow};

/// How long anything may take before a test fails. Nothing sleeps for it.
pub const FOR_EVER: Duration = Duration::from_secs(60);

/// A bot at `/weixin` on a port of its own, until the test ends.
pub struct Server {
    pub address: SocketAddr,
    /// Shuts it down, as a signal would.
    pub stop: oneshot::Sender<()>,
    pub stopped: mpsc::Receiver<()>,
}

impl Server {
    pub fn new(adapter: Adapter, wechat: &Wechat) -> Self {
        match adapter {
            Adapter::Engine => unreachable!("it has no server of its own"),
            Adapter::Tower => Self::tower(wechat, |serve| serve),
            Adapter::Actix => Self::actix(wechat),
        }
    }

    pub fn tower(wechat: &Wechat, set: fn(Serve<Router>) -> Serve<Router>) -> Self {
        let (layer, handler) = (WechatLayer::new(wechat.callback()), Slow::default().handler());
        Self::start(move |address, stop| {
            let handler = move |WechatMessage(message): WechatMessage| handler(message);
            let app = Router::new().route("/weixin", axum::routing::post(handler).layer(layer.clone()));
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                address.send(listener.local_addr()?).expect("the test is there");
                let stop = async move {
                    if stop.await.is_ok() {
                        layer.drain().await;
                    }
                };
                set(wechat_tower::serve(listener, app)).with_graceful_shutdown(stop).await
            })
        })
    }

    /// By axum's own means.
    pub fn axum(wechat: &Wechat) -> Self {
        let (layer, handler) = (WechatLayer::new(wechat.callback()), Slow::default().handler());
        Self::start(move |address, stop| {
            let handler = move |WechatMessage(message): WechatMessage| handler(message);
            let app = Router::new().route("/weixin", axum::routing::post(handler).layer(layer));
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                address.send(listener.local_addr()?).expect("the test is there");
                axum::serve(listener, app).with_graceful_shutdown(async { _ = stop.await }).await
            })
        })
    }

    pub fn actix(wechat: &Wechat) -> Self {
        let (middleware, handler) = (WechatMiddleware::new(wechat.callback()), Slow::default().handler());
        Self::start(move |address, stop| {
            let handler = move |WechatMessage(message): WechatMessage| handler(message);
            let wrapped = middleware.clone();
            let app = move || {
                let resource = actix_web::web::resource("/weixin").wrap(wrapped.clone());
                actix_web::App::new().service(resource.route(actix_web::web::post().to(handler.clone())))
            };
            let stop = async move {
                if stop.await.is_ok() {
                    middleware.drain().await;
                }
            };
            actix_web::rt::System::new().block_on(async {
                let server = actix_web::HttpServer::new(app).workers(2).bind("127.0.0.1:0")?;
                address.send(server.addrs()[0]).expect("the test is there");
                server.shutdown_signal(stop).run().await
            })
        })
    }

    fn start<R>(run: R) -> Self
    where
        R: FnOnce(mpsc::Sender<SocketAddr>, oneshot::Receiver<()>) -> io::Result<()> + Send + 'static,
    {
        let (address, addresses) = mpsc::channel();
        let (stop, stops) = oneshot::channel();
        let (stopping, stopped) = mpsc::channel();
        std::thread::spawn(move || {
            run(address, stops).expect("it serves");
            _ = stopping.send(());
        });
        Self { address: addresses.recv().expect("it serves"), stop, stopped }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }
}

pub fn head(method: &str, query: &str, framing: &str) -> String {
    format!("{method} /weixin?{query} HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n")
}
