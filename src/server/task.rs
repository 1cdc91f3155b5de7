//! One run of a handler, and the delivery that waits for it in place.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Engine;
use super::contain::{Contained, Ended};
use super::decide::{Manner, Source};
use super::handlers::HandlerOutput;
use super::outcome::{Completed, Completion};
use super::push::Push;
use super::response::Response;
use super::span::{DeliverySpan, entered};
use super::store::Lease;
use crate::delivery::ConcurrentRun;
use crate::metrics::{self, Outcome, RunOutcome};
use crate::process::deadline::{after, before};
use crate::reply::Limits;
use crate::{Reply, ReplyContext};

/// How long an AI bot's user sees nothing of a reply that is not finished, if there is something to see.
const FIRST_TEXT: Duration = Duration::from_secs(1);

/// How often is looked whether there is something.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A delivery whose handler is to be run, because no other delivery of its push runs it.
#[must_use = "dropped, it leaves the push to the next delivery"]
pub struct HandlerTask {
    engine: Engine,
    push: Push,
    lease: Option<Lease>,
    /// Counts the run until its end.
    token: TaskTrackerToken,
    span: DeliverySpan,
}

/// How the delivery that runs a handler waits for it. Made by [`HandlerTask::start`].
#[must_use = "it does nothing until it is asked to wait"]
pub struct HandlerWait {
    engine: Engine,
    push: Push,
    concurrent: Option<Arc<dyn ConcurrentRun>>,
    context: ReplyContext,
    span: DeliverySpan,
}

/// The end of a handler's run, which [`HandlerWait::answer`] turns into an answer.
pub struct Finished<R> {
    /// When. It is read once, for all that the end of a run needs.
    at: Instant,
    reply: Arc<Reply>,
    is_passthrough: bool,
    response: Option<R>,
}

/// What the delivery that ran a handler is answered. Exhaustive.
pub enum Answer<R> {
    /// A reply, or `success`. The headers of the framework's response, where there is one, go with it.
    Reply(Response, Option<R>),
    /// The handler's own response, untouched.
    Passthrough(R),
}

impl HandlerTask {
    pub(super) fn new(engine: Engine, push: Push, lease: Option<Lease>, span: DeliverySpan) -> Self {
        Self { token: engine.shutdown().token(), engine, push, lease, span }
    }

    /// Calls the handler, and splits the task in two: the run of what `call` returned, up to the storing of its outcome, which
    /// may outlive its delivery; and how this delivery, which is answered in `context`, waits for it.
    ///
    /// The future that `call` returns has what the handler returned, and the framework's response, if there is one. A handler
    /// that panics or takes too long has failed like any other.
    pub fn start<R, H>(
        self,
        call: impl FnOnce() -> H,
        context: ReplyContext,
    ) -> (Pin<Box<HandlerRun<H, R>>>, HandlerWait)
    where
        H: Future<Output = (HandlerOutput, Option<R>)>,
    {
        let Self { engine, push, lease, token, span } = self;
        let concurrent = lease.as_ref().and_then(Lease::concurrent_run);
        let mut run = Box::pin(HandlerRun {
            counted: metrics::HandlerRun::begin(),
            handler: engine.shared.handlers.contain(),
            completion: Some(Completion {
                engine: engine.clone(),
                push: push.clone(),
                lease,
                token,
                arrived: span.arrived,
            }),
            limits: context.limits(),
            storing: None,
            span: span.span.clone(),
        });
        {
            let run = run.as_mut().project();
            let _entered = entered(run.span);
            run.handler.begin(call);
        }
        (run, HandlerWait { engine, push, concurrent, context, span })
    }
}

impl HandlerWait {
    /// Polls `run` in place until it is finished or WeChat waits no longer, and answers.
    ///
    /// The rest of the run, then or when the returned future is dropped because the connection is gone, is handed to
    /// `detach`, which spawns it ([`detach`] does). (With [`LateReply::RunAgain`](crate::late_reply::LateReply::RunAgain) it is dropped.)
    pub async fn answer<R, F, D>(self, run: Pin<Box<F>>, detach: D) -> Answer<R>
    where
        F: Future<Output = Finished<R>>,
        D: FnOnce(Pin<Box<F>>),
    {
        let mut begun = Some((self, run, detach));
        let first = poll_fn(|cx| {
            let (wait, run, detach) = begun.take().expect("polled once");
            Poll::Ready(wait.poll_answer(run, detach, cx))
        });
        match first.await {
            Ok(answer) => answer,
            Err(waiting) => Box::pin(waiting).await,
        }
    }

    /// Polls `run` once, as most handlers need, and answers if it is finished.
    ///
    /// # Errors
    ///
    /// The rest of [`answer`](Self::answer).
    pub fn poll_answer<R, F, D>(
        mut self,
        run: Pin<Box<F>>,
        detach: D,
        cx: &mut Context<'_>,
    ) -> Result<Answer<R>, impl Future<Output = Answer<R>> + use<R, F, D>>
    where
        F: Future<Output = Finished<R>>,
        D: FnOnce(Pin<Box<F>>),
    {
        let joins = self.engine.shared.policy.joins(self.push.manner);
        let mut attached = Attached { run: Some(run), detach: joins.then_some(detach) };
        if let Poll::Ready(finished) = attached.poll(cx) {
            return Ok(self.answer_with(finished));
        }
        // The message is not kept while its handler runs.
        self.context.let_go();
        Err(async move {
            let finished = if joins {
                self.wait(&mut attached).await
            } else {
                Some(poll_fn(|cx| attached.poll(cx)).await)
            };
            match finished {
                Some(finished) => self.answer_with(finished),
                None => {
                    drop(attached);
                    let reply = Box::pin(self.engine.timed_out(&self.push, &self.span)).await;
                    Answer::Reply(self.seal(&reply, Instant::now()), None)
                }
            }
        })
    }

    fn answer_with<R>(&mut self, finished: Finished<R>) -> Answer<R> {
        match finished {
            Finished { at, is_passthrough: true, response: Some(response), .. } => {
                self.span.close(Outcome::OwnResponse, at);
                Answer::Passthrough(response)
            }
            Finished { at, reply, response, .. } => Answer::Reply(self.seal(&reply, at), response),
        }
    }

    fn seal(&mut self, reply: &Arc<Reply>, now: Instant) -> Response {
        self.engine.seal(&mut self.span, &self.context, reply, now)
    }

    /// Polls the run in place until it is finished here or elsewhere. `None` where WeChat waits no longer.
    async fn wait<R, F, D>(&mut self, attached: &mut Attached<F, D>) -> Option<Finished<R>>
    where
        F: Future<Output = Finished<R>>,
        D: FnOnce(Pin<Box<F>>),
    {
        if self.push.manner == Manner::Streamed {
            return self.wait_for_text(attached).await;
        }
        let Self { engine, push, concurrent, span, .. } = self;
        let policy = &engine.shared.policy;
        let until = |push: &Push| after(span.arrived, policy.patience(push.manner, push.age));
        let mut deadline = until(push);
        if concurrent.is_some() {
            // The store may have forgotten earlier deliveries, and hear of them by then.
            deadline = deadline.min(after(span.arrived, policy.schedule.last_patience()));
        }
        let mut elsewhere = concurrent.as_ref().map(|concurrent| concurrent.outcome());
        loop {
            let either = poll_fn(|cx| match (attached.poll(cx), &mut elsewhere) {
                (Poll::Ready(finished), _) => Poll::Ready(finished),
                (Poll::Pending, Some(elsewhere)) => elsewhere.as_mut().poll(cx).map(Finished::elsewhere),
                (Poll::Pending, None) => Poll::Pending,
            });
            if let Some(finished) = before(deadline, either).await {
                return Some(finished);
            }
            if let Some(concurrent) = concurrent.as_ref() {
                push.age = push.age.max(concurrent.age().saturating_sub(span.arrived.elapsed()));
            }
            deadline = Some(until(push)).filter(|deadline| *deadline > Instant::now())?;
        }
    }
}

impl HandlerWait {
    /// As [`wait`](Self::wait), with an AI bot, which asks for the rest of what it is told: until there is something to
    /// read, as long as a user may see nothing.
    async fn wait_for_text<R, F, D>(&self, attached: &mut Attached<F, D>) -> Option<Finished<R>>
    where
        F: Future<Output = Finished<R>>,
        D: FnOnce(Pin<Box<F>>),
    {
        let Self { engine, push, span, .. } = self;
        let last = after(span.arrived, engine.shared.policy.schedule.last_patience());
        let mut next = last.min(after(span.arrived, FIRST_TEXT));
        loop {
            if let Some(finished) = before(next, poll_fn(|cx| attached.poll(cx))).await {
                return Some(finished);
            }
            let has_text = async |key| engine.text_so_far(key).await.is_some();
            if next >= last || push.key.is_none() || has_text(push.key?).await {
                return None;
            }
            next = last.min(after(next, LOOK_AGAIN));
        }
    }
}

/// A run that is polled in place, and detached when it is dropped before its end.
struct Attached<F, D: FnOnce(Pin<Box<F>>)> {
    run: Option<Pin<Box<F>>>,
    detach: Option<D>,
}

impl<F: Future, D: FnOnce(Pin<Box<F>>)> Attached<F, D> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let finished = ready!(self.run.as_mut().expect("polled after its end").as_mut().poll(cx));
        self.run = None;
        Poll::Ready(finished)
    }
}

impl<F, D: FnOnce(Pin<Box<F>>)> Drop for Attached<F, D> {
    fn drop(&mut self) {
        if let Some((run, detach)) = self.run.take().zip(self.detach.take()) {
            detach(run);
        }
    }
}

/// Spawns the rest of a run: the `detach` of [`HandlerWait::answer`] for runs that may move between threads. Where there is
/// no runtime the process is going down, and the run is dropped: to panic in a destructor would be worse.
pub fn detach(run: impl Future<Output: Send> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(run);
    }
}

impl<R> Finished<R> {
    /// Another process completed the push.
    fn elsewhere(reply: Arc<Reply>) -> Self {
        Self { at: Instant::now(), reply, is_passthrough: false, response: None }
    }
}

pin_project_lite::pin_project! {
    /// A handler's run, up to the storing of its outcome. It goes on wherever it is polled. Made by [`HandlerTask::start`].
    #[must_use = "a handler does nothing until it is polled"]
    pub struct HandlerRun<H, R> {
        #[pin]
        handler: Contained<H>,
        // `None` once the handler has ended.
        completion: Option<Completion>,
        limits: Limits,
        counted: metrics::HandlerRun,
        storing: Option<Box<Storing<R>>>,
        span: tracing::Span,
    }

    impl<H, R> PinnedDrop for HandlerRun<H, R> {
        fn drop(this: Pin<&mut Self>) {
            let span = &this.span;
            if this.completion.as_ref().is_some_and(Completion::is_owed) {
                tracing::error!(parent: span, "the handler was cancelled: what runs it is going down (see drain)");
            } else if this.storing.as_ref().is_some_and(|storing| storing.is_owed) {
                tracing::error!(
                    parent: span,
                    "the reply may be lost: what stores or sends it is going down (see drain)"
                );
            }
        }
    }
}

/// An outcome whose storing takes time.
struct Storing<R> {
    carried: Pin<Box<dyn Future<Output = Arc<Reply>> + Send>>,
    /// Its reply is what was to be stored.
    finished: Finished<R>,
    is_stream: bool,
    /// Whether it must not be cancelled.
    is_owed: bool,
}

impl<R, H: Future<Output = (HandlerOutput, Option<R>)>> Future for HandlerRun<H, R> {
    type Output = Finished<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished<R>> {
        let this = self.project();
        let _entered = entered(this.span);
        if this.completion.is_some() {
            let ended = ready!(this.handler.poll(cx));
            let at = Instant::now();
            // A stream is the handler's to its end.
            if !matches!(ended, Ok((HandlerOutput::Stream(_), _))) {
                this.counted.end(run_outcome(&ended, *this.limits), at);
            }
            let (output, response) = ended.unwrap_or_else(|failure| (failure.into(), None));
            let completion = this.completion.take().expect("looked at above");
            if let HandlerOutput::Stream(stream) = output {
                let is_owed = completion.is_owed();
                let carried = completion.say(stream, *this.limits);
                let reply = Reply::None.into_shared();
                let finished = Finished { at, reply, is_passthrough: false, response };
                *this.storing = Some(Box::new(Storing { carried, finished, is_stream: true, is_owed }));
            } else {
                let (source, reply) = completion.engine.shared.handlers.reply(output, *this.limits);
                let is_passthrough = source == Source::Passthrough;
                let carried = match completion.complete(reply.clone(), source, at) {
                    Completed::Now(reply) => {
                        return Poll::Ready(Finished { at, reply, is_passthrough, response });
                    }
                    Completed::Later(carried) => carried,
                };
                let finished = Finished { at, reply, is_passthrough, response };
                *this.storing =
                    Some(Box::new(Storing { carried, finished, is_stream: false, is_owed: true }));
            }
        }
        let storing = this.storing.as_mut().expect("polled after its end");
        let reply = ready!(storing.carried.as_mut().poll(cx));
        let Storing { finished, is_stream, .. } = *this.storing.take().expect("looked at above");
        let at = Instant::now();
        if is_stream {
            this.counted.end(RunOutcome::Reply, at);
        }
        Poll::Ready(Finished { at, reply, ..finished })
    }
}

fn run_outcome<R>(ended: &Result<(HandlerOutput, Option<R>), Ended>, limits: Limits) -> RunOutcome {
    match ended {
        Ok((HandlerOutput::Reply(reply), _)) if reply.is_none() => RunOutcome::None,
        Ok((HandlerOutput::Reply(_) | HandlerOutput::Stream(_), _)) => RunOutcome::Reply,
        Ok((HandlerOutput::Failed(_), _)) => RunOutcome::Error,
        Ok((HandlerOutput::Passthrough(response), _)) => match response.mistake(limits) {
            None => RunOutcome::OwnResponse,
            Some(_) => RunOutcome::BadResponse,
        },
        Err(Ended::Panicked(_)) => RunOutcome::Panic,
        Err(Ended::TimedOut(_)) => RunOutcome::Timeout,
    }
}
