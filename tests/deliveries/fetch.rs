//! The claim word: what was too late or too long for one message, the user asks for.

use crate::support;

use std::time::Duration;

use support::deliveries::{
    App, Heard, Nothing, OTHER_USER, Retry, Slow, Stage, everywhere, from, says, seconds,
};
use support::text;
use wechat_callback::late_reply::LateReply;
use wechat_callback::server::{Engine, Request};
use wechat_callback::{Message, Reply, TextReply, TransferReply};

const NOTICE: &str = "还在想，过一会儿发“继续”来看。";
/// Stands behind each part but the last.
const MARK: &str = "\n……【继续】";

fn policy() -> LateReply {
    LateReply::fetch("继续", TextReply::new(NOTICE))
}

async fn app(stage: &Stage) -> (App, Slow) {
    let slow = Slow::default();
    (stage.middleware().late_reply(policy()).around(slow.handler()).await, slow)
}

/// A user writes, and 14.5 s later has the notice.
async fn assert_noticed(app: &App, xml: &str) {
    assert_eq!(app.tell(xml).await, says(NOTICE));
}

#[test]
fn the_third_delivery_is_answered_with_the_notice_at_its_4500_ms() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        let deliveries = app.deliver(stage.wechat.deliveries(&text("20 好"), Retry::Same)).await;
        assert_eq!(deliveries, [(5.0, Nothing), (10.0, Nothing), (14.5, says(NOTICE))]);
        seconds(6.0).await;
        assert_eq!((slow.begun().len(), slow.ended().len()), (1, 1));
    });
}

#[test]
fn what_is_in_time_is_not_touched() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        assert_eq!(app.tell(&text("7 好")).await, says("好"));
        assert_eq!(app.tell(&text("12 好")).await, says("好"));
        assert_eq!(app.tell(&text("继续")).await, says(">继续"));
        assert_eq!(slow.begun(), ["7 好", "12 好", "继续"]);
    });
}

#[test]
fn the_word_brings_the_answer_once_and_then_is_a_message_like_any_other() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        assert_noticed(&app, &text("20 好")).await;
        seconds(6.0).await;
        assert_eq!(app.tell(&text(" 继续\n")).await, says("好"));
        assert_eq!(slow.begun(), ["20 好"]);
        assert_eq!(app.tell(&text("继续")).await, says(">继续"));
        assert_eq!(slow.begun(), ["20 好", "继续"]);
    });
}

#[test]
fn other_words_leave_the_answer_where_it_is() {
    everywhere(async |stage| {
        let (app, _) = app(&stage).await;
        assert_noticed(&app, &text("20 好")).await;
        seconds(6.0).await;
        assert_eq!(app.tell(&text("继续吧")).await, says(">继续吧"));
        assert_eq!(app.tell(&text("继续")).await, says("好"));
    });
}

#[test]
fn too_early_the_word_brings_the_notice_again_at_4500_ms() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        assert_noticed(&app, &text("30 好")).await;
        for _ in 0..2 {
            let deliveries = app.deliver(stage.wechat.deliveries(&text("继续"), Retry::Same)).await;
            assert_eq!(deliveries, [(4.5, says(NOTICE))]);
        }
        seconds(8.0).await;
        assert_eq!(app.tell(&text("继续")).await, says("好"));
        assert_eq!(slow.begun(), ["30 好"]);
    });
}

#[test]
fn the_word_waits_for_an_answer_that_is_nearly_ready() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        assert_noticed(&app, &text("20 好")).await;
        seconds(3.5).await;
        let deliveries = app.deliver(stage.wechat.deliveries(&text("继续"), Retry::Same)).await;
        assert_eq!(deliveries, [(2.0, says("好"))]);
        assert_eq!(slow.begun(), ["20 好"]);
    });
}

#[test]
fn ten_minutes_after_it_is_finished_the_answer_is_gone_and_not_before() {
    everywhere(async |stage| {
        for (wait, heard) in [(599.0, "好"), (601.0, ">继续")] {
            let (app, _) = app(&stage).await;
            assert_noticed(&app, &text("15 好")).await;
            seconds(0.5 + wait).await;
            assert_eq!(app.tell(&text("继续")).await, says(heard), "after {wait} s");
        }
    });
}

/// The notice has told the user to come back, however long the handler takes.
#[test]
fn the_ten_minutes_count_from_the_end_of_the_handler() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        assert_noticed(&app, &text("300 好")).await;
        seconds(285.5 + 590.0).await;
        assert_eq!(slow.ended(), ["300 好"]);
        assert_eq!(app.tell(&text("继续")).await, says("好"));
    });
}

#[test]
fn the_word_of_another_user_is_a_message_like_any_other() {
    everywhere(async |stage| {
        let (app, _) = app(&stage).await;
        assert_noticed(&app, &text("20 好")).await;
        seconds(6.0).await;
        assert_eq!(app.tell(&from(OTHER_USER, &text("继续"))).await, says(">继续"));
        assert_eq!(app.tell(&text("继续")).await, says("好"));
    });
}

#[test]
fn two_late_answers_of_one_user_come_in_the_order_of_their_messages() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        // The second is finished first.
        let (first, second) = (text("40 一"), text("20 二"));
        let notices = tokio::join!(app.tell(&first), async {
            seconds(0.1).await;
            app.tell(&second).await
        });
        assert_eq!(notices, (says(NOTICE), says(NOTICE)));
        seconds(26.0).await;
        assert_eq!(slow.ended(), ["20 二", "40 一"]);
        assert_eq!(app.tell(&text("继续")).await, says("一"));
        assert_eq!(app.tell(&text("继续")).await, says("二"));
        assert_eq!(app.tell(&text("继续")).await, says(">继续"));
    });
}

#[test]
fn a_repeat_of_the_word_s_own_push_brings_the_same_part_again() {
    everywhere(async |stage| {
        let (app, _) = app(&stage).await;
        let parts = parts_of(&app, &text(&format!("20 {}", long()))).await;
        let (app, _) = self::app(&stage).await;
        assert_noticed(&app, &text(&format!("20 {}", long()))).await;
        seconds(6.0).await;
        for part in &parts {
            let word = text("继续");
            for push in stage.wechat.deliveries(&word, Retry::Fresh) {
                assert_eq!(app.deliver_once(push).await, says(part));
            }
        }
    });
}

/// WeChat may not have got the first.
#[test]
fn a_notice_given_twice_is_one_answer_owed() {
    everywhere(async |stage| {
        let (app, _) = app(&stage).await;
        let message = text("30 好");
        assert_noticed(&app, &message).await;
        assert_noticed(&app, &message).await;
        seconds(12.0).await;
        assert_eq!(app.tell(&text("继续")).await, says("好"));
        assert_eq!(app.tell(&text("继续")).await, says(">继续"));
    });
}

#[test]
fn copies_of_the_word_at_once_bring_one_part() {
    everywhere(async |stage| {
        let (app, _) = app(&stage).await;
        assert_noticed(&app, &text("18 好")).await;
        let push = stage.wechat.push(&text("继续"));
        let copies = (0..3).map(|_| app.deliver_once(push.clone()));
        assert_eq!(futures_util::future::join_all(copies).await, vec![says("好"); 3]);
    });
}

/// Three hundred lines, each another.
fn long() -> String {
    let lines = (0..300).map(|line| format!("第{line:03}行：{}", "好".repeat(14)));
    lines.collect::<Vec<_>>().join("\n")
}

/// What the user sees who writes the word until the text is told.
async fn parts_of(app: &App, xml: &str) -> Vec<String> {
    let mut heard = app.tell(xml).await;
    if heard == says(NOTICE) {
        seconds(6.0).await;
        heard = app.tell(&text("继续")).await;
    }
    let mut parts = Vec::new();
    while let Heard::Text(part) = heard {
        let is_last = !part.ends_with(MARK);
        parts.push(part);
        if is_last {
            return parts;
        }
        assert!(parts.len() < 100, "it never ends");
        heard = app.tell(&text("继续")).await;
    }
    panic!("{heard:?} after {} parts", parts.len());
}

#[track_caller]
fn assert_told(parts: &[String], whole: &str) {
    assert_eq!(parts.len(), whole.len().div_ceil(1900), "in as few parts as it takes");
    assert!(parts.iter().all(|part| part.len() <= 2047));
    let told: String = parts.iter().map(|part| part.strip_suffix(MARK).unwrap_or(part)).collect();
    assert_eq!(told, whole);
}

#[test]
fn a_long_late_text_is_told_in_parts_in_order_and_whole() {
    everywhere(async |stage| {
        let (app, slow) = app(&stage).await;
        let message = text(&format!("20 {}", long()));
        assert_told(&parts_of(&app, &message).await, &long());
        assert_eq!(slow.begun().len(), 1);
        assert_eq!(app.tell(&text("继续")).await, says(">继续"));
    });
}

#[test]
fn a_long_text_that_is_in_time_begins_at_once_and_the_word_brings_the_rest() {
    everywhere(async |stage| {
        for time in ["0", "1", "7", "12"] {
            let (app, slow) = app(&stage).await;
            let message = text(&format!("{time} {}", long()));
            let parts = parts_of(&app, &message).await;
            assert_told(&parts, &long());
            assert_eq!(slow.begun().len(), 1, "of {time} s");
            // A repeat begins where the first delivery did.
            assert_eq!(app.tell(&message).await, says(&parts[0]));
            assert_eq!(app.tell(&text("继续")).await, says(">继续"));
        }
    });
}

#[test]
fn a_text_of_exactly_one_message_has_no_mark() {
    everywhere(async |stage| {
        let (app, _) = app(&stage).await;
        let whole = "x".repeat(2047);
        assert_eq!(app.tell(&text(&format!("1 {whole}"))).await, says(&whole));
        assert_eq!(app.tell(&text("继续")).await, says(">继续"));
    });
}

#[test]
fn a_late_answer_that_says_nothing_is_not_owed() {
    everywhere(async |stage| {
        let handler = async |message: Message| {
            if message.text() == Some("继续") {
                return Reply::from(TextReply::new("nothing is kept"));
            }
            seconds(20.0).await;
            Reply::None
        };
        let app = stage.middleware().late_reply(policy()).around(handler).await;
        assert_noticed(&app, &text("x")).await;
        seconds(6.0).await;
        assert_eq!(app.tell(&text("继续")).await, says("nothing is kept"));
    });
}

/// What is taken is told, or the user would never see it.
#[test]
fn a_part_is_not_lost_with_the_connection_of_the_word() {
    everywhere(async |stage| {
        let (app, _) = app(&stage).await;
        assert_noticed(&app, &text("18 好")).await;
        let word = stage.wechat.push(&text("继续"));
        let gone = app.deliver_for(Duration::from_secs(1), word.clone()).await;
        assert_eq!(gone, Nothing);
        seconds(4.0).await;
        assert_eq!(app.deliver_once(word).await, says("好"));
    });
}

/// A mini-program's user can be told nothing in the answer to a push.
#[test]
fn where_no_notice_can_be_sent_a_late_reply_is_lost_and_that_is_logged() {
    let wechat = support::Wechat::new(wechat_callback::SecurityMode::Plain);
    let callback = wechat_callback::Callback::builder(&wechat.app_id, &wechat.token)
        .format(wechat_callback::DataFormat::Json)
        .build()
        .expect("an account");
    let engine = Engine::new(callback).late_reply(policy());
    let json = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714036504,"MsgType":"text","Content":"x","MsgId":7}"#;
    let query = wechat.signed_query(support::now(), "1514711492");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let log = runtime.block_on(support::logs::logged(async {
        for _ in 0..3 {
            let late = |_| async {
                seconds(20.0).await;
                Ok(TransferReply::to_any_agent())
            };
            let request = Request::new("POST", "/weixin", &query, json.as_bytes());
            let delivery = tokio::time::timeout(Duration::from_secs(5), engine.handle(request, late));
            if let Ok(response) = delivery.await {
                assert_eq!((response.status, response.body.as_str()), (200, "success"));
            }
        }
        seconds(10.0).await;
    }));
    assert!(log.contains("the reply is lost"), "{log}");
    assert!(!log.contains("cannot be sealed"), "{log}");
}
