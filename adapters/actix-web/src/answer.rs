//! The answers that the middleware makes itself.

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, Response, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{Either, Error, HttpMessage, HttpResponse};
use wechat_callback::delivery::{Answer, Handled, Outcome, OwnResponse};
use wechat_callback::{HandlerError, Reply, Sealed};

use crate::payload::Keeping;

/// A push that came after the process had stopped to start handlers.
pub(crate) fn shutting_down() -> HttpResponse {
    tracing::warn!(reason = "shutting down", status = 503, "refused a request; WeChat will ask again");
    empty(503)
}

/// `answer` without the handler, whether the body was read to its end or not. Who is refused is not listened to any
/// longer: behind the first request of a connection actix-web waits for headers without an end.
pub(crate) fn instead<B>(
    mut request: ServiceRequest,
    mut answer: HttpResponse,
) -> ServiceResponse<EitherBody<B>> {
    if !answer.status().is_success() {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    let answer = match request.take_payload() {
        Payload::None => answer,
        payload => answer.map_body(|_, body| Keeping::new(body, payload).boxed()),
    };
    request.into_response(answer).map_into_right_body()
}

pub(crate) fn method_not_allowed() -> HttpResponse {
    tracing::debug!(status = 405, "refused a request");
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, POST")).finish()
}

/// The echostr exactly as it came, as text that no browser takes for anything else; or the status of a refusal.
pub(crate) fn verification(verified: Result<String, u16>) -> HttpResponse {
    match verified {
        Ok(echostr) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(echostr),
        Err(status) => empty(status),
    }
}

/// What the handler returned.
pub(crate) async fn handled<B: MessageBody>(
    result: Result<ServiceResponse<B>, Error>,
) -> Handled<ServiceResponse<EitherBody<B>>> {
    let mut response = match result {
        Ok(response) => response,
        Err(error) => {
            let outcome = Outcome::Failed(error.to_string().into());
            return Handled { outcome, response: None };
        }
    };
    let Some(outcome) = sealable(&mut response) else {
        return own(response).await;
    };
    // The body and actix-web's copy of the error go here, where a panic in a destructor is one of the handler's.
    let (request, response) = response.into_parts();
    let response = HttpResponse::from(Response::from(response));
    let response = response.set_body(EitherBody::right(BoxBody::new(())));
    Handled { outcome, response: Some(ServiceResponse::new(request, response)) }
}

/// A reply, that there is none, or a failure. `None` where the response is the handler's own.
fn sealable<B: MessageBody>(response: &mut ServiceResponse<B>) -> Option<Outcome> {
    let mut extensions = response.response_mut().extensions_mut();
    let (reply, error) = (extensions.remove::<Reply>(), extensions.remove::<HandlerError>());
    drop(extensions);
    match (reply, error) {
        (Some(reply), _) => Some(Outcome::Reply(reply)),
        (None, Some(error)) => Some(Outcome::Failed(error)),
        (None, None) => is_none(response).then_some(Outcome::Reply(Reply::None)),
    }
}

/// What a response of the handler's own is. Its body is read where that depends on it.
async fn own<B: MessageBody>(response: ServiceResponse<B>) -> Handled<ServiceResponse<EitherBody<B>>> {
    let length = match response.response().body().size() {
        BodySize::None => Some(0),
        BodySize::Sized(length) => Some(length),
        BodySize::Stream => None,
    };
    let Some(length) = length.filter(|_| described(response.response(), length).needs_body()) else {
        let outcome = described(response.response(), length).outcome(None);
        return Handled { outcome, response: Some(response.map_into_left_body()) };
    };
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let body = to_bytes_limited(body, usize::try_from(length).unwrap_or(usize::MAX)).await;
    let Some(body) = body.ok().and_then(Result::ok).filter(|body| body.len() as u64 == length) else {
        let outcome = Outcome::Failed("the body of the handler's own response broke off".into());
        return Handled { outcome, response: None };
    };
    let outcome = described(&response, Some(length)).outcome(Some(&body));
    let response = response.set_body(EitherBody::right(body.boxed()));
    Handled { outcome, response: Some(ServiceResponse::new(request, response)) }
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
    let (sealed, response) = match answer {
        Answer::Sealed(sealed, response) => (sealed, response),
        Answer::Own(response) => return Either::Left(response),
    };
    let Some(response) = response else {
        return Either::Right(bare(sealed));
    };
    let Sealed { content_type, body, .. } = sealed;
    let mut response = response.map_body(|_, _| EitherBody::right(body.boxed()));
    *response.response_mut().status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    // They describe the old body.
    for header in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, TRANSFER_ENCODING, ETAG] {
        headers.remove(header);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Either::Left(response)
}

/// The answer to WeChat where the handler has no part in it.
pub(crate) fn bare(Sealed { content_type, body, .. }: Sealed) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, content_type)).body(body)
}

/// A status and nothing else.
pub(crate) fn empty(status: u16) -> HttpResponse {
    HttpResponse::new(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN))
}

/// actix-web's answer to a handler that returned `None`: a 404 without a body. (Where no route matched, it is left
/// alone.)
fn is_none<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    response.status() == StatusCode::NOT_FOUND
        && response.request().match_pattern().is_some()
        && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0))
}
