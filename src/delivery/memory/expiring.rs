use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::time::Instant;

/// A bounded map whose entries go away at a time of their own, which they learn when they are put to rest. Each
/// operation is O(1), over many of them.
pub(super) struct Expiring<K, V> {
    entries: HashMap<K, Slot<V>, BuildHasherDefault<Digest>>,
    /// What rests, by when it goes away; one queue a lifetime, so that each is in order.
    queues: [VecDeque<(Rest, K)>; 2],
    capacity: usize,
    /// How often something was put to rest.
    rests: u64,
}

/// Until when an entry rests. Each time it is put to rest has a number: what woke up or went away since stands in a
/// queue with another than its own.
#[derive(Clone, Copy, PartialEq)]
struct Rest {
    end: Instant,
    number: u64,
}

pub(super) struct Slot<V> {
    pub(super) value: V,
    /// `None` while it is awake.
    rest: Option<Rest>,
}

impl<V> Slot<V> {
    /// The entry stays until it is put to rest again.
    pub(super) const fn wake(&mut self) {
        self.rest = None;
    }
}

/// Which queue an entry waits in for its end: all of one queue rest equally long.
#[derive(Clone, Copy)]
pub(super) enum Queue {
    Short,
    Long,
}

impl<K: Hash + Eq + Copy, V> Expiring<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: HashMap::default(), queues: [VecDeque::new(), VecDeque::new()], capacity, rests: 0 }
    }

    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|slot| &mut slot.value)
    }

    /// The entry of `key`, made by `new` where there is none, and awake then. `None` where there is no room: all
    /// entries are awake.
    pub(super) fn get_or_insert(
        &mut self,
        key: K,
        now: Instant,
        new: impl FnOnce() -> V,
    ) -> Option<&mut Slot<V>> {
        self.expire(now);
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.make_room();
            if self.entries.len() >= self.capacity {
                return None;
            }
        }
        Some(self.entries.entry(key).or_insert_with(|| Slot { value: new(), rest: None }))
    }

    /// Puts the entry to rest: it goes away at the end that `change` says, or earlier where room is needed.
    pub(super) fn rest(&mut self, key: K, change: impl FnOnce(&mut V) -> Option<(Instant, Queue)>) {
        let Some(slot) = self.entries.get_mut(&key) else {
            return;
        };
        let Some((end, queue)) = change(&mut slot.value) else {
            return;
        };
        self.rests += 1;
        let rest = Rest { end, number: self.rests };
        slot.rest = Some(rest);
        let queue = &mut self.queues[queue as usize];
        queue.push_back((rest, key));
        // Half of it, and more than a few, can only be what does not rest any more.
        if queue.len() > 2 * self.entries.len() + 64 {
            queue.retain(|(rest, key)| self.entries.get(key).is_some_and(|slot| slot.rest == Some(*rest)));
        }
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn expire(&mut self, now: Instant) {
        for queue in 0..self.queues.len() {
            while self.queues[queue].front().is_some_and(|(rest, _)| rest.end <= now) {
                self.pop(queue);
            }
        }
    }

    /// Gives up what has rested longest, of the short-lived first.
    fn make_room(&mut self) {
        for queue in 0..self.queues.len() {
            while self.entries.len() >= self.capacity && !self.queues[queue].is_empty() {
                self.pop(queue);
            }
        }
    }

    fn pop(&mut self, queue: usize) {
        let Some((rest, key)) = self.queues[queue].pop_front() else {
            return;
        };
        if self.entries.get(&key).is_some_and(|slot| slot.rest == Some(rest)) {
            self.entries.remove(&key);
        }
    }
}

/// The keys are digests, so their own bytes serve as the hash.
#[derive(Default)]
pub(super) struct Digest(u64);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(bytes) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*bytes);
        }
    }

    /// The length of an array, which is always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(number: u64) -> [u8; 20] {
        let mut key = [0; 20];
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn an_entry_goes_away_at_its_end_and_not_before() {
        let (mut map, now) = (Expiring::new(10), Instant::now());
        map.get_or_insert(key(1), now, || 'a').expect("room");
        map.rest(key(1), |_| Some((now + SECOND, Queue::Short)));
        map.expire(now + SECOND - Duration::from_nanos(1));
        assert_eq!(map.get_mut(&key(1)), Some(&mut 'a'));
        map.expire(now + SECOND);
        assert_eq!(map.get_mut(&key(1)), None);
    }

    #[test]
    fn what_woke_up_stays() {
        let (mut map, now) = (Expiring::new(10), Instant::now());
        map.get_or_insert(key(1), now, || 'a').expect("room");
        map.rest(key(1), |_| Some((now + SECOND, Queue::Short)));
        map.get_or_insert(key(1), now, || 'b').expect("it is there").wake();
        map.expire(now + 2 * SECOND);
        assert_eq!(map.get_mut(&key(1)), Some(&mut 'a'));
        map.rest(key(1), |_| Some((now + 3 * SECOND, Queue::Short)));
        map.expire(now + 3 * SECOND);
        assert_eq!(map.len(), 0);
    }

    #[test]
    fn what_rested_longest_makes_room_and_what_is_awake_never_does() {
        let (mut map, now) = (Expiring::new(3), Instant::now());
        for number in 0..3 {
            map.get_or_insert(key(number), now, || ()).expect("room");
        }
        assert!(map.get_or_insert(key(3), now, || ()).is_none());
        map.rest(key(2), |_| Some((now + SECOND, Queue::Long)));
        map.rest(key(1), |_| Some((now + SECOND, Queue::Short)));
        assert!(map.get_or_insert(key(3), now, || ()).is_some());
        assert!(map.get_mut(&key(1)).is_none() && map.get_mut(&key(2)).is_some());
        assert!(map.get_or_insert(key(4), now, || ()).is_some());
        assert!(map.get_mut(&key(2)).is_none() && map.get_mut(&key(0)).is_some());
    }

    #[test]
    fn none_is_forgotten_inside_its_time_under_the_bound() {
        let (mut map, now) = (Expiring::new(10_000), Instant::now());
        for number in 0..10_000 {
            map.get_or_insert(key(number), now, || ()).expect("room");
            map.rest(key(number), |_| Some((now + SECOND, Queue::Short)));
        }
        assert!((0..10_000).all(|number| map.get_mut(&key(number)).is_some()));
        map.get_or_insert(key(10_000), now, || ()).expect("room");
        assert_eq!(map.len(), 10_000);
    }
}
