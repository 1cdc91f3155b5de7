//! One handler's run, and the delivery that waits for it in place.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::{Sleep, sleep_until};

use super::answerer::{Answerer, Push};
use super::contain::{Contained, contained};
use super::entry::Entry;
use super::late::Then;
use super::outcome::Source;
use super::running::Runs;
use super::{Answer, ConcurrentRun, Handled, Lease, PendingReply, Retention, Timeliness};
use crate::reply::Limits;
use crate::{Reply, ReplyContext};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The first delivery of a push: its handler is to be run.
#[must_use = "dropped, it leaves the push to the next delivery"]
pub struct Turn {
    pub(super) answerer: Answerer,
    pub(super) push: Push,
    pub(super) lease: Held,
    pub(super) runs: Runs,
    pub(super) entry: Entry,
}

/// A push that is this process's to run.
pub(super) enum Held {
    /// Nothing tells it from another.
    Unknown,
    Shared(Box<dyn Lease>),
}

impl Turn {
    /// Starts the run of `handler`. The first part is the run itself, to be boxed; the second is how this delivery,
    /// which is answered in `context`, waits for it.
    pub fn start<R, H: Future<Output = Handled<R>>>(
        self,
        handler: H,
        context: ReplyContext,
    ) -> (Run<H, R>, Waiting) {
        let Self { answerer, push, lease, runs, entry } = self;
        let elsewhere = match &lease {
            Held::Shared(lease) => lease.concurrent_run(),
            Held::Unknown => None,
        };
        let waiting =
            Waiting { answerer: answerer.clone(), push: push.clone_keys(), context, entry, elsewhere };
        let span = waiting.entry.span.clone();
        let limits = waiting.context.limits();
        let is_pushed = matches!(answerer.late().then, Then::Push(_));
        let handler = answerer.handler_policy().contain(handler);
        let owner = Some(Outcomes { answerer, push, lease, runs });
        (Run { handler, owner, limits, completing: None, done: None, is_pushed, span }, waiting)
    }
}

pin_project_lite::pin_project! {
    /// A handler's run. It goes on wherever it is polled, completes what comes out, and is polled to its end.
    ///
    /// A handler that panics or takes too long has failed like any other.
    #[must_use = "it does nothing until it is polled"]
    pub struct Run<H, R> {
        #[pin]
        handler: Contained<H>,
        owner: Option<Outcomes>,
        limits: Limits,
        completing: Option<BoxFuture<Timeliness>>,
        done: Option<Done<R>>,
        // Whether what is late is sent as a message of its own.
        is_pushed: bool,
        span: tracing::Span,
    }

    impl<H, R> PinnedDrop for Run<H, R> {
        fn drop(this: Pin<&mut Self>) {
            if this.owner.is_some() {
                let span = &this.span;
                tracing::error!(parent: span, "the handler was cancelled: what runs it is going down (see drain)");
            }
        }
    }
}

/// A run that has ended.
pub struct Done<R> {
    reply: Arc<Reply>,
    is_own: bool,
    response: Option<R>,
}

impl<R, H: Future<Output = Handled<R>>> Future for Run<H, R> {
    type Output = Done<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done<R>> {
        let this = self.project();
        let _in = this.span.enter();
        if let Some(owner) = this.owner.take() {
            let Poll::Ready(handled) = this.handler.poll(cx) else {
                *this.owner = Some(owner);
                return Poll::Pending;
            };
            let Handled { outcome, response } = Handled::of(handled);
            let (source, reply) = outcome.reply(owner.answerer.handler_policy(), *this.limits);
            *this.completing = owner.complete(&reply, source);
            *this.done = Some(Done { reply, is_own: source == Source::Own, response });
        }
        if let Some(completing) = this.completing {
            let completed = ready!(completing.as_mut().poll(cx));
            *this.completing = None;
            // It reaches the user another way.
            if let (Timeliness::Late, true, Some(done)) = (completed, *this.is_pushed, &mut *this.done) {
                done.reply = Reply::None.into_shared();
            }
        }
        Poll::Ready(this.done.take().expect("polled after its end"))
    }
}

/// What a run's outcome goes to.
struct Outcomes {
    answerer: Answerer,
    push: Push,
    lease: Held,
    runs: Runs,
}

impl Outcomes {
    /// Settles the push. What is left to wait for is returned.
    fn complete(self, reply: &Arc<Reply>, source: Source) -> Option<BoxFuture<Timeliness>> {
        let Self { answerer, push, lease, runs } = self;
        let keep = answerer.late().keep(reply);
        let lease = match lease {
            Held::Unknown => return None,
            Held::Shared(lease) => lease,
        };
        let reply = reply.clone();
        Some(Box::pin(async move {
            let completed = match lease.complete(reply.clone(), keep).await {
                Ok(completed) => {
                    answerer.completed(completed, keep, &push, &reply, source).await;
                    completed
                }
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(
                        error,
                        "the outcome is not stored: other deliveries of the push do not get it"
                    );
                    Timeliness::InTime
                }
            };
            drop(runs);
            completed
        }))
    }
}

impl Answerer {
    /// What becomes of an outcome that is stored.
    async fn completed(
        &self,
        completed: Timeliness,
        keep: Retention,
        push: &Push,
        reply: &Reply,
        source: Source,
    ) {
        match (completed, push.user, push.key) {
            (Timeliness::Late, ..) if source == Source::Own || !reply.is_none() => {
                self.late_outcome(push, reply, source).await;
            }
            (Timeliness::InTime, Some(user), Some(key)) if keep == Retention::ForUser => {
                self.add_pending(user, PendingReply::new(key, 1)).await;
            }
            _ => {}
        }
    }

    /// The last delivery was answered without it.
    async fn late_outcome(&self, push: &Push, reply: &Reply, source: Source) {
        let is_reply = source != Source::Own;
        match (&self.late().then, &push.openid) {
            (Then::Push(sender), Some(openid)) if is_reply => {
                match contained(sender.send(openid, reply)).await {
                    Ok(Ok(())) => tracing::debug!("the late answer was sent as a message of its own"),
                    Ok(Err(error)) => {
                        let error: &(dyn std::error::Error + 'static) = &*error;
                        tracing::error!(error, "the answer is lost: it was late, and could not be sent");
                    }
                    Err(panic) => {
                        tracing::error!(panic, "the answer is lost: it was late, and its sender panicked");
                    }
                }
            }
            // Whoever answered the last delivery promised it.
            (Then::Claim(_), _) if is_reply => {}
            // Nothing is lost but the word of a failure that stands in the log.
            _ if source == Source::Failure => {}
            _ => tracing::error!("the answer is lost: no delivery is left to carry it (see LateReply)"),
        }
    }
}

/// How the delivery that started a run waits for it.
#[must_use = "it does nothing until it is asked to wait"]
pub struct Waiting {
    pub(super) answerer: Answerer,
    pub(super) push: Push,
    context: ReplyContext,
    pub(super) entry: Entry,
    pub(super) elsewhere: Option<Arc<dyn ConcurrentRun>>,
}

impl Waiting {
    /// Polls `run` in place until it is done or WeChat waits no longer. What is left of it then, or when the returned
    /// future is dropped because the connection went away, is handed to `detach`, which spawns it.
    pub fn answer<R, T, D>(self, run: T, detach: D) -> Answering<T, D>
    where
        T: Future<Output = Done<R>> + Unpin,
        D: FnOnce(T),
    {
        let elsewhere = self.elsewhere.clone();
        let completed = elsewhere.map(|it| Box::pin(async move { it.outcome().await }) as BoxFuture<_>);
        Answering {
            waiting: self,
            run: Some(run),
            detach: Some(detach),
            completed,
            deadline: None,
            late: None,
        }
    }
}

/// The answer to the delivery that runs the handler.
#[must_use = "it does nothing until it is awaited"]
pub struct Answering<T, D: FnOnce(T)> {
    waiting: Waiting,
    /// `None` once it is done or somebody else's.
    run: Option<T>,
    detach: Option<D>,
    /// What another process completes meanwhile.
    completed: Option<BoxFuture<Arc<Reply>>>,
    /// Set once the handler keeps us waiting.
    deadline: Option<Pin<Box<Sleep>>>,
    late: Option<BoxFuture<Arc<Reply>>>,
}

impl<R, T, D> Future for Answering<T, D>
where
    T: Future<Output = Done<R>> + Unpin,
    D: FnOnce(T),
{
    type Output = Answer<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer<R>> {
        let this = &mut *self;
        let Waiting { answerer, context, entry, .. } = &mut this.waiting;
        if let Some(run) = &mut this.run {
            if let Poll::Ready(Done { reply, is_own, response }) = Pin::new(run).poll(cx) {
                this.run = None;
                return Poll::Ready(match response {
                    Some(response) if is_own => {
                        entry.close("own response");
                        Answer::Own(response)
                    }
                    response => Answer::Sealed(answerer.seal(entry, context, &reply), response),
                });
            }
            if let Some(Poll::Ready(reply)) =
                this.completed.as_mut().map(|completed| completed.as_mut().poll(cx))
            {
                let sealed = answerer.seal(entry, context, &reply);
                this.detach();
                return Poll::Ready(Answer::Sealed(sealed, None));
            }
            let first = this.waiting.first_deadline();
            let deadline = this.deadline.get_or_insert_with(|| Box::pin(sleep_until(first)));
            ready!(deadline.as_mut().poll(cx));
            while let Some(extended) = this.waiting.extended() {
                deadline.as_mut().reset(extended);
                ready!(deadline.as_mut().poll(cx));
            }
        }
        this.detach();
        let Waiting { answerer, push, context, entry, .. } = &mut this.waiting;
        let late = this.late.get_or_insert_with(|| answerer.too_late_in_peace(push, entry));
        let reply = ready!(late.as_mut().poll(cx));
        Poll::Ready(Answer::Sealed(answerer.seal(entry, context, &reply), None))
    }
}

impl<T, D: FnOnce(T)> Answering<T, D> {
    fn detach(&mut self) {
        if let Some((run, detach)) = self.run.take().zip(self.detach.take()) {
            detach(run);
        }
    }
}

/// Nothing in it is pinned in place.
impl<T, D: FnOnce(T)> Unpin for Answering<T, D> {}

impl<T, D: FnOnce(T)> Drop for Answering<T, D> {
    fn drop(&mut self) {
        self.detach();
    }
}
