//! Without the feature `metrics`: nothing.

use crate::Refusal;

pub(crate) const fn describe_refusals() {}

pub(crate) const fn refused(_: &Refusal) {}

#[cfg(feature = "tokio-1")]
pub(crate) use engine::*;

#[cfg(feature = "tokio-1")]
mod engine {
    use super::super::{LateOutcome, Operation, Outcome, RunOutcome};
    use crate::Message;

    pub(crate) const fn describe() {}

    pub(crate) const fn method_refused() {}

    pub(crate) const fn delivered(_: MessageKind, _: Outcome, _: Option<u32>) {}

    pub(crate) const fn store_failed(_: Operation) {}

    pub(crate) const fn late(_: LateOutcome) {}

    pub(crate) const fn send_failed() {}

    #[derive(Clone, Copy)]
    pub(crate) struct MessageKind;

    impl MessageKind {
        pub(crate) const fn of(_: &Message) -> Self {
            Self
        }
    }

    pub(crate) struct HandlerRun;

    impl HandlerRun {
        pub(crate) const fn begin() -> Self {
            Self
        }

        pub(crate) const fn end(&mut self, _: RunOutcome, _: tokio::time::Instant) {}
    }
}
