//! What a handler returns.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Response, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use actix_web::{Error, HttpResponse};
use futures_core::future::LocalBoxFuture;
use wechat_callback::server::{HandlerOutput, OwnResponse};
use wechat_callback::{HandlerError, Reply, StreamReply};

use crate::answer;

/// What a handler returned, and the response that its headers are taken from.
type Output<B> = (HandlerOutput, Option<answer::Response<B>>);

pin_project_lite::pin_project! {
    /// A call of the handler's service. The service's future is kept until this one is dropped: what it does in its
    /// destructor does not change the output.
    #[project = CallProj]
    pub(crate) enum Call<F, B> {
        Called {
            #[pin]
            future: F,
        },
        /// The response is the handler's own, and may be a reply.
        Reading { reading: LocalBoxFuture<'static, Output<B>> },
    }
}

impl<F, B> Call<F, B> {
    pub(crate) const fn new(future: F) -> Self {
        Self::Called { future }
    }
}

impl<F, B> Future for Call<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody + 'static,
{
    type Output = Output<B>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                CallProj::Called { future } => match returned(ready!(future.poll(cx))) {
                    Ok(output) => return Poll::Ready(output),
                    Err((response, length)) => {
                        self.set(Self::Reading { reading: Box::pin(read(response, length)) });
                    }
                },
                CallProj::Reading { reading } => return reading.as_mut().poll(cx),
            }
        }
    }
}

/// What the handler returned. Or a response whose body says what it is, and the body's length.
fn returned<B: MessageBody>(
    result: Result<ServiceResponse<B>, Error>,
) -> Result<Output<B>, (ServiceResponse<B>, u64)> {
    let mut response = match result {
        Ok(response) => response,
        Err(error) => return Ok((HandlerOutput::Failed(error.to_string().into()), None)),
    };
    let Some(output) = sealable(&mut response) else { return own(response) };
    // The body and actix-web's copy of the error go here, where a panic in a destructor is one of the handler's.
    let (request, response) = response.into_parts();
    let response = Response::from(response).set_body(EitherBody::right(BoxBody::new(())));
    Ok((output, Some(ServiceResponse::new(request, response.into()))))
}

/// A reply, that there is none, or a failure. `None` where the response is the handler's own.
fn sealable<B: MessageBody>(response: &mut ServiceResponse<B>) -> Option<HandlerOutput> {
    let mut extensions = response.response_mut().extensions_mut();
    if let Some(reply) = extensions.remove::<Reply>() {
        return Some(HandlerOutput::Reply(reply));
    }
    if let Some(reply) = extensions.remove::<StreamReply>() {
        return Some(HandlerOutput::Stream(reply));
    }
    if let Some(error) = extensions.remove::<HandlerError>() {
        return Some(HandlerOutput::Failed(error));
    }
    drop(extensions);
    is_none(response).then_some(HandlerOutput::Reply(Reply::None))
}

/// actix-web's answer to a handler that returned `None`: a 404 without a body. (Where no route matched, it is left
/// alone.)
fn is_none<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    response.status() == StatusCode::NOT_FOUND
        && response.request().match_pattern().is_some()
        && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0))
}

/// A response that the handler made itself.
fn own<B: MessageBody>(response: ServiceResponse<B>) -> Result<Output<B>, (ServiceResponse<B>, u64)> {
    let length = match response.response().body().size() {
        BodySize::None => Some(0),
        BodySize::Sized(length) => Some(length),
        BodySize::Stream => None,
    };
    match length.filter(|_| described(response.response(), length).needs_body()) {
        Some(length) => Err((response, length)),
        None => {
            let output = described(response.response(), length).output(None);
            Ok((output, Some(response.map_into_left_body())))
        }
    }
}

/// A response of the handler's own with a body of `length` bytes, which is read.
async fn read<B: MessageBody>(response: ServiceResponse<B>, length: u64) -> Output<B> {
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes_limited(body, usize::try_from(length).unwrap_or(usize::MAX)).await;
    let Some(body) = body.ok().and_then(Result::ok).filter(|body| body.len() as u64 == length) else {
        let error = "the body of the handler's own response broke off";
        return (HandlerOutput::Failed(error.into()), None);
    };
    let output = described(&response, Some(length)).output(Some(&body));
    let response = response.set_body(EitherBody::right(body.boxed()));
    (output, Some(ServiceResponse::new(request, response)))
}

fn described<B>(response: &HttpResponse<B>, length: Option<u64>) -> OwnResponse<'_> {
    OwnResponse {
        status: response.status().as_u16(),
        content_type: response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes),
        is_encoded: response.headers().contains_key(CONTENT_ENCODING),
        length,
    }
}
