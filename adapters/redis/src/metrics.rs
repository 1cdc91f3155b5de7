//! What is counted for those who run the library. Every call of the facade `metrics` is in this module: without the feature
//! of that name its functions do nothing, so that no caller asks which it is.

pub(crate) use facade::*;

/// Why Redis gave no answer that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// None within the budget.
    Slow,
    /// The key holds something else.
    WrongType,
    /// An error of Redis, or of the connection to it.
    Error,
}

#[cfg(feature = "metrics")]
mod facade {
    use metrics::{Gauge, counter, describe_counter, describe_gauge, gauge};

    use super::Failure;

    const ERRORS: &str = "wechat_redis_errors_total";
    const AWAY: &str = "wechat_redis_away";
    const DUPLICATE_RUNS: &str = "wechat_redis_duplicate_runs_total";

    /// Describes the metrics to the recorder, if there is one, and begins each with zero.
    pub(crate) fn describe() {
        describe_counter!(ERRORS, "Questions that Redis did not answer, or not in time, by reason.");
        describe_gauge!(AWAY, "Stores of this process that go on without Redis now.");
        describe_counter!(
            DUPLICATE_RUNS,
            "Pushes that are known to have run here and in another process as well."
        );
        for failure in [Failure::Slow, Failure::WrongType, Failure::Error] {
            errors(failure, 0);
        }
        counter!(DUPLICATE_RUNS).increment(0);
        gauge!(AWAY).increment(0);
    }

    pub(crate) fn failed(failure: Failure) {
        errors(failure, 1);
    }

    fn errors(failure: Failure, count: u64) {
        let errors = match failure {
            Failure::Slow => counter!(ERRORS, "reason" => "slow"),
            Failure::WrongType => counter!(ERRORS, "reason" => "wrong_type"),
            Failure::Error => counter!(ERRORS, "reason" => "error"),
        };
        errors.increment(count);
    }

    pub(crate) fn duplicate_run() {
        counter!(DUPLICATE_RUNS).increment(1);
    }

    /// An outage, as long as it lives.
    pub(crate) struct Outage(Gauge);

    impl Outage {
        pub(crate) fn begin() -> Self {
            let away = gauge!(AWAY);
            away.increment(1);
            Self(away)
        }
    }

    impl Drop for Outage {
        fn drop(&mut self) {
            self.0.decrement(1);
        }
    }
}

#[cfg(not(feature = "metrics"))]
mod facade {
    use super::Failure;

    pub(crate) const fn describe() {}

    pub(crate) const fn failed(_: Failure) {}

    pub(crate) const fn duplicate_run() {}

    pub(crate) struct Outage;

    impl Outage {
        pub(crate) const fn begin() -> Self {
            Self
        }
    }
}
