use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How much of the time since an age was written counts if the clock of Redis may have been set since. The process that
/// runs the push writes the age each second, so seldom more has passed; and with more, the second delivery, five
/// seconds after the first, could be taken for the last.
pub(crate) const CERTAIN: Duration = Duration::from_secs(2);

/// Answers that took longer say too little about the time to be used.
const LONGEST: Duration = Duration::from_millis(500);

/// How far the two clocks may seem to differ between two answers, at first and however long it has been.
const TOLERANCE: Duration = Duration::from_millis(50);
const MOST_TOLERANCE: Duration = Duration::from_secs(1);

/// Two clocks that nobody sets drift apart by less than one part in this many.
const DRIFT: u32 = 2000;

/// The clock of Redis compared with this process's monotonic clock: since when nobody has set it.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Option<Seen>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    /// Nobody has set the clock since then.
    since: Instant,
    /// The time of Redis in milliseconds, at some moment between `sent` and `received`.
    time: i64,
    sent: Instant,
    received: Instant,
}

impl Seen {
    /// By how many milliseconds, at least, the clock was set between the two.
    fn step(&self, later: &Self) -> u64 {
        let shown = later.time.saturating_sub(self.time);
        let longest = millis(later.received.saturating_duration_since(self.sent)).saturating_add(1);
        let shortest = millis(later.sent.saturating_duration_since(self.received)).saturating_sub(1);
        shown.saturating_sub(longest).max(shortest.saturating_sub(shown)).max(0).unsigned_abs()
    }
}

impl Clock {
    /// Redis said, between the two moments, that it was `time` (ms).
    pub(crate) fn observe(&self, time: i64, sent: Instant, received: Instant) {
        if received.saturating_duration_since(sent) > LONGEST {
            return;
        }
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = Seen { since: sent, time, sent, received };
        if let Some(last) = &*last {
            if received < last.received {
                return;
            }
            let drift = received.saturating_duration_since(last.received) / DRIFT;
            let tolerance = MOST_TOLERANCE.min(TOLERANCE + drift);
            if Duration::from_millis(last.step(&seen)) <= tolerance {
                seen.since = last.since;
            }
        }
        *last = Some(seen);
    }

    /// For how long, up to `now`, nobody has set the clock.
    pub(crate) fn steady(&self, now: Instant) -> Duration {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map_or(Duration::ZERO, |seen| now.saturating_duration_since(seen.since))
    }
}

/// The age now of a push that was `age` old `since` ago by the clock of Redis, which nobody has set for `steady`.
pub(crate) fn age(age: Duration, since: Duration, steady: Duration) -> Duration {
    age.saturating_add(if since <= steady { since } else { since.min(steady.max(CERTAIN)) })
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NOON: i64 = 1_714_036_500_000;

    /// A clock after these observations: seconds of this process, and seconds that the clock of Redis shows.
    fn seen(observations: &[(u64, i64)]) -> (Clock, Instant) {
        let (clock, start) = (Clock::default(), Instant::now());
        for (ours, theirs) in observations {
            let sent = start + SECOND * u32::try_from(*ours).expect("seconds");
            clock.observe(NOON + theirs * 1000, sent, sent + SECOND / 100);
        }
        (clock, start)
    }

    #[test]
    fn a_clock_that_nobody_sets_is_steady_since_it_was_first_seen() {
        let (clock, start) = seen(&[(0, 0), (1, 1), (2, 2), (600, 600)]);
        assert_eq!(clock.steady(start + SECOND * 601), SECOND * 601);
        assert_eq!(Clock::default().steady(Instant::now()), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_is_set_is_steady_since_then() {
        for step in [600, -600, 86_400, -86_400, 3, -3] {
            let (clock, start) = seen(&[(0, 0), (10, 10), (11, 11 + step), (12, 12 + step)]);
            assert_eq!(clock.steady(start + SECOND * 12), SECOND, "{step}");
        }
    }

    #[test]
    fn slow_answers_do_not_look_like_a_clock_that_is_set() {
        let (clock, start) = (Clock::default(), Instant::now());
        for (number, delay) in [(1, 5), (2, 190), (3, 1), (4, 499), (5, 1)] {
            let sent = start + SECOND * number;
            // It looked at its clock when it was about to answer, and the next time at once.
            let theirs = i64::from(number) * 1000 + if number % 2 == 0 { delay } else { 0 };
            clock.observe(NOON + theirs, sent, sent + Duration::from_millis(delay.unsigned_abs()));
        }
        assert_eq!(clock.steady(start + SECOND * 6), SECOND * 5);
    }

    #[test]
    fn an_answer_that_took_long_says_nothing() {
        let (clock, start) = seen(&[(0, 0)]);
        clock.observe(NOON + 600_000, start + SECOND, start + SECOND * 5);
        assert_eq!(clock.steady(start + SECOND * 6), SECOND * 6);
    }

    #[test]
    fn of_a_time_that_may_hold_a_step_two_seconds_count() {
        let (written, day) = (SECOND * 4, SECOND * 86_400);
        // The clock is known: whatever it says counts, as where the owner died.
        assert_eq!(age(Duration::ZERO, SECOND * 10, SECOND * 60), SECOND * 10);
        // It is not: a second delivery is not taken for the last.
        for since in [SECOND * 5, SECOND * 600, day] {
            assert_eq!(age(written, since, Duration::ZERO), SECOND * 6);
        }
        assert_eq!(age(written, SECOND, Duration::ZERO), SECOND * 5);
        // It is known for a part of it.
        assert_eq!(age(Duration::ZERO, day, SECOND * 9), SECOND * 9);
        assert_eq!(age(Duration::MAX, day, day), Duration::MAX);
    }
}
