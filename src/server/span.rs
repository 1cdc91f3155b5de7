use std::time::{Duration, Instant as StdInstant};

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, Span, field, span};

use crate::message::{Event, SystemEvent};
use crate::metrics::{self, MessageKind, Outcome};
use crate::{Opened, Timestamp};

/// What filters of the log name, wherever this module lies.
const TARGET: &str = "wechat_callback::push";

/// One delivery in the log and in the metrics: a span, which is closed with what was answered.
pub(super) struct DeliverySpan {
    pub(super) span: Span,
    pub(super) arrived: Instant,
    /// When it was opened.
    opened: Timestamp,
    /// Which delivery of its push it is, from 1, where the store was asked.
    pub(super) delivery: Option<u32>,
    kind: MessageKind,
    hangs_up_after: Duration,
    is_closed: bool,
}

impl DeliverySpan {
    /// `hangs_up_after`: how long WeChat waits for the answer.
    pub(super) fn new(opened: &Opened, arrived: StdInstant, hangs_up_after: Duration) -> Self {
        let message = &opened.message;
        let span = tracing::info_span!(
            target: TARGET,
            "wechat_push",
            app_id = opened.context.account.id.as_str(),
            kind = message.content.kind(),
            event = field::Empty,
            user = field::Empty,
            delivery = field::Empty,
            joined = field::Empty,
            outcome = field::Empty,
            ms = field::Empty,
        );
        if !span.is_disabled() {
            let system = || message.system().map(SystemEvent::name);
            if let Some(event) = message.event().map(Event::name).or_else(system) {
                span.record("event", event);
            }
            if let Some(user) = opened.user_key() {
                span.record("user", field::display(user));
            }
        }
        let (arrived, kind) = (Instant::from_std(arrived), MessageKind::of(message));
        Self { span, arrived, opened: opened.at, delivery: None, kind, hangs_up_after, is_closed: false }
    }

    /// The second of `now`, give or take one. Most deliveries are answered at once, so that the clock need not be read again.
    pub(super) fn timestamp(&self, now: Instant) -> Timestamp {
        let is_at_once = now.saturating_duration_since(self.arrived) < Duration::from_secs(1);
        if is_at_once { self.opened } else { Timestamp::now() }
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

    pub(super) fn close(&mut self, outcome: Outcome, now: Instant) {
        self.is_closed = true;
        let elapsed = now.saturating_duration_since(self.arrived);
        // Not every server and no proxy says so at once.
        let outcome = if elapsed >= self.hangs_up_after { Outcome::HungUp } else { outcome };
        metrics::delivered(self.kind, outcome, self.delivery);
        if !self.span.is_disabled() {
            let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            self.span.record("outcome", text(outcome)).record("ms", ms);
            tracing::debug!(target: TARGET, parent: &self.span, "answered");
        }
    }
}

impl Drop for DeliverySpan {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close(Outcome::HungUp, Instant::now());
        }
    }
}

/// Enters `span`. One that nobody listens to costs nothing.
pub(super) fn entered(span: &Span) -> Option<span::Entered<'_>> {
    (!span.is_disabled()).then(|| span.enter())
}

/// As the log has it.
const fn text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Reply => "reply",
        Outcome::None => "none",
        Outcome::Unsendable => "unsendable",
        Outcome::OwnResponse => "own response",
        Outcome::HungUp => "hung up",
        Outcome::Replayed => "refused: replayed",
        Outcome::StoreFailed => "refused: no store",
        Outcome::ShuttingDown => "refused: shutting down",
    }
}
