//! What a handler returns.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, response};
use http_body::Body;
use tower_service::Service;
use wechat_callback::server::{HandlerOutput, OwnResponse};
use wechat_callback::{HandlerError, Reply};

use crate::WechatBody;
use crate::read::BoxError;

/// What a handler returned, and the response that its headers are taken from.
type Output<B> = (HandlerOutput, Option<Response<WechatBody<B>>>);

/// Calls the handler.
pub(crate) async fn call<S, ReqBody, ResBody>(mut service: S, request: Request<ReqBody>) -> Output<ResBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Error: Into<BoxError>,
    ResBody: Body,
{
    let mut response = match service.call(request).await {
        Ok(response) => response,
        Err(error) => return (HandlerOutput::Failed(error.into().into()), None),
    };
    let extensions = response.extensions_mut();
    let output = if let Some(reply) = extensions.remove::<Reply>() {
        HandlerOutput::Reply(reply)
    } else if let Some(error) = extensions.remove::<HandlerError>() {
        HandlerOutput::Failed(error)
    } else {
        return own(response).await;
    };
    // The body goes here, where a panic in its destructor is one of the handler's.
    (output, Some(response.map(|_| Bytes::new().into())))
}

/// A response that the handler made itself. Its body is read where what it is depends on it.
async fn own<B: Body>(response: Response<B>) -> Output<B> {
    let (parts, body) = response.into_parts();
    let length = body.size_hint().exact();
    let Some(length) = length.filter(|_| described(&parts, length).needs_body()) else {
        let output = described(&parts, length).output(None);
        return (output, Some(Response::from_parts(parts, WechatBody::new(body))));
    };
    let Some(body) = read(body, usize::try_from(length).unwrap_or(usize::MAX)).await else {
        let error = "the body of the handler's own response broke off";
        return (HandlerOutput::Failed(error.into()), None);
    };
    let output = described(&parts, Some(length)).output(Some(&body));
    let body = if matches!(output, HandlerOutput::Passthrough(_)) { body } else { Bytes::new() };
    (output, Some(Response::from_parts(parts, body.into())))
}

fn described(parts: &response::Parts, length: Option<u64>) -> OwnResponse<'_> {
    OwnResponse {
        status: parts.status.as_u16(),
        content_type: parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes),
        is_encoded: parts.headers.contains_key(CONTENT_ENCODING),
        length,
    }
}

/// The whole body. `None` where it is not as long as it said.
async fn read<B: Body>(body: B, length: usize) -> Option<Bytes> {
    let (mut body, mut read) = (pin!(body), BytesMut::new());
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Ok(data) = frame.ok()?.into_data() {
            if data.remaining() > length.saturating_sub(read.len()) {
                return None;
            }
            read.put(data);
        }
    }
    (read.len() == length).then(|| read.freeze())
}
