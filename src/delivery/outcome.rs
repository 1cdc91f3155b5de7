//! What comes of a handler, and what that makes of the answer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::contain::{Contained, Ended, contain};
use super::own::Own;
use crate::reply::Limits;
use crate::{HandlerError, Reply, ReplyContext, SealError, Sealed};

/// What a handler's run came to.
pub struct Handled<R> {
    /// What the handler returned.
    pub outcome: Outcome,
    /// What the framework made of it, if it did. Its headers go with the answer.
    pub response: Option<R>,
}

/// What a handler returned.
pub enum Outcome {
    /// A reply, or that there is none.
    Reply(Reply),
    /// An error. It is logged with its causes, and WeChat is answered with [`HandlerPolicy::on_error`].
    Failed(HandlerError),
    /// A response of its own, which goes out untouched. Other deliveries of the push are answered `success`.
    Own(Own),
}

/// What one delivery is answered.
pub enum Answer<R> {
    /// With a status of 200, and the headers of the framework's response where there is one.
    Sealed(Sealed, Option<R>),
    /// The handler's own response.
    Own(R),
}

/// How long a handler may run, and what the user is told when it fails.
///
/// ```
/// use std::time::Duration;
/// use wechat_callback::TextReply;
/// use wechat_callback::delivery::HandlerPolicy;
///
/// let policy = HandlerPolicy::new()
///     .timeout(Duration::from_secs(60))
///     .on_error(TextReply::new("出了点问题，请再发一次。"));
/// ```
#[derive(Clone)]
#[must_use = "a policy does nothing until it is handed to the middleware"]
pub struct HandlerPolicy {
    timeout: Duration,
    on_error: Arc<Reply>,
}

impl HandlerPolicy {
    /// Ten minutes, and no reply for failures.
    pub fn new() -> Self {
        Self { timeout: Duration::from_secs(600), on_error: Reply::None.into_shared() }
    }

    /// How long a handler may run; ten minutes unless set. One that takes longer is dropped, and has failed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::delivery::HandlerPolicy;
    /// let policy = HandlerPolicy::new().timeout(Duration::from_secs(60));
    /// ```
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the user is told when the handler fails, panics or takes too long, and when its reply cannot be sealed;
    /// nothing unless set.
    ///
    /// A failure that is too late for its push goes where late answers go (see `LateReply`).
    ///
    /// ```
    /// # use wechat_callback::{TextReply, delivery::HandlerPolicy};
    /// let policy = HandlerPolicy::new().on_error(TextReply::new("出了点问题，请再发一次。"));
    /// ```
    pub fn on_error(mut self, reply: impl Into<Reply>) -> Self {
        self.on_error = reply.into().into_shared();
        self
    }

    /// Runs `handler` for one delivery that stands for itself, and is answered in `context`.
    pub fn alone<R, H: Future<Output = Handled<R>>>(&self, handler: H, context: ReplyContext) -> Alone<H> {
        Alone { handler: self.contain(handler), policy: self.clone(), context }
    }

    pub(super) const fn contain<H>(&self, handler: H) -> Contained<H> {
        Contained::new(handler, self.timeout)
    }

    /// What is answered to the push of a handler that failed. It can be sealed.
    fn failure(&self, limits: Limits) -> Arc<Reply> {
        // Where the push names nobody there is nobody to be told anything.
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
    pub(super) fn seal(&self, context: &ReplyContext, reply: &Reply) -> Sealed {
        let error = match context.seal_ref(reply) {
            Ok(sealed) => return sealed,
            Err(error) => error,
        };
        let nobody = matches!(error, SealError::NoRecipient(_));
        if nobody || self.on_error.is_none() || *reply == *self.on_error {
            tracing::error!(%error, "the reply cannot be sent; WeChat is answered success");
            return Sealed::acknowledgement();
        }
        tracing::error!(%error, "the reply cannot be sent; the user is told the reply for failures");
        context.seal_ref(&self.on_error).unwrap_or_else(|error| {
            tracing::error!(%error, "the reply for failures cannot be sent; WeChat is answered success");
            Sealed::acknowledgement()
        })
    }
}

impl Default for HandlerPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HandlerPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { timeout, on_error } = self;
        f.debug_struct("HandlerPolicy").field("timeout", timeout).field("on_error", on_error).finish()
    }
}

/// What a reply is, for what becomes of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The handler's.
    Handler,
    /// The one for failures, or none. That the handler failed stands in the log.
    Failure,
    /// None: the handler's own response is the answer.
    Own,
}

impl Outcome {
    /// The reply. What is wrong is logged.
    pub(super) fn reply(self, policy: &HandlerPolicy, limits: Limits) -> (Source, Arc<Reply>) {
        match self {
            Self::Reply(reply) => (Source::Handler, reply.into_shared()),
            Self::Failed(error) => {
                log(error);
                (Source::Failure, policy.failure(limits))
            }
            Self::Own(own) => {
                own.log(limits.is_encrypted);
                (Source::Own, Reply::None.into_shared())
            }
        }
    }
}

/// The error is somebody else's code: to show and to drop it may panic.
fn log(error: HandlerError) {
    if let Err(panic) = contain(|| tracing::error!(error = error.as_error(), "the handler failed")) {
        tracing::error!(panic, "the handler failed, and its error panicked when it was logged");
    }
    if let Err(panic) = contain(move || drop(error)) {
        tracing::error!(panic, "the handler's error panicked when it was dropped");
    }
}

impl<R> Handled<R> {
    /// What a handler came to whose panics and delays are errors.
    pub(super) fn of(output: Result<Self, Ended>) -> Self {
        output.unwrap_or_else(|ended| Self { outcome: Outcome::Failed(ended.into()), response: None })
    }
}

pin_project_lite::pin_project! {
    /// The answer to a delivery that stands for itself. Made by [`HandlerPolicy::alone`].
    #[must_use = "it does nothing until it is polled"]
    pub struct Alone<H> {
        #[pin]
        handler: Contained<H>,
        policy: HandlerPolicy,
        context: ReplyContext,
    }
}

impl<R, H: Future<Output = Handled<R>>> Future for Alone<H> {
    type Output = Answer<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer<R>> {
        let this = self.project();
        let Handled { outcome, response } = Handled::of(ready!(this.handler.poll(cx)));
        let (source, reply) = outcome.reply(this.policy, this.context.limits());
        Poll::Ready(match response {
            Some(response) if source == Source::Own => Answer::Own(response),
            response => Answer::Sealed(this.policy.seal(this.context, &reply), response),
        })
    }
}
