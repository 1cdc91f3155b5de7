//! The handler: what a message is answered with.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use wechat_callback::message::Event;
use wechat_callback::{HandlerError, Reply, StreamReply, TextReply, WechatMessage};

use crate::history::{History, Owner};
use crate::model::{ChatMessage, Model};

const INSTRUCTIONS: &str = "You answer in a chat of WeChat. Be short, and write the language of the user.";

/// A language model, and what was said to whom.
pub(crate) struct Bot {
    model: Model,
    history: History,
}

impl Bot {
    pub(crate) fn new(model: Model) -> Self {
        Self { model, history: History::default() }
    }

    /// Asks the model. It is asked no more when the reply was ended, because its stream is dropped then.
    fn ask(&self, owner: Owner, question: &str) -> StreamReply {
        let conversation = self.history.conversation(owner);
        let mut messages = vec![ChatMessage::system(INSTRUCTIONS)];
        messages.extend(conversation.messages());
        messages.push(ChatMessage::user(question));
        let mut pieces = self.model.answer(messages);
        let question = question.to_owned();
        StreamReply::from_fn(|out| async move {
            let mut answer = String::new();
            while let Some(piece) = pieces.next().await {
                let piece = piece?;
                answer.push_str(&piece);
                out.push(piece).await;
            }
            conversation.add(question, answer);
            Ok::<(), HandlerError>(())
        })
        .markdown()
    }
}

/// Runs once for each message, however often WeChat asks.
pub(crate) async fn answer(State(bot): State<Arc<Bot>>, WechatMessage(message): WechatMessage) -> Response {
    match (message.text().map(str::trim), message.event()) {
        (Some("清空"), _) => {
            bot.history.clear(&Owner::of(&message));
            TextReply::new("好，我们从头开始。").into_response()
        }
        (Some(question), _) => bot.ask(Owner::of(&message), question).into_response(),
        (None, Some(event)) => greeting(event).into_response(),
        (None, None) => TextReply::new("我只看得懂文字，请写下来。").into_response(),
    }
}

fn greeting(event: &Event) -> Reply {
    match event {
        Event::Subscribe(_) | Event::EnterChat(_) => {
            TextReply::new("你好！有什么想问的？发“清空”，我就忘掉之前说的。").into()
        }
        _ => Reply::none(),
    }
}
