//! What the layer adds to a bare axum route, and the middleware to a bare actix-web resource: in process, a text
//! message of 300 bytes and 2 KB in plain and in safe mode, answered with itself.
//!
//! The bare ones answer the same body with the same bytes, so the difference is the price of WeChat's protocol.

mod push;

use std::time::Duration;

use actix_web::{App, test, web};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use push::Push;
use tower::ServiceExt;
use wechat_callback::{TextReply, WechatMessage};

const SIZES: [(&str, usize); 2] = [("300 B", 300), ("2 KB", 2 << 10)];

async fn bare(body: String) -> String {
    body
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

/// The push in each mode, and the callback that opens it.
fn pushes(length: usize) -> [(&'static str, wechat_callback::Callback, Push); 2] {
    let xml = push::text_message(length);
    let [plain, safe] = push::callbacks();
    [("plain", plain, Push::plain(&xml, push::TOKEN)), ("safe", safe, Push::safe(&xml, push::TOKEN))]
}

fn axum(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("axum");
    for (size, length) in SIZES {
        for (mode, callback, push) in pushes(length) {
            let layer = wechat_tower::WechatLayer::new(callback);
            let apps = [
                ("bare", Router::new().route("/weixin", post(bare))),
                ("layer", Router::new().route("/weixin", post(echo).layer(layer))),
            ];
            for (name, app) in apps {
                let app: Router = app.with_state(());
                let uri = format!("/weixin?{}", push.query);
                group.bench_function(BenchmarkId::new(format!("{name}, {mode}"), size), |bencher| {
                    bencher.iter(|| {
                        let request =
                            Request::post(&uri).body(Body::from(push.body.clone())).expect("a request");
                        let response = runtime.block_on(app.clone().oneshot(request)).expect("infallible");
                        assert_eq!(response.status(), 200);
                        response
                    });
                });
            }
        }
    }
}

fn actix(criterion: &mut Criterion) {
    let system = actix_web::rt::System::new();
    let mut group = criterion.benchmark_group("actix-web");
    for (size, length) in SIZES {
        for (mode, callback, push) in pushes(length) {
            let uri = format!("/weixin?{}", push.query);
            let request = || test::TestRequest::post().uri(&uri).set_payload(push.body.clone()).to_request();
            let middleware = wechat_actix::WechatMiddleware::new(callback);
            let bare_app = web::resource("/weixin").route(web::post().to(bare));
            let bare_app = system.block_on(test::init_service(App::new().service(bare_app)));
            group.bench_function(BenchmarkId::new(format!("bare, {mode}"), size), |bencher| {
                bencher.iter(|| {
                    let response = system.block_on(test::call_service(&bare_app, request()));
                    assert_eq!(response.status(), 200);
                    response
                });
            });
            let app = web::resource("/weixin").wrap(middleware).route(web::post().to(echo));
            let app = system.block_on(test::init_service(App::new().service(app)));
            group.bench_function(BenchmarkId::new(format!("middleware, {mode}"), size), |bencher| {
                bencher.iter(|| {
                    let response = system.block_on(test::call_service(&app, request()));
                    assert_eq!(response.status(), 200);
                    response
                });
            });
        }
    }
}

criterion_group! {
    name = layer;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = axum, actix
}
criterion_main!(layer);
