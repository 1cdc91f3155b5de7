//! axum 0.8, whose traits live in axum-core 0.5.

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::{UNSEALED, account, extract};
use crate::message::event::*;
use crate::message::system::*;
use crate::message::*;
use crate::{AccountId, HandlerError, MessageRejection, Reply, StreamReply, sealing};

impl<S: Send + Sync> FromRequestParts<S> for WechatMessage {
    type Rejection = MessageRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        extract(parts.extensions.get()).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AccountId {
    type Rejection = MessageRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        account(parts.extensions.get())
    }
}

macro_rules! extractor {
    ($($type:ident = $name:literal,)+) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $type {
            type Rejection = MessageRejection;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
                extract(parts.extensions.get())
            }
        }
    )+};
}
extractor! { Head = "", }
for_each_kind!(extractor);
for_each_event!(extractor);
for_each_system_event!(extractor);

/// A message of another kind is answered `success`. Anything else is the server's mistake: 500 and one sentence.
impl IntoResponse for MessageRejection {
    fn into_response(self) -> Response {
        if self == Self::OtherKind {
            return Reply::None.into_response();
        }
        tracing::error!(error = %self, "WechatMessage was not extracted");
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// The middleware takes the reply out of the response's extensions. Without the middleware the response is a 500.
impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        unsealed(self)
    }
}

/// The middleware takes the stream out of the response's extensions. Without the middleware the response is a 500.
impl IntoResponse for StreamReply {
    fn into_response(self) -> Response {
        unsealed(self)
    }
}

/// The middleware takes the error out of the response's extensions, logs it, and answers WeChat `success`.
impl IntoResponse for HandlerError {
    fn into_response(self) -> Response {
        unsealed(self)
    }
}

fn unsealed(extension: impl Clone + Send + Sync + 'static) -> Response {
    let body = if sealing::is_inside() { Body::empty() } else { Body::from(UNSEALED) };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(extension);
    response
}

macro_rules! into_response {
    ($($reply:ident),+) => {$(
        impl IntoResponse for crate::$reply {
            fn into_response(self) -> Response {
                Reply::from(self).into_response()
            }
        }
    )+};
}
super::for_each_reply!(into_response);
