//! Handlers that fail or never end: what the user is told, and when.

use crate::support;

use std::time::Duration;

use support::deliveries::{Heard, Nothing, Refused, Retry, Stage, Success, everywhere, says, seconds};
use support::failing::{SORRY, both, handler, sorry};
use support::logs::logged;
use support::sender::Sender;
use support::{Wechat, text};
use wechat_callback::TextReply;
use wechat_callback::delivery::MemoryStore;
use wechat_callback::late_reply::LateReply;

fn errors(log: &str) -> usize {
    log.matches("ERROR").count()
}

#[test]
fn whatever_fails_the_user_is_told_the_reply_for_failures_and_so_are_repeats() {
    everywhere(async |stage| {
        for middleware in both(&stage) {
            let middleware = middleware.handler_timeout(Duration::from_secs(2)).on_error(sorry());
            let app = middleware.around(handler()).await;
            for how in
                ["fail", "fail 1", "panic", "panic 1", "hang", "long", "blank", "news 1", "payload", "error"]
            {
                let push = stage.wechat.push(&text(how));
                let log =
                    logged(async { assert_eq!(app.deliver_once(push.clone()).await, says(SORRY), "{how}") });
                let log = log.await;
                assert!(errors(&log) >= 1, "{how}: {log}");
                assert_eq!(app.deliver_once(push).await, says(SORRY), "repeated: {how}");
            }
            assert_eq!(app.deliver_once(stage.wechat.push(&text("好"))).await, says("好"));
            assert_eq!(app.deliver_once(stage.wechat.push(&text("none"))).await, Success);
        }
    });
}

#[test]
fn unless_it_is_set_a_failure_is_answered_success() {
    everywhere(async |stage| {
        for middleware in both(&stage) {
            let app = middleware.handler_timeout(Duration::from_secs(2)).around(handler()).await;
            for how in ["fail", "panic", "hang", "long", "blank", "payload", "error"] {
                let push = stage.wechat.push(&text(how));
                for _ in 0..2 {
                    assert_eq!(app.deliver_once(push.clone()).await, Success, "{how}");
                }
            }
        }
    });
}

#[test]
fn it_is_set_in_any_order_with_the_store() {
    everywhere(async |stage| {
        for middleware in [
            stage.middleware().store(MemoryStore::new()).on_error(sorry()),
            stage.middleware().on_error(sorry()).store(MemoryStore::new()),
            stage.middleware().on_error(sorry()).run_again().store(MemoryStore::new()),
            stage.middleware().run_again().on_error(sorry()).store(MemoryStore::new()),
            stage.middleware().on_error(sorry()).late_reply(LateReply::Drop),
        ] {
            let app = middleware.around(handler()).await;
            assert_eq!(app.tell(&text("fail")).await, says(SORRY));
        }
    });
}

#[test]
fn the_failure_reaches_the_delivery_that_waits() {
    everywhere(async |stage| {
        let middleware = stage.middleware().handler_timeout(Duration::from_secs(8)).on_error(sorry());
        let app = middleware.around(handler()).await;
        for how in ["fail 7", "panic 7", "long 7"] {
            let deliveries = stage.wechat.deliveries(&text(how), Retry::Same);
            assert_eq!(app.deliver(deliveries).await, [(5.0, Nothing), (7.0, says(SORRY))], "{how}");
        }
        let deliveries = stage.wechat.deliveries(&text("hang"), Retry::Fresh);
        assert_eq!(app.deliver(deliveries).await, [(5.0, Nothing), (8.0, says(SORRY))]);
    });
}

/// An event that names no sender.
fn nobody() -> &'static str {
    "<xml><MsgType>event</MsgType><Event>minigame_coin_deliver_completed</Event></xml>"
}

#[test]
fn an_event_without_a_sender_is_answered_success_and_logged_once() {
    everywhere(async |stage| {
        for middleware in both(&stage) {
            let app = middleware.on_error(sorry()).around(handler()).await;
            let push = stage.wechat.push(nobody());
            let log = logged(async { assert_eq!(app.deliver_once(push).await, Success) }).await;
            assert_eq!(errors(&log), 1, "{log}");
        }
    });
}

#[test]
fn a_reply_for_failures_that_cannot_be_sent_is_logged_once_and_success() {
    everywhere(async |stage| {
        for middleware in both(&stage) {
            let app = middleware.on_error(TextReply::new("")).around(handler()).await;
            for how in ["fail", "panic", "long"] {
                let push = stage.wechat.push(&text(how));
                let log = logged(async { assert_eq!(app.deliver_once(push).await, Success) }).await;
                assert_eq!(log.matches("the reply for failures cannot be sent").count(), 1, "{log}");
                assert_eq!(errors(&log), 2, "{log}");
            }
        }
    });
}

#[test]
fn a_failure_that_is_too_late_goes_where_late_answers_go() {
    everywhere(async |stage| {
        // Nowhere. That it failed is logged, and that alone.
        let app = stage.middleware().on_error(sorry()).around(handler()).await;
        let log = logged(async {
            assert_eq!(app.tell(&text("fail 20")).await, Success);
            seconds(10.0).await;
        });
        let log = log.await;
        assert_eq!(errors(&log), 1, "{log}");

        // To the user who was promised an answer.
        let policy = LateReply::fetch("继续", TextReply::new("还在想"));
        let app = stage.middleware().late_reply(policy.clone()).on_error(sorry()).around(handler()).await;
        assert_eq!(app.tell(&text("fail 20")).await, says("还在想"));
        seconds(10.0).await;
        assert_eq!(app.tell(&text("继续")).await, says(SORRY));
        assert_eq!(app.tell(&text("继续")).await, says("继续"));

        // Unless there is nothing to tell: then the word is a message like any other.
        let app = stage.middleware().late_reply(policy).around(handler()).await;
        assert_eq!(app.tell(&text("fail 20")).await, says("还在想"));
        seconds(10.0).await;
        assert_eq!(app.tell(&text("继续")).await, says("继续"));

        // To the sender, once, and never what was told in time.
        let sender = Sender::default();
        let policy = LateReply::push(sender.clone());
        let app = stage.middleware().late_reply(policy).on_error(sorry()).around(handler()).await;
        assert_eq!(app.tell(&text("fail 1")).await, says(SORRY));
        assert_eq!(app.tell(&text("fail 6")).await, Success);
        seconds(5.0).await;
        assert_eq!(*sender.0.lock().expect("not poisoned"), [sorry().into()]);
    });
}

/// A text in parts fits, and the notice is no handler's.
#[test]
fn a_claim_word_s_parts_and_notice_are_no_failures() {
    everywhere(async |stage| {
        let policy = LateReply::fetch("继续", TextReply::new(""));
        let app = stage.middleware().late_reply(policy).on_error(sorry()).around(handler()).await;
        let Heard::Text(part) = app.tell(&text("long")).await else { panic!("a text") };
        assert!(part.ends_with("【继续】"), "{part}");
        assert_eq!(app.tell(&text("好 20")).await, Success);
    });
}

#[test]
fn a_handler_that_never_ends_is_ended_after_ten_minutes_completed_and_logged() {
    everywhere(async |stage| {
        let middleware = stage.middleware().store(MemoryStore::new().capacity(2));
        let app = middleware.around(handler()).await;
        let log = logged(async {
            for _ in 0..2 {
                assert_eq!(app.tell(&text("hang")).await, Success);
            }
            // 15 s of the second and 30 s of the first are over.
            seconds(600.0 - 31.0).await;
            assert_eq!(app.deliver_once(stage.wechat.push(&text("好"))).await, Refused(503));
            seconds(5.0).await;
            assert_eq!(app.deliver_once(stage.wechat.push(&text("好"))).await, says("好"));
        });
        let log = log.await;
        assert!(log.contains("it still ran after 600 s"), "{log}");
        seconds(20.0).await;
        assert_eq!(middleware.drain().await, 0);
    });
}

#[test]
fn run_again_a_handler_that_never_ends_is_ended_too() {
    everywhere(async |stage| {
        let middleware = stage.middleware().run_again();
        let app = middleware.handler_timeout(Duration::from_millis(2500)).around(handler()).await;
        let log = logged(async {
            assert_eq!(
                app.deliver([(); 3].map(|()| stage.wechat.push(&text("hang")))).await,
                [(2.5, Success)]
            );
        });
        assert!(log.await.contains("it still ran after 2.5 s"));
    });
}

#[test]
fn a_timeout_as_long_as_can_be_is_none() {
    everywhere(async |stage| {
        let app = stage.middleware().handler_timeout(Duration::MAX).around(handler()).await;
        assert_eq!(app.deliver_once(stage.wechat.push(&text("好 4"))).await, says("好"));
    });
}

/// An own text, a wrong reply and a failure are told apart by what they are, and never by what they say.
#[test]
fn the_log_of_a_failure_has_no_reply_in_it() {
    everywhere(async |stage: Stage| {
        let secret = TextReply::new("theSecretAnswer".repeat(200));
        let app = stage.middleware().on_error(TextReply::new("theSecretSorry"));
        let app = app.around(move |_| std::future::ready(secret.clone())).await;
        let log = logged(async {
            assert_eq!(app.deliver_once(push(&stage.wechat)).await, says("theSecretSorry"));
        });
        let log = log.await;
        assert!(log.contains("ERROR") && !log.contains("Secret"), "{log}");
    });
}

fn push(wechat: &Wechat) -> support::Push {
    wechat.push(&text("x"))
}
