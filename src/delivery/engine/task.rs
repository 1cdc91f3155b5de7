//! One run of a handler, and the delivery that waits for it in place.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::time::Instant;

use super::Engine;
use super::contain::Contained;
use super::deadline::{after, before};
use super::deliver::Push;
use super::handlers::HandlerOutput;
use super::outcome::Completion;
use super::response::Response;
use super::span::DeliverySpan;
use crate::delivery::decide::Source;
use crate::delivery::{ConcurrentRun, Lease};
use crate::reply::Limits;
use crate::{Reply, ReplyContext};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The first delivery of a push: its handler is to be run.
#[must_use = "dropped, it leaves the push to the next delivery"]
pub struct HandlerTask {
    engine: Engine,
    push: Push,
    lease: Option<Box<dyn Lease>>,
    span: DeliverySpan,
}

/// What the delivery that ran a handler is answered. Exhaustive.
pub enum Answer<R> {
    /// A reply, or `success`. The headers of the framework's response, where there is one, go with it.
    Reply(Response, Option<R>),
    /// The handler's own response, untouched.
    Passthrough(R),
}

impl HandlerTask {
    pub(super) const fn new(
        engine: Engine,
        push: Push,
        lease: Option<Box<dyn Lease>>,
        span: DeliverySpan,
    ) -> Self {
        Self { engine, push, lease, span }
    }

    /// Runs `handler`, and answers in `context` with what comes out, or without it where that takes longer than WeChat
    /// waits.
    ///
    /// `handler` returns what the handler returned, and the framework's response, if there is one. The rest of the run,
    /// when WeChat waits no longer or the returned future is dropped because the connection is gone, is handed to
    /// `detach`, which spawns it. (With [`LateReply::RunAgain`](crate::late_reply::LateReply::RunAgain) it is dropped.)
    pub async fn run<R, H, D>(self, handler: H, context: ReplyContext, detach: D) -> Answer<R>
    where
        H: Future<Output = (HandlerOutput, Option<R>)>,
        D: FnOnce(Pin<Box<HandlerRun<H, R>>>),
    {
        let Self { engine, mut push, lease, mut span } = self;
        let concurrent = lease.as_ref().and_then(|lease| lease.concurrent_run());
        let completion = Completion {
            token: engine.shutdown().token(),
            engine: engine.clone(),
            push: push.clone(),
            lease,
        };
        let run = Box::pin(HandlerRun::new(handler, completion, &context, &span));
        let joins = engine.shared.policy.joins();
        let mut attached = Attached { run: Some(run), detach: joins.then_some(detach) };
        let finished = if joins {
            wait(&engine, &mut push, &span, concurrent, &mut attached).await
        } else {
            Some(poll_fn(|cx| attached.poll(cx)).await)
        };
        match finished {
            Some(Finished { is_passthrough: true, response: Some(response), .. }) => {
                span.close("own response");
                Answer::Passthrough(response)
            }
            Some(Finished { reply, response, .. }) => {
                Answer::Reply(engine.seal(&mut span, &context, &reply), response)
            }
            None => {
                drop(attached);
                let reply = engine.timed_out(&push, &span).await;
                Answer::Reply(engine.seal(&mut span, &context, &reply), None)
            }
        }
    }
}

/// Polls the run in place until it is finished here or elsewhere. `None` where WeChat waits no longer.
async fn wait<R, H, D>(
    engine: &Engine,
    push: &mut Push,
    span: &DeliverySpan,
    concurrent: Option<Arc<dyn ConcurrentRun>>,
    attached: &mut Attached<H, R, D>,
) -> Option<Finished<R>>
where
    H: Future<Output = (HandlerOutput, Option<R>)>,
    D: FnOnce(Pin<Box<HandlerRun<H, R>>>),
{
    let policy = &engine.shared.policy;
    let until = |push: &Push| after(span.arrived, policy.patience(push.age));
    let mut deadline = until(push);
    if concurrent.is_some() {
        // The store may have forgotten earlier deliveries, and hear of them by then.
        deadline = deadline.min(after(span.arrived, policy.schedule.last_patience()));
    }
    let mut elsewhere = pin!(async {
        match &concurrent {
            Some(concurrent) => concurrent.outcome().await,
            None => pending().await,
        }
    });
    loop {
        let either = poll_fn(|cx| match attached.poll(cx) {
            Poll::Ready(finished) => Poll::Ready(finished),
            Poll::Pending => elsewhere.as_mut().poll(cx).map(Finished::elsewhere),
        });
        if let Some(finished) = before(deadline, either).await {
            return Some(finished);
        }
        if let Some(concurrent) = &concurrent {
            push.age = push.age.max(concurrent.age().saturating_sub(span.arrived.elapsed()));
        }
        deadline = Some(until(push)).filter(|deadline| *deadline > Instant::now())?;
    }
}

/// A run that is polled in place, and detached when it is dropped before its end.
struct Attached<H, R, D: FnOnce(Pin<Box<HandlerRun<H, R>>>)> {
    run: Option<Pin<Box<HandlerRun<H, R>>>>,
    detach: Option<D>,
}

impl<H, R, D> Attached<H, R, D>
where
    H: Future<Output = (HandlerOutput, Option<R>)>,
    D: FnOnce(Pin<Box<HandlerRun<H, R>>>),
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Finished<R>> {
        let run = self.run.as_mut().expect("polled after its end");
        ready!(run.as_mut().poll(cx));
        let finished = run.as_mut().project().finished.take().expect("it is finished");
        self.run = None;
        Poll::Ready(finished)
    }
}

impl<H, R, D: FnOnce(Pin<Box<HandlerRun<H, R>>>)> Drop for Attached<H, R, D> {
    fn drop(&mut self) {
        if let Some((run, detach)) = self.run.take().zip(self.detach.take()) {
            detach(run);
        }
    }
}

/// A run that has ended.
struct Finished<R> {
    reply: Arc<Reply>,
    is_passthrough: bool,
    response: Option<R>,
}

impl<R> Finished<R> {
    /// Another process completed the push.
    const fn elsewhere(reply: Arc<Reply>) -> Self {
        Self { reply, is_passthrough: false, response: None }
    }
}

pin_project_lite::pin_project! {
    /// A handler's run, up to the storing of its outcome. It goes on wherever it is polled.
    ///
    /// A handler that panics or takes too long has failed like any other.
    #[must_use = "it does nothing until it is polled"]
    pub struct HandlerRun<H, R> {
        #[pin]
        handler: Contained<H>,
        // `None` once the handler has ended.
        completion: Option<Completion>,
        limits: Limits,
        storing: Option<BoxFuture<Arc<Reply>>>,
        finished: Option<Finished<R>>,
        span: tracing::Span,
    }

    impl<H, R> PinnedDrop for HandlerRun<H, R> {
        fn drop(this: Pin<&mut Self>) {
            if this.completion.as_ref().is_some_and(Completion::is_owed) {
                let span = &this.span;
                tracing::error!(parent: span, "the handler was cancelled: what runs it is going down (see drain)");
            }
        }
    }
}

impl<H, R> HandlerRun<H, R> {
    fn new(handler: H, completion: Completion, context: &ReplyContext, span: &DeliverySpan) -> Self {
        Self {
            handler: completion.engine.shared.handlers.contain(handler),
            completion: Some(completion),
            limits: context.limits(),
            storing: None,
            finished: None,
            span: span.span.clone(),
        }
    }
}

impl<R, H: Future<Output = (HandlerOutput, Option<R>)>> Future for HandlerRun<H, R> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let _entered = this.span.enter();
        if this.completion.is_some() {
            let ended = ready!(this.handler.poll(cx));
            let (output, response) = ended.unwrap_or_else(|ended| (ended.into(), None));
            let Some(completion) = this.completion.take() else { return Poll::Ready(()) };
            let (source, reply) = completion.engine.shared.handlers.reply(output, *this.limits);
            let is_passthrough = source == Source::Passthrough;
            *this.finished = Some(Finished { reply: reply.clone(), is_passthrough, response });
            if completion.is_shared() {
                *this.storing = Some(Box::pin(completion.complete(reply, source)));
            }
        }
        if let Some(storing) = this.storing {
            let carried = ready!(storing.as_mut().poll(cx));
            *this.storing = None;
            if let Some(finished) = this.finished {
                finished.reply = carried;
            }
        }
        Poll::Ready(())
    }
}
