//! Impls of the web frameworks' traits for the types of this crate, which the orphan rule keeps here: one file and one
//! feature for each version of a framework.
#![cfg(any(feature = "actix-web-4", feature = "axum-core-0_5"))]

#[cfg(feature = "actix-web-4")]
mod actix_web_4;
#[cfg(feature = "axum-core-0_5")]
mod axum_core_0_5;

use crate::MessageRejection;
use crate::message::event::*;
use crate::message::*;
use crate::push_xml::PushXml;

/// The body of a reply that is sent without the middleware. It is a loud mistake, so that it is found.
const UNSEALED: &str = "This reply was not sealed: put WechatLayer (axum, tower) or WechatMiddleware (actix-web) \
                        around the route whose handler returns it.";

/// Reads the message again.
fn read(PushXml(xml): &PushXml) -> Result<Message, MessageRejection> {
    let xml = str::from_utf8(xml).map_err(|_| MessageRejection::NoMiddleware)?;
    Message::from_xml(xml).map_err(|_| MessageRejection::NoMiddleware)
}

/// The message that was `taken` out of a request's extensions, or the message read again.
fn whole(taken: Option<Message>, xml: Option<&PushXml>) -> Result<Message, MessageRejection> {
    taken.map_or_else(|| read(xml.ok_or(MessageRejection::NoMiddleware)?), Ok)
}

/// A part of a message that a handler asks for by its type.
trait Extract: Clone {
    /// `None` if the message is of another kind.
    fn of(message: &Message) -> Option<&Self>;
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

/// The part that a typed extractor asks for. It is cloned, so that other extractors can have it too.
fn extract<P: Extract>(message: Option<&Message>, xml: Option<&PushXml>) -> Result<P, MessageRejection> {
    let of = |message: &Message| P::of(message).cloned().ok_or(MessageRejection::OtherKind);
    message.map_or_else(|| of(&whole(None, xml)?), of)
}

/// Hands the kinds of reply to a macro.
macro_rules! for_each_reply {
    ($macro:ident) => {
        $macro!(TextReply, ImageReply, VoiceReply, VideoReply, MusicReply, NewsReply, TransferReply);
    };
}
use for_each_reply;
