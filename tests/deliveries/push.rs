//! A late answer that is sent as a message of its own, and one that is lost.

use crate::support;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use support::deliveries::{
    App, Heard, OTHER_USER, Retry, Slow, Stage, Success, USER, everywhere, from, says, seconds,
};
use support::logs::logged;
use support::text;
use wechat_callback::late_reply::{FetchWord, LateReply, Recipient, ReplySender, SendError};
use wechat_callback::{Reply, TextReply};

/// What was sent to whom. Each message takes `time` on its way, and what becomes of it is the next of `results`.
#[derive(Clone, Default)]
struct Sent {
    messages: Arc<Mutex<Vec<(Recipient, Reply)>>>,
    typing: Arc<Mutex<Vec<Recipient>>>,
    time: Duration,
    results: Arc<Mutex<VecDeque<Result<(), SendError>>>>,
}

#[async_trait]
impl ReplySender for Sent {
    async fn send(&self, to: &Recipient, reply: &Reply) -> Result<(), SendError> {
        tokio::time::sleep(self.time).await;
        self.messages.lock().expect("not poisoned").push((to.clone(), reply.clone()));
        self.results.lock().expect("not poisoned").pop_front().unwrap_or(Ok(()))
    }

    async fn typing(&self, to: &Recipient) -> Result<(), SendError> {
        self.typing.lock().expect("not poisoned").push(to.clone());
        Err(SendError::Temporary("nobody minds".into()))
    }
}

impl Sent {
    /// A sender that fails so often.
    fn failing(errors: impl IntoIterator<Item = SendError>) -> Self {
        let results = Arc::new(Mutex::new(errors.into_iter().map(Err).collect()));
        Self { results, ..Self::default() }
    }

    fn messages(&self) -> Vec<(Recipient, Reply)> {
        self.messages.lock().expect("not poisoned").clone()
    }

    fn typing(&self) -> Vec<Recipient> {
        self.typing.lock().expect("not poisoned").clone()
    }
}

fn refused() -> SendError {
    SendError::Final("the user wrote more than 48 hours ago".into())
}

fn busy() -> SendError {
    SendError::Temporary("WeChat is busy".into())
}

fn user() -> Recipient {
    Recipient::new("wx5823bf96d3bd56c7", USER)
}

fn to_user(said: &str) -> Vec<(Recipient, Reply)> {
    vec![(user(), TextReply::new(said).into())]
}

async fn app(stage: &Stage, sent: &Sent) -> (App, Slow) {
    let slow = Slow::default();
    let policy = LateReply::push(sent.clone());
    (stage.middleware().late_reply(policy).around(slow.handler()).await, slow)
}

#[test]
fn the_first_delivery_is_answered_success_at_4500_ms_and_the_answer_sent_once() {
    everywhere(async |stage| {
        for said in ["7 好", "12 好", "20 好"] {
            let sent = Sent::default();
            let (app, slow) = app(&stage, &sent).await;
            let deliveries = app.deliver(stage.wechat.deliveries(&text(said), Retry::Same)).await;
            assert_eq!(deliveries, [(4.5, Success)]);
            assert_eq!(sent.messages(), []);
            seconds(60.0).await;
            assert_eq!(sent.messages(), to_user("好"));
            assert_eq!(slow.begun(), [said]);
        }
    });
}

#[test]
fn an_answer_in_time_is_carried_by_its_delivery_and_not_sent() {
    everywhere(async |stage| {
        let sent = Sent::default();
        let (app, _) = app(&stage, &sent).await;
        for said in ["0 好", "2 好", "4 好"] {
            assert_eq!(app.tell(&text(said)).await, says("好"));
        }
        seconds(60.0).await;
        assert_eq!(sent.messages(), []);
    });
}

/// The `success` may have been lost on its way.
#[test]
fn a_repeat_does_not_carry_what_is_sent() {
    everywhere(async |stage| {
        for time in [7.0, 12.0] {
            let sent = Sent::default();
            let (app, slow) = app(&stage, &sent).await;
            let push = stage.wechat.push(&text(&format!("{time} 好")));
            let mut heard = Vec::new();
            for _ in 0..3 {
                heard.push(app.deliver_once(push.clone()).await);
                seconds(0.5).await;
            }
            seconds(60.0).await;
            assert_eq!(sent.messages(), to_user("好"));
            assert_eq!(heard, [Success, Success, Success], "the user sees the answer of {time} s once");
            assert_eq!(slow.begun().len(), 1);
        }
    });
}

#[test]
fn a_late_answer_that_says_nothing_is_not_sent() {
    everywhere(async |stage| {
        let sent = Sent::default();
        let handler = async |_| {
            seconds(7.0).await;
            Reply::None
        };
        let policy = LateReply::push(sent.clone());
        let app = stage.middleware().late_reply(policy).around(handler).await;
        assert_eq!(app.tell(&text("x")).await, Success);
        seconds(60.0).await;
        assert_eq!(sent.messages(), []);
    });
}

#[test]
fn a_sender_that_fails_for_good_is_asked_once_and_the_next_message_is_answered() {
    everywhere(async |stage| {
        let sent = Sent::failing([refused()]);
        let (app, _) = app(&stage, &sent).await;
        assert_eq!(app.tell(&text("7 好")).await, Success);
        seconds(60.0).await;
        assert_eq!(sent.messages(), to_user("好"));
        assert_eq!(app.tell(&text("2 好")).await, says("好"));
    });
}

#[test]
fn a_shutdown_waits_for_what_is_being_sent() {
    everywhere(async |stage| {
        let sent = Sent { time: Duration::from_secs(3), ..Sent::default() };
        let slow = Slow::default();
        let middleware = stage.middleware().late_reply(LateReply::push(sent.clone()));
        let app = middleware.around(slow.handler()).await;
        assert_eq!(app.tell(&text("7 好")).await, Success);
        seconds(3.0).await;
        assert_eq!((slow.ended().len(), sent.messages().len()), (1, 0));
        assert_eq!(middleware.drain().await, 0);
        assert_eq!(sent.messages(), to_user("好"));
    });
}

#[test]
fn what_may_work_later_is_tried_again_after_one_two_and_four_seconds() {
    everywhere(async |stage| {
        let sent = Sent::failing([busy(), busy(), busy()]);
        let (app, _) = app(&stage, &sent).await;
        assert_eq!(app.tell(&text("7 好")).await, Success);
        for (time, tries) in [(2.4, 0), (0.2, 1), (1.0, 2), (2.0, 3), (3.8, 3), (0.4, 4), (60.0, 4)] {
            seconds(time).await;
            assert_eq!(sent.messages().len(), tries);
        }
    });
}

#[test]
fn what_never_works_is_tried_four_times_and_lost_with_an_error_in_the_log() {
    everywhere(async |stage| {
        let sent = Sent::failing([busy(), busy(), busy(), busy(), busy()]);
        let (app, _) = app(&stage, &sent).await;
        let log = logged(async {
            assert_eq!(app.tell(&text("7 好")).await, Success);
            seconds(60.0).await;
        });
        let log = log.await;
        assert_eq!(sent.messages().len(), 4);
        assert!(log.contains("the reply is lost") && log.contains("WeChat is busy"), "{log}");
        assert!(!log.contains(USER) && !log.contains('好'), "{log}");
    });
}

#[test]
fn each_delivery_that_is_answered_without_the_reply_shows_that_one_is_being_written() {
    everywhere(async |stage| {
        let sent = Sent::default();
        let (app, _) = app(&stage, &sent).await;
        assert_eq!(app.tell(&text("2 好")).await, says("好"));
        assert_eq!(sent.typing(), []);
        let push = stage.wechat.push(&text("12 好"));
        let log = logged(async {
            for shown in 1..=2 {
                assert_eq!(app.deliver_once(push.clone()).await, Success);
                seconds(0.5).await;
                assert_eq!(sent.typing(), vec![user(); shown]);
            }
        });
        let log = log.await;
        let failures: Vec<_> = log.lines().filter(|line| line.contains("is being written")).collect();
        assert!(failures.len() == 2 && failures.iter().all(|line| line.contains("wechat_push{")), "{log}");
    });
}

/// With a sender that WeChat refuses, and the word 继续.
async fn refused_app(stage: &Stage, sent: &Sent) -> (App, Slow) {
    let (slow, word) = (Slow::default(), FetchWord::new("继续", TextReply::new("还在想")));
    let policy = LateReply::push_or_fetch(sent.clone(), word);
    (stage.middleware().late_reply(policy).around(slow.handler()).await, slow)
}

#[test]
fn what_is_refused_is_kept_for_the_user_who_writes_the_word() {
    everywhere(async |stage| {
        for errors in [vec![refused()], vec![busy(), busy(), busy(), busy()], vec![busy(), refused()]] {
            let sent = Sent::failing(errors);
            let (app, slow) = refused_app(&stage, &sent).await;
            let push = stage.wechat.push(&text("7 好"));
            assert_eq!(app.deliver_once(push.clone()).await, Success);
            seconds(30.0).await;
            // No delivery carries what the user fetches.
            assert_eq!(app.deliver_once(push).await, Success);
            assert_eq!(app.tell(&from(OTHER_USER, &text("继续"))).await, says(">继续"));
            assert_eq!(app.tell(&text("继续")).await, says("好"));
            assert_eq!(app.tell(&text("继续")).await, says(">继续"));
            assert_eq!(slow.begun(), ["7 好", "继续", "继续"]);
        }
    });
}

#[test]
fn what_was_sent_is_not_kept() {
    everywhere(async |stage| {
        let sent = Sent::default();
        let (app, _) = refused_app(&stage, &sent).await;
        assert_eq!(app.tell(&text("7 好")).await, Success);
        seconds(30.0).await;
        assert_eq!(sent.messages(), to_user("好"));
        assert_eq!(app.tell(&text("继续")).await, says(">继续"));
    });
}

/// In time the word fetches its rest. Late, it is the sender's to split.
#[test]
fn a_text_that_is_too_long_for_one_message_is_told_in_parts_or_handed_to_the_sender_whole() {
    everywhere(async |stage| {
        let long = "长".repeat(1000);
        let sent = Sent::failing([refused()]);
        let (app, _) = refused_app(&stage, &sent).await;
        let first = app.tell(&text(&format!("2 {long}"))).await;
        let Heard::Text(first) = first else { panic!("a text: {first:?}") };
        let Heard::Text(rest) = app.tell(&text("继续")).await else { panic!("the rest") };
        assert_eq!(format!("{}{rest}", first.strip_suffix("\n……【继续】").expect("a mark")), long);

        assert_eq!(app.tell(&text(&format!("7 {long}"))).await, Success);
        seconds(30.0).await;
        assert_eq!(sent.messages(), to_user(&long));
        assert_eq!(app.tell(&text("继续")).await, Heard::Text(first));
        assert_eq!(app.tell(&text("继续")).await, Heard::Text(rest));
    });
}

/// It has neither MsgId nor CreateTime.
#[test]
fn the_late_answer_to_a_message_that_nothing_tells_from_another_is_sent_too() {
    everywhere(async |stage| {
        let sent = Sent::default();
        let (app, _) = app(&stage, &sent).await;
        let xml = format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>{USER}</FromUserName><MsgType>text</MsgType>\
             <Content>7 好</Content></xml>"
        );
        assert_eq!(app.deliver_once(stage.wechat.push(&xml)).await, Success);
        seconds(60.0).await;
        assert_eq!(sent.messages(), to_user("好"));
    });
}

#[test]
fn while_it_drains_what_cannot_be_sent_now_is_kept_at_once() {
    everywhere(async |stage| {
        let sent = Sent::failing([busy()]);
        let (slow, word) = (Slow::default(), FetchWord::new("继续", TextReply::new("还在想")));
        let middleware = stage.middleware().late_reply(LateReply::push_or_fetch(sent.clone(), word));
        let app = middleware.around(slow.handler()).await;
        assert_eq!(app.tell(&text("7 好")).await, Success);
        let began = tokio::time::Instant::now();
        assert_eq!(middleware.drain().await, 0);
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        assert_eq!(sent.messages().len(), 1);
        assert_eq!(app.deliver_once(stage.wechat.push(&text("继续"))).await, says("好"));
    });
}
