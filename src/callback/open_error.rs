use std::time::Duration;

use crate::{DecryptError, JsonError, QueryError, SecurityMode, Timestamp, XmlError};

/// Why a request was not verified or not opened.
///
/// The reason is for the log. Answer with the [`status`](Self::status) and an empty body.
///
/// `#[non_exhaustive]`: more reasons may be distinguished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The query string is not one of WeChat's.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The timestamp is too far from now: a replayed request, or a wrong clock.
    #[error(
        "the timestamp is {} s {} the clock here, more than {} s: an old request, or a wrong clock?",
        timestamp.distance(*now).as_secs(),
        if timestamp < now { "behind" } else { "ahead of" },
        tolerance.as_secs()
    )]
    Stale {
        /// The time in the request.
        timestamp: Timestamp,
        /// The time by the clock here.
        now: Timestamp,
        /// How far apart they may be: [`timestamp_tolerance`](crate::CallbackBuilder::timestamp_tolerance).
        tolerance: Duration,
    },
    /// The signature that the mode requires is missing.
    #[error("the parameter {parameter} is missing")]
    SignatureMissing {
        /// `signature` or `msg_signature`.
        parameter: &'static str,
    },
    /// The signature is wrong: another Token here than in the console, or not from WeChat.
    #[error("{parameter} is wrong: is the Token here the one in the console?")]
    Signature {
        /// `signature` or `msg_signature`.
        parameter: &'static str,
    },
    /// A plain body, although the mode requires an encrypted one.
    #[error("the body has no Encrypt, but this endpoint is in {mode} mode: is the console in plain mode?")]
    Unencrypted {
        /// The mode of this endpoint.
        mode: SecurityMode,
    },
    /// An encrypted body, although the mode is plain.
    #[error("the body is encrypted, but this endpoint is in plain mode: is the console in safe mode?")]
    Encrypted,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8")]
    Utf8,
    /// The body is not the XML of a push.
    #[error("the body is not the XML of a push")]
    Xml(#[from] XmlError),
    /// The body is not the JSON of a push.
    #[error("the body is not the JSON of a push")]
    Json(#[from] JsonError),
    /// The signature is right, but the encrypted message is not.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
}

impl OpenError {
    /// The HTTP status to refuse with: 400 if the request cannot be read, 403 if it is not proven to come from WeChat.
    ///
    /// In an encrypted mode every failure after the signature is 403.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Query(_) | Self::Utf8 | Self::Xml(_) | Self::Json(_) => 400,
            Self::Stale { .. }
            | Self::SignatureMissing { .. }
            | Self::Signature { .. }
            | Self::Unencrypted { .. }
            | Self::Encrypted
            | Self::Decrypt(_) => 403,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_after_the_signature_has_one_status() {
        let reasons = [
            DecryptError::Base64,
            DecryptError::Length,
            DecryptError::Padding,
            DecryptError::Frame,
            DecryptError::ReceiveId { expected: String::new(), found: None },
            DecryptError::Utf8,
            DecryptError::Xml(XmlError::DocType),
            DecryptError::Json(JsonError::Xml),
        ];
        for reason in reasons {
            assert_eq!(OpenError::from(reason).status(), 403);
        }
    }
}
