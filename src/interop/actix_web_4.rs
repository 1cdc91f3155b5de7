//! actix-web 4.

use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, ResponseError};

use super::{UNSEALED, extract, whole};
use crate::message::event::*;
use crate::message::*;
use crate::{HandlerError, MessageRejection, Reply};

impl FromRequest for WechatMessage {
    type Error = MessageRejection;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut extensions = request.extensions_mut();
        let message = extensions.remove::<Message>();
        ready(whole(message, extensions.get()).map(Self))
    }
}

macro_rules! extractor {
    ($($type:ident = $name:literal,)+) => {$(
        impl FromRequest for $type {
            type Error = MessageRejection;
            type Future = Ready<Result<Self, Self::Error>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let extensions = request.extensions();
                ready(extract(extensions.get(), extensions.get()))
            }
        }
    )+};
}
extractor! { Head = "", }
for_each_kind!(extractor);
for_each_event!(extractor);

/// Another kind of message is answered `success`. Otherwise 500, and one sentence: the mistake is the server's.
impl ResponseError for MessageRejection {
    fn error_response(&self) -> HttpResponse {
        if *self == Self::OtherKind {
            return unsealed(Reply::None);
        }
        tracing::error!(error = %self, "WechatMessage was not extracted");
        HttpResponse::InternalServerError().body(self.to_string())
    }
}

/// For the middleware to take out of the response's extensions. Without the middleware it stays a 500.
impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        unsealed(self)
    }
}

/// As [`Reply`]: the middleware takes it out, logs it and answers WeChat `success`.
impl ResponseError for HandlerError {
    fn error_response(&self) -> HttpResponse {
        unsealed(self.clone())
    }
}

fn unsealed<T: 'static>(extension: T) -> HttpResponse {
    let mut response = HttpResponse::InternalServerError().body(UNSEALED);
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
