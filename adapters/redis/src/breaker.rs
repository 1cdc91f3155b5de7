use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long nothing is asked after it has opened.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// How long nothing may be answered.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);

/// How many questions in a row may fail.
const FAILURES: u32 = 5;

/// Keeps pushes from waiting for a Redis that is away: after five failures in a row, or a second in which nothing is
/// answered, nothing is asked for a [`PAUSE`]. Then one question at a time tries whether it is back.
#[derive(Debug, Clone)]
pub(crate) struct Breaker(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    state: State,
    /// How many questions have failed, each of them asked after the one before had failed: those that were under way
    /// together fail for one reason.
    failures: u32,
    failed: Option<Instant>,
    /// When Redis last answered anything, be it late.
    answered: Option<Instant>,
    /// When a question was found to take too long.
    slow: Option<Instant>,
    /// When the last outage began.
    opened: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Closed,
    /// Nothing is asked until then.
    Open(Instant),
    /// One question is under way.
    Trying,
}

/// Leave to ask. Dropped without an outcome, it leaves the trial to the next.
#[must_use]
pub(crate) struct Leave {
    breaker: Breaker,
    is_trial: bool,
    /// Whether an answer shows that Redis can be written to.
    proves: bool,
    asked: Instant,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            state: State::Closed,
            failures: 0,
            failed: None,
            answered: None,
            slow: None,
            opened: None,
        })))
    }

    /// `None` where Redis is not to be asked. Only what `proves` that Redis can be written to may be a trial.
    pub(crate) fn leave(&self, proves: bool) -> Option<Leave> {
        let mut inner = self.inner();
        let asked = Instant::now();
        let is_trial = match inner.state {
            State::Closed => false,
            State::Open(until) if proves && asked >= until => {
                inner.state = State::Trying;
                true
            }
            State::Open(_) | State::Trying => return None,
        };
        drop(inner);
        Some(Leave { breaker: self.clone(), is_trial, proves, asked })
    }

    /// Redis has answered something.
    pub(crate) fn answered(&self) {
        self.inner().answered = Some(Instant::now());
    }

    /// Whether Redis has answered nothing since `moment`.
    pub(crate) fn is_silent_since(&self, moment: Instant) -> bool {
        self.inner().answered.is_none_or(|answered| answered < moment)
    }

    /// Whether a question takes too long, and nothing has been answered since that was found.
    pub(crate) fn is_slow(&self) -> bool {
        let inner = self.inner();
        inner.slow.is_some_and(|slow| inner.answered.is_none_or(|answered| answered < slow))
    }

    /// Whether an outage began after `moment`.
    pub(crate) fn has_opened_since(&self, moment: Instant) -> bool {
        self.inner().opened.is_some_and(|opened| opened >= moment)
    }

    /// A question takes too long.
    pub(crate) fn slow(&self) {
        self.inner().slow = Some(Instant::now());
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    /// It was answered in time. Whether an outage ends with this.
    pub(crate) fn succeeded(mut self) -> bool {
        let mut inner = self.breaker.inner();
        if self.proves {
            inner.failures = 0;
        }
        if self.is_trial {
            inner.state = State::Closed;
        }
        drop(inner);
        std::mem::take(&mut self.is_trial)
    }

    /// It failed, or was not answered in time. Whether an outage begins with this.
    pub(crate) fn failed(&mut self) -> bool {
        let mut inner = self.breaker.inner();
        let now = Instant::now();
        if inner.failed.is_none_or(|failed| failed <= self.asked) {
            inner.failures = inner.failures.saturating_add(1);
            inner.failed = Some(now);
        }
        let begins = inner.state == State::Closed && inner.failures >= FAILURES;
        if begins {
            inner.opened = Some(now);
        }
        if begins || self.is_trial {
            inner.state = State::Open(now + PAUSE);
            inner.failures = 0;
        }
        drop(inner);
        self.is_trial = false;
        begins
    }

    /// It is still not answered. Whether an outage begins with this, because nothing else is either.
    pub(crate) fn is_ignored(&self) -> bool {
        let is_silent = self.breaker.is_silent_since(self.asked) && self.asked.elapsed() >= SILENCE;
        let mut inner = self.breaker.inner();
        let begins = is_silent && inner.state == State::Closed;
        if begins {
            let now = Instant::now();
            inner.opened = Some(now);
            inner.state = State::Open(now + PAUSE);
            inner.failures = 0;
        }
        begins
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.inner().state = State::Open(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const BUDGET: Duration = Duration::from_millis(200);

    fn closed(breaker: &Breaker) -> Leave {
        breaker.leave(true).expect("closed")
    }

    /// Opens it.
    fn fail(breaker: &Breaker) {
        for _ in 1..FAILURES {
            assert!(!closed(breaker).failed());
        }
        assert!(closed(breaker).failed(), "the outage begins");
    }

    #[tokio::test(start_paused = true)]
    async fn after_five_failures_in_a_row_nothing_is_asked_for_a_second() {
        let breaker = Breaker::new();
        fail(&breaker);
        advance(PAUSE - Duration::from_millis(1)).await;
        assert!(breaker.leave(true).is_none());
        advance(Duration::from_millis(1)).await;
        assert!(breaker.leave(true).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_between_the_failures_begins_the_row_anew() {
        let breaker = Breaker::new();
        for _ in 0..10 {
            for _ in 1..FAILURES {
                assert!(!closed(&breaker).failed());
            }
            assert!(!closed(&breaker).succeeded());
        }
    }

    /// A Redis that is busy for a moment answers a hundred questions late, and then the next in time.
    #[tokio::test(start_paused = true)]
    async fn what_fails_together_counts_once() {
        let breaker = Breaker::new();
        for _ in 1..FAILURES {
            let together: Vec<_> = (0..100).map(|_| closed(&breaker)).collect();
            advance(BUDGET).await;
            for mut leave in together {
                assert!(!leave.failed());
            }
        }
        let (mut one, mut other) = (closed(&breaker), closed(&breaker));
        assert!(one.failed() && !other.failed(), "an outage begins once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_in_which_nothing_is_answered_opens_it_and_less_does_not() {
        for (answered_after, opens) in [(None, true), (Some(SILENCE - BUDGET), false)] {
            let breaker = Breaker::new();
            breaker.answered();
            advance(BUDGET).await;
            let mut ignored = closed(&breaker);
            assert!(!ignored.failed() && !ignored.is_ignored());
            let time = answered_after.unwrap_or_default();
            advance(time).await;
            if answered_after.is_some() {
                breaker.answered();
            }
            advance(SILENCE - time).await;
            assert_eq!(ignored.is_ignored(), opens);
            assert_eq!(breaker.leave(true).is_none(), opens);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn then_one_at_a_time_tries() {
        let breaker = Breaker::new();
        fail(&breaker);
        advance(PAUSE).await;
        let mut trial = breaker.leave(true).expect("a trial");
        assert!(breaker.leave(true).is_none());
        assert!(!trial.failed(), "the outage goes on");
        assert!(breaker.leave(true).is_none());
        advance(PAUSE).await;
        assert!(breaker.leave(true).expect("a trial").succeeded(), "the outage ends");
        assert!(!closed(&breaker).succeeded(), "it has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_before_the_outage_does_not_end_it() {
        let breaker = Breaker::new();
        let other = closed(&breaker);
        fail(&breaker);
        assert!(!other.succeeded());
        assert!(breaker.leave(true).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_dropped_leaves_it_to_the_next() {
        let breaker = Breaker::new();
        fail(&breaker);
        advance(PAUSE).await;
        drop(breaker.leave(true).expect("a trial"));
        assert!(breaker.leave(true).is_some());
    }

    /// A full or read-only Redis still reads.
    #[tokio::test(start_paused = true)]
    async fn what_only_reads_is_no_trial_and_ends_no_row() {
        let breaker = Breaker::new();
        for _ in 1..FAILURES {
            assert!(!closed(&breaker).failed());
            assert!(!breaker.leave(false).expect("closed").succeeded());
        }
        assert!(closed(&breaker).failed());
        advance(PAUSE).await;
        assert!(breaker.leave(false).is_none());
        assert!(breaker.leave(true).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_slow_until_something_is_answered() {
        let breaker = Breaker::new();
        assert!(!breaker.is_slow());
        breaker.slow();
        assert!(breaker.is_slow());
        breaker.answered();
        assert!(!breaker.is_slow());
    }
}
