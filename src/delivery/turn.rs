//! One handler's run, and the delivery that waits for it in place.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, sleep_until};
use tracing::Instrument;

use super::answerer::{Answerer, Entry};
use super::late::Then;
use super::running::Runs;
use super::{DeliveryKey, Lease, Promise, Settled, UserKey};
use crate::{HandlerError, Reply, ReplyContext, Sealed};

/// The first delivery of a push: its handler is to be run.
#[must_use = "dropped, it leaves the push to the next delivery"]
pub struct Turn {
    pub(super) answerer: Answerer,
    pub(super) push: Push,
    pub(super) lease: Option<Box<dyn Lease>>,
    pub(super) runs: Runs,
    pub(super) entry: Entry,
}

/// What is remembered of a push while its handler has the message.
pub(super) struct Push {
    /// `None` where nothing tells it from another.
    pub(super) key: Option<DeliveryKey>,
    pub(super) delivery: u32,
    /// Where answers are kept for users.
    pub(super) user: Option<UserKey>,
    /// Where answers are sent to users.
    pub(super) openid: Option<String>,
}

/// What a handler's run came to: `response` is what the framework has of it, if it has something.
pub struct Handled<R> {
    /// What the handler returned.
    pub outcome: Outcome,
    /// What the framework made of it, whose headers go with the answer.
    pub response: Option<R>,
}

/// What a handler returned.
pub enum Outcome {
    /// A reply, or that there is none.
    Reply(Reply),
    /// An error. It is logged with its causes, and WeChat is answered `success`.
    Failed(HandlerError),
    /// A response of its own, which goes out untouched. Other deliveries of the push are answered `success`.
    Own,
}

/// What one delivery is answered.
pub enum Answer<R> {
    /// With a status of 200, and the headers of the framework's response where there is one.
    Sealed(Sealed, Option<R>),
    /// The handler's own response.
    Own(R),
    /// A status and nothing else.
    Refused(u16),
}

/// A run that has ended.
pub struct Done<R> {
    reply: Arc<Reply>,
    is_own: bool,
    response: Option<R>,
}

impl Turn {
    /// Starts the run of `handler`. The first part is the run itself, to be boxed; it goes on wherever it is polled,
    /// settles what comes out, and must be polled to its end. The second is how this delivery waits for it.
    ///
    /// A panic of the handler is caught: it is an error like any other.
    pub fn start<R>(
        self,
        handler: impl Future<Output = Handled<R>>,
    ) -> (impl Future<Output = Done<R>>, Waiting) {
        let Self { answerer, push, lease, runs, entry } = self;
        let Push { key, delivery, user, openid } = push;
        let span = entry.span.clone();
        let waiting = Waiting { answerer: answerer.clone(), key, delivery, user, entry };
        let run = async move {
            let Handled { outcome, response } = CatchPanic::new(handler).await;
            let (is_own, reply) = (matches!(outcome, Outcome::Own), Arc::new(outcome.reply()));
            let owner = Owner { answerer, key, user, openid };
            if let Some(lease) = lease {
                owner.settle(lease, &reply, is_own).await;
            }
            drop(runs);
            Done { reply, is_own, response }
        };
        (run.instrument(span), waiting)
    }
}

/// Whoever runs the handler, when it has run.
struct Owner {
    answerer: Answerer,
    key: Option<DeliveryKey>,
    user: Option<UserKey>,
    openid: Option<String>,
}

impl Owner {
    async fn settle(self, lease: Box<dyn Lease>, reply: &Arc<Reply>, is_own: bool) {
        // The user comes back for the rest of a long text.
        let word = self.answerer.late().claim_word();
        let is_long = word.and_then(|word| word.part(reply, 0)).is_some_and(|(_, more)| more);
        match lease.settle(reply.clone(), is_long).await {
            Ok(Settled::Late) => self.late(reply, is_own).await,
            Ok(Settled::InTime) => {
                if let (true, Some(user), Some(key)) = (is_long, self.user, self.key) {
                    self.answerer.promise(user, Promise::new(key, 1)).await;
                }
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(
                    error,
                    "the outcome could not be stored: other deliveries of the push do not get it"
                );
            }
        }
    }

    /// The last delivery was answered without it.
    async fn late(&self, reply: &Reply, is_own: bool) {
        match &self.answerer.late().then {
            _ if reply.is_none() && !is_own => {}
            Then::Push(sender) if !is_own => {
                let Some(openid) = &self.openid else {
                    return tracing::error!("the answer is lost: the push names no user to send it to");
                };
                match sender.send(openid, reply).await {
                    Ok(()) => tracing::debug!("the answer was sent as a message of its own"),
                    Err(error) => tracing::error!(
                        error = &*error as &(dyn std::error::Error + 'static),
                        "the answer is lost: it was late, and could not be sent"
                    ),
                }
            }
            // Whoever answered the last delivery promised it.
            Then::Claim(_) if !is_own => tracing::debug!("the answer is kept for the user to claim it"),
            _ => tracing::error!("the answer is lost: no delivery is left to carry it (see LateReply)"),
        }
    }
}

/// How the delivery that started a run waits for it.
#[must_use = "it does nothing until it is awaited"]
pub struct Waiting {
    answerer: Answerer,
    key: Option<DeliveryKey>,
    delivery: u32,
    user: Option<UserKey>,
    entry: Entry,
}

impl Waiting {
    /// Polls `run` in place until it is done or WeChat waits no longer. What is left of it then, or when this future is
    /// dropped because the connection went away, is handed to `detach`, which spawns it.
    pub async fn answer<R, T, D>(mut self, run: T, detach: D, context: &ReplyContext) -> Answer<R>
    where
        T: Future<Output = Done<R>> + Unpin,
        D: FnOnce(T),
    {
        let deadline = self.entry.arrived + self.answerer.late().patience(self.delivery);
        let mut run = InPlace { run: Some(run), detach: Some(detach) };
        let Some(done) = before(deadline, &mut run).await else {
            drop(run);
            let reply = self.answerer.too_late(self.key, self.delivery, self.user).await;
            return self.answerer.seal(&mut self.entry, context, &reply, None);
        };
        match done {
            Done { is_own: true, response: Some(response), .. } => {
                self.entry.close("own response");
                Answer::Own(response)
            }
            Done { reply, response, .. } => self.answerer.seal(&mut self.entry, context, &reply, response),
        }
    }
}

/// `future`'s output, or `None` from `deadline` on. The timer is set once the future keeps us waiting.
pub(super) async fn before<F: Future>(deadline: Instant, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut sleep = pin!(None);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if sleep.is_none() {
            sleep.set(Some(sleep_until(deadline)));
        }
        sleep.as_mut().as_pin_mut().map_or(Poll::Pending, |sleep| sleep.poll(cx).map(|()| None))
    })
    .await
}

/// Polls a future; dropped before its end it hands the rest to `detach`.
struct InPlace<T, D: FnOnce(T)> {
    run: Option<T>,
    detach: Option<D>,
}

impl<T: Future + Unpin, D: FnOnce(T)> Future for InPlace<T, D> {
    type Output = T::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let run = this.run.as_mut().expect("polled after its end");
        let output = ready!(Pin::new(run).poll(cx));
        this.run = None;
        Poll::Ready(output)
    }
}

/// Neither part is pinned here.
impl<T, D: FnOnce(T)> Unpin for InPlace<T, D> {}

impl<T, D: FnOnce(T)> Drop for InPlace<T, D> {
    fn drop(&mut self) {
        if let (Some(run), Some(detach)) = (self.run.take(), self.detach.take()) {
            detach(run);
        }
    }
}

impl Outcome {
    /// The reply. An error is logged.
    fn reply(self) -> Reply {
        match self {
            Self::Reply(reply) => reply,
            Self::Failed(error) => {
                tracing::error!(error = error.as_error(), "the handler failed; WeChat is answered success");
                Reply::None
            }
            Self::Own => Reply::None,
        }
    }
}

impl<R> Handled<R> {
    /// What the delivery is answered where each stands for itself.
    pub fn answer(self, context: &ReplyContext) -> Answer<R> {
        match self {
            Self { outcome: Outcome::Own, response: Some(response) } => Answer::Own(response),
            Self { outcome, response } => Answer::Sealed(seal(context, &outcome.reply()), response),
        }
    }
}

/// A reply that WeChat would not take is logged, and answered `success`.
pub(super) fn seal(context: &ReplyContext, reply: &Reply) -> Sealed {
    context.seal(reply).unwrap_or_else(|error| {
        tracing::error!(%error, "the reply cannot be sent; WeChat is answered success");
        Sealed::acknowledgement()
    })
}

pin_project_lite::pin_project! {
    /// A handler whose panic is an error like any other.
    pub struct CatchPanic<F> {
        #[pin]
        handler: F,
    }
}

impl<F> CatchPanic<F> {
    /// Catches the panics of `handler`.
    pub const fn new(handler: F) -> Self {
        Self { handler }
    }
}

impl<R, F: Future<Output = Handled<R>>> Future for CatchPanic<F> {
    type Output = Handled<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let handler = self.project().handler;
        // What the handler leaves behind half done is its own; nobody polls it again.
        match catch_unwind(AssertUnwindSafe(|| handler.poll(cx))) {
            Ok(poll) => poll,
            Err(panic) => {
                let outcome = Outcome::Failed(Panicked::from(panic).into());
                Poll::Ready(Handled { outcome, response: None })
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it panicked: {0}")]
struct Panicked(String);

impl From<Box<dyn Any + Send>> for Panicked {
    fn from(panic: Box<dyn Any + Send>) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        Self(text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default())
    }
}
