//! What is counted of deliveries, handlers, late replies and stores, and that nothing of users is a label.

use crate::metrics_support::{Metrics, are, counted};
use crate::support;

use std::time::Duration;

use async_trait::async_trait;
use support::broken::Broken;
use support::deliveries::{
    App, Middleware, Nothing, Refused, Slow, Stage, Success, USER, everywhere, on_adapters, on_both, says,
    seconds,
};
use support::failing;
use support::made::{Content, Made};
use support::{Push, text};
use wechat_callback::late_reply::{FetchWord, LateReply, Recipient, ReplySender, RetrySchedule, SendError};
use wechat_callback::{Reply, SecurityMode, TextReply};

const DELIVERIES: &str = "wechat_deliveries_total";
const RUNS: &str = "wechat_handler_duration_seconds_count";
const RUN_SECONDS: &str = "wechat_handler_duration_seconds_sum";
const RUNNING: &str = "wechat_handlers_running";
const LATE: &str = "wechat_late_replies_total";
const SEND_ERRORS: &str = "wechat_late_reply_send_errors_total";
const STORE_ERRORS: &str = "wechat_store_errors_total";
const REFUSALS: &str = "wechat_refusals_total";

async fn slow_app(middleware: &Middleware) -> App {
    middleware.around(Slow::default().handler()).await
}

#[test]
fn a_push_that_is_answered_at_once_is_one_delivery_one_run_and_no_refusal() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware()).await;
            assert_eq!(app.tell(&text("好")).await, says(">好"));
        });
        let metrics = metrics.await;
        assert_eq!(metrics.of(DELIVERIES), are([("text reply 1", 1.0)]));
        assert_eq!(metrics.of(RUNS), are([("reply", 1.0)]));
        for none in [RUN_SECONDS, RUNNING, LATE, SEND_ERRORS, STORE_ERRORS, REFUSALS] {
            assert_eq!(metrics.of(none), are([]), "{none}");
        }
    });
}

#[test]
fn each_delivery_of_a_push_is_counted_and_its_handler_once_with_the_time_that_it_took() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware()).await;
            let push = stage.wechat.push(&text("7 好"));
            assert_eq!(app.deliver_once(push.clone()).await, Nothing);
            assert_eq!(app.deliver_once(push.clone()).await, says("好"));
            seconds(3.0).await;
            assert_eq!(app.deliver_once(push.clone()).await, says("好"));
            seconds(5.0).await;
            assert_eq!(app.deliver_once(push).await, says("好"));
        });
        let metrics = metrics.await;
        let expected = [
            ("text hung_up 1", 1.0),
            ("text reply 2", 1.0),
            ("text reply 3", 1.0),
            ("text reply later", 1.0),
        ];
        assert_eq!(metrics.of(DELIVERIES), are(expected));
        assert_eq!(metrics.of(RUNS), are([("reply", 1.0)]));
        assert_eq!(metrics.of(RUN_SECONDS), are([("reply", 7.0)]));
    });
}

/// A proxy, or a server that bears half-closed connections, does not say that WeChat is gone.
#[test]
fn an_answer_that_takes_five_seconds_is_hung_up_on_though_nobody_closes_the_connection() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware()).await;
            assert_eq!(app.ask(stage.wechat.push(&text("4.9 好"))).await, says("好"));
            assert_eq!(app.ask(stage.wechat.push(&text("5 好"))).await, says("好"));
            let app = slow_app(&stage.middleware().run_again()).await;
            assert_eq!(app.ask(stage.wechat.push(&text("7 好"))).await, says("好"));
            let schedule = RetrySchedule::new().timeout(Duration::from_secs(10));
            let app = slow_app(&stage.middleware().retry_schedule(schedule)).await;
            assert_eq!(app.ask(stage.wechat.push(&text("7 好"))).await, says("好"));
        });
        let expected = [("text hung_up 1", 1.0), ("text hung_up unknown", 1.0), ("text reply 1", 2.0)];
        assert_eq!(metrics.await.of(DELIVERIES), are(expected));
    });
}

#[test]
fn a_handler_that_runs_is_a_gauge_also_after_its_connection_is_gone() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let metrics = counted(async {
            assert_eq!(app.deliver_once(stage.wechat.push(&text("20 一"))).await, Nothing);
            assert_eq!(app.deliver_once(stage.wechat.push(&text("20 二"))).await, Nothing);
        });
        assert_eq!(metrics.await.of(RUNNING), are([("", 2.0)]));
    });
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware()).await;
            assert_eq!(app.deliver_once(stage.wechat.push(&text("20 一"))).await, Nothing);
            seconds(16.0).await;
        });
        let metrics = metrics.await;
        assert_eq!(metrics.all(RUNNING), are([("", 0.0)]));
        assert_eq!(metrics.of(RUN_SECONDS), are([("reply", 20.0)]));
    });
}

/// Of `failing::handler`: the text of the message, and how its run ends.
const RUN_OUTCOMES: [(&str, &str, &str); 6] = [
    ("好 2", "reply", "text reply 1"),
    ("none 2", "none", "text none 1"),
    ("fail 2", "error", "text none 1"),
    ("panic 2", "panic", "text none 1"),
    ("hang 0", "timeout", "text none 1"),
    ("long 2", "reply", "text unsendable 1"),
];

#[test]
fn a_run_is_counted_by_how_it_ended() {
    everywhere(async |stage| {
        for (said, run, delivery) in RUN_OUTCOMES {
            let metrics = counted(async {
                let middleware = stage.middleware().handler_timeout(Duration::from_secs(2));
                let app = middleware.around(failing::handler()).await;
                app.deliver_once(stage.wechat.push(&text(said))).await;
            });
            let metrics = metrics.await;
            assert_eq!(metrics.of(RUNS), are([(run, 1.0)]), "{said}");
            assert_eq!(metrics.of(RUN_SECONDS), are([(run, 2.0)]), "{said}");
            assert_eq!(metrics.of(DELIVERIES), are([(delivery, 1.0)]), "{said}");
        }
    });
}

#[test]
fn a_response_of_its_own_that_wechat_does_not_take_is_told_from_one_that_it_does() {
    on_adapters(async |stage| {
        let is_plain = stage.wechat.mode == SecurityMode::Plain;
        let xml = Made::new(200, "text/xml", "<xml></xml>");
        let cases = [
            (xml, if is_plain { "own_response" } else { "bad_response" }, "own_response"),
            (Made::new(500, "text/plain", "oh"), "bad_response", "own_response"),
            (Made::text(Content::Whole("好".into())), "reply", "reply"),
        ];
        for (made, run, delivery) in cases {
            let metrics = counted(async {
                let app = stage.middleware().around(move |_| std::future::ready(made.clone())).await;
                app.deliver_once(stage.wechat.push(&text("x"))).await;
            });
            let metrics = metrics.await;
            assert_eq!(metrics.of(RUNS), are([(run, 1.0)]));
            assert_eq!(metrics.of(DELIVERIES), are([(&*format!("text {delivery} 1"), 1.0)]));
        }
    });
}

#[test]
fn run_again_the_number_of_a_delivery_is_unknown_and_a_run_that_is_hung_up_on_is_cancelled() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware().run_again()).await;
            let push = stage.wechat.push(&text("7 好"));
            assert_eq!(app.deliver_once(push).await, Nothing);
            assert_eq!(app.deliver_once(stage.wechat.push(&text("1 好"))).await, says("好"));
        });
        let metrics = metrics.await;
        let expected = [("text hung_up unknown", 1.0), ("text reply unknown", 1.0)];
        assert_eq!(metrics.of(DELIVERIES), are(expected));
        assert_eq!(metrics.of(RUN_SECONDS), are([("cancelled", 5.0), ("reply", 1.0)]));
        assert_eq!(metrics.all(RUNNING), are([("", 0.0)]));
    });
}

fn word() -> FetchWord {
    FetchWord::new("继续", TextReply::new("还在想"))
}

async fn late(stage: &Stage, policy: LateReply, then: &[&str]) -> Metrics {
    counted(async {
        let app = slow_app(&stage.middleware().late_reply(policy)).await;
        app.tell(&text("20 好")).await;
        seconds(30.0).await;
        for said in then {
            app.tell(&text(said)).await;
        }
    })
    .await
}

#[test]
fn a_late_reply_is_counted_as_kept_and_then_as_fetched() {
    everywhere(async |stage| {
        let policy = LateReply::Fetch(word());
        let metrics = late(&stage, policy.clone(), &[]).await;
        assert_eq!(metrics.of(LATE), are([("kept", 1.0)]));
        assert_eq!(metrics.of(RUN_SECONDS), are([("reply", 20.0)]));
        let deliveries = [("text hung_up 1", 1.0), ("text hung_up 2", 1.0), ("text reply 3", 1.0)];
        assert_eq!(metrics.of(DELIVERIES), are(deliveries), "the third is the notice");
        // The second word is a message like any other.
        let metrics = late(&stage, policy, &["继续", "继续"]).await;
        assert_eq!(metrics.of(LATE), are([("fetched", 1.0), ("kept", 1.0)]));
        assert_eq!(metrics.of(RUNS), are([("reply", 2.0)]));
    });
}

#[test]
fn the_parts_of_a_long_reply_that_was_in_time_are_no_late_replies() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let middleware = stage.middleware().late_reply(LateReply::Fetch(word()));
            let app = middleware.around(|_| async { TextReply::new("好".repeat(3000)) }).await;
            app.tell(&text("说")).await;
            app.tell(&text("继续")).await;
        });
        assert_eq!(metrics.await.of(LATE), are([]));
    });
}

#[test]
fn a_late_reply_that_is_dropped_is_counted_as_lost() {
    everywhere(async |stage| {
        let metrics = late(&stage, LateReply::Drop, &[]).await;
        assert_eq!(metrics.of(LATE), are([("lost", 1.0)]));
    });
}

/// Fails as often as it says, in a way that is tried again.
struct Failing(std::sync::atomic::AtomicUsize);

impl Failing {
    fn so_often(times: usize) -> Self {
        Self(times.into())
    }
}

#[async_trait]
impl ReplySender for Failing {
    async fn send(&self, _: &Recipient, _: &Reply) -> Result<(), SendError> {
        use std::sync::atomic::Ordering::Relaxed;
        match self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => Err(SendError::Temporary("WeChat is busy".into())),
            Err(_) => Ok(()),
        }
    }
}

#[test]
fn a_late_reply_is_counted_as_sent_kept_or_lost_once_and_each_try_that_fails() {
    everywhere(async |stage| {
        for (policy, became, failed) in [
            (LateReply::push(Failing::so_often(0)), "sent", 0.0),
            (LateReply::push(Failing::so_often(2)), "sent", 2.0),
            (LateReply::push(Failing::so_often(4)), "lost", 4.0),
            (LateReply::push_or_fetch(Failing::so_often(4), word()), "kept", 4.0),
        ] {
            let metrics = late(&stage, policy, &[]).await;
            assert_eq!(metrics.of(LATE), are([(became, 1.0)]));
            assert_eq!(metrics.all(SEND_ERRORS), are([("", failed)]));
        }
    });
}

#[test]
fn the_errors_of_a_store_are_counted_by_operation() {
    on_both(SecurityMode::Plain, async |stage| {
        let operations = [
            "bind",
            "claim",
            "wait",
            "complete",
            "mark_late",
            "add_pending",
            "next_pending",
            "advance_pending",
        ];
        for operation in operations {
            let metrics = counted(async {
                let middleware = stage.middleware().store(Broken::new(operation));
                let app = slow_app(&middleware.late_reply(LateReply::Fetch(word()))).await;
                app.tell(&text("20 好")).await;
                seconds(20.0).await;
                app.tell(&text("继续")).await;
            });
            let errors = metrics.await.of(STORE_ERRORS);
            assert_eq!(errors.keys().collect::<Vec<_>>(), [operation]);
        }
        let metrics = late(&stage, LateReply::Fetch(word()), &["继续"]).await;
        assert_eq!(metrics.of(STORE_ERRORS), are([]));
    });
}

/// Whoever is told nothing is not told where to fetch it either.
#[test]
fn a_late_reply_that_cannot_be_kept_is_counted_as_lost() {
    everywhere(async |stage| {
        for operation in ["mark_late", "add_pending"] {
            let metrics = counted(async {
                let middleware = stage.middleware().store(Broken::new(operation));
                let app = slow_app(&middleware.late_reply(LateReply::Fetch(word()))).await;
                assert_eq!(app.tell(&text("20 好")).await, Success);
                seconds(20.0).await;
            });
            assert_eq!(metrics.await.of(LATE), are([("lost", 1.0)]), "{operation}");
        }
    });
}

#[test]
fn what_is_refused_after_it_was_opened_is_a_delivery_and_a_refusal() {
    on_both(SecurityMode::Plain, async |stage| {
        let metrics = counted(async {
            let middleware = stage.middleware();
            let app = slow_app(&middleware).await;
            let push = stage.wechat.push(&text("好"));
            assert_eq!(app.deliver_once(push.clone()).await, says(">好"));
            let other = Push { body: text("别的").into_bytes(), ..push };
            assert_eq!(app.deliver_once(other).await, Refused(403));
            assert_eq!(middleware.drain().await, 0);
            assert_eq!(app.deliver_once(stage.wechat.push(&text("晚"))).await, Refused(503));
        });
        let metrics = metrics.await;
        let deliveries = [("text refused 1", 1.0), ("text refused unknown", 1.0), ("text reply 1", 1.0)];
        assert_eq!(metrics.of(DELIVERIES), are(deliveries));
        assert_eq!(metrics.of(REFUSALS), are([("replayed", 1.0), ("shutting_down", 1.0)]));
        assert_eq!(metrics.of(RUNS), are([("reply", 1.0)]));
    });
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware().store(Broken::new("claim"))).await;
            assert_eq!(app.deliver_once(stage.wechat.push(&text("好"))).await, Refused(503));
        });
        let metrics = metrics.await;
        assert_eq!(metrics.of(DELIVERIES), are([("text refused unknown", 1.0)]));
        assert_eq!(metrics.of(REFUSALS), are([("store_failed", 1.0)]));
    });
}

fn message(kind: &str, event: &str) -> String {
    format!(
        "<xml><ToUserName>gh_1ea4fc76af61</ToUserName><FromUserName>{USER}</FromUserName>\
         <CreateTime>1714036504</CreateTime><MsgType>{kind}</MsgType>{event}</xml>"
    )
}

#[test]
fn an_event_is_counted_by_wechat_s_name_for_it_however_it_is_spelled() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware()).await;
            for name in ["SCAN", "scan", "subscribe"] {
                app.tell(&message("event", &format!("<Event>{name}</Event>"))).await;
            }
        });
        let expected = [("event/SCAN reply 1", 2.0), ("event/subscribe reply 1", 1.0)];
        assert_eq!(metrics.await.of(DELIVERIES), are(expected));
    });
}

#[test]
fn a_system_event_is_counted_by_wechat_s_name_for_it_and_unknown_ones_as_one() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware()).await;
            for name in ["suite_ticket", "SUITE_TICKET", "junk1", "junk2"] {
                let xml = format!(
                    "<xml><SuiteId>ww1</SuiteId><InfoType>{name}</InfoType><TimeStamp>1714036504</TimeStamp></xml>"
                );
                app.tell(&xml).await;
            }
        });
        let expected = [("system/other unsendable 1", 2.0), ("system/suite_ticket unsendable 1", 2.0)];
        assert_eq!(metrics.await.of(DELIVERIES), are(expected));
    });
}

/// An account's own users may write whatever MsgType they like to a bot whose Token leaked.
#[test]
fn kinds_and_events_that_are_not_known_make_one_label_each_and_users_none() {
    everywhere(async |stage| {
        let metrics = counted(async {
            let app = slow_app(&stage.middleware()).await;
            for number in 0..200 {
                for (kind, event) in [
                    (format!("junk{number}"), String::new()),
                    (format!("{number}&quot;}} 1 &#10;wechat_junk{{"), String::new()),
                    ("event".to_owned(), format!("<Event>junk_{number}</Event>")),
                    ("event".to_owned(), format!("<Event>{}</Event>", "e".repeat(number))),
                ] {
                    app.tell(&message(&kind, &event)).await;
                }
            }
        });
        let metrics = metrics.await;
        let expected = [("event/other reply 1", 400.0), ("other reply 1", 400.0)];
        assert_eq!(metrics.of(DELIVERIES), are(expected));
        for secret in ["junk", "eeee", USER, &stage.wechat.app_id, "gh_1ea4fc76af61"] {
            assert!(!metrics.rendered.contains(secret), "{secret}");
        }
        assert!(metrics.rendered.lines().count() < 120, "{}", metrics.rendered);
    });
}
