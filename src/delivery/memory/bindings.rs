use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZeroU32;
use std::time::Duration;

use super::SignatureKey;
use super::map::{MOST, Map};
use super::slab::Queue;
use super::table::nanoseconds;

/// The longest time for which a signature is bound to a body, where it is fresh for ever.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// How many go away at a time. An operation adds at most one, so what is due goes away, and no operation waits for all
/// that ended in the same second.
const AT_ONCE: usize = 4;

const SECOND: i64 = 1_000_000_000;

/// Which body each signature of plain mode came with first, until the signature is no longer fresh. None is forgotten
/// before: a new one for which there is no room is refused.
///
/// At most 64 bytes each, however many there are: eight bytes of the signature, which nobody can choose without the
/// token, a hash of the body, and the second in which it ends. Times are nanoseconds on the clock of the table.
pub(super) struct Bindings {
    bindings: Map<u64, Binding>,
    /// By the second in which they end.
    ends: BTreeMap<NonZeroU32, Queue>,
    capacity: usize,
}

struct Binding {
    body: u64,
    end: NonZeroU32,
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
    pub(super) fn new(capacity: usize, seed: u64) -> Self {
        Self { bindings: Map::new(seed), ends: BTreeMap::new(), capacity: capacity.min(MOST) }
    }

    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity.min(MOST);
    }

    /// Whether the signature comes with `body` first, or came with it before. `body` is a hash.
    pub(super) fn bind(
        &mut self,
        signature: SignatureKey,
        body: u64,
        lifetime: Duration,
        now: i64,
    ) -> Result<bool, NoRoom> {
        self.expire(second(now));
        let [a, b, c, d, e, f, g, h, ..] = *signature.as_bytes();
        let signature = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let found = self.bindings.find(signature);
        if let Some((at, bound)) = found.and_then(|at| Some((at, self.bindings.get(at)?))) {
            if bound.end.get() > second(now) {
                return Ok(bound.body == body);
            }
            self.forget(at);
        }
        if self.bindings.len() >= self.capacity {
            return Err(NoRoom { capacity: self.capacity });
        }
        let end = second(now.saturating_add(nanoseconds(lifetime.min(MAX_LIFETIME))));
        let end = NonZeroU32::MIN.saturating_add(end);
        let at = self.bindings.insert(signature, Binding { body, end });
        self.bindings.join(self.ends.entry(end).or_insert(Queue::EMPTY), at);
        Ok(true)
    }

    fn expire(&mut self, now: u32) {
        for _ in 0..AT_ONCE {
            match self.ends.first_key_value() {
                Some((end, queue)) if end.get() <= now => self.forget(queue.first),
                _ => return,
            }
        }
    }

    fn forget(&mut self, at: u32) {
        let neighbours = self.bindings.leave(at);
        let Some(Binding { end, .. }) = self.bindings.remove(at) else {
            return;
        };
        if let Entry::Occupied(mut queue) = self.ends.entry(end) {
            queue.get_mut().close(at, neighbours);
            if queue.get().is_empty() {
                queue.remove();
            }
        }
    }
}

/// The second that a time falls into.
fn second(time: i64) -> u32 {
    u32::try_from(time.max(0) / SECOND).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const ONE: Duration = Duration::from_secs(1);

    fn key(number: u64) -> SignatureKey {
        let mut key = [0; 20];
        key[..8].copy_from_slice(&number.to_le_bytes());
        key.into()
    }

    #[test]
    fn a_signature_belongs_to_its_first_body_until_its_end() {
        let mut bindings = Bindings::new(10, 1);
        assert_eq!(bindings.bind(key(1), 1, 300 * ONE, 0), Ok(true));
        assert_eq!(bindings.bind(key(1), 1, 300 * ONE, 299 * SECOND), Ok(true));
        assert_eq!(bindings.bind(key(1), 2, 300 * ONE, 300 * SECOND), Ok(false));
        assert_eq!(bindings.bind(key(1), 2, 300 * ONE, 302 * SECOND), Ok(true));
    }

    #[test]
    fn at_the_bound_a_new_signature_is_refused_and_none_is_forgotten() {
        let mut bindings = Bindings::new(2, 1);
        assert_eq!(bindings.bind(key(1), 1, 10 * ONE, 0), Ok(true));
        assert_eq!(bindings.bind(key(2), 1, 300 * ONE, 0), Ok(true));
        assert_eq!(bindings.bind(key(3), 1, ONE, 0), Err(NoRoom { capacity: 2 }));
        assert_eq!(bindings.bind(key(1), 2, ONE, 0), Ok(false));
        assert_eq!(bindings.bind(key(2), 1, ONE, 0), Ok(true));
        // One has ended.
        assert_eq!(bindings.bind(key(3), 1, ONE, 12 * SECOND), Ok(true));
        assert_eq!(bindings.bind(key(2), 2, ONE, 12 * SECOND), Ok(false));
    }

    #[test]
    fn what_is_fresh_for_ever_is_bound_for_thirty_days() {
        let mut bindings = Bindings::new(2, 1);
        let days = 30 * 24 * 3600 * SECOND;
        assert_eq!(bindings.bind(key(1), 1, Duration::MAX, 0), Ok(true));
        assert_eq!(bindings.bind(key(1), 2, ONE, days - SECOND), Ok(false));
        assert_eq!(bindings.bind(key(1), 2, ONE, days + 2 * SECOND), Ok(true));
    }

    #[test]
    fn what_ends_in_one_second_goes_away_little_by_little() {
        let mut bindings = Bindings::new(10_000, 1);
        for number in 0..10_000 {
            assert_eq!(bindings.bind(key(number), 1, ONE, 0), Ok(true));
        }
        // All of it makes room already.
        for number in 10_000..20_000 {
            let before = bindings.bindings.len();
            assert_eq!(bindings.bind(key(number), 1, 100 * ONE, 3 * SECOND), Ok(true));
            assert!(bindings.bindings.len() + AT_ONCE > before, "{before}");
        }
        assert_eq!(bindings.bindings.len(), 10_000);
        assert_eq!(bindings.ends.len(), 1);
        assert_eq!(bindings.bind(key(0), 1, ONE, 3 * SECOND), Err(NoRoom { capacity: 10_000 }));
    }

    proptest! {
        #[test]
        fn a_signature_is_bound_until_its_second_is_over(
            steps in proptest::collection::vec((0..40_u64, 0..3_u64, 0..8_u64, 0..2 * SECOND), 0..400),
            seed: u64,
        ) {
            let (mut bindings, mut model) = (Bindings::new(20, seed | 1), HashMap::new());
            let mut now = 0;
            for (number, body, lifetime, pause) in steps {
                now += pause;
                model.retain(|_, (_, end)| *end > now / SECOND);
                let full = model.len() >= 20 && !model.contains_key(&number);
                let bound = bindings.bind(key(number), body, Duration::from_secs(lifetime), now);
                if full {
                    prop_assert_eq!(bound, Err(NoRoom { capacity: 20 }));
                } else {
                    let end = now / SECOND + i64::try_from(lifetime).expect("small") + 1;
                    let (first, _) = *model.entry(number).or_insert((body, end));
                    prop_assert_eq!(bound, Ok(first == body));
                }
            }
        }
    }
}
