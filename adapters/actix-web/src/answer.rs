//! The answers to WeChat.

use actix_web::HttpMessage;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use actix_web::http::{ConnectionType, StatusCode};
use wechat_callback::server::{self, Answer};

use crate::payload::Keeping;

/// What the middleware returns where its service has bodies of type `B`.
pub(crate) type Response<B> = ServiceResponse<EitherBody<B>>;

/// The response to a request, or what it is made of where the handler has not given the request back.
pub(crate) type Answered<B> = Result<Response<B>, Box<HttpResponse>>;

/// `answer` without the handler, whether the body was read to its end or not. Who is refused is not listened to any
/// longer: behind the first request of a connection actix-web waits for headers without an end.
pub(crate) fn without_handler<B>(mut request: ServiceRequest, answer: server::Response) -> Answered<B> {
    let mut answer = bare(answer);
    if !answer.status().is_success() {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    let answer = match request.take_payload() {
        Payload::None => answer,
        payload => answer.map_body(|_, body| Keeping::new(body, payload).boxed()),
    };
    Ok(request.into_response(answer).map_into_right_body())
}

/// The answer to WeChat. A response of the handler's own passes untouched; of others the headers stay.
pub(crate) fn given<B: MessageBody>(answer: Answer<Response<B>>) -> Answered<B> {
    let (answer, mut response) = match answer {
        Answer::Reply(answer, Some(response)) => (answer, response),
        Answer::Reply(answer, None) => return Err(Box::new(bare(answer))),
        Answer::Passthrough(response) => return Ok(response),
    };
    let head = response.response_mut().head_mut();
    head.status = StatusCode::OK;
    // They describe the old body.
    if !head.headers.is_empty() {
        for header in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, TRANSFER_ENCODING, ETAG] {
            head.headers.remove(header);
        }
    }
    write(&answer, &mut head.headers);
    Ok(response.map_body(|_, _| EitherBody::right(BoxBody::new(answer.body))))
}

/// `answer` as it is.
fn bare(answer: server::Response) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = HttpResponse::new(status);
    write(&answer, response.headers_mut());
    if answer.body.is_empty() { response } else { response.set_body(BoxBody::new(answer.body)) }
}

fn write(answer: &server::Response, to: &mut HeaderMap) {
    for (name, value) in answer.headers() {
        // That of most replies is at hand.
        let header = match (name, value) {
            ("content-type", "text/xml; charset=utf-8") => {
                (CONTENT_TYPE, const { HeaderValue::from_static("text/xml; charset=utf-8") })
            }
            _ => (HeaderName::from_static(name), HeaderValue::from_static(value)),
        };
        to.insert(header.0, header.1);
    }
}
