use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::time::{Duration, Instant};

use super::SignatureKey;
use super::expiring::Digest;

/// The longest time for which a signature is bound to a body, where it is fresh for ever.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// Below this it is not worth giving memory back.
const SMALL: usize = 4096;

/// Which body each signature of plain mode came with first, until the signature is no longer fresh. None is forgotten
/// before: a new one for which there is no room is refused.
///
/// At most 64 bytes each, however many there are: eight bytes of the signature, which nobody can choose without the
/// token, a hash of the body, and the signature once more under the second in which it ends.
pub(super) struct Bindings {
    bodies: HashMap<u64, u64, BuildHasherDefault<Digest>>,
    /// By seconds since `start`.
    ends: BTreeMap<u64, Vec<u64>>,
    start: Instant,
    capacity: usize,
}

/// Every signature of the window has been seen, as far as there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{capacity} signatures of plain mode are remembered, which is all there is room for (see MemoryStore::signatures)"
)]
pub(super) struct NoRoom {
    capacity: usize,
}

impl Bindings {
    pub(super) fn new(capacity: usize) -> Self {
        Self { bodies: HashMap::default(), ends: BTreeMap::new(), start: Instant::now(), capacity }
    }

    pub(super) const fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    /// Whether the signature comes with `body` first, or came with it before. `body` is a hash.
    pub(super) fn bind(
        &mut self,
        signature: SignatureKey,
        body: u64,
        lifetime: Duration,
        now: Instant,
    ) -> Result<bool, NoRoom> {
        self.expire(now);
        let [a, b, c, d, e, f, g, h, ..] = *signature.as_bytes();
        let signature = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        if let Some(bound) = self.bodies.get(&signature) {
            return Ok(*bound == body);
        }
        if self.bodies.len() >= self.capacity {
            return Err(NoRoom { capacity: self.capacity });
        }
        self.bodies.insert(signature, body);
        let end = now.saturating_duration_since(self.start).saturating_add(lifetime.min(MAX_LIFETIME));
        self.ends.entry(end.as_secs().saturating_add(1)).or_default().push(signature);
        Ok(true)
    }

    fn expire(&mut self, now: Instant) {
        let now = now.saturating_duration_since(self.start).as_secs();
        let is_due = |(end, _): (&u64, &Vec<u64>)| *end <= now;
        if !self.ends.first_key_value().is_some_and(is_due) {
            return;
        }
        while self.ends.first_key_value().is_some_and(is_due) {
            for signature in self.ends.pop_first().map(|(_, due)| due).unwrap_or_default() {
                self.bodies.remove(&signature);
            }
        }
        if self.bodies.capacity() > SMALL && self.bodies.len() < self.bodies.capacity() / 4 {
            self.bodies.shrink_to(self.bodies.len().saturating_mul(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(number: u64) -> SignatureKey {
        let mut key = [0; 20];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key.into()
    }

    #[test]
    fn a_signature_belongs_to_its_first_body_until_its_end() {
        let (mut bindings, now) = (Bindings::new(10), Instant::now());
        assert_eq!(bindings.bind(key(1), 1, 300 * SECOND, now), Ok(true));
        assert_eq!(bindings.bind(key(1), 1, 300 * SECOND, now + 299 * SECOND), Ok(true));
        assert_eq!(bindings.bind(key(1), 2, 300 * SECOND, now + 300 * SECOND), Ok(false));
        assert_eq!(bindings.bind(key(1), 2, 300 * SECOND, now + 302 * SECOND), Ok(true));
    }

    #[test]
    fn at_the_bound_a_new_signature_is_refused_and_none_is_forgotten() {
        let (mut bindings, now) = (Bindings::new(2), Instant::now());
        assert_eq!(bindings.bind(key(1), 1, 10 * SECOND, now), Ok(true));
        assert_eq!(bindings.bind(key(2), 1, 300 * SECOND, now), Ok(true));
        assert_eq!(bindings.bind(key(3), 1, SECOND, now), Err(NoRoom { capacity: 2 }));
        assert_eq!(bindings.bind(key(1), 2, SECOND, now), Ok(false));
        assert_eq!(bindings.bind(key(2), 1, SECOND, now), Ok(true));
        // One has ended.
        assert_eq!(bindings.bind(key(3), 1, SECOND, now + 12 * SECOND), Ok(true));
        assert_eq!(bindings.bind(key(2), 2, SECOND, now + 12 * SECOND), Ok(false));
    }

    #[test]
    fn what_is_fresh_for_ever_is_bound_for_thirty_days() {
        let (mut bindings, now) = (Bindings::new(2), Instant::now());
        assert_eq!(bindings.bind(key(1), 1, Duration::MAX, now), Ok(true));
        assert_eq!(bindings.bind(key(1), 2, SECOND, now + MAX_LIFETIME - SECOND), Ok(false));
        assert_eq!(bindings.bind(key(1), 2, SECOND, now + MAX_LIFETIME + 2 * SECOND), Ok(true));
    }

    #[test]
    fn memory_is_given_back_when_a_rush_is_over() {
        let (mut bindings, now) = (Bindings::new(1_000_000), Instant::now());
        for number in 0..100_000 {
            assert_eq!(bindings.bind(key(number), 1, SECOND, now), Ok(true));
        }
        assert_eq!(bindings.bind(key(0), 2, SECOND, now + 3 * SECOND), Ok(true));
        assert!(bindings.bodies.capacity() <= SMALL, "{}", bindings.bodies.capacity());
    }
}
