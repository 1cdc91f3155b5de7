//! What keeps the code of others from taking the connection, or the push, with it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

pub(super) use crate::contain::contain;
use crate::sealing;

/// Awaits `future`. A panic is returned as its text.
pub(super) async fn contained<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match contain(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// Why a future has no output.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("it panicked: {0}")]
    Panicked(String),
    #[error("it was ended: it still ran after {} s (see handler_timeout)", .0.as_secs_f64())]
    TimedOut(Duration),
}

pin_project_lite::pin_project! {
    /// A future whose panics are errors, which is ended after a time, and dropped as soon as it has an output: a panic
    /// in its destructor is logged, and changes nothing.
    pub(super) struct Contained<F> {
        #[pin]
        future: Option<F>,
        // What making the future panicked with.
        panic: Option<String>,
        timeout: Duration,
        // Set once the future keeps us waiting. Most are quick.
        deadline: Option<Pin<Box<Sleep>>>,
    }

    impl<F> PinnedDrop for Contained<F> {
        fn drop(this: Pin<&mut Self>) {
            release(this.project().future);
        }
    }
}

impl<F> Contained<F> {
    /// Of no future yet.
    pub(super) const fn new(timeout: Duration) -> Self {
        Self { future: None, panic: None, timeout, deadline: None }
    }

    /// Takes the future that `make` returns. It is made where it stays, because it may be large.
    #[inline]
    pub(super) fn begin(self: Pin<&mut Self>, make: impl FnOnce() -> F) {
        let this = self.project();
        let mut future = this.future;
        *this.panic = contain(move || future.set(Some(make()))).err();
    }
}

impl<F: Future> Future for Contained<F> {
    type Output = Result<F::Output, Ended>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(panic) = this.panic.take() {
            return Poll::Ready(Err(Ended::Panicked(panic)));
        }
        let future = this.future.as_mut().as_pin_mut().expect("polled after its end");
        // What it leaves behind half done is its own; nobody polls it again.
        let output = match contain(|| sealing::inside(|| future.poll(cx))) {
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(Ended::Panicked(panic)),
            Ok(Poll::Pending) => {
                let timeout = *this.timeout;
                let deadline = this.deadline.get_or_insert_with(|| Box::pin(sleep(timeout)));
                std::task::ready!(deadline.as_mut().poll(cx));
                Err(Ended::TimedOut(timeout))
            }
        };
        release(this.future);
        *this.deadline = None;
        Poll::Ready(output)
    }
}

fn release<F>(mut future: Pin<&mut Option<F>>) {
    if future.is_some()
        && let Err(panic) = contain(|| future.set(None))
    {
        tracing::error!(panic, "the handler panicked when it was dropped");
    }
}
