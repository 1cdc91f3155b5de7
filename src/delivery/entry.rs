use tokio::time::Instant;
use tracing::{Span, field};

use super::{Arrival, StoreError};
use crate::refusal::Limit;
use crate::{Opened, Refusal};

/// One delivery's entry in the log.
pub(super) struct Entry {
    pub(super) span: Span,
    pub(super) arrived: Instant,
    /// Whether it got in before the end of a draining.
    pub(super) is_admitted: bool,
    /// Which delivery of its push it is, from 1.
    pub(super) delivery: u32,
    is_closed: bool,
}

impl Entry {
    pub(super) fn new(opened: &Opened<'_>, arrived: Instant) -> Self {
        let message = &opened.message;
        let span = tracing::info_span!(
            "wechat_push",
            app_id = opened.context.account.app_id,
            kind = ?message.content.kind(),
            event = field::Empty,
            user = field::Empty,
            delivery = field::Empty,
            joined = field::Empty,
            outcome = field::Empty,
            ms = field::Empty,
        );
        if !span.is_disabled() {
            if let Some(event) = message.event() {
                span.record("event", field::debug(event.name()));
            }
            if let Some(user) = opened.user_key() {
                span.record("user", field::display(user));
            }
        }
        Self { span, arrived, is_admitted: true, delivery: 1, is_closed: false }
    }

    pub(super) fn replayed(mut self) -> Arrival {
        let refusal = Refusal::Replayed;
        let (reason, status) = (&refusal as &(dyn std::error::Error + 'static), refusal.status());
        tracing::warn!(parent: &self.span, reason, status, "refused a request");
        self.close("refused: replayed");
        Arrival::Refused(status)
    }

    pub(super) fn unanswerable(mut self, error: &StoreError, limit: &Limit) -> Arrival {
        self.span.in_scope(|| limit.store_failed(error, self.arrived.into_std()));
        self.close("refused: no store");
        Arrival::Refused(503)
    }

    pub(super) fn join(&self, joined: &'static str) {
        if !self.span.is_disabled() {
            self.span.record("delivery", self.delivery).record("joined", joined);
        }
    }

    pub(super) fn close(&mut self, outcome: &'static str) {
        self.is_closed = true;
        if !self.span.is_disabled() {
            let ms = u64::try_from(self.arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.span.record("outcome", outcome).record("ms", ms);
            tracing::debug!(parent: &self.span, "answered");
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close("hung up");
        }
    }
}
