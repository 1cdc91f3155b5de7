//! What handlers return, how long they may run, and what is answered when they fail.

use std::sync::Arc;
use std::time::Duration;

use super::contain::{Contained, Ended, contain};
use super::decide::Source;
use super::passthrough::Passthrough;
use crate::reply::Limits;
use crate::{HandlerError, Reply, ReplyContext, SealError, Sealed, StreamReply, Timestamp};

/// What a handler returned. Exhaustive: a server tells which of the four it is.
pub enum HandlerOutput {
    /// A reply, or that there is none.
    Reply(Reply),
    /// A reply that streams.
    Stream(StreamReply),
    /// An error. It is logged with its causes, and WeChat is answered with [`on_error`](super::Engine::on_error).
    Failed(HandlerError),
    /// A response of its own, which goes out untouched. Other deliveries of the push are answered `success`, and so is every
    /// delivery of a system event.
    Passthrough(Passthrough),
}

/// What the engine does with handlers.
#[derive(Clone)]
pub(super) struct Handlers {
    pub(super) timeout: Duration,
    pub(super) on_error: Arc<Reply>,
}

impl Handlers {
    /// Ten minutes, and no reply for failures.
    pub(super) fn new() -> Self {
        Self { timeout: Duration::from_secs(600), on_error: Reply::None.into_shared() }
    }

    pub(super) const fn contain<H>(&self) -> Contained<H> {
        Contained::new(self.timeout)
    }

    /// The reply of `output`, and where it comes from. What is wrong is logged.
    pub(super) fn reply(&self, output: HandlerOutput, limits: Limits) -> (Source, Arc<Reply>) {
        match output {
            HandlerOutput::Reply(reply) => (Source::Handler, reply.into_shared()),
            // It is produced first.
            HandlerOutput::Stream(_) => (Source::Handler, Reply::None.into_shared()),
            HandlerOutput::Failed(error) => {
                log(error);
                (Source::Failure, self.failure(limits))
            }
            HandlerOutput::Passthrough(response) => {
                response.log(limits);
                // A system event is answered success and nothing else.
                let source = match limits.is_to_system_event() {
                    true => Source::Handler,
                    false => Source::Passthrough,
                };
                (source, Reply::None.into_shared())
            }
        }
    }

    /// What is answered to the push of a handler that failed. It can be sealed.
    pub(super) fn failure(&self, limits: Limits) -> Arc<Reply> {
        // Where the push names nobody, or is a system event, there is nobody to be told anything.
        if !limits.has_recipient {
            return Reply::None.into_shared();
        }
        match limits.check(&self.on_error) {
            Ok(()) => self.on_error.clone(),
            Err(error) => {
                tracing::error!(%error, "the reply for failures cannot be sent; WeChat is answered success");
                Reply::None.into_shared()
            }
        }
    }

    /// A reply that WeChat would not take is logged, and the one for failures goes out in its place.
    /// What goes out, and whether it is `reply`.
    pub(super) fn seal(&self, context: &ReplyContext, reply: &Reply, now: Timestamp) -> (Sealed, bool) {
        let error = match context.seal_ref_at(reply, now, rand::random()) {
            Ok(sealed) => return (sealed, true),
            Err(error) => error,
        };
        let nobody = matches!(error, SealError::NoRecipient(_) | SealError::ToSystemEvent);
        if nobody || self.on_error.is_none() || *reply == *self.on_error {
            tracing::error!(%error, "the reply cannot be sent; WeChat is answered success");
            return (context.acknowledgement(), false);
        }
        tracing::error!(%error, "the reply cannot be sent; the user is told the reply for failures");
        let sealed = context.seal_ref_at(&self.on_error, now, rand::random()).unwrap_or_else(|error| {
            tracing::error!(%error, "the reply for failures cannot be sent; WeChat is answered success");
            context.acknowledgement()
        });
        (sealed, false)
    }
}

/// Every kind of reply is one.
impl<R: Into<Reply>> From<R> for HandlerOutput {
    fn from(reply: R) -> Self {
        Self::Reply(reply.into())
    }
}

impl From<StreamReply> for HandlerOutput {
    fn from(reply: StreamReply) -> Self {
        Self::Stream(reply)
    }
}

/// A handler that panicked or took too long has failed.
impl From<Ended> for HandlerOutput {
    fn from(ended: Ended) -> Self {
        Self::Failed(HandlerError::of_the_run(ended))
    }
}

/// The error is somebody else's code: to show and to drop it may panic.
pub(super) fn log(error: HandlerError) {
    let at = error.location().map(tracing::field::display);
    if let Err(panic) = contain(|| tracing::error!(error = error.as_error(), at, "the handler failed")) {
        tracing::error!(panic, "the handler failed, and its error panicked when it was logged");
    }
    if let Err(panic) = contain(move || drop(error)) {
        tracing::error!(panic, "the handler's error panicked when it was dropped");
    }
}
