use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::HandlerError;

/// Where [`StreamReply::from_fn`](crate::StreamReply::from_fn) is told what to say.
///
/// Clones say the same text. It ends when the closure's future has ended and no sender is left, so a sender may go on in a
/// task of its own.
pub struct StreamSender {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
}

/// There is room for one piece.
#[derive(Default)]
struct Slot {
    piece: Option<String>,
    /// How many senders are left.
    senders: usize,
    /// Nobody takes pieces any more.
    is_closed: bool,
    taker: Option<Waker>,
    /// Who wait for room.
    waiting: Vec<Waker>,
}

impl StreamSender {
    /// Says `text`. It waits until what was said before is taken, so that no more is in memory than is asked for. It waits for
    /// nothing, and says nothing, where the reply was ended.
    pub async fn push(&self, text: impl Into<String>) {
        let mut text = Some(text.into());
        poll_fn(|cx| self.shared.poll_push(&mut text, cx)).await;
    }

    /// Whether the reply was ended, because its text is [as long as it may become](crate::StreamReply::MAX_BYTES), or its time is
    /// over: nothing that is pushed is said.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.slot().is_closed
    }
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_push(&self, text: &mut Option<String>, cx: &Context<'_>) -> Poll<()> {
        let mut slot = self.slot();
        if slot.is_closed {
            return Poll::Ready(());
        }
        if slot.piece.is_some() {
            if !slot.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                slot.waiting.push(cx.waker().clone());
            }
            return Poll::Pending;
        }
        slot.piece = text.take();
        let taker = slot.taker.take();
        drop(slot);
        taker.into_iter().for_each(Waker::wake);
        Poll::Ready(())
    }

    /// The piece that was pushed. `Ready(None)` where no sender is left.
    fn poll_take(&self, cx: &Context<'_>) -> Poll<Option<String>> {
        let mut slot = self.slot();
        let piece = slot.piece.take();
        let waiting = std::mem::take(&mut slot.waiting);
        if piece.is_none() {
            let before = slot.taker.replace(cx.waker().clone());
            let senders = slot.senders;
            drop(slot);
            drop(before);
            return if senders == 0 { Poll::Ready(None) } else { Poll::Pending };
        }
        drop(slot);
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(piece)
    }
}

impl Clone for StreamSender {
    fn clone(&self) -> Self {
        self.shared.slot().senders += 1;
        Self { shared: self.shared.clone() }
    }
}

impl Drop for StreamSender {
    fn drop(&mut self) {
        let mut slot = self.shared.slot();
        slot.senders = slot.senders.saturating_sub(1);
        let taker = if slot.senders == 0 { slot.taker.take() } else { None };
        drop(slot);
        taker.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for StreamSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSender").finish_non_exhaustive()
    }
}

/// What the closure of [`StreamReply::from_fn`](crate::StreamReply::from_fn) may end with: nothing, or a result.
pub trait StreamEnd {
    /// Whether it failed.
    ///
    /// # Errors
    ///
    /// What it failed with.
    fn end(self) -> Result<(), HandlerError>;
}

impl StreamEnd for () {
    fn end(self) -> Result<(), HandlerError> {
        Ok(())
    }
}

impl<E: Into<HandlerError>> StreamEnd for Result<(), E> {
    fn end(self) -> Result<(), HandlerError> {
        self.map_err(Into::into)
    }
}

pin_project_lite::pin_project! {
    /// A closure's future, and what it pushes.
    pub(super) struct Sending<F> {
        #[pin]
        future: F,
        has_ended: bool,
        // What it failed with, until that is said.
        failure: Option<HandlerError>,
        shared: Arc<Shared>,
    }

    impl<F> PinnedDrop for Sending<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut slot = this.shared.slot();
            slot.is_closed = true;
            let (piece, waiting) = (slot.piece.take(), std::mem::take(&mut slot.waiting));
            drop(slot);
            drop(piece);
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl<F> Sending<F> {
    pub(super) fn new(say: impl FnOnce(StreamSender) -> F) -> Self {
        let shared = Arc::<Shared>::default();
        shared.slot().senders = 1;
        let sender = StreamSender { shared: shared.clone() };
        Self { future: say(sender), has_ended: false, failure: None, shared }
    }
}

impl<F: Future<Output: StreamEnd>> Stream for Sending<F> {
    type Item = Result<String, HandlerError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            // What was pushed is said before what comes of the rest.
            let taken = this.shared.poll_take(cx);
            if let Poll::Ready(Some(piece)) = taken {
                return Poll::Ready(Some(Ok(piece)));
            }
            if let Some(error) = this.failure.take() {
                return Poll::Ready(Some(Err(error)));
            }
            if *this.has_ended {
                return taken.map(|_| None);
            }
            match this.future.as_mut().poll(cx) {
                Poll::Pending if this.shared.slot().piece.is_some() => {}
                Poll::Pending => return Poll::Pending,
                Poll::Ready(end) => {
                    *this.has_ended = true;
                    *this.failure = end.end().err();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::StreamExt;

    use super::*;
    use crate::StreamReply;

    async fn said(reply: StreamReply) -> Vec<Result<String, String>> {
        reply.into_stream().map(|piece| piece.map_err(|error| error.to_string())).collect().await
    }

    fn ok(pieces: &[&str]) -> Vec<Result<String, String>> {
        pieces.iter().map(|piece| Ok((*piece).to_owned())).collect()
    }

    #[tokio::test]
    async fn what_is_pushed_is_said_in_order_and_before_the_error_that_ends_it() {
        let reply = StreamReply::from_fn(|out| async move {
            out.push("甲").await;
            out.push("乙").await;
            ready(Err("out of ink")).await
        });
        let mut expected = ok(&["甲", "乙"]);
        expected.push(Err("out of ink".to_owned()));
        assert_eq!(said(reply).await, expected);
    }

    #[tokio::test]
    async fn a_sender_goes_on_in_a_task_of_its_own() {
        let reply = StreamReply::from_fn(|out| async move {
            let other = out.clone();
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                other.push("乙").await;
                drop(out);
                tokio::task::yield_now().await;
                other.push("丙").await;
            });
        });
        assert_eq!(said(reply).await, ok(&["乙", "丙"]));
    }

    #[tokio::test]
    async fn nobody_waits_for_a_reply_that_was_ended() {
        let (sent, received) = tokio::sync::oneshot::channel();
        let reply = StreamReply::from_fn(|out| async move {
            drop(sent.send(out));
            pending::<()>().await;
        });
        let mut stream = reply.into_stream();
        assert!(futures_util::poll!(stream.next()).is_pending());
        let out = received.await.expect("a sender");
        out.push("甲").await;
        let waits = tokio::spawn(async move {
            out.push("乙").await;
            out
        });
        tokio::task::yield_now().await;
        drop(stream);
        assert!(waits.await.expect("no panic").is_closed());
    }

    #[tokio::test]
    async fn a_push_waits_until_the_one_before_is_taken() {
        let pushed = Arc::new(Mutex::new(0));
        let count = pushed.clone();
        let reply = StreamReply::from_fn(|out| async move {
            for number in 1..=100 {
                out.push("x").await;
                *count.lock().expect("no panic") = number;
            }
        });
        let mut stream = reply.into_stream();
        for taken in 1..=50 {
            assert!(stream.next().await.is_some());
            assert!(*pushed.lock().expect("no panic") <= taken + 1);
        }
    }

    #[tokio::test]
    async fn clones_are_one_stream() {
        let reply = StreamReply::from_fn(|out| async move { out.push("甲").await });
        assert_eq!(said(reply.clone()).await, ok(&["甲"]));
        assert_eq!(said(reply).await, ok(&[]));
    }
}
