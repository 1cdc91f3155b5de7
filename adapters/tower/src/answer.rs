//! The answers that the middleware makes itself.

use bytes::Bytes;
use http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use http_body::Body;
use wechat_callback::delivery::{Answer, Handled, Outcome};
use wechat_callback::{Callback, HandlerError, OpenError, Reply, Sealed};

use crate::WechatBody;
use crate::read::BoxError;

/// A status and nothing else. Why goes to the log.
pub(crate) fn refusal<B>(status: StatusCode) -> Response<WechatBody<B>> {
    let reason = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the body is longer than the limit",
        StatusCode::REQUEST_TIMEOUT => "the body took longer than the time-out",
        _ => "the body broke off",
    };
    tracing::warn!(reason, status = status.as_u16(), "refused a request");
    with_body(status, Bytes::new())
}

/// A status and nothing else. Why goes to the log: quietly where it is no request of WeChat's at all.
pub(crate) fn refused<B>(error: &OpenError) -> Response<WechatBody<B>> {
    let (reason, status) = (error as &(dyn std::error::Error + 'static), error.status());
    match error {
        OpenError::Query(_) => tracing::debug!(reason, status, "refused a request"),
        _ => tracing::warn!(reason, status, "refused a request"),
    }
    empty(status)
}

/// A push that came after the process had stopped to start handlers.
pub(crate) fn shutting_down<B>() -> Response<WechatBody<B>> {
    tracing::warn!(reason = "shutting down", status = 503, "refused a request; WeChat will ask again");
    empty(503)
}

pub(crate) fn method_not_allowed<B>() -> Response<WechatBody<B>> {
    tracing::debug!(status = 405, "refused a request");
    let mut response = with_body(StatusCode::METHOD_NOT_ALLOWED, Bytes::new());
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

/// The echostr exactly as it came, as text that no browser takes for anything else.
pub(crate) fn verification<B>(callback: &Callback, query: &str) -> Response<WechatBody<B>> {
    match callback.verify(query) {
        Ok(echostr) => {
            let mut response = with_body(StatusCode::OK, echostr.into());
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }
        Err(error) => refused(&error),
    }
}

/// What the handler returned. A success without a body means that there is nothing to say.
pub(crate) fn handled<B: Body, E: Into<BoxError>>(result: Result<Response<B>, E>) -> Handled<Response<B>> {
    let mut response = match result {
        Ok(response) => response,
        Err(error) => return Handled { outcome: Outcome::Failed(error.into().into()), response: None },
    };
    let extensions = response.extensions_mut();
    let outcome = if let Some(reply) = extensions.remove::<Reply>() {
        Outcome::Reply(reply)
    } else if let Some(error) = extensions.remove::<HandlerError>() {
        Outcome::Failed(error)
    } else if response.status().is_success() && response.body().size_hint().exact() == Some(0) {
        Outcome::Reply(Reply::None)
    } else {
        Outcome::Own
    };
    Handled { outcome, response: Some(response) }
}

/// The answer to WeChat. A response of the handler's own passes untouched; of others the headers stay.
pub(crate) fn given<B>(answer: Answer<Response<B>>) -> Response<WechatBody<B>> {
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
            return response.map(WechatBody::new);
        }
    };
    let Sealed { content_type, body, .. } = sealed;
    let mut parts =
        response.map_or_else(|| Response::new(()).into_parts().0, |response| response.into_parts().0);
    parts.status = StatusCode::OK;
    // They describe the old body.
    for header in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, TRANSFER_ENCODING, ETAG] {
        parts.headers.remove(header);
    }
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Response::from_parts(parts, Bytes::from(body).into())
}

/// A status and nothing else.
pub(crate) fn empty<B>(status: u16) -> Response<WechatBody<B>> {
    with_body(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), Bytes::new())
}

fn with_body<B>(status: StatusCode, body: Bytes) -> Response<WechatBody<B>> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}
