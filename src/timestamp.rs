use std::fmt;
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

    /// Reads the system's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// How far two moments lie apart, whichever is the later one.
    pub(crate) const fn distance(self, other: Self) -> Duration {
        Duration::from_secs(self.0.abs_diff(other.0))
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

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
    fn a_system_time_before_1970_rounds_down() {
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_millis(1)).as_secs(), -1);
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_secs(2)).as_secs(), -2);
    }
}
