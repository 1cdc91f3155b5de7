//! The values of the labels.

use crate::{DecryptError, OpenError, Refusal};

/// Every [`reason`], and `method`.
pub(super) const REASONS: [&str; 17] = [
    "already_opened",
    "app_id",
    "body_broken",
    "body_timeout",
    "body_too_long",
    "decrypt",
    "method",
    "mode",
    "query",
    "replayed",
    "shutting_down",
    "signature",
    "signature_missing",
    "stale",
    "store_failed",
    "utf8",
    "xml",
];

/// Why a request is refused.
pub(super) const fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Open(error) => match error {
            OpenError::Query(_) => "query",
            OpenError::Stale { .. } => "stale",
            OpenError::SignatureMissing { .. } => "signature_missing",
            OpenError::Signature { .. } => "signature",
            OpenError::Unencrypted { .. } | OpenError::Encrypted => "mode",
            OpenError::Utf8 => "utf8",
            OpenError::Xml(_) => "xml",
            OpenError::Decrypt(DecryptError::AppId { .. }) => "app_id",
            OpenError::Decrypt(_) => "decrypt",
        },
        Refusal::Replayed => "replayed",
        Refusal::AlreadyOpened => "already_opened",
        Refusal::StoreFailed => "store_failed",
        Refusal::ShuttingDown => "shutting_down",
        Refusal::BodyTooLong => "body_too_long",
        Refusal::BodyTimeout => "body_timeout",
        Refusal::BodyBroken => "body_broken",
    }
}

#[cfg(feature = "tokio-1")]
pub(super) use engine::*;

#[cfg(feature = "tokio-1")]
mod engine {
    use super::super::{LateOutcome, Operation, Outcome, RunOutcome};
    use crate::message::event::for_each_event;
    use crate::message::{Content, Event, for_each_kind};

    macro_rules! kinds {
        ($($type:ident = $name:literal,)+) => {
            /// `MsgType`, and of an event its name, where they are known here.
            pub(crate) const fn kind(content: &Content) -> &'static str {
                match content {
                    $( Content::$type(_) => $name, )+
                    Content::Event(event) => event_kind(event),
                    Content::Unknown { .. } => "other",
                }
            }
        };
    }
    for_each_kind!(kinds);

    macro_rules! events {
        ($($type:ident = $name:literal,)+) => {
            const fn event_kind(event: &Event) -> &'static str {
                match event {
                    $( Event::$type(_) => concat!("event/", $name), )+
                    Event::Unknown { .. } => "event/other",
                }
            }
        };
    }
    for_each_event!(events);

    /// Which delivery of its push it is.
    pub(crate) const fn delivery(number: Option<u32>) -> &'static str {
        match number {
            None => "unknown",
            Some(1) => "1",
            Some(2) => "2",
            Some(3) => "3",
            Some(_) => "later",
        }
    }

    impl Outcome {
        pub(crate) const fn label(self) -> &'static str {
            match self {
                Self::Reply => "reply",
                Self::None => "none",
                Self::Unsendable => "unsendable",
                Self::OwnResponse => "own_response",
                Self::HungUp => "hung_up",
                Self::Replayed | Self::StoreFailed | Self::ShuttingDown => "refused",
            }
        }
    }

    /// Of a run that was dropped before its end.
    pub(crate) const CANCELLED: &str = "cancelled";

    /// Every [`RunOutcome`], and [`CANCELLED`].
    pub(crate) const RUN_OUTCOMES: [&str; 8] =
        ["reply", "none", "own_response", "bad_response", "error", "panic", "timeout", CANCELLED];

    impl RunOutcome {
        pub(crate) const fn label(self) -> &'static str {
            match self {
                Self::Reply => "reply",
                Self::None => "none",
                Self::OwnResponse => "own_response",
                Self::BadResponse => "bad_response",
                Self::Error => "error",
                Self::Panic => "panic",
                Self::Timeout => "timeout",
            }
        }
    }

    impl LateOutcome {
        pub(crate) const ALL: [Self; 4] = [Self::Kept, Self::Fetched, Self::Sent, Self::Lost];

        pub(crate) const fn label(self) -> &'static str {
            match self {
                Self::Kept => "kept",
                Self::Fetched => "fetched",
                Self::Sent => "sent",
                Self::Lost => "lost",
            }
        }
    }

    impl Operation {
        pub(crate) const ALL: [Self; 8] = [
            Self::Bind,
            Self::Claim,
            Self::Wait,
            Self::Complete,
            Self::MarkLate,
            Self::AddPending,
            Self::NextPending,
            Self::AdvancePending,
        ];

        pub(crate) const fn label(self) -> &'static str {
            match self {
                Self::Bind => "bind",
                Self::Claim => "claim",
                Self::Wait => "wait",
                Self::Complete => "complete",
                Self::MarkLate => "mark_late",
                Self::AddPending => "add_pending",
                Self::NextPending => "next_pending",
                Self::AdvancePending => "advance_pending",
            }
        }
    }
}
