//! Handlers that fail in every way that a message can ask for.

use std::error::Error;
use std::fmt;

use futures_util::future::BoxFuture;
use wechat_callback::{HandlerError, Message, NewsReply, Reply, TextReply};

use super::deliveries::{Middleware, Stage, hush, seconds};

pub const SORRY: &str = "出了点问题";

pub fn sorry() -> TextReply {
    TextReply::new(SORRY)
}

/// With deliveries and without.
pub fn both(stage: &Stage) -> [Middleware; 2] {
    [stage.middleware(), stage.middleware().run_again()]
}

pub type Output = Result<Reply, HandlerError>;
pub type Handling = BoxFuture<'static, Output>;

/// A handler that does what the first word of the message says, after as many seconds as the second.
pub fn handler() -> impl Fn(Message) -> Handling + Clone {
    |message| Box::pin(act(message))
}

pub async fn act(message: Message) -> Output {
    hush();
    let text = message.text().unwrap_or("fail").to_owned();
    let (how, time) = text.split_once(' ').unwrap_or((&text, "0"));
    let time: f64 = time.parse().expect("seconds");
    if time > 0.0 {
        seconds(time).await;
    }
    match how {
        "fail" => Err("the model does not answer".into()),
        "panic" => panic!("on purpose"),
        "payload" => std::panic::panic_any(Landmine),
        "error" => Err(Explosive.into()),
        "long" => Ok(TextReply::new("x".repeat(3000)).into()),
        "blank" => Ok(TextReply::new(" ").into()),
        "news" => Ok(NewsReply::new([]).into()),
        "hang" => std::future::pending().await,
        "none" => Ok(Reply::none()),
        said => Ok(TextReply::new(said).into()),
    }
}

/// Panics when it is dropped, with something that does too.
struct Landmine;

impl Drop for Landmine {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(Landmine);
        }
    }
}

/// Panics when it is shown and when it is dropped.
#[derive(Debug)]
struct Explosive;

impl fmt::Display for Explosive {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("shown on purpose")
    }
}

impl Error for Explosive {}

impl Drop for Explosive {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped on purpose");
        }
    }
}
