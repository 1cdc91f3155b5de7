use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long nothing is asked after a failure.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// Keeps pushes from waiting for a Redis that failed: after a failure nothing is asked for a [`PAUSE`], then one
/// question at a time tries whether it is back.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: Mutex<State>,
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
pub(crate) struct Leave<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
}

impl Breaker {
    pub(crate) const fn new() -> Self {
        Self { state: Mutex::new(State::Closed) }
    }

    /// `None` where Redis is not to be asked. Only what `proves` that Redis can be written to may be a trial.
    pub(crate) fn leave(&self, proves: bool) -> Option<Leave<'_>> {
        let mut state = self.state();
        let is_trial = match *state {
            State::Closed => false,
            State::Open(until) if proves && Instant::now() >= until => {
                *state = State::Trying;
                true
            }
            State::Open(_) | State::Trying => return None,
        };
        Some(Leave { breaker: self, is_trial })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave<'_> {
    /// Whether an outage ends with this.
    pub(crate) fn succeeded(mut self) -> bool {
        if self.is_trial {
            *self.breaker.state() = State::Closed;
        }
        std::mem::take(&mut self.is_trial)
    }

    /// Whether an outage begins with this.
    pub(crate) fn failed(mut self) -> bool {
        let mut state = self.breaker.state();
        let begins = *state == State::Closed;
        if begins || self.is_trial {
            *state = State::Open(Instant::now() + PAUSE);
        }
        drop(state);
        self.is_trial = false;
        begins
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            *self.breaker.state() = State::Open(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_nothing_is_asked_for_a_second() {
        let breaker = Breaker::new();
        assert!(breaker.leave(true).expect("closed").failed());
        advance(PAUSE - Duration::from_millis(1)).await;
        assert!(breaker.leave(true).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn then_one_at_a_time_tries() {
        let breaker = Breaker::new();
        breaker.leave(true).expect("closed").failed();
        advance(PAUSE).await;
        let trial = breaker.leave(true).expect("a trial");
        assert!(breaker.leave(true).is_none());
        assert!(!trial.failed(), "the outage goes on");
        assert!(breaker.leave(true).is_none());
        advance(PAUSE).await;
        assert!(breaker.leave(true).expect("a trial").succeeded(), "the outage ends");
        assert!(!breaker.leave(true).expect("closed").succeeded(), "it has ended");
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_begins_once() {
        let breaker = Breaker::new();
        let (one, other) = (breaker.leave(true).expect("closed"), breaker.leave(true).expect("closed"));
        assert!(one.failed());
        assert!(!other.failed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_before_the_outage_does_not_end_it() {
        let breaker = Breaker::new();
        let (one, other) = (breaker.leave(true).expect("closed"), breaker.leave(true).expect("closed"));
        assert!(one.failed());
        assert!(!other.succeeded());
        assert!(breaker.leave(true).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_dropped_leaves_it_to_the_next() {
        let breaker = Breaker::new();
        breaker.leave(true).expect("closed").failed();
        advance(PAUSE).await;
        drop(breaker.leave(true).expect("a trial"));
        assert!(breaker.leave(true).is_some());
    }

    /// A full or read-only Redis still reads.
    #[tokio::test(start_paused = true)]
    async fn what_only_reads_is_no_trial() {
        let breaker = Breaker::new();
        breaker.leave(false).expect("closed").failed();
        advance(PAUSE).await;
        assert!(breaker.leave(false).is_none());
        assert!(breaker.leave(true).is_some());
    }
}
