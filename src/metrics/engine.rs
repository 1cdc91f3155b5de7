//! What the engine counts.

use std::sync::{LazyLock, OnceLock};

use metrics::{Gauge, Histogram, Key, Label, SharedString, Unit, with_recorder};
use tokio::time::Instant;

use super::facade::{METADATA, Metric, counter, describe_counter, keys};
use super::kinds::{KINDS, MessageKind};
use super::refusals::{self, Reason, describe_refusals};
use super::{LateOutcome, Operation, Outcome, RunOutcome};

const DELIVERIES: &str = "wechat_deliveries_total";
const HANDLER_DURATION: &str = "wechat_handler_duration_seconds";
const HANDLERS_RUNNING: &str = "wechat_handlers_running";
const LATE_REPLIES: &str = "wechat_late_replies_total";
const SEND_ERRORS: &str = "wechat_late_reply_send_errors_total";
const STORE_ERRORS: &str = "wechat_store_errors_total";

static DURATIONS: Metric = Metric {
    name: HANDLER_DURATION,
    help: "How long handlers ran, by how they ended. A handler runs once for all deliveries of a push.",
    keys: LazyLock::new(|| keys(HANDLER_DURATION, "outcome", RunOutcome::VALUES)),
};

static LATE: Metric = Metric {
    name: LATE_REPLIES,
    help: "Replies that no delivery could carry, by what became of them.",
    keys: LazyLock::new(|| keys(LATE_REPLIES, "outcome", LateOutcome::VALUES)),
};

static NOT_SENT: Metric = Metric {
    name: SEND_ERRORS,
    help: "Tries to send a late reply that failed.",
    keys: LazyLock::new(|| vec![Key::from_static_name(SEND_ERRORS)]),
};

static STORE_FAILURES: Metric = Metric {
    name: STORE_ERRORS,
    help: "Questions to the store of deliveries that failed, by operation.",
    keys: LazyLock::new(|| keys(STORE_ERRORS, "operation", Operation::VALUES)),
};

static RUNNING_KEY: Key = Key::from_static_name(HANDLERS_RUNNING);

/// Describes the metrics to the recorder, if there is one. What is known beforehand begins with zero: a counter that
/// appears with its first event has not increased.
pub(crate) fn describe() {
    describe_refusals();
    [&LATE, &NOT_SENT, &STORE_FAILURES].iter().for_each(|metric| metric.describe_counter());
    describe_counter(
        DELIVERIES,
        "Deliveries of pushes that were verified and opened, by the kind of message, how the delivery ended and which of \
         its push it was.",
    );
    counter(delivery_key(MessageKind::TEXT, Outcome::HungUp, Some(3))).increment(0);
    with_recorder(|recorder| {
        let help = SharedString::const_str(DURATIONS.help);
        recorder.describe_histogram(DURATIONS.name.into(), Some(Unit::Seconds), help);
        let help = SharedString::const_str("Handlers that run now.");
        recorder.describe_gauge(HANDLERS_RUNNING.into(), Some(Unit::Count), help);
    });
    DURATIONS.keys.iter().for_each(|key| drop(histogram(key)));
    running().increment(0);
}

/// Counts a request of a method that is neither GET nor POST.
pub(crate) fn method_refused() {
    refusals::count(Reason::Method);
}

/// Counts a delivery that ended. `number`: which of its push it is, where that is known.
pub(crate) fn delivered(kind: MessageKind, outcome: Outcome, number: Option<u32>) {
    counter(delivery_key(kind, outcome, number)).increment(1);
}

pub(crate) fn store_failed(operation: Operation) {
    STORE_FAILURES.count(operation as usize);
}

/// Counts a late reply.
pub(crate) fn late(outcome: LateOutcome) {
    LATE.count(outcome as usize);
}

/// Counts a late reply that was not sent, this time.
pub(crate) fn send_failed() {
    NOT_SENT.count(0);
}

/// Which delivery of its push it is.
const NUMBERS: [&str; 5] = ["unknown", "1", "2", "3", "later"];

/// The keys of each kind that was pushed: of each outcome those of each number.
static DELIVERY_KEYS: [OnceLock<Vec<Key>>; KINDS.len()] = [const { OnceLock::new() }; KINDS.len()];

fn delivery_key(kind: MessageKind, outcome: Outcome, number: Option<u32>) -> &'static Key {
    let keys = DELIVERY_KEYS[kind.0].get_or_init(|| {
        let outcomes = Outcome::VALUES.iter();
        let pairs = outcomes.flat_map(|outcome| NUMBERS.iter().map(move |number| (outcome, number)));
        let labels = pairs.map(|(outcome, number)| {
            [("kind", KINDS[kind.0]), ("outcome", outcome), ("delivery", number)]
                .map(|(label, value)| Label::from_static_parts(label, value))
        });
        labels.map(|labels| Key::from_parts(DELIVERIES, Vec::from(labels))).collect()
    });
    let number = number.map_or(0, |number| number.clamp(1, 4) as usize);
    &keys[outcome as usize * NUMBERS.len() + number]
}

fn running() -> Gauge {
    with_recorder(|recorder| recorder.register_gauge(&RUNNING_KEY, &METADATA))
}

fn histogram(key: &Key) -> Histogram {
    with_recorder(|recorder| recorder.register_histogram(key, &METADATA))
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

    pub(crate) fn end(&mut self, outcome: RunOutcome, now: Instant) {
        if let Some(running) = self.running.take() {
            running.decrement(1);
            histogram(&DURATIONS.keys[outcome as usize]).record(now.saturating_duration_since(self.began));
        }
    }
}

impl Drop for HandlerRun {
    fn drop(&mut self) {
        self.end(RunOutcome::Cancelled, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpenError, QueryError, Refusal};

    /// Every event but the first of its kind.
    #[test]
    fn to_count_allocates_nothing_where_nobody_listens() {
        let count = || {
            delivered(MessageKind::TEXT, Outcome::Reply, Some(1));
            HandlerRun::begin().end(RunOutcome::Reply, Instant::now());
            drop(HandlerRun::begin());
            refusals::refused(&Refusal::from(OpenError::from(QueryError::Missing("nonce"))));
            method_refused();
            late(LateOutcome::Kept);
            send_failed();
            store_failed(Operation::Claim);
        };
        count();
        assert_eq!(allocation_counter::measure(count).count_total, 0);
    }

    #[test]
    fn every_delivery_has_the_labels_that_it_should() {
        for (number, label) in [(None, "unknown"), (Some(0), "1"), (Some(3), "3"), (Some(u32::MAX), "later")]
        {
            let key = delivery_key(MessageKind::TEXT, Outcome::HungUp, number);
            let labels: Vec<_> = key.labels().map(|label| (label.key(), label.value())).collect();
            assert_eq!(labels, [("kind", "text"), ("outcome", "hung_up"), ("delivery", label)]);
        }
    }
}
