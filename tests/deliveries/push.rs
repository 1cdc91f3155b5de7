//! A late answer that is sent as a message of its own, and one that is lost.

use crate::support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use support::deliveries::{App, Retry, Slow, Stage, Success, USER, everywhere, says, seconds};
use support::text;
use wechat_callback::late_reply::{LateReply, Recipient, ReplySender, SendError};
use wechat_callback::{Reply, TextReply};

/// What was sent to whom. Each message takes `time` on its way.
#[derive(Clone, Default)]
struct Sent {
    messages: Arc<Mutex<Vec<(String, Reply)>>>,
    time: Duration,
    is_broken: bool,
}

#[async_trait]
impl ReplySender for Sent {
    async fn send(&self, to: &Recipient, reply: &Reply) -> Result<(), SendError> {
        tokio::time::sleep(self.time).await;
        self.messages.lock().expect("not poisoned").push((to.user.clone(), reply.clone()));
        if self.is_broken { Err(SendError::Final("the line is dead".into())) } else { Ok(()) }
    }
}

impl Sent {
    fn messages(&self) -> Vec<(String, Reply)> {
        self.messages.lock().expect("not poisoned").clone()
    }
}

fn to_user(said: &str) -> Vec<(String, Reply)> {
    vec![(USER.to_owned(), TextReply::new(said).into())]
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
fn a_sender_that_fails_is_asked_once_and_the_next_message_is_answered() {
    everywhere(async |stage| {
        let sent = Sent { is_broken: true, ..Sent::default() };
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
