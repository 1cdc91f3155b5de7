use std::time::Duration;

use crate::{DecryptError, QueryError, SecurityMode, Timestamp, XmlError};

/// Why a request was not verified or not opened.
///
/// The reason is for the owner's log. The caller gets [`status`](Self::status) and nothing else.
///
/// `#[non_exhaustive]`: more reasons may be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The query string is not one of WeChat's.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The timestamp lies too far from now: an old request played again, or a wrong clock.
    #[error(
        "the timestamp is {} s {} the clock here, more than {} s: an old request, or a wrong clock?",
        timestamp.distance(*now).as_secs(),
        if timestamp < now { "behind" } else { "ahead of" },
        freshness.as_secs()
    )]
    Stale {
        /// What the request says.
        timestamp: Timestamp,
        /// What the clock says.
        now: Timestamp,
        /// How far apart they may be.
        freshness: Duration,
    },
    /// The signature that this mode asks for is not there.
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
    /// A plaintext body where the mode asks for an encrypted one.
    #[error("the body has no Encrypt, but this endpoint is in {mode} mode: is the console in plain mode?")]
    Unencrypted {
        /// The mode of this endpoint.
        mode: SecurityMode,
    },
    /// An encrypted body where the mode is plain.
    #[error("the body is encrypted, but this endpoint is in plain mode: is the console in safe mode?")]
    Encrypted,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8")]
    Utf8,
    /// The body is not the XML that a push is.
    #[error("the body is not the XML of a push")]
    Xml(#[from] XmlError),
    /// The signature was right, what it covers was not.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
}

impl OpenError {
    /// The HTTP status to refuse with: 400 for what cannot be read, 403 for what is not WeChat's.
    ///
    /// Everything that comes after the signature in an encrypted mode is 403, whatever failed.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Query(_) | Self::Utf8 | Self::Xml(_) => 400,
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
            DecryptError::AppId { expected: String::new(), found: None },
            DecryptError::Utf8,
            DecryptError::Xml(XmlError::DocType),
        ];
        for reason in reasons {
            assert_eq!(OpenError::from(reason).status(), 403);
        }
    }
}
