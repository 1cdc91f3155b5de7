use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long Redis is not asked after the breaker has opened.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// How long Redis may answer nothing before the breaker opens.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);

/// How many failures in a row open the breaker.
const FAILURES: u32 = 5;

/// A circuit breaker, so that pushes do not wait for a Redis that is away: after five failures in a row, or a second
/// without any answer, nothing is asked for a [`PAUSE`]. Then one question at a time tries whether Redis is back.
#[derive(Debug, Clone)]
pub(crate) struct Breaker(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    state: State,
    /// How many questions failed in a row. Questions that were under way together count as one: they fail for one
    /// reason.
    failures: u32,
    failed: Option<Instant>,
    /// When Redis last answered anything, even if late.
    answered: Option<Instant>,
    /// When a question last exceeded its time.
    slow: Option<Instant>,
    /// When a question of any kind was last not answered, or not in time.
    unanswered: Option<Instant>,
    /// When the last outage began.
    opened: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Closed,
    /// Nothing is asked until then.
    Open(Instant),
    /// One question is under way to try whether Redis is back.
    HalfOpen,
}

/// Permission to ask. If the permit of a trial is dropped without a result, the next question is the trial.
#[must_use]
pub(crate) struct Permit {
    breaker: Breaker,
    is_trial: bool,
    /// Whether an answer proves that Redis accepts writes.
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
            unanswered: None,
            opened: None,
        })))
    }

    /// `None` where Redis is not to be asked. Only a question that `proves` that Redis accepts writes may be a trial.
    pub(crate) fn permit(&self, proves: bool) -> Option<Permit> {
        let mut inner = self.inner();
        let asked = Instant::now();
        let is_trial = match inner.state {
            State::Closed => false,
            State::Open(until) if proves && asked >= until => {
                inner.state = State::HalfOpen;
                true
            }
            State::Open(_) | State::HalfOpen => return None,
        };
        drop(inner);
        Some(Permit { breaker: self.clone(), is_trial, proves, asked })
    }

    /// Redis has answered something.
    pub(crate) fn answered(&self) {
        self.inner().answered = Some(Instant::now());
    }

    /// Whether Redis has answered nothing since `moment`.
    pub(crate) fn is_silent_since(&self, moment: Instant) -> bool {
        self.inner().answered.is_none_or(|answered| answered < moment)
    }

    /// Whether a question has exceeded its time and nothing has been answered since.
    pub(crate) fn is_slow(&self) -> bool {
        let inner = self.inner();
        inner.slow.is_some_and(|slow| inner.answered.is_none_or(|answered| answered < slow))
    }

    /// Whether an outage began after `moment`.
    pub(crate) fn has_opened_since(&self, moment: Instant) -> bool {
        self.inner().opened.is_some_and(|opened| opened >= moment)
    }

    /// A question has exceeded its time.
    pub(crate) fn slow(&self) {
        self.inner().slow = Some(Instant::now());
        self.unanswered();
    }

    /// A question failed, whether or not it had a permit.
    pub(crate) fn unanswered(&self) {
        self.inner().unanswered = Some(Instant::now());
    }

    /// For how long every question has been answered in time. `None` where none ever failed.
    pub(crate) fn well_for(&self) -> Option<Duration> {
        self.inner().unanswered.map(|unanswered| unanswered.elapsed())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The question was answered in time. Returns whether this ends an outage.
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

    /// The question failed, or was not answered in time. Returns whether this begins an outage.
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

    /// The question is still unanswered. Returns whether this begins an outage, because nothing else was answered
    /// either.
    pub(crate) fn is_unanswered(&self) -> bool {
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

impl Drop for Permit {
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

    fn closed(breaker: &Breaker) -> Permit {
        breaker.permit(true).expect("closed")
    }

    /// Opens the breaker.
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
        assert!(breaker.permit(true).is_none());
        advance(Duration::from_millis(1)).await;
        assert!(breaker.permit(true).is_some());
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
            for mut permit in together {
                assert!(!permit.failed());
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
            let mut unanswered = closed(&breaker);
            assert!(!unanswered.failed() && !unanswered.is_unanswered());
            let time = answered_after.unwrap_or_default();
            advance(time).await;
            if answered_after.is_some() {
                breaker.answered();
            }
            advance(SILENCE - time).await;
            assert_eq!(unanswered.is_unanswered(), opens);
            assert_eq!(breaker.permit(true).is_none(), opens);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn then_one_at_a_time_tries() {
        let breaker = Breaker::new();
        fail(&breaker);
        advance(PAUSE).await;
        let mut trial = breaker.permit(true).expect("a trial");
        assert!(breaker.permit(true).is_none());
        assert!(!trial.failed(), "the outage goes on");
        assert!(breaker.permit(true).is_none());
        advance(PAUSE).await;
        assert!(breaker.permit(true).expect("a trial").succeeded(), "the outage ends");
        assert!(!closed(&breaker).succeeded(), "it has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_before_the_outage_does_not_end_it() {
        let breaker = Breaker::new();
        let other = closed(&breaker);
        fail(&breaker);
        assert!(!other.succeeded());
        assert!(breaker.permit(true).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_dropped_leaves_it_to_the_next() {
        let breaker = Breaker::new();
        fail(&breaker);
        advance(PAUSE).await;
        drop(breaker.permit(true).expect("a trial"));
        assert!(breaker.permit(true).is_some());
    }

    /// A full or read-only Redis still reads.
    #[tokio::test(start_paused = true)]
    async fn what_only_reads_is_no_trial_and_ends_no_row() {
        let breaker = Breaker::new();
        for _ in 1..FAILURES {
            assert!(!closed(&breaker).failed());
            assert!(!breaker.permit(false).expect("closed").succeeded());
        }
        assert!(closed(&breaker).failed());
        advance(PAUSE).await;
        assert!(breaker.permit(false).is_none());
        assert!(breaker.permit(true).is_some());
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
