//! actix-web 4.

use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError};

use super::{UNSEALED, account, extract};
use crate::message::event::*;
use crate::message::system::*;
use crate::message::*;
use crate::{AccountId, HandlerError, MessageRejection, Reply, StreamReply};

impl FromRequest for WechatMessage {
    type Error = MessageRejection;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(extract(request.extensions().get()).map(Self))
    }
}

impl FromRequest for AccountId {
    type Error = MessageRejection;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(account(request.extensions().get()))
    }
}

macro_rules! extractor {
    ($($type:ident = $name:literal,)+) => {$(
        impl FromRequest for $type {
            type Error = MessageRejection;
            type Future = Ready<Result<Self, Self::Error>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(extract(request.extensions().get()))
            }
        }
    )+};
}
extractor! { Head = "", }
for_each_kind!(extractor);
for_each_event!(extractor);
for_each_system_event!(extractor);

/// A message of another kind is answered `success`. Anything else is the server's mistake: 500 and one sentence.
impl ResponseError for MessageRejection {
    fn error_response(&self) -> HttpResponse {
        if *self == Self::OtherKind {
            return unsealed(Reply::None);
        }
        tracing::error!(error = %self, "WechatMessage was not extracted");
        HttpResponse::InternalServerError().body(self.to_string())
    }
}

/// The middleware takes the reply out of the response's extensions. Without the middleware the response is a 500.
impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        unsealed(self)
    }
}

/// The middleware takes the stream out of the response's extensions. Without the middleware the response is a 500.
impl Responder for StreamReply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        unsealed(self)
    }
}

/// The middleware takes the error out of the response's extensions, logs it, and answers WeChat `success`.
impl ResponseError for HandlerError {
    fn error_response(&self) -> HttpResponse {
        unsealed(self.clone())
    }
}

fn unsealed<T: 'static>(extension: T) -> HttpResponse {
    let body = BoxBody::new(UNSEALED);
    let mut response = HttpResponse::with_body(StatusCode::INTERNAL_SERVER_ERROR, body);
    response.extensions_mut().insert(extension);
    response
}

macro_rules! responder {
    ($($reply:ident),+) => {$(
        impl Responder for crate::$reply {
            type Body = BoxBody;

            fn respond_to(self, request: &HttpRequest) -> HttpResponse {
                Reply::from(self).respond_to(request)
            }
        }
    )+};
}
super::for_each_reply!(responder);
