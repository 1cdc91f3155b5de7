use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::menu_error::MenuError;
use crate::texts::page as texts;

/// Why a request from the browser was refused.
#[derive(Debug)]
pub(super) enum Refusal {
    UnknownKind,
    BadFieldName,
    NoSuchFan,
    BadFanName,
    NoSuchAttack,
    Busy,
    BadMenu(MenuError),
}

/// The status, and the reason in both languages as JSON.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownKind | Self::BadFieldName | Self::BadFanName | Self::BadMenu(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::NoSuchFan | Self::NoSuchAttack => StatusCode::NOT_FOUND,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
        };
        let reason = match &self {
            Self::UnknownKind => texts::unknown_kind(),
            Self::BadFieldName => texts::bad_field_name(),
            Self::NoSuchFan => texts::no_such_fan(),
            Self::BadFanName => texts::bad_fan_name(),
            Self::NoSuchAttack => texts::no_such_attack(),
            Self::Busy => texts::busy(),
            Self::BadMenu(error) => error.explanation(),
        };
        (status, Json(reason)).into_response()
    }
}
