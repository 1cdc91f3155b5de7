use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::delivery::DeliveryKey;

/// For how long a process that runs a push may not notice that the store forgot it: a lease.
const LEASE: Duration = Duration::from_secs(4);

/// How many are remembered.
const CAPACITY: usize = 1_024;

/// The answers that were asked for, and are not known.
#[derive(Default)]
pub(crate) struct Unknown(Mutex<HashMap<DeliveryKey, Instant>>);

impl Unknown {
    /// `key` is known.
    pub(crate) fn forget(&self, key: DeliveryKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// Whether `key` was first found to be unknown less than a lease ago, or there is no room to know that.
    pub(crate) fn is_new(&self, key: DeliveryKey, now: Instant) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= CAPACITY && !asked.contains_key(&key) {
            // WeCom asks for six minutes at most.
            asked.retain(|_, first| now.saturating_duration_since(*first) < Duration::from_secs(360));
            if asked.len() >= CAPACITY {
                return true;
            }
        }
        now.saturating_duration_since(*asked.entry(key).or_insert(now)) < LEASE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u16) -> DeliveryKey {
        let mut bytes = [0; 20];
        bytes[..2].copy_from_slice(&number.to_le_bytes());
        bytes.into()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_unknown_for_a_lease_is_given_up() {
        let (unknown, begin) = (Unknown::default(), Instant::now());
        for (seconds, is_new) in [(0, true), (1, true), (3, true), (4, false), (300, false)] {
            assert_eq!(unknown.is_new(key(1), begin + Duration::from_secs(seconds)), is_new, "{seconds} s");
        }
        assert!(unknown.is_new(key(2), begin + Duration::from_secs(300)));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_remembered_than_there_is_room_for() {
        let (unknown, begin) = (Unknown::default(), Instant::now());
        for number in 0..2000 {
            assert!(unknown.is_new(key(number), begin));
        }
        assert_eq!(unknown.0.lock().expect("no panic").len(), CAPACITY);
        // Whoever is asked for it once more may be writing it.
        assert!(unknown.is_new(key(1999), begin + LEASE) && !unknown.is_new(key(0), begin + LEASE));
        assert!(unknown.is_new(key(3000), begin + Duration::from_secs(400)));
        assert_eq!(unknown.0.lock().expect("no panic").len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_known_in_between_has_a_lease_of_its_own() {
        let (unknown, begin) = (Unknown::default(), Instant::now());
        assert!(unknown.is_new(key(1), begin));
        unknown.forget(key(1));
        assert!(unknown.is_new(key(1), begin + Duration::from_secs(100)));
        assert!(!unknown.is_new(key(1), begin + Duration::from_secs(104)));
    }
}
