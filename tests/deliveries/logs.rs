//! The log has one span for each push: what became of it, and neither who nor what.

use crate::support;

use std::collections::HashMap;

use support::deliveries::{
    App, Middleware, Nothing, Refused, Retry, Slow, Stage, Success, USER, everywhere, on_both, says, seconds,
};
use support::logs::{logged, logged_as_json};
use support::{Push, text};
use wechat_callback::delivery::{MemoryStore, UserKey};
use wechat_callback::late_reply::LateReply;
use wechat_callback::{SecurityMode, TextReply};

async fn app(middleware: &Middleware) -> App {
    middleware.around(Slow::default().handler()).await
}

/// The fields of each `wechat_push` in the order in which it was answered.
fn pushes(log: &str) -> Vec<HashMap<&str, &str>> {
    let answered = log.lines().filter(|line| line.ends_with(" answered"));
    let fields = answered.map(|line| {
        assert_eq!(line.matches("wechat_push{").count(), 1, "{line}");
        let (_, fields) = line.split_once("wechat_push{").expect("the span");
        let (fields, _) = fields.split_once('}').expect("its end");
        // Values with a blank stand in quotes.
        let mut rest = fields;
        std::iter::from_fn(move || {
            let (name, value) = rest.trim_start().split_once('=')?;
            let end = match value.strip_prefix('"') {
                Some(quoted) => quoted.find('"')? + 2,
                None => value.find(' ').unwrap_or(value.len()),
            };
            rest = &value[end..];
            Some((name, value[..end].trim_matches('"')))
        })
        .collect()
    });
    fields.collect()
}

fn is_near(ms: &str, expected: u32) -> bool {
    ms.parse::<u32>().is_ok_and(|ms| ms.abs_diff(expected) <= 10)
}

#[test]
fn each_push_has_one_span_with_delivery_joined_outcome_and_milliseconds() {
    everywhere(async |stage| {
        let app = app(&stage.middleware()).await;
        let [one, two, three] = stage.wechat.deliveries(&text("7 好"), Retry::Same);
        let log = logged(async {
            assert_eq!(app.deliver_once(one).await, Nothing);
            assert_eq!(app.deliver_once(two).await, says("好"));
            seconds(3.0).await;
            assert_eq!(app.deliver_once(three).await, says("好"));
        });
        let log = log.await;
        let expected =
            [("1", "ran", "hung up", 5000), ("2", "joined", "reply", 2000), ("3", "completed", "reply", 0)];
        let pushes = pushes(&log);
        assert_eq!(pushes.len(), 3, "{log}");
        let user = UserKey::of(&stage.wechat.app_id, USER).to_string();
        for (push, (delivery, joined, outcome, ms)) in pushes.iter().zip(expected) {
            assert_eq!(push["app_id"], stage.wechat.app_id);
            assert_eq!((push["kind"], push["user"]), ("text", user.as_str()));
            assert_eq!((push["delivery"], push["joined"], push["outcome"]), (delivery, joined, outcome));
            assert!(is_near(push["ms"], ms), "{push:?}");
        }
    });
}

#[test]
fn an_event_is_named() {
    everywhere(async |stage| {
        let app = app(&stage.middleware()).await;
        let xml = format!(
            "<xml><ToUserName>gh_1ea4fc76af61</ToUserName><FromUserName>{USER}</FromUserName>\
             <CreateTime>1714036504</CreateTime><MsgType>event</MsgType><Event>CLICK</Event>\
             <EventKey>theSecretKey</EventKey></xml>"
        );
        let log = logged(async { assert_eq!(app.tell(&xml).await, says(">")) }).await;
        let pushes = pushes(&log);
        assert_eq!((pushes[0]["kind"], pushes[0]["event"]), ("event", "CLICK"));
        assert!(!log.contains("theSecretKey"), "{log}");
    });
}

#[test]
fn a_system_event_is_named_and_its_ticket_is_not_shown() {
    everywhere(async |stage| {
        let app = app(&stage.middleware()).await;
        let xml = "<xml><AppId>wx1</AppId><CreateTime>1714036504</CreateTime>\
                   <InfoType>component_verify_ticket</InfoType>\
                   <ComponentVerifyTicket>theSecretTicket</ComponentVerifyTicket></xml>";
        let log = logged(async { assert_eq!(app.tell(xml).await, Success) }).await;
        let pushes = pushes(&log);
        assert_eq!((pushes[0]["kind"], pushes[0]["event"]), ("system", "component_verify_ticket"));
        assert!(!pushes[0].contains_key("user"), "{log}");
        assert!(!log.contains("theSecretTicket"), "{log}");
    });
}

/// Whoever has the Token can choose both. A line that they begin would be read as the bot's own.
#[test]
fn t29_no_event_begins_a_line_of_the_log() {
    everywhere(async |stage| {
        let app = app(&stage.middleware()).await;
        let log = logged(async {
            for (kind, event) in [("event", "CLICK\nforged"), ("voice\nforged", "CLICK")] {
                app.tell(&format!(
                    "<xml><FromUserName>{USER}</FromUserName><CreateTime>1714036504</CreateTime>\
                     <MsgType>{kind}</MsgType><Event>{event}</Event></xml>"
                ))
                .await;
            }
        });
        let log = log.await;
        assert!(log.contains(r"CLICK\nforged") && log.contains(r"voice\nforged"), "{log}");
        assert!(!log.lines().any(|line| line.starts_with("forged")), "{log}");
    });
}

/// Formatted as Rust writes a string they would have quotes of their own in JSON.
#[test]
fn in_json_kind_and_event_are_plain_strings() {
    everywhere(async |stage| {
        let app = app(&stage.middleware()).await;
        let xml = format!(
            "<xml><ToUserName>gh_1ea4fc76af61</ToUserName><FromUserName>{USER}</FromUserName>\
             <CreateTime>1714036504</CreateTime><MsgType>event</MsgType><Event>CLICK</Event>\
             <EventKey>x</EventKey></xml>"
        );
        let log = logged_as_json(async { assert_eq!(app.tell(&xml).await, says(">")) }).await;
        assert!(log.contains(r#""kind":"event""#) && log.contains(r#""event":"CLICK""#), "{log}");
    });
}

#[test]
fn a_lost_answer_is_an_error_in_the_span_of_its_push() {
    everywhere(async |stage| {
        let app = app(&stage.middleware()).await;
        let log = logged(async {
            assert_eq!(app.tell(&text("20 好")).await, Success);
            seconds(6.0).await;
        });
        let log = log.await;
        let lost: Vec<_> = log.lines().filter(|line| line.contains("the reply is lost")).collect();
        assert_eq!(lost.len(), 1, "{log}");
        assert!(lost[0].contains("ERROR wechat_push{") && lost[0].contains("delivery=1"), "{log}");
        let outcomes: Vec<_> = pushes(&log).iter().map(|push| push["outcome"].to_owned()).collect();
        assert_eq!(outcomes, ["hung up", "hung up", "none"]);
    });
}

#[test]
fn an_answer_that_is_in_time_is_no_error() {
    everywhere(async |stage| {
        let app = app(&stage.middleware()).await;
        let log = logged(async { assert_eq!(app.tell(&text("12 好")).await, says("好")) }).await;
        assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
    });
}

#[test]
fn a_refusal_says_why_in_the_span_and_a_forged_push_has_none() {
    on_both(SecurityMode::Plain, async |stage| {
        let middleware = stage.middleware();
        let app = app(&middleware).await;
        let first = stage.wechat.push(&text("好"));
        let other = Push { body: text("坏").into_bytes(), ..first.clone() };
        let mut forged = first.clone();
        forged.query = forged.query.replace("nonce=", "nonce=1");
        let log = logged(async {
            assert_eq!(app.deliver_once(first).await, says(">好"));
            assert_eq!(app.deliver_once(other).await, Refused(403));
            assert_eq!(app.deliver_once(forged).await, Refused(403));
            assert_eq!(middleware.drain().await, 0);
            assert_eq!(app.deliver_once(stage.wechat.push(&text("新"))).await, Refused(503));
        });
        let log = log.await;
        let outcomes: Vec<_> = pushes(&log).iter().map(|push| push["outcome"].to_owned()).collect();
        assert_eq!(outcomes, ["reply", "refused: replayed", "refused: shutting down"]);
        assert!(log.contains("the signature came with another body before"), "{log}");
    });
}

/// What is full stays full for a while, and a line for each push would bury everything else.
#[test]
fn that_no_room_is_left_for_signatures_is_an_error_at_once_and_then_once_a_minute() {
    on_both(SecurityMode::Plain, async |stage| {
        let app = app(&stage.middleware().store(MemoryStore::new().signatures(1))).await;
        let errors = async |pushes| {
            let log = logged(async {
                for _ in 0..pushes {
                    app.deliver_once(stage.wechat.push(&text("好"))).await;
                }
            });
            let log = log.await;
            let errors = log.lines().filter(|line| line.contains("ERROR"));
            errors.map(str::to_owned).collect::<Vec<_>>()
        };
        let first = errors(4).await;
        assert_eq!(first.len(), 1, "{first:?}");
        assert!(
            first[0].contains("1 signatures of plain mode") && first[0].contains("status=503"),
            "{first:?}"
        );
        seconds(59.0).await;
        assert!(errors(1).await.is_empty());
        seconds(2.0).await;
        let later = errors(2).await;
        assert_eq!(later.len(), 1, "{later:?}");
        assert!(later[0].contains("left_out=3"), "{later:?}");
    });
}

/// Whatever becomes of it.
async fn play(stage: &Stage, policy: LateReply) {
    let middleware = stage.middleware().late_reply(policy);
    let app = app(&middleware).await;
    for said in ["secretQuestion", "0 secretAnswer", "7 secretAnswer", "20 secretAnswer", "继续"] {
        app.tell(&text(said)).await;
        seconds(10.0).await;
    }
    app.tell(&text(&format!("1 {}", "secretAnswer ".repeat(300)))).await;
    app.tell(&text("继续")).await;
}

#[test]
fn neither_secrets_nor_messages_nor_users_are_logged_whatever_becomes_of_a_push() {
    everywhere(async |stage| {
        let claim = LateReply::fetch("继续", TextReply::new("secretNotice"));
        for policy in [LateReply::Drop, claim] {
            let log = logged(play(&stage, policy)).await;
            assert!(pushes(&log).len() >= 10, "{log}");
            for secret in [&stage.wechat.token, &stage.wechat.encoding_aes_key, "secret", "继续", USER] {
                assert!(!log.contains(secret), "{secret} in {log}");
            }
        }
    });
}

#[test]
fn a_push_that_a_shutdown_refuses_was_the_first() {
    everywhere(async |stage| {
        let middleware = stage.middleware();
        let app = app(&middleware).await;
        let log = logged(async {
            middleware.drain().await;
            assert_eq!(app.deliver_once(stage.wechat.push(&text("晚"))).await, Refused(503));
        });
        let log = log.await;
        let [push] = &pushes(&log)[..] else { panic!("one push: {log}") };
        assert_eq!(
            ["delivery", "joined", "outcome"].map(|name| push[name]),
            ["1", "ran", "refused: shutting down"]
        );
    });
}
