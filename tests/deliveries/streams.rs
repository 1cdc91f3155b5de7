//! Answers that stream, told to the users of an Official Account.

use crate::support;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use support::broken::Broken;
use support::deliveries::{
    App, Heard, Middleware, Nothing, Retry, Stage, Success, everywhere, hush, says, seconds,
};
use support::logs::logged;
use support::text;
use tokio::time::Instant;
use wechat_callback::late_reply::{FetchWord, LateReply, Recipient, ReplySender, SendError};
use wechat_callback::{HandlerError, Message, Reply, StreamReply, TextReply};

const NOTICE: &str = "还在想，过一会儿发“继续”来看。";
const MARK: &str = "\n……【继续】";
const CUT: &str = "……";
/// The longest text that arrives.
const LONGEST: usize = 2047;

fn word() -> FetchWord {
    FetchWord::new("继续", TextReply::new(NOTICE))
}

/// What is said in the `number`th second.
fn sentence(number: u32) -> String {
    format!("这是第{number}句话，说的是春眠不觉晓，处处闻啼鸟；夜来风雨声，花落知多少。")
}

fn paragraphs(count: u32) -> String {
    (0..count).map(|number| sentence(number) + "\n\n").collect()
}

fn whole(count: u32) -> String {
    (0..count).map(sentence).collect()
}

/// Says a sentence at the end of each of so many seconds, piece by piece. With a `段`, each is a paragraph. Anything that is
/// no number is said back at once.
fn speak(text: &str) -> StreamReply {
    let (count, is_paragraph) = match text.strip_suffix('段') {
        Some(count) => (count.parse().ok(), true),
        None => (text.parse::<u32>().ok(), false),
    };
    let back = format!(">{text}");
    StreamReply::from_fn(move |out| async move {
        let Some(count) = count else { return out.push(back).await };
        for number in 0..count {
            seconds(1.0).await;
            for piece in sentence(number).split_inclusive(['，', '；']) {
                out.push(piece).await;
            }
            if is_paragraph {
                out.push("\n").await;
                out.push("\n").await;
            }
        }
    })
}

async fn around(middleware: Middleware) -> App {
    let handler = |message: Message| async move { speak(message.text().unwrap_or_default()) };
    middleware.around(handler).await
}

async fn app(stage: &Stage, policy: LateReply) -> App {
    around(stage.middleware().late_reply(policy)).await
}

fn heard_text(heard: Heard) -> String {
    match heard {
        Heard::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

/// What was sent, and what becomes of what is sent next.
#[derive(Clone, Default)]
struct Sent {
    messages: Arc<Mutex<Vec<(f64, String)>>>,
    typing: Arc<Mutex<usize>>,
    began: Option<Instant>,
    /// How many are taken before all are refused.
    allowance: Option<usize>,
    results: Arc<Mutex<VecDeque<SendError>>>,
}

#[async_trait]
impl ReplySender for Sent {
    async fn send(&self, _: &Recipient, reply: &Reply) -> Result<(), SendError> {
        if let Some(error) = self.results.lock().expect("not poisoned").pop_front() {
            return Err(error);
        }
        let Reply::Text(text) = reply else { panic!("a text") };
        let mut messages = self.messages.lock().expect("not poisoned");
        if self.allowance.is_some_and(|allowance| messages.len() >= allowance) {
            return Err(SendError::Final("out of response count limit".into()));
        }
        let at = self.began.map_or(0.0, |began| began.elapsed().as_secs_f64());
        messages.push((at, text.content.clone()));
        Ok(())
    }

    async fn typing(&self, _: &Recipient) -> Result<(), SendError> {
        *self.typing.lock().expect("not poisoned") += 1;
        Ok(())
    }
}

impl Sent {
    fn with_allowance(allowance: usize) -> Self {
        Self { allowance: Some(allowance), began: Some(Instant::now()), ..Self::default() }
    }

    fn texts(&self) -> Vec<String> {
        self.messages.lock().expect("not poisoned").iter().map(|(_, text)| text.clone()).collect()
    }
}

#[test]
fn what_is_done_in_time_is_told_on_whichever_delivery_finds_it() {
    everywhere(async |stage| {
        let policies = || [LateReply::Drop, LateReply::Fetch(word()), LateReply::RunAgain];
        for policy in policies() {
            assert_eq!(app(&stage, policy).await.tell(&text("你好")).await, says(">你好"));
        }
        for policy in policies().into_iter().take(2) {
            let app = app(&stage, policy).await;
            for (time, deliveries) in [(3, 1), (8, 2), (13, 3)] {
                let heard = app.deliver(stage.wechat.deliveries(&text(&time.to_string()), Retry::Same)).await;
                assert_eq!(heard.len(), deliveries);
                assert_eq!(heard.last(), Some(&(f64::from(time), says(whole(time)))));
            }
        }
    });
}

/// The text so far at 14.5 s, and then as often as the word is written: every character once and in order.
#[test]
fn the_word_brings_what_was_said_meanwhile_as_often_as_it_takes() {
    everywhere(async |stage| {
        for (time, waits) in [
            (20, [2.0, 0.1, 30.0, 0.0]),
            (40, [0.0, 0.0, 8.0, 40.0]),
            (300, [1.0, 100.0, 0.0, 300.0]),
            (420, [0.0, 200.0, 0.0, 300.0]),
        ] {
            let middleware = stage.middleware().late_reply(LateReply::Fetch(word()));
            let is_other_store = time != 40;
            let middleware =
                if is_other_store { middleware.store(Broken::new("nothing")) } else { middleware };
            let app = around(middleware).await;
            let heard = app.deliver(stage.wechat.deliveries(&text(&time.to_string()), Retry::Same)).await;
            assert_eq!(heard[..2], [(5.0, Nothing), (10.0, Nothing)]);
            assert_eq!(heard[2].0, 14.5);
            let mut told = heard_text(heard[2].1.clone());
            let mut said = String::new();
            for wait in waits.into_iter().chain([5.0; 40]) {
                assert!(told.len() <= LONGEST, "{}", told.len());
                if told != NOTICE {
                    let part = told.strip_suffix(MARK).unwrap_or(&told);
                    assert!(part.ends_with(['。', '；']), "a part ends at a sentence: {part}");
                    said.push_str(part);
                }
                if said == whole(time) {
                    break;
                }
                seconds(wait).await;
                told = heard_text(app.tell(&text("继续")).await);
            }
            assert_eq!(said, whole(time), "{time} s");
            assert_eq!(app.tell(&text("继续")).await, says(">继续"));
        }
    });
}

#[test]
fn before_anything_is_said_the_notice_is_told() {
    everywhere(async |stage| {
        let handler = |_| async {
            StreamReply::from_fn(|out| async move {
                seconds(20.0).await;
                out.push("好了。").await;
            })
        };
        let app = stage.middleware().late_reply(LateReply::Fetch(word())).around(handler).await;
        assert_eq!(app.tell(&text("想")).await, says(NOTICE));
        assert_eq!(app.tell(&text("继续")).await, says(NOTICE));
        seconds(6.0).await;
        assert_eq!(app.tell(&text("继续")).await, says("好了。"));
    });
}

#[test]
fn with_nothing_set_the_last_delivery_tells_the_text_so_far_and_the_log_what_is_lost() {
    everywhere(async |stage| {
        let app = app(&stage, LateReply::Drop).await;
        let log = logged(async {
            let told = heard_text(app.tell(&text("40")).await);
            let part = told.strip_suffix(CUT).expect("more was to come");
            assert!(
                whole(40).starts_with(part) && part.ends_with(['。', '；']) && told.len() > 1000,
                "{told}"
            );
            seconds(30.0).await;
        });
        let log = log.await;
        assert!(
            log.contains("the reply is lost") && log.contains(&format!("length={}", whole(40).len())),
            "{log}"
        );
    });
}

#[test]
fn what_is_in_time_and_too_long_is_cut_at_a_sentence_or_told_in_parts_or_sent() {
    everywhere(async |stage| {
        let long =
            |_: Message| async { StreamReply::from_fn(|out| async move { out.push(whole(60)).await }) };
        let dropped = stage.middleware().around(long).await;
        let log = logged(async {
            let told = heard_text(dropped.tell(&text("说")).await);
            let part = told.strip_suffix(CUT).expect("more was to come");
            assert!(told.len() <= LONGEST && part.ends_with(['。', '；']) && whole(60).starts_with(part));
        });
        let log = log.await;
        assert!(log.contains("too long for one answer") && log.contains("lost="), "{log}");

        let fetched = stage.middleware().late_reply(LateReply::Fetch(word())).around(long).await;
        let mut said = String::new();
        for xml in [text("说"), text("继续"), text("继续"), text("继续")] {
            let told = heard_text(fetched.tell(&xml).await);
            said.push_str(told.strip_suffix(MARK).unwrap_or(&told));
            if !told.ends_with(MARK) {
                break;
            }
        }
        assert_eq!(said, whole(60));

        let sent = Sent::default();
        let pushed = stage.middleware().late_reply(LateReply::push(sent.clone())).around(long).await;
        let first = heard_text(pushed.tell(&text("说")).await);
        seconds(1.0).await;
        assert_eq!(first + &sent.texts().concat(), whole(60));
        assert!(sent.texts().iter().all(|text| text.len() <= LONGEST));
    });
}

/// "Typing", then paragraphs as they are finished, within the allowance.
#[test]
fn whoever_may_be_sent_messages_gets_paragraphs_as_they_are_finished() {
    everywhere(async |stage| {
        let sent = Sent { began: Some(Instant::now()), ..Sent::default() };
        let app = app(&stage, LateReply::push(sent.clone())).await;
        let heard = app.deliver(stage.wechat.deliveries(&text("40段"), Retry::Same)).await;
        assert_eq!(heard, [(4.5, Success)]);
        assert_eq!(*sent.typing.lock().expect("not poisoned"), 1);
        seconds(50.0).await;
        let texts = sent.texts();
        assert_eq!(texts.concat(), paragraphs(40));
        let times: Vec<_> = sent.messages.lock().expect("not poisoned").iter().map(|(at, _)| *at).collect();
        assert!(times[0] < 10.0 && times[3] < 40.0, "while it grows: {times:?}");
        assert!(texts[..4].iter().all(|text| text.ends_with("\n\n") && text.len() <= LONGEST), "{texts:?}");
        // Four while it grows, and the end in as many as it takes.
        assert!(times[4..].iter().all(|at| *at >= 40.0), "{times:?}");
    });
}

#[test]
fn what_is_refused_is_kept_for_the_word_and_nothing_is_told_twice() {
    everywhere(async |stage| {
        for allowance in [0, 1, 3, 5] {
            let sent = Sent::with_allowance(allowance);
            let app = app(&stage, LateReply::push_or_fetch(sent.clone(), word())).await;
            assert_eq!(app.tell(&text("60段")).await, Success);
            seconds(70.0).await;
            let mut said = sent.texts().concat();
            assert!(sent.texts().len() <= allowance);
            while said.trim_end() != paragraphs(60).trim_end() {
                let told = heard_text(app.tell(&text("继续")).await);
                let before = said.len();
                said.push_str(told.strip_suffix(MARK).unwrap_or(&told));
                assert!(paragraphs(60).starts_with(&said), "allowance {allowance}: {}", &said[before..]);
            }
        }
    });
}

#[test]
fn a_message_that_cannot_be_sent_for_now_is_tried_again_and_is_not_lost() {
    everywhere(async |stage| {
        let sent = Sent { began: Some(Instant::now()), ..Sent::default() };
        let temporary = || SendError::Temporary("busy".into());
        sent.results.lock().expect("not poisoned").extend([temporary(), temporary()]);
        let app = app(&stage, LateReply::push(sent.clone())).await;
        assert_eq!(app.tell(&text("12段")).await, Success);
        seconds(40.0).await;
        assert_eq!(sent.texts().concat(), paragraphs(12));
    });
}

#[test]
fn where_the_outcome_cannot_be_stored_the_rest_is_sent_all_the_same() {
    everywhere(async |stage| {
        let sent = Sent { began: Some(Instant::now()), ..Sent::default() };
        let middleware = stage.middleware().late_reply(LateReply::push(sent.clone()));
        let app = around(middleware.store(Broken::new("complete"))).await;
        assert_eq!(app.tell(&text("12段")).await, Success);
        seconds(20.0).await;
        assert_eq!(sent.texts().concat(), paragraphs(12));
    });
}

#[test]
fn a_text_ends_at_64_kib_between_two_characters_as_a_reader_sees_them() {
    everywhere(async |stage| {
        let family = "👨‍👩‍👧‍👦";
        let handler = move |_: Message| async move {
            StreamReply::from_fn(move |out| async move { out.push(family.repeat(10_000)).await })
        };
        let app = stage.middleware().late_reply(LateReply::Fetch(word())).around(handler).await;
        let mut said = String::new();
        let mut told = heard_text(app.tell(&text("好")).await);
        while let Some(part) = told.strip_suffix(MARK) {
            said.push_str(part);
            told = heard_text(app.tell(&text("继续")).await);
        }
        said.push_str(&told);
        assert_eq!(said, family.repeat(StreamReply::MAX_BYTES / family.len()));
    });
}

#[test]
fn an_error_ends_the_text_with_what_is_there_and_is_logged() {
    hush();
    everywhere(async |stage| {
        for (how, logs) in [("错", "out of ink"), ("慌", "on purpose")] {
            let handler = move |message: Message| async move {
                let starts_well = message.text() != Some("坏");
                StreamReply::from_fn(move |out| async move {
                    if starts_well {
                        out.push("开头。").await;
                    }
                    seconds(1.0).await;
                    assert!(how == "错", "on purpose");
                    Err::<(), _>(HandlerError::from("out of ink"))
                })
            };
            let app = stage.middleware().on_error(TextReply::new("出错了")).around(handler).await;
            let log = logged(async {
                assert_eq!(app.tell(&text("好")).await, says("开头。"));
                assert_eq!(app.tell(&text("坏")).await, says("出错了"));
            });
            let log = log.await;
            assert_eq!(log.matches("the handler failed").count(), 2, "{log}");
            assert!(log.contains(logs), "{log}");
        }
    });
}

#[test]
fn a_stream_that_says_nothing_more_is_ended_with_the_handler_s_time() {
    everywhere(async |stage| {
        let handler = |_| async {
            StreamReply::from_fn(|out| async move {
                out.push("开头。").await;
                std::future::pending::<()>().await;
            })
        };
        let middleware = stage.middleware().handler_timeout(Duration::from_secs(9));
        let app = middleware.around(handler).await;
        let log = logged(async { assert_eq!(app.tell(&text("好")).await, says("开头。")) }).await;
        assert!(log.contains("it still ran after 9 s"), "{log}");
    });
}

#[test]
fn a_text_is_64_kib_long_at_most_and_no_longer_one_is_kept() {
    everywhere(async |stage| {
        let handler = |_| async {
            StreamReply::from_fn(|out| async move {
                while !out.is_closed() {
                    out.push("好").await;
                }
            })
        };
        let app = stage.middleware().late_reply(LateReply::Fetch(word())).around(handler).await;
        let mut said = String::new();
        let mut told = heard_text(app.tell(&text("好")).await);
        while let Some(part) = told.strip_suffix(MARK) {
            said.push_str(part);
            told = heard_text(app.tell(&text("继续")).await);
        }
        said.push_str(&told);
        assert_eq!(said, "好".repeat(StreamReply::MAX_BYTES / 3));
    });
}

#[test]
fn a_stream_goes_on_without_its_connection_and_is_said_once() {
    everywhere(async |stage| {
        let app = app(&stage, LateReply::Drop).await;
        let [one, two, _] = stage.wechat.deliveries(&text("3"), Retry::Same);
        assert_eq!(app.deliver_for(Duration::from_secs(1), one).await, Nothing);
        assert_eq!(app.deliver_once(two).await, says(whole(3)));
    });
}

#[test]
fn a_shutdown_waits_for_the_end_of_what_is_being_said() {
    everywhere(async |stage| {
        let middleware = stage.middleware().late_reply(LateReply::Fetch(word()));
        let app = around(middleware.clone()).await;
        let [one, two, three] = stage.wechat.deliveries(&text("7"), Retry::Same);
        assert_eq!(app.deliver_once(one).await, Nothing);
        assert_eq!(middleware.drain().await, 0);
        assert_eq!(app.deliver_once(two).await, says(whole(7)));
        assert_eq!(app.deliver_once(three).await, says(whole(7)));
    });
}

/// Whoever said it went away. What it said is told, and where that is not sure, it stays kept.
#[test]
fn what_has_no_end_is_told_to_the_word_with_a_notice_and_kept_while_the_store_is_not_sure() {
    everywhere(async |stage| {
        for (broken, heard) in [("complete", None), ("complete+progress", Some(says(NOTICE)))] {
            let middleware =
                stage.middleware().late_reply(LateReply::Fetch(word())).store(Broken::new(broken));
            let app = around(middleware).await;
            let told = heard_text(app.tell(&text("16")).await);
            seconds(2.0).await;
            let rest = app.tell(&text("继续")).await;
            match heard {
                Some(heard) => {
                    assert_eq!((told.as_str(), rest), (NOTICE, heard.clone()));
                    assert_eq!(app.tell(&text("继续")).await, heard);
                }
                None => {
                    let said =
                        told.strip_suffix(MARK).expect("more was to come").to_owned() + &heard_text(rest);
                    let (said, notice) = said.split_once("\n\n").expect("a notice");
                    assert!(said == whole(16) && notice.contains("中断"), "{said} {notice}");
                }
            }
        }
    });
}

/// The same handler is read on every channel: an AI bot shows markdown.
#[test]
fn markdown_is_told_as_a_readable_text() {
    everywhere(async |stage| {
        let handler = |_: Message| async {
            StreamReply::from_fn(|out| async move {
                for piece in ["# 春", "晓\n\n", "春眠**不觉", "**晓，\n", "1 < 2", "。\n"] {
                    out.push(piece).await;
                }
            })
            .markdown()
        };
        let app = stage.middleware().around(handler).await;
        assert_eq!(app.tell(&text("说")).await, says("春晓\n春眠不觉晓，\n1 &lt; 2。"));
    });
}
