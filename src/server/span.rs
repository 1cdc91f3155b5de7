use std::time::Instant as StdInstant;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, Span, field};

use crate::Opened;

/// What filters of the log name, wherever this module lies.
const TARGET: &str = "wechat_callback::push";

/// One delivery in the log: a span, which is closed with what was answered.
pub(super) struct DeliverySpan {
    pub(super) span: Span,
    pub(super) arrived: Instant,
    /// Which delivery of its push it is, from 1.
    pub(super) delivery: u32,
    is_closed: bool,
}

impl DeliverySpan {
    pub(super) fn new(opened: &Opened<'_>, arrived: StdInstant) -> Self {
        let message = &opened.message;
        let span = tracing::info_span!(
            target: TARGET,
            "wechat_push",
            app_id = opened.context.account.app_id,
            kind = message.content.kind(),
            event = field::Empty,
            user = field::Empty,
            delivery = field::Empty,
            joined = field::Empty,
            outcome = field::Empty,
            ms = field::Empty,
        );
        if !span.is_disabled() {
            if let Some(event) = message.event() {
                span.record("event", event.name());
            }
            if let Some(user) = opened.user_key() {
                span.record("user", field::display(user));
            }
        }
        Self { span, arrived: Instant::from_std(arrived), delivery: 1, is_closed: false }
    }

    /// Runs `task` to its end, even if the connection goes away, and counts it with `token` until then.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        token: TaskTrackerToken,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let task = async move {
            let output = task.await;
            drop(token);
            output
        };
        tokio::spawn(task.instrument(self.span.clone()))
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
            tracing::debug!(target: TARGET, parent: &self.span, "answered");
        }
    }
}

impl Drop for DeliverySpan {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close("hung up");
        }
    }
}
