//! What is counted for those who run the library. Every call of the facade `metrics` is in this module: without the feature
//! of that name its functions do nothing and its types are empty, so that no caller asks which it is.
//!
//! Labels are `'static` and of closed sets. Nothing that came over the wire becomes one.

#[cfg(all(feature = "metrics", feature = "tokio-1"))]
mod engine;
#[cfg(feature = "metrics")]
mod facade;
#[cfg(feature = "metrics")]
mod labels;
#[cfg(not(feature = "metrics"))]
mod off;

#[cfg(all(feature = "metrics", feature = "tokio-1"))]
pub(crate) use engine::{HandlerRun, MessageKind, delivered, describe, late, method_refused, send_failed};
#[cfg(feature = "metrics")]
pub(crate) use facade::{describe_refusals, refused};
#[cfg(not(feature = "metrics"))]
pub(crate) use off::*;

#[cfg(feature = "tokio-1")]
pub(crate) use reported::*;

/// What the engine reports.
#[cfg(feature = "tokio-1")]
mod reported {
    use crate::delivery::StoreError;

    /// How one delivery of a push ended.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Outcome {
        /// With a reply.
        Reply,
        /// With `success`: there is no reply, or none yet.
        None,
        /// With a reply that WeChat would not take, so that something else was answered.
        Unsendable,
        /// With the handler's own response.
        OwnResponse,
        /// Its connection was closed before there was an answer.
        HungUp,
        Replayed,
        StoreFailed,
        ShuttingDown,
    }

    /// How one run of a handler ended.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum RunOutcome {
        Reply,
        None,
        OwnResponse,
        /// A response of its own that WeChat does not take.
        BadResponse,
        Error,
        Panic,
        Timeout,
    }

    /// What became of a late reply.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum LateOutcome {
        Kept,
        Fetched,
        Sent,
        Lost,
    }

    /// What a store was asked.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Operation {
        Bind,
        Claim,
        Wait,
        Complete,
        MarkLate,
        AddPending,
        NextPending,
        AdvancePending,
    }

    /// Counts the errors of a store.
    pub(crate) trait CountError {
        fn counted(self, operation: Operation) -> Self;
    }

    impl<T> CountError for Result<T, StoreError> {
        fn counted(self, operation: Operation) -> Self {
            self.inspect_err(|_| {
                #[cfg(feature = "metrics")]
                super::engine::store_failed(operation);
                #[cfg(not(feature = "metrics"))]
                super::off::store_failed(operation);
            })
        }
    }
}
