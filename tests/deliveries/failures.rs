//! Handlers that panic and fail, and a store that cannot be asked.

use crate::support;

use std::time::Duration;

use support::broken::Broken;
use support::deliveries::{
    App, Middleware, Nothing, Refused, Retry, Slow, Stage, Success, everywhere, hush, says, seconds,
};
use support::logs::logged;
use support::{Push, text};
use wechat_callback::delivery::MemoryStore;
use wechat_callback::late_reply::LateReply;
use wechat_callback::{HandlerError, Message, Reply, SecurityMode, TextReply};

#[derive(Debug, thiserror::Error)]
#[error("the model does not answer")]
struct Unanswered(#[source] std::io::Error);

/// Fails to every other message, after as many seconds as it says.
async fn fragile(slow: Slow, message: Message) -> Result<Reply, HandlerError> {
    let said = message.text().unwrap_or_default().to_owned();
    let reply = slow.handler()(message).await;
    if said.ends_with("panic") {
        panic!("on purpose, of {said}");
    }
    if said.ends_with("fail") {
        return Err(Unanswered(std::io::Error::other("the line is dead")).into());
    }
    Ok(reply)
}

async fn fragile_app(middleware: &Middleware) -> (App, Slow) {
    hush();
    let slow = Slow::default();
    let handled = slow.clone();
    (middleware.around(move |message| fragile(handled.clone(), message)).await, slow)
}

/// Two thousand messages at once, of which every other ends in `how`.
async fn assert_half_may_fail(stage: &Stage, how: &str) {
    let (app, slow) = fragile_app(&stage.middleware()).await;
    let pushes: Vec<_> = (0..2000)
        .map(|number| {
            let time = f64::from(number % 8) / 2.0;
            let said =
                if number % 2 == 0 { format!("{time} {number} {how}") } else { format!("{time} {number}") };
            stage.wechat.push(&text(&said))
        })
        .collect();
    for round in ["first", "repeated"] {
        let deliveries = pushes.iter().map(|push| app.deliver_once(push.clone()));
        let heard = futures_util::future::join_all(deliveries).await;
        for (number, heard) in heard.into_iter().enumerate() {
            let expected = if number % 2 == 0 { Success } else { says(number.to_string()) };
            assert_eq!(heard, expected, "{round}, {number}");
        }
        assert_eq!(slow.begun().len(), 2000, "{round}");
    }
}

#[test]
fn a_thousand_panics_among_two_thousand_messages_are_answered_success_and_completed() {
    everywhere(async |stage| assert_half_may_fail(&stage, "panic").await);
}

#[test]
fn a_thousand_errors_among_two_thousand_messages_are_answered_success_and_completed() {
    everywhere(async |stage| assert_half_may_fail(&stage, "fail").await);
}

#[test]
fn a_panic_before_the_handler_returns_a_future_is_one_too() {
    hush();
    everywhere(async |stage| {
        for middleware in [stage.middleware(), stage.middleware().run_again()] {
            let handler = |message: Message| {
                assert_eq!(message.text(), Some("好"), "on purpose");
                async { TextReply::new("好") }
            };
            let app = middleware.around(handler).await;
            assert_eq!(app.deliver_once(stage.wechat.push(&text("坏"))).await, Success);
            assert_eq!(app.deliver_once(stage.wechat.push(&text("好"))).await, says("好"));
        }
    });
}

#[test]
fn a_panic_after_the_connection_is_gone_reaches_the_delivery_that_waits() {
    everywhere(async |stage| {
        for how in ["panic", "fail"] {
            let (app, slow) = fragile_app(&stage.middleware()).await;
            let pushes = stage.wechat.deliveries(&text(&format!("7 {how}")), Retry::Same);
            assert_eq!(app.deliver(pushes).await, [(5.0, Nothing), (7.0, Success)]);
            assert_eq!(slow.begun().len(), 1);
        }
    });
}

#[test]
fn run_again_a_panic_and_an_error_are_answered_success() {
    everywhere(async |stage| {
        let (app, slow) = fragile_app(&stage.middleware().run_again()).await;
        for how in ["0 panic", "1 panic", "0 fail", "1 fail"] {
            let push = stage.wechat.push(&text(how));
            assert_eq!(app.deliver_once(push.clone()).await, Success);
            assert_eq!(app.deliver_once(push).await, Success);
        }
        assert_eq!(slow.begun().len(), 8);
    });
}

#[test]
fn a_panic_and_an_error_are_logged_once_with_their_cause() {
    for (said, causes) in [
        ("0 panic", ["it panicked", "on purpose, of 0 panic"]),
        ("7 panic", ["it panicked", "on purpose, of 7 panic"]),
        ("0 fail", ["the model does not answer", "the line is dead"]),
        ("7 fail", ["the model does not answer", "the line is dead"]),
    ] {
        everywhere(async |stage| {
            let (app, _) = fragile_app(&stage.middleware()).await;
            let log = logged(async { assert_eq!(app.tell(&text(said)).await, Success) }).await;
            for cause in causes {
                assert_eq!(log.matches(cause).count(), 1, "{cause} in {log}");
            }
            assert_eq!(log.matches("ERROR").count(), 1, "{log}");
        });
    }
}

async fn broken_app(stage: &Stage, method: &'static str) -> (App, Slow) {
    let slow = Slow::default();
    let policy = LateReply::fetch("继续", TextReply::new("还在想"));
    let middleware = stage.middleware().store(Broken::new(method)).late_reply(policy);
    (middleware.around(slow.handler()).await, slow)
}

#[test]
fn a_store_that_cannot_be_asked_is_503_and_no_duplicate() {
    everywhere(async |stage| {
        let methods: &[_] =
            if stage.wechat.mode == SecurityMode::Plain { &["claim", "bind"] } else { &["claim"] };
        for method in methods {
            let (app, slow) = broken_app(&stage, method).await;
            let push = stage.wechat.push(&text("好"));
            for _ in 0..3 {
                assert_eq!(app.deliver_once(push.clone()).await, Refused(503), "{method}");
            }
            assert_eq!(slow.begun().len(), 0, "{method}");
        }
    });
}

#[test]
fn a_delivery_that_cannot_wait_for_the_first_is_503_and_the_first_is_answered() {
    everywhere(async |stage| {
        let (app, slow) = broken_app(&stage, "wait").await;
        let push = stage.wechat.push(&text("2 好"));
        let heard = tokio::join!(app.deliver_once(push.clone()), async {
            seconds(1.0).await;
            app.deliver_once(push.clone()).await
        });
        assert_eq!(heard, (says("好"), Refused(503)));
        assert_eq!(slow.begun().len(), 1);
    });
}

#[test]
fn an_outcome_that_cannot_be_stored_is_still_the_answer_of_its_own_delivery() {
    everywhere(async |stage| {
        let (app, _) = broken_app(&stage, "complete").await;
        let push = stage.wechat.push(&text("2 好"));
        let log = logged(async { assert_eq!(app.deliver_once(push).await, says("好")) }).await;
        assert!(log.contains("ERROR") && log.contains("the line to it is dead"), "{log}");
    });
}

#[test]
fn the_word_is_503_while_what_is_owed_cannot_be_asked_and_no_message_to_the_handler() {
    everywhere(async |stage| {
        for method in ["next_pending", "advance_pending"] {
            let (app, slow) = broken_app(&stage, method).await;
            assert_eq!(app.tell(&text("15 好")).await, says("还在想"));
            seconds(1.0).await;
            assert_eq!(app.tell(&text("继续")).await, Refused(503), "{method}");
            assert_eq!(slow.begun(), ["15 好"]);
        }
    });
}

#[test]
fn an_answer_that_cannot_be_kept_is_not_promised() {
    everywhere(async |stage| {
        for method in ["mark_late", "add_pending"] {
            let (app, _) = broken_app(&stage, method).await;
            let log = logged(async { assert_eq!(app.tell(&text("20 好")).await, Success, "{method}") }).await;
            assert!(log.contains("ERROR") && log.contains("the line to it is dead"), "{log}");
        }
    });
}

#[test]
fn of_a_store_s_refusal_wechat_learns_a_status_and_the_log_the_cause() {
    everywhere(async |stage| {
        let (app, _) = broken_app(&stage, "claim").await;
        let Push { query, body } = stage.wechat.push(&text("好"));
        let log = logged(async {
            let answer = app.send(Push { query, body }).await;
            assert_eq!((answer.status, answer.body.as_str()), (503, ""));
            assert!(answer.headers.iter().all(|(name, _)| name == "connection"), "{answer:?}");
        });
        let log = log.await;
        assert!(log.contains("ERROR") && log.contains("the line to it is dead"), "{log}");
    });
}

/// In a store of any kind.
#[test]
fn a_handler_that_takes_too_long_is_completed_with_the_reply_for_failures() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let middleware = stage.middleware().store(Broken::new("nothing"));
        let middleware =
            middleware.handler_timeout(Duration::from_secs(7)).on_error(TextReply::new("出错了"));
        let app = middleware.around(slow.handler()).await;
        let deliveries = stage.wechat.deliveries(&text("3600 好"), Retry::Same);
        let push = deliveries[0].clone();
        let log = logged(async {
            assert_eq!(app.deliver(deliveries).await, [(5.0, Nothing), (7.0, says("出错了"))]);
        });
        let log = log.await;
        assert_eq!(log.matches("ERROR").count(), 1, "{log}");
        assert!(log.contains("it still ran after 7 s"), "{log}");
        assert_eq!(app.deliver_once(push).await, says("出错了"));
        assert_eq!((slow.begun().len(), slow.ended().len()), (1, 0));
        assert_eq!(middleware.drain().await, 0);
    });
}

/// Never taken for a duplicate: WeChat asks again.
#[test]
fn a_push_that_the_store_has_no_room_for_is_503_until_there_is_room() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let middleware = stage.middleware().store(MemoryStore::new().capacity(1));
        let app = middleware.around(slow.handler()).await;
        let (long, other) = (stage.wechat.push(&text("4 好")), stage.wechat.push(&text("别的")));
        let heard = tokio::join!(app.deliver_once(long), async {
            seconds(1.0).await;
            app.deliver_once(other.clone()).await
        });
        assert_eq!(heard, (says("好"), Refused(503)));
        assert_eq!(app.deliver_once(other).await, says(">别的"));
        assert_eq!(slow.begun(), ["4 好", "别的"]);
    });
}
