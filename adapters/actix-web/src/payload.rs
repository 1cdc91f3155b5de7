use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::time::{Sleep, sleep};
use wechat_callback::Refusal;

/// Reads a request's payload to its end, bounded in length and in time.
pub(crate) struct ReadBody {
    payload: Payload,
    limit: usize,
    /// Its Content-Length gives a long body away before a byte is read.
    is_too_long: bool,
    /// Mostly one chunk is the whole body, and is not copied.
    single: Bytes,
    joined: BytesMut,
    patience: Patience,
}

enum Patience {
    /// It was not waited for yet.
    Whole,
    /// It was waited for once. actix-http calls the handler with the head of a request before it hands over what it has read of
    /// the body.
    PolledOnce,
    Until(Pin<Box<Sleep>>),
}

impl ReadBody {
    pub(crate) fn new(request: &mut ServiceRequest, limit: usize) -> Self {
        let announced =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self {
            is_too_long: announced.is_some_and(|length: u64| length > limit as u64),
            payload: request.take_payload(),
            limit,
            single: Bytes::new(),
            joined: BytesMut::new(),
            patience: Patience::Whole,
        }
    }

    /// The whole body. Before it is waited for, for `time` at most, its query is checked.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        time: Duration,
        check_query: impl FnOnce() -> Result<(), Refusal>,
    ) -> Poll<Result<Bytes, Refusal>> {
        if self.is_too_long {
            return Poll::Ready(Err(Refusal::BodyTooLong));
        }
        if let Poll::Ready(body) = self.poll_read(cx) {
            return Poll::Ready(body);
        }
        match &mut self.patience {
            Patience::Whole => {
                self.patience = Patience::PolledOnce;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Patience::PolledOnce => {
                check_query()?;
                self.patience = Patience::Until(Box::pin(sleep(time)));
            }
            Patience::Until(_) => {}
        }
        match &mut self.patience {
            Patience::Until(deadline) => deadline.as_mut().poll(cx).map(|()| Err(Refusal::BodyTimeout)),
            _ => Poll::Pending,
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Refusal>> {
        while let Some(chunk) = ready!(Pin::new(&mut self.payload).poll_next(cx)) {
            let Ok(chunk) = chunk else { return Poll::Ready(Err(Refusal::BodyBroken)) };
            if chunk.len() > self.limit - self.single.len() - self.joined.len() {
                return Poll::Ready(Err(Refusal::BodyTooLong));
            }
            if self.single.is_empty() && self.joined.is_empty() {
                self.single = chunk;
            } else {
                self.joined.extend_from_slice(&take(&mut self.single));
                self.joined.extend_from_slice(&chunk);
            }
        }
        let single = take(&mut self.single);
        Poll::Ready(Ok(if single.is_empty() { take(&mut self.joined).freeze() } else { single }))
    }

    /// What is left of the payload.
    pub(crate) fn take_rest(&mut self) -> Payload {
        self.payload.take()
    }
}

/// Bytes as a payload, in one allocation. What it takes to share them is done where somebody reads them.
pub(crate) struct Whole<T>(Option<T>);

impl<T: AsRef<[u8]> + Send + Unpin + 'static> Whole<T> {
    pub(crate) fn payload(bytes: T) -> Payload {
        Payload::Stream { payload: Box::pin(Self(Some(bytes))) }
    }
}

impl<T: AsRef<[u8]> + Send + Unpin + 'static> Stream for Whole<T> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Bytes::from_owner(bytes))))
    }
}

/// A response's body that keeps the request's until it is sent.
///
/// actix-http looks then whether the request's body was read to its end. Where it was not and is still there it closes
/// the connection; where it is gone and came in chunks it reads on, for as long as they come.
pub(crate) struct Keeping {
    body: BoxBody,
    _payload: Payload,
}

impl Keeping {
    pub(crate) const fn new(body: BoxBody, payload: Payload) -> Self {
        Self { body, _payload: payload }
    }
}

impl MessageBody for Keeping {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.body.as_pin_mut().poll_next(cx)
    }
}
