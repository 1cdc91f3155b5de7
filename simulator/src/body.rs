use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

/// How a request's body is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// At once.
    #[default]
    Whole,
    /// At once, without a Content-Length.
    Chunked,
    /// Byte by byte.
    Drip {
        /// The time before each byte.
        every: Duration,
    },
}

/// The body of a request to a service in this process.
#[derive(Debug)]
pub struct Body {
    rest: Bytes,
    pace: Pace,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Body {
    /// A body that is sent at this pace.
    #[must_use]
    pub const fn new(bytes: Bytes, pace: Pace) -> Self {
        Self { rest: bytes, pace, sleep: None }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::new(bytes, Pace::Whole)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let Pace::Drip { every } = self.pace else {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))));
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(every)));
        std::task::ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(1)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.pace {
            Pace::Chunked => SizeHint::default(),
            _ => SizeHint::with_exact(self.rest.len() as u64),
        }
    }
}
