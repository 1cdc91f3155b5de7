//! Whatever of the owner's panics, and whenever: the push is answered and completed.

use crate::support;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use support::deliveries::{ADAPTERS, Nothing, Success, everywhere, hush, says, seconds};
use support::failing::{Handling, Output, SORRY, act, both, handler, sorry};
use support::logs::logged;
use support::servers::serve;
use support::{MODES, Wechat, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wechat_callback::late_reply::{LateReply, Recipient, ReplySender, SendError};
use wechat_callback::{Message, Reply};

/// A handler that panics when it is dropped, after it has done what it was to do.
struct Trapped {
    handling: Option<Handling>,
    drops: Arc<AtomicUsize>,
}

impl Future for Trapped {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        self.handling.as_mut().expect("it").as_mut().poll(cx)
    }
}

impl Drop for Trapped {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        if !std::thread::panicking() {
            panic!("dropped on purpose");
        }
    }
}

fn trapped(drops: &Arc<AtomicUsize>) -> impl Fn(Message) -> Trapped + Clone + use<> {
    let drops = drops.clone();
    move |message| Trapped { handling: Some(Box::pin(act(message))), drops: drops.clone() }
}

/// A framework that drops the handler inside of its own future makes a failed one of it.
#[test]
fn a_handler_that_panics_when_it_is_dropped_is_answered_and_completed() {
    everywhere(async |stage| {
        for middleware in both(&stage) {
            let drops = Arc::default();
            let middleware = middleware.handler_timeout(Duration::from_secs(2)).on_error(sorry());
            let app = middleware.around(trapped(&drops)).await;
            for (number, said) in ["好", "好 1", "fail", "fail 1", "hang", "none"].into_iter().enumerate() {
                let push = stage.wechat.push(&text(said));
                let log =
                    logged(async { assert_eq!(app.deliver_once(push).await, says(SORRY), "{said}") }).await;
                assert!(log.contains("ERROR") && log.contains("dropped on purpose"), "{log}");
                assert_eq!(drops.load(Ordering::Relaxed), number + 1);
            }
        }
    });
}

/// A tower service hands its future over, which has answered before it is dropped.
#[test]
fn a_future_that_panics_when_it_is_dropped_has_answered_all_the_same() {
    struct Service(Trapped);

    impl Future for Service {
        type Output = Result<axum::response::Response, std::convert::Infallible>;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            Pin::new(&mut self.0)
                .poll(cx)
                .map(|output| Ok(axum::response::IntoResponse::into_response(output)))
        }
    }

    hush();
    let wechat = Wechat::new(wechat_callback::SecurityMode::Safe);
    let layer = wechat_tower::WechatLayer::new(wechat.callback()).on_error(sorry());
    for layer in [layer.clone(), layer.late_reply(LateReply::RunAgain)] {
        support::deliveries::paused(async {
            for said in ["好", "好 1", "fail"] {
                let drops: Arc<AtomicUsize> = Arc::default();
                let trap = trapped(&drops);
                let handler = tower::service_fn(move |mut request: axum::extract::Request| {
                    Service(trap(request.extensions_mut().remove::<Message>().expect("the message")))
                });
                let support::Push { query, body } = wechat.push(&text(said));
                let request = axum::extract::Request::post(format!("/?{query}")).body(body.into());
                let layered = tower::Layer::layer(&layer, handler);
                let log = logged(async {
                    let response = tower::ServiceExt::oneshot(layered, request.expect("a request")).await;
                    let body = response.expect("infallible").into_body();
                    let body = http_body_util::BodyExt::collect(body).await.expect("a body").to_bytes();
                    let reply = wechat.read(str::from_utf8(&body).expect("UTF-8"));
                    let expected = if said == "fail" { SORRY } else { "好" };
                    support::assert_text_reply(&reply, expected);
                });
                assert!(log.await.contains("the handler panicked when it was dropped"));
                assert_eq!(drops.load(Ordering::Relaxed), 1);
            }
        });
    }
}

/// The connection is gone: what is left runs on its own, and is completed for the repeats.
#[test]
fn what_panics_in_a_run_of_its_own_is_completed() {
    everywhere(async |stage| {
        let middleware = stage.middleware().handler_timeout(Duration::from_secs(8)).on_error(sorry());
        let app = middleware.around(trapped(&Arc::default())).await;
        for said in ["好 7", "fail 7", "panic 7", "payload 7", "error 7", "hang"] {
            assert_eq!(app.tell(&text(said)).await, says(SORRY), "{said}");
        }
        assert_eq!(middleware.drain().await, 0);
    });
}

/// Without deliveries a handler ends with its connection, in whatever way.
#[test]
fn a_connection_that_goes_away_takes_a_handler_with_it_that_panics_when_it_is_dropped() {
    everywhere(async |stage| {
        let drops = Arc::default();
        let app = stage.middleware().run_again().around(trapped(&drops)).await;
        assert_eq!(app.deliver_once(stage.wechat.push(&text("hang"))).await, Nothing);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert_eq!(app.deliver_once(stage.wechat.push(&text("none"))).await, Success);
    });
}

#[test]
fn a_sender_that_panics_loses_its_answer_alone() {
    struct Panics;

    #[async_trait::async_trait]
    impl ReplySender for Panics {
        async fn send(&self, _: &Recipient, _: &Reply) -> Result<(), SendError> {
            panic!("on purpose")
        }
    }

    everywhere(async |stage| {
        let middleware = stage.middleware().late_reply(LateReply::push(Panics));
        let app = middleware.around(handler()).await;
        let log = logged(async {
            assert_eq!(app.tell(&text("好 6")).await, Success);
            seconds(5.0).await;
        });
        let log = log.await;
        assert!(log.contains("the reply is lost") && log.contains("on purpose"), "{log}");
        assert_eq!(middleware.drain().await, 0);
    });
}

/// Over a real connection, which stays open.
#[tokio::test]
async fn a_handler_that_panics_in_any_way_leaves_the_connection_open() {
    for adapter in ADAPTERS {
        for mode in MODES {
            let wechat = Wechat::new(mode);
            let server = serve(adapter, &wechat, trapped(&Arc::default()));
            let mut connection = TcpStream::connect(server).await.expect("a connection");
            for said in ["panic", "payload", "error", "fail", "none"] {
                let support::Push { query, body } = wechat.push(&text(said));
                let head = format!(
                    "POST /weixin?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                connection.write_all(&[head.as_bytes(), &body].concat()).await.expect("it is open");
                let mut answer = Vec::new();
                while !answer.ends_with(b"\r\n\r\nsuccess") {
                    let read = connection.read_buf(&mut answer).await.expect("an answer");
                    assert!(read > 0, "{adapter:?} in {mode} mode: {said}");
                }
                assert!(answer.starts_with(b"HTTP/1.1 200 "));
            }
        }
    }
}
