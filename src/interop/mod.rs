//! Trait impls for the web frameworks that the orphan rule pins to this crate, one file and one feature a
//! framework's version.
#![cfg(any(feature = "actix-web-4", feature = "axum-core-0_5"))]

#[cfg(feature = "actix-web-4")]
mod actix_web_4;
#[cfg(feature = "axum-core-0_5")]
mod axum_core_0_5;

use crate::MessageRejection;

/// The body of a reply that leaves without the middleware, loud enough to be found.
const UNSEALED: &str = "This reply was not sealed: put WechatLayer (axum, tower) or WechatMiddleware (actix-web) \
                        around the route whose handler returns it.";

/// Stands in a request's extensions where a message was taken out of them.
#[derive(Clone, Copy)]
struct Taken;

impl Taken {
    const fn rejection(taken: bool) -> MessageRejection {
        if taken { MessageRejection::Taken } else { MessageRejection::NoMiddleware }
    }
}

/// Hands the kinds of reply to a macro.
macro_rules! for_each_reply {
    ($macro:ident) => {
        $macro!(TextReply, ImageReply, VoiceReply, VideoReply, MusicReply, NewsReply, TransferReply);
    };
}
use for_each_reply;
