//! Impls of the web frameworks' traits for the types of this crate, which the orphan rule keeps here: one file and one
//! feature for each version of a framework.
#![cfg(any(feature = "actix-web-4", feature = "axum-core-0_5"))]

#[cfg(feature = "actix-web-4")]
mod actix_web_4;
#[cfg(feature = "axum-core-0_5")]
mod axum_core_0_5;

use crate::message::event::*;
use crate::message::system::*;
use crate::message::*;
use crate::{AccountId, MessageRejection};

/// The body of a reply that is sent without the middleware. It is a loud mistake, so that it is found.
const UNSEALED: &str = "This reply was not sealed: put WechatLayer (axum, tower) or WechatMiddleware (actix-web) \
                        around the route whose handler returns it.";

/// A message, or a part of one that a handler asks for by its type.
trait Extract: Clone {
    /// `None` if the message is of another kind.
    fn of(message: &Message) -> Option<&Self>;
}

impl Extract for Message {
    fn of(message: &Message) -> Option<&Self> {
        Some(message)
    }
}

impl Extract for Head {
    fn of(message: &Message) -> Option<&Self> {
        Some(&message.head)
    }
}

macro_rules! kind {
    ($($kind:ident = $name:literal,)+) => {$(
        impl Extract for $kind {
            fn of(message: &Message) -> Option<&Self> {
                match &message.content {
                    Content::$kind(content) => Some(content),
                    _ => None,
                }
            }
        }
    )+};
}
for_each_kind!(kind);

macro_rules! event {
    ($($event:ident = $name:literal,)+) => {$(
        impl Extract for $event {
            fn of(message: &Message) -> Option<&Self> {
                match message.event() {
                    Some(Event::$event(event)) => Some(event),
                    _ => None,
                }
            }
        }
    )+};
}
for_each_event!(event);

macro_rules! system_event {
    ($($event:ident = $name:literal,)+) => {$(
        impl Extract for $event {
            fn of(message: &Message) -> Option<&Self> {
                match message.system() {
                    Some(SystemEvent::$event(event)) => Some(event),
                    _ => None,
                }
            }
        }
    )+};
}
for_each_system_event!(system_event);

/// What an extractor asks for. It is cloned, so that other extractors can have it too; that copies no text.
fn extract<P: Extract>(message: Option<&Message>) -> Result<P, MessageRejection> {
    let message = message.ok_or(MessageRejection::NoMiddleware)?;
    P::of(message).cloned().ok_or(MessageRejection::OtherKind)
}

/// To which account a message was pushed. Every one that came through the middleware says so.
fn account(message: Option<&Message>) -> Result<AccountId, MessageRejection> {
    message.and_then(Message::account).cloned().ok_or(MessageRejection::NoMiddleware)
}

/// Hands the kinds of reply to a macro.
macro_rules! for_each_reply {
    ($macro:ident) => {
        $macro!(
            TextReply,
            ImageReply,
            VoiceReply,
            VideoReply,
            MusicReply,
            NewsReply,
            TransferReply,
            UpdateButtonReply,
            UpdateTaskCardReply,
            UpdateTemplateCardReply,
            StreamContent,
            TemplateCardReply
        );
    };
}
use for_each_reply;
