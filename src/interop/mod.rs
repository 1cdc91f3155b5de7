//! Trait impls for the web frameworks that the orphan rule pins to this crate, one file and one feature a
//! framework's version.
#![cfg(any(feature = "actix-web-4", feature = "axum-core-0_5"))]

#[cfg(feature = "actix-web-4")]
mod actix_web_4;
#[cfg(feature = "axum-core-0_5")]
mod axum_core_0_5;

use std::sync::Arc;

use crate::MessageRejection;
use crate::message::event::*;
use crate::message::*;

/// The body of a reply that leaves without the middleware, loud enough to be found.
const UNSEALED: &str = "This reply was not sealed: put WechatLayer (axum, tower) or WechatMiddleware (actix-web) \
                        around the route whose handler returns it.";

/// A part of a message that a handler asks for by its type.
trait Part: Clone {
    /// `None` where the message is of another kind.
    fn of(message: &Message) -> Option<&Self>;
}

impl Part for Head {
    fn of(message: &Message) -> Option<&Self> {
        Some(&message.head)
    }
}

macro_rules! kind {
    ($($kind:ident = $name:literal,)+) => {$(
        impl Part for $kind {
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
        impl Part for $event {
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

/// What the middleware put into the request's extensions, where it is around the route. It stays there, so that every
/// extractor of a handler finds it.
fn shared(message: Option<&Arc<Message>>) -> Result<&Arc<Message>, MessageRejection> {
    message.ok_or(MessageRejection::NoMiddleware)
}

/// The part that a typed extractor asks for.
fn part<P: Part>(message: Option<&Arc<Message>>) -> Result<P, MessageRejection> {
    P::of(shared(message)?).cloned().ok_or(MessageRejection::OtherKind)
}

/// Hands the kinds of reply to a macro.
macro_rules! for_each_reply {
    ($macro:ident) => {
        $macro!(TextReply, ImageReply, VoiceReply, VideoReply, MusicReply, NewsReply, TransferReply);
    };
}
use for_each_reply;
