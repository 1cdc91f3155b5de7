//! What the engine counts.

use metrics::{Gauge, Histogram, Key, SharedString, Unit, with_recorder};
use tokio::time::Instant;

use super::facade::{METADATA, Metric, REFUSALS, describe_refusals};
use super::labels::{self, CANCELLED, RUN_OUTCOMES};
use super::{LateOutcome, Operation, Outcome, RunOutcome};
use crate::Message;

static DELIVERIES: Metric = Metric {
    name: "wechat_deliveries_total",
    labels: &["kind", "outcome", "delivery"],
    help: "Deliveries of pushes that were verified and opened, by the kind of the message, how the delivery ended and which \
           delivery of its push it was.",
};

static HANDLER_DURATION: Metric = Metric {
    name: "wechat_handler_duration_seconds",
    labels: &["outcome"],
    help: "How long handlers ran, by how they ended. A push that is delivered again runs none.",
};

static HANDLERS_RUNNING: Metric =
    Metric { name: "wechat_handlers_running", labels: &[], help: "Handlers that run now." };

static RUNNING_KEY: Key = Key::from_static_name(HANDLERS_RUNNING.name);

static LATE_REPLIES: Metric = Metric {
    name: "wechat_late_replies_total",
    labels: &["outcome"],
    help: "Replies that no delivery could carry, by what became of them.",
};

static SEND_ERRORS: Metric = Metric {
    name: "wechat_late_reply_send_errors_total",
    labels: &[],
    help: "Late replies that the sender could not send, each time it was tried.",
};

static STORE_ERRORS: Metric = Metric {
    name: "wechat_store_errors_total",
    labels: &["operation"],
    help: "Questions to the store of deliveries that failed, by operation.",
};

/// Describes the metrics to the recorder, if there is one. What is to be seen before it happens for the first time begins
/// with zero: a counter that begins with one has not increased.
pub(crate) fn describe() {
    describe_refusals();
    let counters = [&DELIVERIES, &LATE_REPLIES, &SEND_ERRORS, &STORE_ERRORS];
    counters.iter().for_each(|metric| metric.describe_counter());
    with_recorder(|recorder| {
        let Metric { name, help, .. } = &HANDLER_DURATION;
        recorder.describe_histogram((*name).into(), Some(Unit::Seconds), SharedString::const_str(help));
        let Metric { name, help, .. } = &HANDLERS_RUNNING;
        recorder.describe_gauge((*name).into(), Some(Unit::Count), SharedString::const_str(help));
    });
    DELIVERIES.counter(["text", Outcome::HungUp.label(), labels::delivery(Some(3))]).increment(0);
    LateOutcome::ALL.iter().for_each(|outcome| LATE_REPLIES.counter([outcome.label()]).increment(0));
    Operation::ALL.iter().for_each(|operation| STORE_ERRORS.counter([operation.label()]).increment(0));
    SEND_ERRORS.counter([]).increment(0);
    RUN_OUTCOMES.iter().for_each(|outcome| drop(duration(outcome)));
    running().increment(0);
}

/// Counts a request of a method that is neither GET nor POST.
pub(crate) fn method_refused() {
    REFUSALS.counter(["method"]).increment(1);
}

/// Counts a delivery that ended. `number`: which of its push it is, where that is known.
pub(crate) fn delivered(kind: MessageKind, outcome: Outcome, number: Option<u32>) {
    DELIVERIES.counter([kind.0, outcome.label(), labels::delivery(number)]).increment(1);
}

pub(super) fn store_failed(operation: Operation) {
    STORE_ERRORS.counter([operation.label()]).increment(1);
}

/// Counts a late reply.
pub(crate) fn late(outcome: LateOutcome) {
    LATE_REPLIES.counter([outcome.label()]).increment(1);
}

/// Counts a late reply that was not sent, this time.
pub(crate) fn send_failed() {
    SEND_ERRORS.counter([]).increment(1);
}

fn running() -> Gauge {
    with_recorder(|recorder| recorder.register_gauge(&RUNNING_KEY, &METADATA))
}

/// What kind of message is counted.
#[derive(Clone, Copy)]
pub(crate) struct MessageKind(&'static str);

impl MessageKind {
    pub(crate) const fn of(message: &Message) -> Self {
        Self(labels::kind(&message.content))
    }
}

/// A run of a handler, which is counted as cancelled when it is dropped before its end.
pub(crate) struct HandlerRun {
    began: Instant,
    /// Of the recorder that counted its beginning.
    running: Option<Gauge>,
}

impl HandlerRun {
    pub(crate) fn begin() -> Self {
        let running = running();
        running.increment(1);
        Self { began: Instant::now(), running: Some(running) }
    }

    pub(crate) fn end(&mut self, outcome: RunOutcome) {
        self.over(outcome.label());
    }

    fn over(&mut self, outcome: &'static str) {
        if let Some(running) = self.running.take() {
            running.decrement(1);
            duration(outcome).record(self.began.elapsed());
        }
    }
}

impl Drop for HandlerRun {
    fn drop(&mut self) {
        self.over(CANCELLED);
    }
}

fn duration(outcome: &'static str) -> Histogram {
    let key = HANDLER_DURATION.key([outcome]);
    with_recorder(|recorder| recorder.register_histogram(key, &METADATA))
}
