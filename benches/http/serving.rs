//! The process of a server.

use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use axum::Router;
use axum::http::{Uri, header::CONTENT_TYPE};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use wechat_actix::WechatMiddleware;
use wechat_callback::accounts::Accounts;
use wechat_callback::delivery::MemoryStore;
use wechat_callback::late_reply::LateReply;
use wechat_callback::{TextReply, WechatMessage};
use wechat_tower::WechatLayer;

use crate::primitives::{Example, Primitives};
use crate::push;
use crate::server::{Kind, Traffic};
use crate::{LENGTH, machine};

/// Serves until its standard input ends.
pub(crate) fn serve(kind: Kind, core: Option<usize>) {
    if let Some(core) = core {
        machine::pin(core);
    }
    machine::raise_open_files();
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    println!("{}", listener.local_addr().expect("it is bound").port());
    std::thread::spawn(answer_questions);
    match kind {
        Kind::ActixBare | Kind::ActixSafe => serve_actix(kind, listener),
        _ => serve_axum(axum_route(kind), listener),
    }
}

/// Each line asks how many nanoseconds of processor time this process has taken.
fn answer_questions() {
    for _ in std::io::stdin().lock().lines() {
        println!("{}", machine::cpu_time().unwrap_or_default().as_nanos());
    }
    std::process::exit(0);
}

fn serve_axum(route: MethodRouter, listener: TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let app = Router::new().route("/weixin", route.clone()).route("/weixin/{account}", route);
        axum::serve(listener, app).await.expect("it serves");
    });
}

fn axum_route(kind: Kind) -> MethodRouter {
    let [plain, safe] = push::callbacks();
    match kind {
        Kind::AxumPrimitives => axum_primitives(),
        Kind::AxumSafeAlone => post(echo).layer(WechatLayer::new(safe).late_reply(LateReply::RunAgain)),
        Kind::AxumSafe => post(echo).layer(WechatLayer::new(safe)),
        Kind::AxumPlainAlone => {
            post(echo).layer(WechatLayer::new(plain).late_reply(LateReply::RunAgain).store(endless()))
        }
        Kind::AxumPlain => post(echo).layer(WechatLayer::new(plain).store(endless())),
        Kind::Axum1Account | Kind::Axum1000Accounts | Kind::Axum100000Accounts => {
            let Traffic::Accounts(number) = kind.traffic() else { unreachable!("it has accounts") };
            let accounts = Accounts::by_path_segment();
            for number in 0..number {
                accounts.insert(number.to_string(), safe.clone());
            }
            post(echo).layer(WechatLayer::new(accounts))
        }
        _ => {
            let reply = Bytes::from(example().reply);
            post(move |uri: Uri, body: Bytes| {
                assert!(uri.query().is_some() && !body.is_empty());
                std::future::ready(([(CONTENT_TYPE, XML)], reply.clone()))
            })
        }
    }
}

/// The signatures of all pushes are as fresh as each other, for ever.
fn endless() -> MemoryStore {
    MemoryStore::new().signatures(usize::MAX)
}

fn axum_primitives() -> MethodRouter {
    let primitives = Arc::new(Mutex::new(Primitives::new(&example())));
    post(move |uri: Uri, body: Bytes| {
        let (signature, reply) = primitives.lock().expect("no panic").answer(&body);
        std::hint::black_box((uri, signature));
        std::future::ready(([(CONTENT_TYPE, XML)], reply))
    })
}

fn example() -> Example {
    Example::of(LENGTH, |text| TextReply::new(text).into())
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

fn serve_actix(kind: Kind, listener: TcpListener) {
    let [_, safe] = push::callbacks();
    let reply = Bytes::from(example().reply);
    let middleware = WechatMiddleware::new(safe);
    let app = move || {
        let (middleware, reply) = (middleware.clone(), reply.clone());
        let resource = web::resource("/weixin");
        App::new().configure(move |config| {
            match kind {
                Kind::ActixSafe => config.service(resource.wrap(middleware).route(web::post().to(echo))),
                _ => config.service(
                    resource
                        .route(web::post().to(move |request, body| {
                            std::future::ready(bare_actix(&request, &body, &reply))
                        })),
                ),
            };
        })
    };
    actix_web::rt::System::new().block_on(async {
        // Connections stay while their memory is measured.
        let server = HttpServer::new(app).workers(1).keep_alive(Duration::from_secs(600)).disable_signals();
        server.listen(listener).expect("a listener").run().await.expect("it serves");
    });
}

fn bare_actix(request: &HttpRequest, body: &Bytes, reply: &Bytes) -> HttpResponse {
    assert!(!request.query_string().is_empty() && !body.is_empty());
    HttpResponse::Ok().content_type(XML).body(reply.clone())
}

/// The content type of the library's replies.
const XML: &str = "text/xml; charset=utf-8";
