use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::menu_error::MenuError;
use crate::LocalizedText;
use crate::texts::page as texts;

/// Why a request from the browser was refused.
#[derive(Debug)]
pub(super) enum Refusal {
    UnknownKind,
    BadFieldName,
    NoSuchFan,
    NoSuchExchange,
    BadFanName,
    NoSuchAttack,
    Busy,
    ThreeInProgress,
    BadMenu(MenuError),
    BotStarting,
    NotBuilt,
    BotStopped(LocalizedText),
    NotSupervised,
    NoSuchAccount,
}

/// The status, and the reason in both languages as JSON.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownKind
            | Self::BadFieldName
            | Self::BadFanName
            | Self::BadMenu(_)
            | Self::NoSuchAccount => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoSuchFan | Self::NoSuchExchange | Self::NoSuchAttack | Self::NotSupervised => {
                StatusCode::NOT_FOUND
            }
            Self::Busy | Self::ThreeInProgress => StatusCode::TOO_MANY_REQUESTS,
            Self::BotStarting | Self::NotBuilt | Self::BotStopped(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let reason = match &self {
            Self::UnknownKind => texts::unknown_kind(),
            Self::BadFieldName => texts::bad_field_name(),
            Self::NoSuchFan => texts::no_such_fan(),
            Self::NoSuchExchange => texts::no_such_exchange(),
            Self::BadFanName => texts::bad_fan_name(),
            Self::NoSuchAttack => texts::no_such_attack(),
            Self::ThreeInProgress => crate::ConversationError::ThreeInProgress.text(),
            Self::Busy => texts::busy(),
            Self::BadMenu(error) => error.explanation(),
            Self::BotStarting => texts::bot_starting(),
            Self::NotBuilt => texts::not_built(),
            Self::BotStopped(reason) => texts::bot_stopped(reason),
            Self::NotSupervised => texts::not_supervised(),
            Self::NoSuchAccount => texts::no_such_account(),
        };
        (status, Json(reason)).into_response()
    }
}
