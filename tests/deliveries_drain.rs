//! A graceful shutdown: what runs is waited for, nothing new begins.

mod support;

use std::time::Duration;

use support::deliveries::{Nothing, Refused, Slow, everywhere, says, seconds, tenths};
use support::text;
use tokio::time::Instant;
use wechat_callback::TextReply;
use wechat_callback::delivery::{InProcess, LateReply};

#[test]
fn it_waits_for_handlers_with_and_without_a_connection_and_they_settle() {
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
fn what_would_need_a_run_is_503_and_what_joins_is_answered() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        let push = stage.wechat.push(&text("7 好"));
        assert_eq!(app.deliver_once(push.clone()).await, Nothing);
        let (still_running, joined, new) = tokio::join!(middleware.drain(), app.deliver_once(push), async {
            seconds(1.0).await;
            app.deliver_once(stage.wechat.push(&text("新"))).await
        });
        assert_eq!((still_running, joined, new), (0, says("好"), Refused(503)));
        assert_eq!(app.deliver_once(stage.wechat.push(&text("新"))).await, Refused(503));
        assert_eq!(slow.begun(), ["7 好"]);
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
        let (store, slow) = (InProcess::new(), Slow::default());
        let [going, staying] =
            [(); 2].map(|()| stage.middleware_of(stage.wechat.callback()).deliveries(store.clone()));
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
fn with_nothing_to_wait_for_it_returns_at_once() {
    everywhere(async |stage| {
        let (middleware, slow) = (stage.middleware(), Slow::default());
        let app = middleware.around(slow.handler()).await;
        assert_eq!(app.tell(&text("7 好")).await, says("好"));
        let started = Instant::now();
        assert_eq!((middleware.drain().await, tenths(started.elapsed())), (0, 0.0));
    });
}

/// It is its own store's, not the handler's.
#[test]
fn what_is_owed_is_paid_out_to_the_end() {
    everywhere(async |stage| {
        let policy = LateReply::ride().or_claim("继续", TextReply::new("还在想"));
        let (middleware, slow) = (stage.middleware().late_reply(policy), Slow::default());
        let app = middleware.around(slow.handler()).await;
        assert_eq!(app.tell(&text("20 好")).await, says("还在想"));
        assert_eq!(middleware.drain().await, 0);
        assert_eq!(app.deliver_once(stage.wechat.push(&text("继续"))).await, says("好"));
        assert_eq!(app.deliver_once(stage.wechat.push(&text("继续"))).await, Refused(503));
        assert_eq!(slow.begun(), ["20 好"]);
    });
}
