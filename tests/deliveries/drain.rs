//! A graceful shutdown: what runs is waited for, and what still comes is answered.

use crate::support;

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Version};
use axum::routing::post;
use bytes::Bytes;
use support::deliveries::{Nothing, Refused, Slow, everywhere, says, seconds, tenths};
use support::{Push, Wechat, text};
use tokio::time::Instant;
use tower::ServiceExt;
use wechat_actix::WechatMiddleware;
use wechat_callback::delivery::MemoryStore;
use wechat_callback::late_reply::LateReply;
use wechat_callback::{SecurityMode, TextReply};
use wechat_tower::WechatLayer;

#[test]
fn it_waits_for_handlers_with_and_without_a_connection_and_they_complete() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        let (detached, attached) = (stage.wechat.push(&text("9 一")), stage.wechat.push(&text("4 二")));
        assert_eq!(app.deliver_for(Duration::from_secs(1), detached.clone()).await, Nothing);
        let started = Instant::now();
        let (heard, (still_running, time)) = tokio::join!(app.deliver_once(attached.clone()), async {
            seconds(0.5).await;
            (middleware.drain().await, tenths(started.elapsed()))
        });
        assert_eq!((heard, still_running, time), (says("二"), 0, 8.0));
        assert_eq!(slow.ended(), ["4 二", "9 一"]);
        assert_eq!(app.deliver_once(detached).await, says("一"));
        assert_eq!(app.deliver_once(attached).await, says("二"));
        assert_eq!(slow.begun().len(), 2);
    });
}

#[test]
fn what_still_comes_is_answered_and_what_comes_after_the_end_is_503() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        let push = stage.wechat.push(&text("7 好"));
        assert_eq!(app.deliver_once(push.clone()).await, Nothing);
        let (still_running, joined, new) = tokio::join!(middleware.drain(), app.deliver_once(push), async {
            seconds(1.0).await;
            app.deliver_once(stage.wechat.push(&text("新"))).await
        });
        assert_eq!((still_running, joined, new), (0, says("好"), says(">新")));
        assert_eq!(app.deliver_once(stage.wechat.push(&text("晚"))).await, Refused(503));
        assert_eq!(slow.begun(), ["7 好", "新"]);
    });
}

#[test]
fn each_push_that_comes_keeps_it_waiting_for_another_half_second() {
    everywhere(async |stage| {
        for middleware in [stage.middleware(), stage.middleware().run_again()] {
            let slow = Slow::default();
            let app = middleware.around(slow.handler()).await;
            let started = Instant::now();
            let (time, heard) = tokio::join!(
                async {
                    assert_eq!(middleware.drain().await, 0);
                    tenths(started.elapsed())
                },
                async {
                    let mut heard = Vec::new();
                    for _ in 0..4 {
                        seconds(0.4).await;
                        heard.push(app.deliver_once(stage.wechat.push(&text("好"))).await);
                    }
                    heard
                }
            );
            assert_eq!((time, heard), (2.1, vec![says(">好"); 4]));
        }
    });
}

/// The server stops to listen when it returns, and not before: what comes in between is accepted, so it is answered.
#[test]
fn a_busy_bot_is_drained_for_ten_seconds_and_answers_for_another_half_a_second() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        let started = Instant::now();
        let (time, heard) = tokio::join!(
            async {
                assert_eq!(middleware.drain().await, 0);
                tenths(started.elapsed())
            },
            async {
                let mut heard = Vec::new();
                for _ in 0..108 {
                    seconds(0.1).await;
                    let push = stage.wechat.push(&text("好"));
                    heard.push((tenths(started.elapsed()), app.deliver_once(push).await));
                }
                heard
            }
        );
        assert_eq!(time, 10.0);
        for (at, heard) in heard {
            assert_eq!(heard, if at < 10.5 { says(">好") } else { Refused(503) }, "after {at} s");
        }
    });
}

#[test]
fn run_again_it_waits_for_the_handlers_too() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware().run_again(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        let (heard, drained) = tokio::join!(app.deliver_once(stage.wechat.push(&text("4 好"))), async {
            seconds(1.0).await;
            (middleware.drain().await, slow.ended())
        });
        assert_eq!((heard, drained), (says("好"), (0, vec!["4 好".to_owned()])));
        assert_eq!(app.deliver_once(stage.wechat.push(&text("晚"))).await, Refused(503));
    });
}

/// A handler of theirs ends with its connection.
#[test]
fn run_again_a_handler_whose_connection_is_gone_is_not_waited_for() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware().run_again(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        assert_eq!(app.deliver_once(stage.wechat.push(&text("9 好"))).await, Nothing);
        let started = Instant::now();
        assert_eq!((middleware.drain().await, tenths(started.elapsed())), (0, 0.5));
    });
}

#[test]
fn drained_again_it_waits_for_nothing() {
    everywhere(async |stage| {
        let callback = stage.wechat.callback();
        let [one, other] = [(); 2].map(|()| stage.middleware_of(callback.clone()));
        let started = Instant::now();
        assert_eq!((one.drain().await, other.drain().await, tenths(started.elapsed())), (0, 0, 0.5));
    });
}

/// Each worker of actix-web may have a middleware of its own.
#[test]
fn it_waits_for_the_handlers_of_every_middleware_of_one_callback() {
    everywhere(async |stage| {
        let (callback, slow) = (stage.wechat.callback(), Slow::default());
        let [one, other] = [(); 2].map(|()| stage.middleware_of(callback.clone()));
        let app = other.around(slow.handler()).await;
        let heard = tokio::join!(app.deliver_once(stage.wechat.push(&text("4 好"))), async {
            seconds(1.0).await;
            (one.drain().await, slow.ended())
        });
        assert_eq!(heard, (says("好"), (0, vec!["4 好".to_owned()])));
    });
}

/// Another process is asked next.
#[test]
fn a_push_that_was_refused_is_left_to_whoever_is_asked_next() {
    everywhere(async |stage| {
        let (store, slow) = (MemoryStore::new(), Slow::default());
        let [going, staying] =
            [(); 2].map(|()| stage.middleware_of(stage.wechat.callback()).store(store.clone()));
        let (old, new) = (going.around(slow.handler()).await, staying.around(slow.handler()).await);
        assert_eq!(going.drain().await, 0);
        let push = stage.wechat.push(&text("好"));
        assert_eq!(old.deliver_once(push.clone()).await, Refused(503));
        assert_eq!(new.deliver_once(push.clone()).await, says(">好"));
        assert_eq!(old.deliver_once(push).await, says(">好"));
        assert_eq!(slow.begun().len(), 1);
    });
}

#[test]
fn it_waits_ten_seconds_at_most_and_says_how_many_still_run() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        for said in ["60 好", "8 好"] {
            let push = stage.wechat.push(&text(said));
            assert_eq!(app.deliver_for(Duration::from_millis(100), push).await, Nothing);
        }
        let started = Instant::now();
        assert_eq!((middleware.drain().await, tenths(started.elapsed())), (1, 10.0));
        assert_eq!(slow.ended(), ["8 好"]);
    });
}

#[test]
fn with_nothing_to_wait_for_it_returns_after_half_a_second_without_a_push() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        assert_eq!(app.tell(&text("7 好")).await, says("好"));
        let started = Instant::now();
        assert_eq!((middleware.drain().await, tenths(started.elapsed())), (0, 0.5));
    });
}

/// It is its own store's, not the handler's.
#[test]
fn what_is_owed_is_paid_out_to_the_end() {
    everywhere(async |stage| {
        let policy = LateReply::fetch("继续", TextReply::new("还在想"));
        let (middleware, slow) = (stage.middleware().late_reply(policy), Slow::default());
        let app = middleware.around(slow.handler()).await;
        assert_eq!(app.tell(&text("20 好")).await, says("还在想"));
        assert_eq!(middleware.drain().await, 0);
        assert_eq!(app.deliver_once(stage.wechat.push(&text("继续"))).await, says("好"));
        assert_eq!(app.deliver_once(stage.wechat.push(&text("继续"))).await, Refused(503));
        assert_eq!(slow.begun(), ["20 好"]);
    });
}

/// (T30) HTTP/2 has no such header. What is refused, verified or found by another delivery is answered so too.
#[test]
fn over_http_1_each_answer_while_draining_closes_its_connection() {
    support::deliveries::paused(async {
        let wechat = Wechat::new(SecurityMode::Safe);
        let layer = WechatLayer::new(wechat.callback());
        let app: Router =
            Router::new().route("/weixin", post(async || TextReply::new("好")).layer(layer.clone()));
        let Push { query, body } = wechat.push(&text("你好"));
        let requests = [
            ("POST", query.clone(), body.clone(), 200),
            ("POST", query, body, 200),
            ("GET", wechat.verification("42"), vec![], 200),
            ("POST", String::new(), vec![], 400),
            ("PUT", String::new(), vec![], 405),
        ];
        let send = async |version| {
            let mut told = Vec::new();
            for (method, query, body, status) in requests.clone() {
                let uri = format!("/weixin?{query}");
                let request = Request::builder().method(method).uri(uri).version(version);
                let response = app.clone().oneshot(request.body(Body::from(body)).expect("a request")).await;
                let response = response.expect("infallible");
                assert_eq!(response.status(), status);
                told.push(response.headers().get("connection").cloned());
            }
            told
        };
        let (nothing, close) = (vec![None; 5], vec![Some(HeaderValue::from_static("close")); 5]);
        // Refusals close it at any time.
        assert_eq!(send(Version::HTTP_11).await, [&nothing[..3], &close[3..]].concat());
        let (_, ()) = tokio::join!(layer.drain(), async {
            seconds(0.1).await;
            assert_eq!(send(Version::HTTP_10).await, close);
            assert_eq!(send(Version::HTTP_11).await, close);
            assert_eq!(send(Version::HTTP_2).await, nothing);
        });
    });
}

/// Who got in before the end is answered, however long the body takes.
#[test]
fn a_push_whose_body_ends_after_the_draining_is_answered() {
    support::deliveries::paused(async {
        let wechat = Wechat::new(SecurityMode::Safe);
        let (layer, middleware) =
            (WechatLayer::new(wechat.callback()), WechatMiddleware::new(wechat.callback()));
        let slowly = |body: Vec<u8>| {
            futures_util::stream::once(Box::pin(async move {
                seconds(2.0).await;
                Ok::<_, PayloadError>(Bytes::from(body))
            }))
        };

        let app: Router =
            Router::new().route("/weixin", post(async || TextReply::new("好")).layer(layer.clone()));
        let Push { query, body } = wechat.push(&text("你好"));
        let request = Request::post(format!("/weixin?{query}")).body(Body::from_stream(slowly(body)));
        let (response, drained) = tokio::join!(app.oneshot(request.expect("a request")), layer.drain());
        assert_eq!((response.expect("infallible").status().as_u16(), drained), (200, 0));

        let route = actix_web::web::post().to(async || TextReply::new("好"));
        let resource = actix_web::web::resource("/weixin").wrap(middleware.clone()).route(route);
        let app = actix_web::test::init_service(actix_web::App::new().service(resource)).await;
        let Push { query, body } = wechat.push(&text("你好"));
        let uri = format!("/weixin?{query}");
        let mut request = actix_web::test::TestRequest::post().uri(&uri).to_request();
        *request.payload() = Payload::Stream { payload: Box::pin(slowly(body)) };
        let (response, drained) =
            tokio::join!(actix_web::test::call_service(&app, request), middleware.drain());
        assert_eq!((response.status().as_u16(), drained), (200, 0));
    });
}
