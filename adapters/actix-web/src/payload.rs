use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use wechat_callback::{Callback, Refusal};

/// Reads the whole body, up to `limit` bytes and for `time` at most, unless it is not there yet and the query is refused
/// without it. Where it is refused, the rest of the body is the request's.
pub(crate) async fn read(
    request: &mut ServiceRequest,
    callback: &Callback,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Refusal> {
    // Its Content-Length gives a long body away before a byte is read.
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit as u64) {
        return Err(Refusal::BodyTooLong);
    }
    let mut payload = request.take_payload();
    let body = {
        let mut collecting = pin!(collect(&mut payload, limit));
        match at_once(collecting.as_mut()).await {
            Some(body) => body,
            None => match callback.check_query(request.query_string()) {
                Ok(()) => timeout(time, collecting).await.unwrap_or(Err(Refusal::BodyTimeout)),
                Err(refused) => Err(refused.into()),
            },
        }
    };
    if body.is_err() {
        request.set_payload(payload);
    }
    body
}

/// What comes of `future` without waiting for anything. It is polled twice: actix-http calls the handler with the head of
/// a request before it hands over what it has read of the body.
async fn at_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let mut was_polled = false;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if was_polled => Poll::Ready(None),
        Poll::Pending => {
            was_polled = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

async fn collect(payload: &mut Payload, limit: usize) -> Result<Bytes, Refusal> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::BodyBroken)?;
        if chunk.len() > limit - body.len() {
            return Err(Refusal::BodyTooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
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
