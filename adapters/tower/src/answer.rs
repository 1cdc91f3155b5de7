//! Responses to WeChat.

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use http::{Response, StatusCode};
use wechat_callback::server::{self, Answer};

use crate::WechatBody;

/// A response to a request, and whether the request was refused.
pub(crate) struct Answered<B> {
    pub(crate) response: Response<WechatBody<B>>,
    pub(crate) is_refused: bool,
}

/// An answer that the handler has no part in.
pub(crate) fn without_handler<B>(answer: server::Response) -> Answered<B> {
    let is_refused = answer.status != 200;
    Answered { response: written(answer, Response::new(())), is_refused }
}

/// A handler's response. There mostly is nothing in it that has to be kept.
pub(crate) type Kept<B> = Box<Response<WechatBody<B>>>;

/// What is kept of the response beside a reply: its headers, and extensions that are somebody else's.
pub(crate) fn beside_reply<T, B>(response: Response<T>) -> Option<Kept<B>> {
    if response.headers().is_empty() && response.extensions().is_empty() {
        return None;
    }
    Some(Box::new(response.map(|_| Bytes::new().into())))
}

/// The answer to WeChat. A response of the handler's own passes untouched; of others the headers stay.
pub(crate) fn given<B>(answer: Answer<Kept<B>>) -> Answered<B> {
    let response = match answer {
        Answer::Passthrough(response) => *response,
        Answer::Reply(answer, None) => written(answer, Response::new(())),
        Answer::Reply(answer, Some(response)) => {
            let mut response = response.map(drop);
            // They describe the old body.
            for header in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, TRANSFER_ENCODING, ETAG] {
                response.headers_mut().remove(header);
            }
            written(answer, response)
        }
    };
    Answered { response, is_refused: false }
}

/// The type of a sealed reply.
const XML: &str = "text/xml; charset=utf-8";

fn written<B>(answer: server::Response, mut response: Response<()>) -> Response<WechatBody<B>> {
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::FORBIDDEN);
    for (name, value) in answer.headers() {
        let (name, value) = match (name, value) {
            // What nearly every answer has is checked when this is compiled.
            ("content-type", XML) => (CONTENT_TYPE, const { HeaderValue::from_static(XML) }),
            (name, value) => (HeaderName::from_static(name), HeaderValue::from_static(value)),
        };
        response.headers_mut().insert(name, value);
    }
    response.map(|()| Bytes::from(answer.body).into())
}
