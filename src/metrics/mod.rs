//! What is counted for those who run the library. Every call of the facade `metrics` is in this module: without the feature
//! of that name its functions do nothing and its types are empty, so that no caller asks which it is.
//!
//! Labels are `'static` and of closed sets. Nothing that came over the wire becomes one.

#[cfg(all(feature = "metrics", feature = "tokio-1"))]
mod engine;
#[cfg(feature = "metrics")]
mod facade;
#[cfg(all(feature = "metrics", feature = "tokio-1"))]
mod kinds;
#[cfg(not(feature = "metrics"))]
mod off;
#[cfg(feature = "metrics")]
mod refusals;

#[cfg(all(feature = "metrics", feature = "tokio-1"))]
pub(crate) use engine::{HandlerRun, delivered, describe, late, method_refused, send_failed, store_failed};
#[cfg(all(feature = "metrics", feature = "tokio-1"))]
pub(crate) use kinds::MessageKind;
#[cfg(not(feature = "metrics"))]
pub(crate) use off::*;
#[cfg(feature = "metrics")]
pub(crate) use refusals::{describe_refusals, refused};
#[cfg(feature = "tokio-1")]
pub(crate) use reported::*;

/// An enum, and the value of a label for each of its variants.
#[cfg(any(feature = "metrics", feature = "tokio-1"))]
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$of])* $variant,)+
        }

        #[cfg(feature = "metrics")]
        impl $name {
            /// In the order of the variants.
            pub(crate) const VALUES: &'static [&'static str] = &[$($value),+];
        }
    };
}
#[cfg(feature = "metrics")]
use label;

/// What the engine reports.
#[cfg(feature = "tokio-1")]
mod reported {
    use crate::delivery::StoreError;

    label! {
        /// How one delivery of a push ended.
        Outcome {
            /// With a reply.
            Reply = "reply",
            /// With `success`: there is no reply, or none yet.
            None = "none",
            /// With a reply that WeChat would not take, so that something else was answered.
            Unsendable = "unsendable",
            /// With the handler's own response.
            OwnResponse = "own_response",
            /// Before there was an answer its connection was closed, or WeChat waited no longer.
            HungUp = "hung_up",
            Replayed = "refused",
            StoreFailed = "refused",
            ShuttingDown = "refused",
        }
    }

    label! {
        /// How one run of a handler ended.
        RunOutcome {
            Reply = "reply",
            None = "none",
            OwnResponse = "own_response",
            /// With a response of its own that WeChat does not take.
            BadResponse = "bad_response",
            Error = "error",
            Panic = "panic",
            Timeout = "timeout",
            /// It was dropped before its end.
            #[cfg(feature = "metrics")]
            Cancelled = "cancelled",
        }
    }

    label! {
        /// What became of a late reply.
        LateOutcome {
            Kept = "kept",
            Fetched = "fetched",
            Sent = "sent",
            Lost = "lost",
        }
    }

    label! {
        /// What a store was asked.
        Operation {
            Bind = "bind",
            Claim = "claim",
            Wait = "wait",
            Complete = "complete",
            MarkLate = "mark_late",
            Progress = "progress",
            AddPending = "add_pending",
            NextPending = "next_pending",
            AdvancePending = "advance_pending",
        }
    }

    /// Counts the errors of a store.
    pub(crate) trait CountError {
        fn counted(self, operation: Operation) -> Self;
    }

    impl<T> CountError for Result<T, StoreError> {
        fn counted(self, operation: Operation) -> Self {
            self.inspect_err(|_| super::store_failed(operation))
        }
    }
}
