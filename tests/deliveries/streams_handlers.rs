//! Handlers that return a reply that streams, and what becomes of those that misbehave.

use crate::support;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::IntoResponse;
use futures_util::Stream;
use http_body_util::BodyExt;
use support::aibot::{Bot, with_each};
use support::deliveries::{Nothing, Retry, everywhere, hush, paused, says, seconds};
use support::logs::logged;
use support::{Wechat, assert_text_reply, text};
use tokio::time::timeout;
use tower::ServiceExt;
use tower_layer::Layer;
use wechat_callback::server::{Engine, HandlerOutput, Request as Push};
use wechat_callback::{HandlerError, Message, SecurityMode, StreamReply, TextReply};
use wechat_tower::WechatLayer;

fn speak() -> StreamReply {
    StreamReply::from_fn(|out| async move {
        out.push("春眠").await;
        seconds(1.0).await;
        out.push("不觉晓").await;
    })
}

async fn may_fail(message: Message) -> Result<StreamReply, HandlerError> {
    let _: u32 = message.text().unwrap_or_default().parse()?;
    Ok(speak())
}

#[test]
fn a_handler_that_may_fail_returns_a_stream_or_its_error() {
    everywhere(async |stage| {
        let app = stage.middleware().on_error(TextReply::new("出错了")).around(may_fail).await;
        assert_eq!(app.tell(&text("7")).await, says("春眠不觉晓"));
        let log = logged(async { assert_eq!(app.tell(&text("x")).await, says("出错了")) }).await;
        assert!(log.contains("the handler failed"), "{log}");
    });
}

#[test]
fn a_plain_service_streams_with_the_response_that_a_reply_makes() {
    paused(async {
        let wechat = Wechat::new(SecurityMode::Safe);
        let service =
            tower::service_fn(async |_: Request<Body>| Ok::<_, Infallible>(speak().into_response()));
        let push = wechat.push(&text("你好"));
        let request = Request::post(format!("/weixin?{}", push.query)).body(Body::from(push.body));
        let service = WechatLayer::new(wechat.callback()).layer(service);
        let response = service.oneshot(request.expect("a request")).await.expect("infallible");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let xml = wechat.read(std::str::from_utf8(&body).expect("UTF-8"));
        assert_text_reply(&xml, "春眠不觉晓");
    });
}

#[test]
fn without_the_middleware_a_stream_is_a_500_that_names_it_and_says_nothing() {
    async fn reply() -> StreamReply {
        StreamReply::from_fn(|out| async move { out.push("secret").await })
    }
    paused(async {
        let app = axum::Router::new().route("/weixin", axum::routing::post(reply));
        let request = Request::post("/weixin").body(Body::empty()).expect("a request");
        let response = app.oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("WechatLayer") && !body.contains("secret"), "{body}");

        let resource = actix_web::web::resource("/weixin").route(actix_web::web::post().to(reply));
        let app = actix_web::test::init_service(actix_web::App::new().service(resource)).await;
        let request = actix_web::test::TestRequest::post().uri("/weixin").to_request();
        let response = actix_web::test::call_service(&app, request).await;
        assert_eq!(response.status().as_u16(), 500);
        let body = actix_web::test::read_body(response).await;
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("WechatMiddleware") && !body.contains("secret"), "{body}");
    });
}

/// Says what it is asked for, and panics when it is dropped.
struct Grenade(u32);

impl Stream for Grenade {
    type Item = Result<&'static str, HandlerError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0 += 1;
        match self.0 {
            1 => Poll::Ready(Some(Ok("说完了"))),
            2 => Poll::Ready(None),
            _ => panic!("polled after its end"),
        }
    }
}

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("on purpose");
    }
}

#[test]
fn a_stream_that_panics_when_it_is_dropped_has_said_what_it_said() {
    hush();
    everywhere(async |stage| {
        let app = stage.middleware().around(async |_| StreamReply::new(Grenade(0))).await;
        let log = logged(async {
            for _ in 0..2 {
                assert_eq!(app.tell(&text("说")).await, says("说完了"));
            }
        });
        assert_eq!(log.await.matches("panicked when it was dropped").count(), 2);
    });
    with_each(async |stage, bot| {
        let app = stage.middleware_of(bot.callback()).around(async |_| StreamReply::new(Grenade(0))).await;
        let shown = bot.show(&app, &bot.message("说")).await.expect("an answer");
        assert_eq!((shown.content.as_str(), shown.is_finished), ("说完了", true));
    });
}

/// The bubble that a client left in mid-stream is there for the next who asks.
#[test]
fn a_bubble_grows_on_when_its_client_goes_away() {
    with_each(async |stage, bot| {
        let runs = Arc::<AtomicUsize>::default();
        let counted = runs.clone();
        let handler = move |_: Message| {
            counted.fetch_add(1, Ordering::SeqCst);
            async {
                StreamReply::from_fn(|out| async move {
                    for _ in 0..40 {
                        seconds(0.1).await;
                        out.push("好").await;
                    }
                })
            }
        };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let message = bot.message("说");
        assert!(timeout(Duration::from_millis(500), bot.show(&app, &message)).await.is_err());
        seconds(10.0).await;
        let shown = bot.show(&app, &message).await.expect("an answer");
        assert_eq!((shown.content.as_str(), shown.is_finished), ("好".repeat(40).as_str(), true));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    });
}

/// Counts how often it is asked, and is always ready.
struct Ready(Arc<AtomicUsize>);

impl Stream for Ready {
    type Item = Result<&'static str, HandlerError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok("x")))
    }
}

/// What is polled once and then no more is asked for a little, and then for nothing.
#[test]
fn a_stream_is_asked_for_no_more_while_nobody_waits_for_it() {
    paused(async {
        let bot = Bot::new();
        let engine = Engine::new(bot.callback());
        let push = bot.push(&bot.message("说"));
        let asked = Arc::<AtomicUsize>::default();
        let counted = asked.clone();
        let handler =
            move |_: Message| async move { Ok(HandlerOutput::Stream(StreamReply::new(Ready(counted)))) };
        let mut answer =
            Box::pin(engine.handle(Push::new("POST", "/aibot", &push.query, &push.body), handler));
        let mut before = 0;
        for _ in 0..5 {
            assert!(futures_util::poll!(answer.as_mut()).is_pending());
            let after = asked.load(Ordering::SeqCst);
            assert!(after - before <= 200, "asked {} times in one poll", after - before);
            // Were it produced elsewhere, it would go on meanwhile.
            seconds(0.001).await;
            assert_eq!(asked.load(Ordering::SeqCst), after);
            before = after;
        }
        assert!(before > 0);
    });
}

/// Whoever pushes goes on when what they pushed is stored.
#[test]
fn who_pushes_waits_until_it_is_taken() {
    paused(async {
        let wechat = Wechat::new(SecurityMode::Plain);
        let engine = Engine::new(wechat.callback());
        let push = wechat.push(&text("说"));
        let taken = Arc::<AtomicUsize>::default();
        let counted = taken.clone();
        let handler = move |_: Message| async move {
            let reply = StreamReply::from_fn(move |out| async move {
                while !out.is_closed() {
                    out.push("x").await;
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            });
            Ok(HandlerOutput::Stream(reply))
        };
        let mut answer =
            Box::pin(engine.handle(Push::new("POST", "/weixin", &push.query, &push.body), handler));
        assert!(futures_util::poll!(answer.as_mut()).is_pending());
        let after = taken.load(Ordering::SeqCst);
        seconds(1.0).await;
        assert_eq!(taken.load(Ordering::SeqCst), after);
        assert!((1..=200).contains(&after), "{after}");
    });
}

#[test]
fn a_client_that_hangs_up_on_a_stream_that_is_always_ready_hears_of_it_later() {
    everywhere(async |stage| {
        let handler = async |_| {
            StreamReply::from_fn(|out| async move {
                seconds(6.0).await;
                for _ in 0..1_000 {
                    out.push("x").await;
                }
            })
        };
        let app = stage.middleware().around(handler).await;
        let heard = app.deliver(stage.wechat.deliveries(&text("说"), Retry::Same)).await;
        assert_eq!(heard, [(5.0, Nothing), (6.0, says("x".repeat(1_000)))]);
    });
}
