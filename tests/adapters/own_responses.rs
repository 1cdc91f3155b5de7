//! What leaves the bot without a reply type: a text becomes a reply, and whatever WeChat does not take is logged.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::deliveries::{App, Heard, Middleware, Nothing, Retry, Stage, Success, on_both, says, seconds};
use support::logs::logged;
use support::made::{Content, Made};
use support::sender::Sender;
use support::{MODES, text};
use wechat_callback::late_reply::LateReply;
use wechat_callback::{MusicReply, SecurityMode, TextReply};

/// Plays `test` on both adapters in all three modes.
fn everywhere(test: impl AsyncFn(Stage)) {
    for mode in MODES {
        on_both(mode, &test);
    }
}

async fn answering(middleware: &Middleware, made: &Made) -> App {
    let made = made.clone();
    middleware.around(move |_| std::future::ready(made.clone())).await
}

/// What WeChat hears of a handler that answers with `made`, and what is logged.
async fn heard(stage: &Stage, made: &Made) -> (Heard, String) {
    let app = answering(&stage.middleware(), made).await;
    let mut heard = Nothing;
    let log = logged(async { heard = app.deliver_once(stage.wechat.push(&text("x"))).await }).await;
    (heard, log)
}

fn is_quiet(log: &str) -> bool {
    !log.contains("ERROR") && !log.contains("WARN")
}

#[test]
fn a_string_is_a_text_reply_in_every_mode() {
    everywhere(async |stage| {
        for said in ["你好", "<xml><Content>好</Content></xml>", "a]]>b", "success\n", " x "] {
            let app = stage.middleware().around(move |_| async move { said.to_owned() }).await;
            let mut heard = Nothing;
            let log = logged(async { heard = app.deliver_once(stage.wechat.push(&text("x"))).await }).await;
            assert_eq!(heard, says(said));
            assert!(is_quiet(&log), "{log}");
            let app = stage.middleware().run_again().around(move |_| async move { said }).await;
            assert_eq!(app.deliver_once(stage.wechat.push(&text("x"))).await, says(said));
        }
    });
}

#[test]
fn a_plain_text_is_read_whatever_its_spelling_its_headers_and_its_pieces() {
    everywhere(async |stage| {
        for content_type in
            ["text/plain", "Text/Plain;charset=UTF-8", "text/plain; format=flowed; charset=\"utf-8\""]
        {
            let made = Made::new(200, content_type, "你好");
            assert_eq!(heard(&stage, &made).await.0, says("你好"), "{content_type}");
        }
        let long = "好".repeat(600);
        let made = Made::text(Content::Pieces(long.clone().into_bytes())).header("x-own", "1");
        let app = answering(&stage.middleware(), &made).await;
        let answer = app.send(stage.wechat.push(&text("x"))).await;
        assert_eq!(answer.header("x-own"), Some("1"));
        assert_eq!(app.ask(stage.wechat.push(&text("x"))).await, says(long));
    });
}

/// Says `你好` after so many seconds.
fn slow(
    time: f64,
    runs: &Arc<AtomicUsize>,
) -> impl Fn(wechat_callback::Message) -> support::deliveries::Texts + Clone + use<> {
    let runs = runs.clone();
    move |_| {
        runs.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            seconds(time).await;
            "你好".to_owned()
        })
    }
}

#[test]
fn a_string_reaches_repeats_and_the_delivery_that_waits() {
    everywhere(async |stage| {
        let runs = Arc::new(AtomicUsize::new(0));
        let app = stage.middleware().around(slow(7.0, &runs)).await;
        let deliveries = stage.wechat.deliveries(&text("x"), Retry::Same);
        let push = deliveries[0].clone();
        assert_eq!(app.deliver(deliveries).await, [(5.0, Nothing), (7.0, says("你好"))]);
        assert_eq!(app.deliver_once(push).await, says("你好"));
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_late_string_is_fetched_or_pushed() {
    everywhere(async |stage| {
        let policy = LateReply::fetch("继续", TextReply::new("还在想"));
        let app = stage.middleware().late_reply(policy).around(slow(20.0, &Arc::default())).await;
        assert_eq!(app.tell(&text("x")).await, says("还在想"));
        seconds(10.0).await;
        assert_eq!(app.tell(&text("继续")).await, says("你好"));

        let sender = Sender::default();
        let policy = LateReply::push(sender.clone());
        let app = stage.middleware().late_reply(policy).around(slow(6.0, &Arc::default())).await;
        assert_eq!(app.tell(&text("x")).await, Success);
        seconds(2.0).await;
        assert_eq!(*sender.0.lock().expect("not poisoned"), [TextReply::new("你好").into()]);
    });
}

#[test]
fn a_string_too_long_or_too_empty_for_a_text_reply_is_refused_like_any_reply() {
    everywhere(async |stage| {
        for (body, reason) in [("x".repeat(2048), "2048 bytes"), (" \n".to_owned(), "the text is empty")] {
            let (heard, log) = heard(&stage, &Made::new(200, "text/plain", body)).await;
            assert_eq!(heard, Success);
            assert_eq!(log.matches("ERROR").count(), 1, "{log}");
            assert!(log.contains(reason), "{log}");
        }
    });
}

#[test]
fn success_and_an_empty_body_say_nothing_and_log_nothing() {
    everywhere(async |stage| {
        for made in [
            Made::new(200, "text/plain; charset=utf-8", "success"),
            Made::new(200, "application/json", "success"),
            Made { headers: Vec::new(), ..Made::new(200, "", "success") },
            Made::new(200, "text/html", ""),
            Made::new(204, "text/plain", ""),
        ] {
            let (heard, log) = heard(&stage, &made).await;
            assert_eq!(heard, Success, "{made:?}");
            assert!(is_quiet(&log), "{log}");
        }
    });
}

#[test]
fn xml_of_its_own_passes_untouched_and_unencrypted_xml_is_logged_where_it_should_be_encrypted() {
    everywhere(async |stage| {
        for content_type in ["text/xml", "application/xml; charset=utf-8"] {
            let xml = "<xml><Content>theSecretAnswer</Content></xml>";
            let made = Made::new(200, content_type, xml);
            let app = answering(&stage.middleware(), &made).await;
            let push = stage.wechat.push(&text("x"));
            let log = logged(async {
                let answer = app.send(push.clone()).await;
                assert_eq!((answer.status, answer.body.as_str()), (200, xml));
                assert_eq!(answer.header("content-type"), Some(content_type));
            });
            let log = log.await;
            if stage.wechat.mode == SecurityMode::Plain {
                assert!(is_quiet(&log), "{log}");
            } else {
                assert_eq!(log.matches("ERROR").count(), 1, "{log}");
                assert!(log.contains("seal_raw") && !log.contains("theSecretAnswer"), "{log}");
            }
            assert_eq!(app.deliver_once(push).await, Success);
        }
    });
}

/// What WeChat does not take, and a word of the reason.
fn untaken() -> Vec<(Made, &'static str)> {
    let secret = "theSecretAnswer";
    let not_utf8 = [b"theSecretAnswer".as_slice(), &[0xff]].concat();
    vec![
        (Made::new(200, "application/json", r#"{"text":"theSecretAnswer"}"#), "neither text/plain nor XML"),
        (Made::new(200, "application/json", r#""success""#), "neither text/plain nor XML"),
        (Made::new(200, "text/html; charset=utf-8", "<p>theSecretAnswer</p>"), "neither text/plain nor XML"),
        (Made::new(200, "application/octet-stream", secret), "neither text/plain nor XML"),
        (Made { headers: Vec::new(), ..Made::new(200, "", secret) }, "neither text/plain nor XML"),
        (Made::new(201, "text/plain; charset=utf-8", "success"), "its status is not 200"),
        (Made::new(201, "text/xml", secret), "its status is not 200"),
        (Made::new(302, "text/plain", "").header("location", "/elsewhere"), "its status is not 200"),
        (Made::new(400, "text/plain", secret), "its status is not 200"),
        (Made::new(500, "text/plain", ""), "its status is not 200"),
        (Made::new(200, "text/plain", secret).header("content-encoding", "gzip"), "Content-Encoding"),
        (Made::new(200, "text/xml", secret).header("content-encoding", "gzip"), "Content-Encoding"),
        (Made::new(200, "text/plain; charset=gbk", secret), "not UTF-8"),
        (Made::new(200, "text/plain", not_utf8), "not UTF-8"),
        (Made::new(200, "text/plain", secret.repeat(5000)), "more than 64 KiB"),
        (Made::text(Content::Streamed(secret.into())), "unknown length"),
    ]
}

#[test]
fn what_wechat_does_not_take_passes_untouched_with_an_error_that_says_why_and_never_what() {
    everywhere(async |stage| {
        for (made, reason) in untaken() {
            for middleware in [stage.middleware(), stage.middleware().run_again()] {
                let app = answering(&middleware, &made).await;
                let log = logged(async {
                    let answer = app.send(stage.wechat.push(&text("x"))).await;
                    assert_eq!(answer.status, made.status);
                    let (Content::Whole(body) | Content::Streamed(body)) = &made.body else { unreachable!() };
                    assert_eq!(answer.body, String::from_utf8_lossy(body), "{reason}");
                });
                let log = log.await;
                assert_eq!(log.matches("ERROR").count(), 1, "{log}");
                assert!(log.contains(reason) && log.contains("failure notice"), "{log}");
                assert!(!log.contains("Secret"), "{log}");
            }
        }
    });
}

#[test]
fn a_text_that_breaks_off_or_never_comes_is_a_failure() {
    everywhere(async |stage| {
        for body in [
            Content::Broken("好".into(), 300),
            Content::Broken("好".repeat(10).into(), 3),
            Content::Silent(3),
        ] {
            let middleware = stage.middleware().handler_timeout(Duration::from_secs(2));
            let app = answering(&middleware.on_error(TextReply::new("出错了")), &Made::text(body)).await;
            let mut heard = Nothing;
            let log = logged(async { heard = app.deliver_once(stage.wechat.push(&text("x"))).await }).await;
            assert_eq!(heard, says("出错了"));
            assert_eq!(log.matches("ERROR").count(), 1, "{log}");
        }
    });
}

/// The four handlers of a public report.
#[test]
fn each_answer_of_a_first_bot_is_taken_or_logged() {
    everywhere(async |stage| {
        let push = || stage.wechat.push(&text("x"));
        let log = logged(async {
            let string = stage.middleware().around(|_| async { "你好".to_owned() }).await;
            assert_eq!(string.deliver_once(push()).await, says("你好"));
        });
        assert!(is_quiet(&log.await));
        for made in
            [Made::new(200, "application/json", r#"{"text":"hi"}"#), Made::new(201, "text/plain", "success")]
        {
            assert!(heard(&stage, &made).await.1.contains("ERROR"));
        }
        let log = logged(async {
            let music = || MusicReply::new("").title("t").url("https://example.com/a.mp3");
            let music = stage.middleware().around(move |_| async move { music() }).await;
            assert_eq!(music.deliver_once(push()).await, Success);
        });
        let log = log.await;
        assert!(log.contains("ERROR") && log.contains("without_cover"), "{log}");
    });
}

/// Whatever else WeChat hears counts as a failure.
#[test]
fn whatever_response_a_handler_makes_a_system_event_is_answered_success() {
    let ticket = "<xml><AppId>wx1</AppId><CreateTime>1413192605</CreateTime><InfoType>component_verify_ticket</InfoType>\
                  <ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket></xml>";
    everywhere(async |stage| {
        let taken = ["text/xml", "text/plain"].map(|kind| (Made::new(200, kind, "<xml></xml>"), ""));
        for (made, _) in untaken().into_iter().chain(taken) {
            let app = answering(&stage.middleware(), &made).await;
            let push = stage.wechat.push(ticket);
            let log = logged(async {
                for _ in 0..2 {
                    let answer = app.send(push.clone()).await;
                    assert_eq!((answer.status, answer.body.as_str()), (200, "success"), "{made:?}");
                    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
                }
            });
            let log = log.await;
            assert!(log.contains("InfoType") && !log.contains("failure notice"), "{log}");
        }
    });
}
