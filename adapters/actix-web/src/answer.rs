//! The answers that the middleware makes itself.

use actix_web::body::{BodySize, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{Either, Error, HttpMessage, HttpResponse};
use wechat_callback::delivery::{Answer, Handled, Outcome};
use wechat_callback::{Callback, HandlerError, OpenError, Reply, Sealed};

use crate::payload::Keeping;

/// A status and nothing else. Why goes to the log.
pub(crate) fn refusal(status: StatusCode) -> HttpResponse {
    let reason = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is longer than the limit",
        StatusCode::REQUEST_TIMEOUT => "the body took longer than the time-out",
        _ => "the body broke off",
    };
    tracing::warn!(reason, status = status.as_u16(), "refused a request");
    HttpResponse::new(status)
}

/// A status and nothing else. Why goes to the log: quietly where it is no request of WeChat's at all.
pub(crate) fn refused(error: &OpenError) -> HttpResponse {
    let (reason, status) = (error as &(dyn std::error::Error + 'static), error.status());
    match error {
        OpenError::Query(_) => tracing::debug!(reason, status, "refused a request"),
        _ => tracing::warn!(reason, status, "refused a request"),
    }
    empty(status)
}

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

/// The echostr exactly as it came, as text that no browser takes for anything else.
pub(crate) fn verification(callback: &Callback, query: &str) -> HttpResponse {
    match callback.verify(query) {
        Ok(echostr) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(echostr),
        Err(error) => refused(&error),
    }
}

/// What the handler returned. A success without a body means that there is nothing to say.
pub(crate) fn handled<B: MessageBody>(
    result: Result<ServiceResponse<B>, Error>,
) -> Handled<ServiceResponse<B>> {
    let mut response = match result {
        Ok(response) => response,
        Err(error) => {
            let outcome = Outcome::Failed(error.to_string().into());
            return Handled { outcome, response: None };
        }
    };
    let mut extensions = response.response_mut().extensions_mut();
    let (reply, error) = (extensions.remove::<Reply>(), extensions.remove::<HandlerError>());
    drop(extensions);
    let outcome = match (reply, error) {
        (Some(reply), _) => Outcome::Reply(reply),
        (None, Some(error)) => Outcome::Failed(error),
        (None, None) if says_nothing(&response) => Outcome::Reply(Reply::None),
        (None, None) => Outcome::Own,
    };
    Handled { outcome, response: Some(response) }
}

/// The answer to WeChat, or what it is made of where the handler left no response to put it into. A response of the
/// handler's own passes untouched; of others the headers stay.
pub(crate) fn given<B: MessageBody>(
    answer: Answer<ServiceResponse<B>>,
) -> Either<ServiceResponse<EitherBody<B>>, HttpResponse> {
    let (sealed, response) = match answer {
        Answer::Sealed(sealed, response) => (sealed, response),
        Answer::Own(response) => {
            let status = response.status();
            if !status.is_success() {
                let status = status.as_u16();
                tracing::error!(
                    status,
                    "the handler's own response is no success; WeChat takes it for a failure"
                );
            }
            return Either::Left(response.map_into_left_body());
        }
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

/// A success without a body, or actix-web's answer to a handler that returned `None`: a 404 without a body. (Where
/// no route matched, it is left alone.)
fn says_nothing<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    let is_nothing = match response.status() {
        StatusCode::NOT_FOUND => response.request().match_pattern().is_some(),
        status => status.is_success(),
    };
    is_nothing && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0))
}
