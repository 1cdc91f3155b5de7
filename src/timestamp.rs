use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment in whole Unix seconds, 64 bits wide, as WeChat writes `CreateTime` and `timestamp`.
///
/// ```
/// use wechat_callback::Timestamp;
///
/// let created = Timestamp::from_secs(1_409_735_669);
/// assert_eq!(created.as_secs(), 1_409_735_669);
/// assert!(created < Timestamp::now());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `secs` seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs)
    }

    /// The time by the system's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// How far apart two moments are, whichever is later.
    pub(crate) const fn distance(self, other: Self) -> Duration {
        Duration::from_secs(self.0.abs_diff(other.0))
    }

    /// How long it is from `now` until this moment is more than `window` ago, both in whole seconds.
    pub(crate) const fn remaining(self, window: Duration, now: Self) -> Duration {
        let ahead = if self.0 > now.0 { self.0.abs_diff(now.0) } else { 0 };
        let behind = if self.0 < now.0 { self.0.abs_diff(now.0) } else { 0 };
        // The last second counts as a whole.
        let end = window.saturating_add(Duration::from_secs(ahead.saturating_add(1)));
        end.saturating_sub(Duration::from_secs(behind))
    }
}

/// Rounds down to the second.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
            Err(before) => {
                let before = before.duration();
                let secs = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                Self(-secs - i64::from(before.subsec_nanos() > 0))
            }
        }
    }
}

/// A moment that a `SystemTime` cannot hold becomes the end of the year 9999 or the beginning of 1601.
impl From<Timestamp> for SystemTime {
    fn from(Timestamp(secs): Timestamp) -> Self {
        const END_OF_9999: Duration = Duration::from_secs(253_402_300_799);
        const UNTIL_1970_FROM_1601: Duration = Duration::from_secs(11_644_473_600);

        let distance = Duration::from_secs(secs.unsigned_abs());
        if secs < 0 {
            UNIX_EPOCH.checked_sub(distance).unwrap_or(UNIX_EPOCH - UNTIL_1970_FROM_1601)
        } else {
            UNIX_EPOCH.checked_add(distance).unwrap_or(UNIX_EPOCH + END_OF_9999)
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads Unix seconds, as `Display` writes them.
impl FromStr for Timestamp {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_does_not_overflow_at_the_extremes() {
        let (first, last) = (Timestamp::from_secs(i64::MIN), Timestamp::from_secs(i64::MAX));
        assert_eq!(first.distance(last), Duration::from_secs(u64::MAX));
        assert_eq!(last.distance(first), Duration::from_secs(u64::MAX));
    }

    #[test]
    fn what_remains_ends_with_the_last_second_in_the_window() {
        let (now, window) = (Timestamp::from_secs(1000), Duration::from_secs(300));
        for (moment, remaining) in [(1000, 301), (700, 1), (699, 0), (1300, 601), (i64::MIN, 0)] {
            let moment = Timestamp::from_secs(moment);
            assert_eq!(moment.remaining(window, now), Duration::from_secs(remaining), "{moment}");
        }
        assert_eq!(Timestamp::from_secs(i64::MAX).remaining(Duration::MAX, now), Duration::MAX);
    }

    #[test]
    fn a_timestamp_is_a_system_time_and_back() {
        for secs in [0, 1_409_735_669, -1, -11_644_473_600, 253_402_300_799] {
            let timestamp = Timestamp::from_secs(secs);
            assert_eq!(Timestamp::from(SystemTime::from(timestamp)), timestamp);
        }
        // Moments that are too far stay on the right side of 1970.
        assert!(SystemTime::from(Timestamp::from_secs(i64::MAX)) > UNIX_EPOCH);
        assert!(SystemTime::from(Timestamp::from_secs(i64::MIN)) < UNIX_EPOCH);
    }

    #[test]
    fn a_timestamp_reads_back_from_its_text() {
        for secs in [0, 1_409_735_669, i64::MIN, i64::MAX] {
            assert_eq!(Timestamp::from_secs(secs).to_string().parse(), Ok(Timestamp::from_secs(secs)));
        }
        assert!("1.5".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_system_time_before_1970_rounds_down() {
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_millis(1)).as_secs(), -1);
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_secs(2)).as_secs(), -2);
    }
}
