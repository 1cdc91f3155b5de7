use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpMessage, HttpResponse};
use futures_util::StreamExt;

use crate::answer;

/// Reads the whole body, up to `limit` bytes and for `time` at most.
pub(crate) async fn read(
    request: &mut ServiceRequest,
    limit: usize,
    time: Duration,
) -> Result<Bytes, HttpResponse> {
    // Its Content-Length gives a long body away before a byte is read.
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit as u64) {
        return Err(answer::refusal(StatusCode::PAYLOAD_TOO_LARGE));
    }
    match timeout(time, collect(request, limit)).await {
        Ok(body) => body.map_err(answer::refusal),
        Err(_) => Err(answer::refusal(StatusCode::REQUEST_TIMEOUT)),
    }
}

async fn collect(request: &mut ServiceRequest, limit: usize) -> Result<Bytes, StatusCode> {
    let mut payload = request.take_payload();
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
