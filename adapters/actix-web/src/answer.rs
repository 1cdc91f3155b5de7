//! The answers that the middleware makes itself.

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, Response, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{Either, Error, HttpMessage, HttpResponse};
use wechat_callback::server::{self, Answer, HandlerOutput, OwnResponse};
use wechat_callback::{HandlerError, Reply};

use crate::payload::Keeping;

/// `answer` without the handler, whether the body was read to its end or not. Who is refused is not listened to any
/// longer: behind the first request of a connection actix-web waits for headers without an end.
pub(crate) fn without_handler<B>(
    mut request: ServiceRequest,
    answer: server::Response,
) -> ServiceResponse<EitherBody<B>> {
    let mut answer = bare(answer);
    if !answer.status().is_success() {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    let answer = match request.take_payload() {
        Payload::None => answer,
        payload => answer.map_body(|_, body| Keeping::new(body, payload).boxed()),
    };
    request.into_response(answer).map_into_right_body()
}

/// What a handler returned, and the response that its headers are taken from.
type Output<B> = (HandlerOutput, Option<ServiceResponse<EitherBody<B>>>);

/// What the handler returned.
pub(crate) async fn output<B: MessageBody>(result: Result<ServiceResponse<B>, Error>) -> Output<B> {
    let mut response = match result {
        Ok(response) => response,
        Err(error) => return (HandlerOutput::Failed(error.to_string().into()), None),
    };
    let Some(output) = sealable(&mut response) else {
        return own(response).await;
    };
    // The body and actix-web's copy of the error go here, where a panic in a destructor is one of the handler's.
    let (request, response) = response.into_parts();
    let response = HttpResponse::from(Response::from(response));
    let response = response.set_body(EitherBody::right(BoxBody::new(())));
    (output, Some(ServiceResponse::new(request, response)))
}

/// A reply, that there is none, or a failure. `None` where the response is the handler's own.
fn sealable<B: MessageBody>(response: &mut ServiceResponse<B>) -> Option<HandlerOutput> {
    let mut extensions = response.response_mut().extensions_mut();
    let (reply, error) = (extensions.remove::<Reply>(), extensions.remove::<HandlerError>());
    drop(extensions);
    match (reply, error) {
        (Some(reply), _) => Some(HandlerOutput::Reply(reply)),
        (None, Some(error)) => Some(HandlerOutput::Failed(error)),
        (None, None) => is_none(response).then_some(HandlerOutput::Reply(Reply::None)),
    }
}

/// What a response of the handler's own is. Its body is read where that depends on it.
async fn own<B: MessageBody>(response: ServiceResponse<B>) -> Output<B> {
    let length = match response.response().body().size() {
        BodySize::None => Some(0),
        BodySize::Sized(length) => Some(length),
        BodySize::Stream => None,
    };
    let Some(length) = length.filter(|_| described(response.response(), length).needs_body()) else {
        let output = described(response.response(), length).output(None);
        return (output, Some(response.map_into_left_body()));
    };
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

/// The answer to WeChat, or what it is made of where the handler left no response to put it into. A response of the
/// handler's own passes untouched; of others the headers stay.
pub(crate) fn given<B: MessageBody>(
    answer: Answer<ServiceResponse<EitherBody<B>>>,
) -> Either<ServiceResponse<EitherBody<B>>, HttpResponse> {
    let (answer, response) = match answer {
        Answer::Reply(answer, Some(response)) => (answer, response),
        Answer::Reply(answer, None) => return Either::Right(bare(answer)),
        Answer::Passthrough(response) => return Either::Left(response),
    };
    let headers = answer.headers();
    let mut response = response.map_body(|_, _| EitherBody::right(answer.body.boxed()));
    *response.response_mut().status_mut() = StatusCode::OK;
    // They describe the old body.
    for header in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, TRANSFER_ENCODING, ETAG] {
        response.headers_mut().remove(header);
    }
    write(headers, response.headers_mut());
    Either::Left(response)
}

/// `answer` as it is.
fn bare(answer: server::Response) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = HttpResponse::new(status);
    write(answer.headers(), response.headers_mut());
    if answer.body.is_empty() { response } else { response.set_body(answer.body.boxed()) }
}

fn write(headers: impl Iterator<Item = (&'static str, &'static str)>, to: &mut HeaderMap) {
    for (name, value) in headers {
        to.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// actix-web's answer to a handler that returned `None`: a 404 without a body. (Where no route matched, it is left
/// alone.)
fn is_none<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    response.status() == StatusCode::NOT_FOUND
        && response.request().match_pattern().is_some()
        && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0))
}
