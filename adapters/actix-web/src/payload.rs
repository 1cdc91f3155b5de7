use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;

/// Reads the whole body, up to `limit` bytes and for `time` at most. What goes wrong is the status to refuse with; the
/// rest of the body is the request's then.
pub(crate) async fn read(
    request: &mut ServiceRequest,
    limit: usize,
    time: Duration,
) -> Result<Bytes, StatusCode> {
    // Its Content-Length gives a long body away before a byte is read.
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit as u64) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut payload = request.take_payload();
    let body = match timeout(time, collect(&mut payload, limit)).await {
        Ok(body) => body,
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    };
    if body.is_err() {
        request.set_payload(payload);
    }
    body
}

async fn collect(payload: &mut Payload, limit: usize) -> Result<Bytes, StatusCode> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
        if chunk.len() > limit - body.len() {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
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
