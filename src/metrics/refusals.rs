//! The requests that are refused, by whatever server.

use std::sync::LazyLock;

use super::facade::{Metric, keys};
use super::label;
use crate::{DecryptError, OpenError, Refusal};

label! {
    /// Why a request is refused.
    Reason {
        Query = "query",
        /// Neither GET nor POST.
        #[cfg_attr(not(feature = "tokio-1"), expect(dead_code, reason = "the engine's alone"))]
        Method = "method",
        Signature = "signature",
        SignatureMissing = "signature_missing",
        Stale = "stale",
        /// The console's mode is another.
        Mode = "mode",
        AppId = "app_id",
        Decrypt = "decrypt",
        Utf8 = "utf8",
        Xml = "xml",
        Json = "json",
        Replayed = "replayed",
        UnknownAccount = "unknown_account",
        BodyTooLong = "body_too_long",
        BodyTimeout = "body_timeout",
        BodyBroken = "body_broken",
        StoreFailed = "store_failed",
        ShuttingDown = "shutting_down",
        AlreadyOpened = "already_opened",
    }
}

impl From<&Refusal> for Reason {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Open(error) => match error {
                OpenError::Query(_) => Self::Query,
                OpenError::Stale { .. } => Self::Stale,
                OpenError::SignatureMissing { .. } => Self::SignatureMissing,
                OpenError::Signature { .. } => Self::Signature,
                OpenError::Unencrypted { .. } | OpenError::Encrypted => Self::Mode,
                OpenError::Utf8 => Self::Utf8,
                OpenError::Xml(_) => Self::Xml,
                OpenError::Json(_) => Self::Json,
                OpenError::Decrypt(DecryptError::ReceiveId { .. }) => Self::AppId,
                OpenError::Decrypt(_) => Self::Decrypt,
            },
            Refusal::Replayed => Self::Replayed,
            Refusal::UnknownAccount => Self::UnknownAccount,
            Refusal::AlreadyOpened => Self::AlreadyOpened,
            Refusal::StoreFailed => Self::StoreFailed,
            Refusal::ShuttingDown => Self::ShuttingDown,
            Refusal::BodyTooLong => Self::BodyTooLong,
            Refusal::BodyTimeout => Self::BodyTimeout,
            Refusal::BodyBroken => Self::BodyBroken,
        }
    }
}

const NAME: &str = "wechat_refusals_total";

static REFUSALS: Metric = Metric {
    name: NAME,
    help: "Requests that were refused, by reason.",
    keys: LazyLock::new(|| keys(NAME, "reason", Reason::VALUES)),
};

/// Counts a request that is refused.
pub(crate) fn refused(refusal: &Refusal) {
    count(Reason::from(refusal));
}

pub(super) fn count(reason: Reason) {
    REFUSALS.count(reason as usize);
}

/// Describes the refusals to the recorder, if there is one.
pub(crate) fn describe_refusals() {
    REFUSALS.describe_counter();
}
