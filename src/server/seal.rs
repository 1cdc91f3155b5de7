use std::sync::Arc;

use tokio::time::Instant;

use super::Engine;
use super::handlers::Handlers;
use super::response::Response;
use super::span::{DeliverySpan, entered};
use super::stream::CUT;
use crate::channel::{Channel, PushKind};
use crate::metrics::Outcome;
use crate::{Reply, ReplyContext, StreamContent};

impl Engine {
    /// Seals a reply, or the first part of one that is too long, and closes the delivery's span.
    pub(super) fn seal(
        &self,
        span: &mut DeliverySpan,
        context: &ReplyContext,
        reply: &Arc<Reply>,
        now: Instant,
    ) -> Response {
        let of_delivery = span.span.clone();
        let _entered = entered(&of_delivery);
        // An AI bot's texts are longer, and have no parts.
        let word = self.shared.policy.late.word().filter(|_| context.to.channel != Channel::AiBot);
        let part = word.and_then(|word| word.part(reply, 0));
        let told = part.as_ref().map_or(reply, |(part, _)| part);
        // The notice is no handler's: where it cannot be sent, nothing has failed.
        let is_notice = word.is_some_and(|word| Arc::ptr_eq(reply, word.notice()));
        let handlers = if is_notice { &Handlers::new() } else { &self.shared.handlers };
        let (mut sealed, is_told) = handlers.seal(context, told, span.timestamp(now));
        // A bubble that was begun has an end.
        if !is_told && context.to.push == PushKind::Refresh && sealed.body.is_empty() {
            let end = context.seal(StreamContent::finished(CUT));
            sealed = end.unwrap_or(sealed);
        }
        let outcome = match is_told {
            true if reply.is_none() => Outcome::None,
            true => Outcome::Reply,
            false => Outcome::Unsendable,
        };
        span.close(outcome, now);
        sealed.into()
    }
}
