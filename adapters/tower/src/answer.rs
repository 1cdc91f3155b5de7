//! The answers that the middleware makes itself.

use bytes::Bytes;
use http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use http_body::Body;
use wechat_callback::delivery::{Answer, Handled, Outcome};
use wechat_callback::{HandlerError, Reply, Sealed};

use crate::WechatBody;
use crate::own::{self, Returned};
use crate::read::BoxError;

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

/// The echostr exactly as it came, as text that no browser takes for anything else; or the status of a refusal.
pub(crate) fn verification<B>(verified: Result<String, u16>) -> Response<WechatBody<B>> {
    match verified {
        Ok(echostr) => {
            let mut response = with_body(StatusCode::OK, echostr.into());
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }
        Err(status) => empty(status),
    }
}

/// What the handler returned, or its own response, which is to be read first.
pub(crate) fn handled<B: Body, E: Into<BoxError>>(result: Result<Response<B>, E>) -> Returned<B> {
    let mut response = match result {
        Ok(response) => response,
        Err(error) => {
            let outcome = Outcome::Failed(error.into().into());
            return Returned::Handled(Handled { outcome, response: None });
        }
    };
    let extensions = response.extensions_mut();
    let outcome = if let Some(reply) = extensions.remove::<Reply>() {
        Outcome::Reply(reply)
    } else if let Some(error) = extensions.remove::<HandlerError>() {
        Outcome::Failed(error)
    } else {
        return own::look_at(response);
    };
    // The body goes here, where a panic in its destructor is one of the handler's.
    let response = Some(response.map(|_| Bytes::new().into()));
    Returned::Handled(Handled { outcome, response })
}

/// The answer to WeChat. A response of the handler's own passes untouched; of others the headers stay.
pub(crate) fn given<B>(answer: Answer<Response<WechatBody<B>>>) -> Response<WechatBody<B>> {
    let (sealed, response) = match answer {
        Answer::Sealed(sealed, response) => (sealed, response),
        Answer::Own(response) => return response,
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
