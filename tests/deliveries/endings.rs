//! What ends before its time: whoever asks, or the runtime.

use crate::support;

use std::future::pending;
use std::task::{Context, Waker};

use async_trait::async_trait;
use support::deliveries::{Adapter, Slow, Stage, Success, paused, seconds};
use support::logs::logged_while;
use support::{Push, Wechat, text};
use wechat_callback::late_reply::{FetchWord, LateReply, Recipient, ReplySender, SendError};
use wechat_callback::server::{Engine, Request};
use wechat_callback::{HandlerError, Reply, SecurityMode, TextReply};

/// A server may keep it anywhere.
#[test]
fn an_answer_of_the_engine_may_be_dropped_outside_of_a_runtime() {
    let wechat = Wechat::new(SecurityMode::Plain);
    let (engine, Push { query, body }) = (Engine::new(wechat.callback()), wechat.push(&text("好")));
    let mut answer = Box::pin(async move {
        let handler = |_| pending::<Result<Reply, HandlerError>>();
        engine.handle(Request::new("POST", "/weixin", &query, &body), handler).await
    });
    paused(async {
        assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    drop(answer);
}

/// To whom WeChat always says that it is busy.
struct Busy;

#[async_trait]
impl ReplySender for Busy {
    async fn send(&self, _: &Recipient, _: &Reply) -> Result<(), SendError> {
        Err(SendError::Temporary("WeChat is busy".into()))
    }
}

#[test]
fn a_late_answer_whose_sending_ends_with_the_runtime_is_an_error_in_the_log() {
    let word = FetchWord::new("继续", TextReply::new("还在想"));
    for policy in [LateReply::push(Busy), LateReply::push_or_fetch(Busy, word)] {
        for adapter in [Adapter::Tower, Adapter::Actix, Adapter::Engine] {
            let log = logged_while(|| {
                paused(async {
                    let stage = Stage { adapter, wechat: Wechat::new(SecurityMode::Plain) };
                    let middleware = stage.middleware().late_reply(policy.clone());
                    let app = middleware.around(Slow::default().handler()).await;
                    assert_eq!(app.tell(&text("7 好")).await, Success);
                    seconds(4.0).await;
                });
            });
            assert_eq!(log.matches("ERROR").count(), 1, "{adapter:?}: {log}");
        }
    }
}
