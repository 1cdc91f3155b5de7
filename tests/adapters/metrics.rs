//! Refusals are counted by reason, whoever refuses, and nothing of the request is a label.

use crate::metrics_support::{Metrics, are, counted_while};
use crate::support;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use support::both::{self, Request, block_on};
use support::{Push, Wechat, now, text};
use tower::ServiceExt;
use wechat_actix::WechatMiddleware;
use wechat_callback::{Callback, Refusal, SecurityMode, TextReply};
use wechat_tower::WechatLayer;

const REFUSALS: &str = "wechat_refusals_total";

async fn say() -> TextReply {
    TextReply::new("好")
}

/// A request for each reason for which every server refuses, in safe mode unless it says otherwise.
fn requests() -> Vec<(&'static str, SecurityMode, Request)> {
    use SecurityMode::{Plain, Safe};
    let [plain, safe] = [Plain, Safe].map(Wechat::new);
    let push = safe.push(&text("好"));
    let wrong = |wechat: Wechat| wechat.push(&text("好"));
    let key: String = safe.encoding_aes_key.chars().rev().collect();
    let decrypted = |mode, push: Push| (mode, Request::from(push));
    let cases = [
        ("query", (Safe, Request::post("", push.body.clone()))),
        ("query", (Safe, Request::get(""))),
        ("stale", decrypted(Safe, safe.push_at(&text("好"), now() - 1000, "1"))),
        (
            "signature",
            decrypted(Safe, wrong(Wechat { token: "anotherToken1234".to_owned(), ..safe.clone() })),
        ),
        (
            "signature",
            decrypted(Plain, wrong(Wechat { token: "anotherToken1234".to_owned(), ..plain.clone() })),
        ),
        (
            "signature",
            (
                Safe,
                Request::get(
                    "signature=0&timestamp=1714036504&nonce=1&echostr=1"
                        .replace("1714036504", &now().to_string()),
                ),
            ),
        ),
        ("signature_missing", (Plain, Request::post(format!("timestamp={}&nonce=1", now()), text("好")))),
        ("mode", decrypted(Safe, Push { body: text("好").into_bytes(), ..push.clone() })),
        ("mode", decrypted(Plain, push.clone())),
        ("utf8", (Plain, Request::post(plain.signed_query(now(), "1"), b"<xml>\xc4</xml>".to_vec()))),
        ("xml", (Plain, Request::post(plain.signed_query(now(), "1"), "<xml>"))),
        ("decrypt", decrypted(Safe, wrong(Wechat { encoding_aes_key: key, ..safe.clone() }))),
        (
            "app_id",
            decrypted(Safe, {
                let other = Wechat { app_id: "wx5823bf96d3bd56c8".to_owned(), ..safe.clone() };
                other.push_encrypted(&other.encrypt(&text("好")), now(), "1")
            }),
        ),
        ("method", (Safe, Request { method: "PUT", ..Request::from(push) })),
    ];
    cases.map(|(reason, (mode, request))| (reason, mode, request)).into()
}

#[test]
fn a_refusal_of_each_reason_is_counted_once_by_every_server() {
    for (reason, mode, request) in requests() {
        for send in [both::axum, both::actix, both::engine] {
            let callback = Wechat::new(mode).callback();
            let metrics = counted_while(|| assert_eq!(send(&callback, &request).calls, 0, "{reason}"));
            assert_eq!(metrics.of(REFUSALS), are([(reason, 1.0)]), "{request:?}");
            assert_eq!(metrics.of("wechat_deliveries_total"), are([]), "it was no push");
        }
    }
}

type Piece = Result<Bytes, std::io::Error>;

type Pieces = Vec<Piece>;

fn pieces(pieces: Pieces) -> BoxStream<'static, Piece> {
    if pieces.is_empty() { stream::pending().boxed() } else { stream::iter(pieces).boxed() }
}

/// What each adapter counts of a push whose body is `body`.
fn unread(wechat: &Wechat, body: impl Fn() -> BoxStream<'static, Piece>) -> [Metrics; 2] {
    let uri = format!("/weixin?{}", wechat.push(&text("x")).query);
    let tower = counted_while(|| {
        let layer = WechatLayer::new(wechat.callback()).body_timeout(Duration::ZERO);
        let app = Router::new().route("/weixin", post(say).layer(layer));
        let request = axum::http::Request::post(&uri).body(Body::from_stream(body())).expect("a request");
        block_on(app.oneshot(request)).expect("infallible");
    });
    let actix = counted_while(|| {
        actix_web::rt::System::new().block_on(async {
            let middleware = WechatMiddleware::new(wechat.callback()).body_timeout(Duration::ZERO);
            let resource = actix_web::web::resource("/weixin").wrap(middleware);
            let resource = resource.route(actix_web::web::post().to(say));
            let app = actix_web::test::init_service(actix_web::App::new().service(resource)).await;
            let payload = body().map(|piece| Ok(piece?)).boxed_local();
            let request = actix_web::test::TestRequest::post().uri(&uri).to_request();
            let request = request.replace_payload(actix_web::dev::Payload::Stream { payload }).0;
            actix_web::test::call_service(&app, request).await;
        });
    });
    [tower, actix]
}

#[test]
fn a_body_that_cannot_be_read_is_counted_by_both_adapters() {
    let broken = || vec![Err(std::io::ErrorKind::BrokenPipe.into())];
    let long = || vec![Ok(Bytes::from(vec![b'x'; 70_000]))];
    let cases: [(_, fn() -> Pieces); 3] =
        [("body_too_long", long), ("body_timeout", Vec::new), ("body_broken", broken)];
    for (reason, body) in cases {
        for metrics in unread(&Wechat::new(SecurityMode::Safe), || pieces(body())) {
            assert_eq!(metrics.of(REFUSALS), are([(reason, 1.0)]));
        }
    }
}

#[test]
fn two_middlewares_around_one_route_are_counted() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let Push { query, body } = wechat.push(&text("x"));
    let uri = format!("/weixin?{query}");
    let tower = counted_while(|| {
        let layer = || WechatLayer::new(wechat.callback());
        let app = Router::new().route("/weixin", post(say)).layer(layer()).layer(layer());
        let request = axum::http::Request::post(&uri).body(Body::from(body.clone())).expect("a request");
        block_on(app.oneshot(request)).expect("infallible");
    });
    let actix = counted_while(|| {
        block_on(async {
            let middleware = || WechatMiddleware::new(wechat.callback());
            let resource = actix_web::web::resource("/weixin").wrap(middleware()).wrap(middleware());
            let app = actix_web::App::new().service(resource.route(actix_web::web::post().to(say)));
            let app = actix_web::test::init_service(app).await;
            let request = actix_web::test::TestRequest::post().uri(&uri).set_payload(body.clone());
            let _ = actix_web::test::try_call_service(&app, request.to_request()).await;
        });
    });
    for metrics in [tower, actix] {
        assert_eq!(metrics.of(REFUSALS), are([("already_opened", 1.0)]));
    }
}

/// Without a server of the library.
#[test]
fn what_a_server_of_ones_own_logs_as_refused_is_counted() {
    let callback = Wechat::new(SecurityMode::Safe).callback();
    let metrics = counted_while(|| {
        callback.log_refusal(Refusal::BodyTooLong, "POST", "/weixin", "");
        callback.log_refusal(Refusal::BodyTooLong, "POST", "/weixin", "");
    });
    assert_eq!(metrics.of(REFUSALS), are([("body_too_long", 2.0)]));
}

#[test]
fn nothing_of_a_refused_request_is_in_the_metrics() {
    let sent = |callback: &Callback, request: &Request| {
        counted_while(|| {
            both::axum(callback, request);
        })
    };
    for (_, mode, request) in requests() {
        let wechat = Wechat::new(mode);
        let Metrics { rendered } = sent(&wechat.callback(), &request);
        for secret in [&*wechat.app_id, "wx5823bf96d3bd56c8", &wechat.token, "o6_bmjr", "gh_1ea", "/weixin"] {
            assert!(!rendered.contains(secret), "{secret} in {rendered}");
        }
    }
}

/// A counter that appears with its first event has not increased, for Prometheus.
#[test]
fn every_reason_is_counted_from_zero_once_there_is_a_callback() {
    let metrics = counted_while(|| drop(Wechat::new(SecurityMode::Safe).callback()));
    let zero = metrics.all(REFUSALS);
    for (reason, ..) in requests() {
        assert_eq!(zero.get(reason), Some(&0.0), "{reason}");
    }
    assert!(metrics.rendered.contains("# HELP wechat_refusals_total "), "{}", metrics.rendered);
}
