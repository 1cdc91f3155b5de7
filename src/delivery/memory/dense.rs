use super::chunks::Chunks;

/// Where there is no entry.
pub(super) const NONE: u32 = u32::MAX;

/// The most that a map may hold: its buckets are numbered in 32 bits, too.
pub(super) const MOST: usize = 1 << 30;

/// Buckets for each entry. They are looked at more often than entries, and are smaller.
const BUCKETS: usize = 2;

/// A map from digests whose entries stand side by side, and which grows by one entry at a time: no operation takes longer
/// because there are many.
///
/// It is a linear hash table. Its buckets are the heads of chains; there are `BUCKETS` for each entry, and one that is
/// added takes over its part of the one bucket which held it before. The last entry takes the place of one that is
/// removed, so an entry is known by its number until another is removed.
///
/// Beside its chain each entry may stand in one ring, such as all that end at the same time.
pub(super) struct Dense<K, V> {
    entries: Chunks<Entry<K, V>>,
    buckets: Chunks<u32>,
    seed: u64,
}

struct Entry<K, V> {
    key: K,
    value: V,
    hash: u32,
    /// The next in its bucket.
    chain: u32,
    /// The neighbours in its ring, [`NONE`] while it stands in none.
    before: u32,
    behind: u32,
}

/// A part of a digest, evenly spread.
pub(super) trait Digest: Copy + Eq {
    fn word(self) -> u64;
}

impl Digest for u64 {
    fn word(self) -> u64 {
        self
    }
}

impl Digest for [u64; 2] {
    fn word(self) -> u64 {
        self[0]
    }
}

impl<K: Digest, V> Dense<K, V> {
    /// `seed` is secret, and odd.
    pub(super) const fn new(seed: u64) -> Self {
        Self { entries: Chunks::new(), buckets: Chunks::new(), seed }
    }

    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn find(&self, key: K) -> Option<u32> {
        if self.len() == 0 {
            return None;
        }
        let mut at = self.buckets[bucket(self.hash(key), self.buckets.len())];
        while at != NONE {
            let entry = &self.entries[at];
            if entry.key == key {
                return Some(at);
            }
            at = entry.chain;
        }
        None
    }

    /// As [`find`](Self::find), and quicker if the number is `guess`.
    pub(super) fn find_near(&self, key: K, guess: u32) -> Option<u32> {
        match self.entries.get(guess) {
            Some(entry) if entry.key == key => Some(guess),
            _ => self.find(key),
        }
    }

    pub(super) fn value(&self, at: u32) -> &V {
        &self.entries[at].value
    }

    pub(super) fn value_mut(&mut self, at: u32) -> &mut V {
        &mut self.entries[at].value
    }

    /// Adds an entry, whose key none has.
    pub(super) fn insert(&mut self, key: K, value: V) -> u32 {
        let at = self.entries.len() as u32;
        let hash = self.hash(key);
        // One that grows after it shrank has enough already.
        for _ in 0..BUCKETS {
            if self.buckets.len() < BUCKETS * (self.entries.len() + 1) {
                self.add_bucket();
            }
        }
        let bucket = bucket(hash, self.buckets.len());
        let chain = std::mem::replace(&mut self.buckets[bucket], at);
        self.entries.push(Entry { key, value, hash, chain, before: NONE, behind: NONE });
        at
    }

    /// Removes an entry, which stands in no ring. The one of the number that is returned as well has its number from now
    /// on.
    pub(super) fn remove(&mut self, at: u32) -> (Option<V>, Option<u32>) {
        let last = (self.entries.len() - 1) as u32;
        self.relink(at, self.entries[at].chain);
        if last != at {
            self.relink(last, at);
            let Entry { before, behind, .. } = self.entries[last];
            if before == last {
                (self.entries[last].before, self.entries[last].behind) = (at, at);
            } else if before != NONE {
                (self.entries[before].behind, self.entries[behind].before) = (at, at);
            }
        }
        let removed = self.entries.swap_remove(at);
        for _ in 0..2 * BUCKETS {
            if self.buckets.len() > 2 * BUCKETS * self.entries.len() + 64 {
                self.drop_bucket();
            }
        }
        (removed.map(|entry| entry.value), (last != at).then_some(last))
    }

    pub(super) fn is_in_ring(&self, at: u32) -> bool {
        self.entries[at].before != NONE
    }

    /// Puts the entry at the end of the ring that begins with `first`.
    pub(super) fn join_ring(&mut self, first: &mut u32, at: u32) {
        if *first == NONE {
            *first = at;
            (self.entries[at].before, self.entries[at].behind) = (at, at);
        } else {
            let last = std::mem::replace(&mut self.entries[*first].before, at);
            self.entries[last].behind = at;
            (self.entries[at].before, self.entries[at].behind) = (last, *first);
        }
    }

    /// Takes the entry out of its ring. The one behind it, if it was not alone.
    pub(super) fn leave_ring(&mut self, at: u32) -> u32 {
        let entry = &mut self.entries[at];
        let before = std::mem::replace(&mut entry.before, NONE);
        let behind = std::mem::replace(&mut entry.behind, NONE);
        if behind == at || behind == NONE {
            return NONE;
        }
        self.entries[before].behind = behind;
        self.entries[behind].before = before;
        behind
    }

    /// Where the chain leads to `at`, it leads to `to` now.
    fn relink(&mut self, at: u32, to: u32) {
        let bucket = bucket(self.entries[at].hash, self.buckets.len());
        let mut from = self.buckets[bucket];
        if from == at {
            self.buckets[bucket] = to;
            return;
        }
        while self.entries[from].chain != at {
            from = self.entries[from].chain;
        }
        self.entries[from].chain = to;
    }

    /// Keys are SHA-1 digests, whose bits are evenly spread, so a few of them make a hash. In plain mode, however, what
    /// is digested may be the choice of somebody who has recorded signatures, and who could look for digests that share
    /// those few bits; so all of 64 are mixed with a number that nobody knows outside of this process.
    fn hash(&self, key: K) -> u32 {
        let product = u128::from(key.word()) * u128::from(self.seed);
        product as u32 ^ (product >> 64) as u32
    }

    fn add_bucket(&mut self) {
        self.buckets.push(NONE);
        let count = self.buckets.len();
        if count == 1 {
            return;
        }
        let mut at = std::mem::replace(&mut self.buckets[origin(count)], NONE);
        while at != NONE {
            let entry = &mut self.entries[at];
            let head = &mut self.buckets[bucket(entry.hash, count)];
            let rest = std::mem::replace(&mut entry.chain, *head);
            *head = at;
            at = rest;
        }
    }

    fn drop_bucket(&mut self) {
        let origin = origin(self.buckets.len());
        let Some(first) = self.buckets.pop().filter(|first| *first != NONE) else {
            return;
        };
        let rest = std::mem::replace(&mut self.buckets[origin], first);
        let mut last = first;
        while self.entries[last].chain != NONE {
            last = self.entries[last].chain;
        }
        self.entries[last].chain = rest;
    }
}

/// Which of `count` buckets a hash belongs to.
fn bucket(hash: u32, count: usize) -> u32 {
    let (count, power) = (count as u32, (count as u32).next_power_of_two());
    let bucket = hash & (power - 1);
    if bucket < count { bucket } else { bucket & (power / 2 - 1) }
}

/// The bucket that the last of `count` is taken from.
const fn origin(count: usize) -> u32 {
    (count as u32 - 1) & ((count as u32).next_power_of_two() / 2 - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// A key is found by its number; its value is the ring that it belongs to, of two.
    #[derive(Default)]
    struct Model {
        values: HashMap<u64, usize>,
        /// In order, from the first.
        rings: [Vec<u64>; 2],
    }

    struct Subject {
        dense: Dense<u64, (u64, usize)>,
        rings: [u32; 2],
    }

    #[derive(Debug, Clone)]
    enum Step {
        Insert(u64, usize),
        Leave(u64),
        Remove(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        // Evenly spread, or all alike but for their highest bits.
        let key =
            (0..200_u64, any::<bool>()).prop_map(|(key, low)| if low { key } else { key.rotate_right(8) });
        let step = prop_oneof![
            3 => (key.clone(), 0..2_usize).prop_map(|(key, ring)| Step::Insert(key, ring)),
            1 => key.clone().prop_map(Step::Leave),
            2 => key.prop_map(Step::Remove),
        ];
        proptest::collection::vec(step, 0..600)
    }

    impl Subject {
        fn leave(&mut self, at: u32) {
            let behind = self.dense.leave_ring(at);
            self.rename(at, behind);
        }

        fn rename(&mut self, from: u32, to: u32) {
            self.rings.iter_mut().filter(|first| **first == from).for_each(|first| *first = to);
        }

        fn step(&mut self, step: &Step) {
            match *step {
                Step::Insert(key, ring) => {
                    let at = match self.dense.find(key) {
                        Some(at) => {
                            self.leave(at);
                            self.dense.value_mut(at).1 = ring;
                            at
                        }
                        None => self.dense.insert(key, (key, ring)),
                    };
                    self.dense.join_ring(&mut self.rings[ring], at);
                }
                Step::Leave(key) => {
                    if let Some(at) = self.dense.find(key) {
                        self.leave(at);
                    }
                }
                Step::Remove(key) => {
                    if let Some(at) = self.dense.find(key) {
                        self.leave(at);
                        let (removed, last) = self.dense.remove(at);
                        assert_eq!(removed.map(|(key, _)| key), Some(key));
                        if let Some(last) = last {
                            self.rename(last, at);
                        }
                    }
                }
            }
        }

        fn ring(&self, ring: usize) -> Vec<u64> {
            let first = self.rings[ring];
            let mut keys = Vec::new();
            let mut at = first;
            while at != NONE {
                keys.push(self.dense.entries[at].key);
                let behind = self.dense.entries[at].behind;
                assert_eq!(self.dense.entries[behind].before, at);
                at = if behind == first { NONE } else { behind };
            }
            keys
        }
    }

    impl Model {
        fn step(&mut self, step: &Step) {
            let (Step::Insert(key, _) | Step::Leave(key) | Step::Remove(key)) = *step;
            self.rings.iter_mut().for_each(|ring| ring.retain(|other| *other != key));
            match *step {
                Step::Insert(key, ring) => {
                    self.values.insert(key, ring);
                    self.rings[ring].push(key);
                }
                Step::Leave(_) => {}
                Step::Remove(key) => drop(self.values.remove(&key)),
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_a_map_with_rings(steps in steps(), seed: u64) {
            let mut subject = Subject { dense: Dense::new(seed | 1), rings: [NONE; 2] };
            let mut model = Model::default();
            for step in &steps {
                subject.step(step);
                model.step(step);
                prop_assert_eq!(subject.dense.len(), model.values.len());
            }
            for key in (0..200_u64).flat_map(|key| [key, key.rotate_right(8)]) {
                let found = subject.dense.find(key);
                let value = found.map(|at| *subject.dense.value(at));
                prop_assert_eq!(value, model.values.get(&key).map(|ring| (key, *ring)));
                let is_in_ring = model.rings.iter().any(|ring| ring.contains(&key));
                prop_assert_eq!(found.is_some_and(|at| subject.dense.is_in_ring(at)), is_in_ring);
            }
            for ring in 0..2 {
                prop_assert_eq!(subject.ring(ring), model.rings[ring].clone());
            }
        }
    }

    /// With the seed 1 the lowest bits are the hash.
    fn filled(count: u64) -> Dense<u64, ()> {
        let mut dense = Dense::new(1);
        for key in 0..count {
            dense.insert(key, ());
        }
        dense
    }

    fn longest_chain(dense: &Dense<u64, ()>) -> usize {
        let some = |at: u32| Some(at).filter(|at| *at != NONE);
        let chain = |bucket| {
            std::iter::successors(some(dense.buckets[bucket]), |at| some(dense.entries[*at].chain)).count()
        };
        (0..dense.buckets.len() as u32).map(chain).max().unwrap_or_default()
    }

    #[test]
    fn chains_stay_short_at_any_size() {
        for count in (0..14).flat_map(|power| [1 << power, (1 << power) + 1, 3 << power]) {
            let mut dense = filled(count);
            assert_eq!(dense.buckets.len(), 2 * count as usize);
            assert_eq!(longest_chain(&dense), 1, "{count}");
            for key in count / 4..count {
                let at = dense.find(key).expect("it is there");
                dense.remove(at);
            }
            assert!((0..count / 4).all(|key| dense.find(key).is_some()));
            assert!(dense.buckets.len() <= count as usize + 64, "{count}");
            assert!(longest_chain(&dense) <= 2, "{count}");
        }
    }

    #[test]
    fn keys_that_share_their_low_bits_are_told_apart_by_the_seed() {
        let mut dense = Dense::new(0x9e37_79b9_7f4a_7c15);
        for key in 0..10_000_u64 {
            dense.insert(key << 40, ());
        }
        assert!(longest_chain(&dense) <= 20, "{}", longest_chain(&dense));
    }

    #[test]
    fn memory_is_given_back_when_a_rush_is_over() {
        let mut dense = filled(100_000);
        for key in 0..99_000 {
            let at = dense.find(key).expect("it is there");
            dense.remove(at);
        }
        assert!(dense.buckets.len() <= 4 * 1000 + 64, "{}", dense.buckets.len());
        assert!((99_000..100_000).all(|key| dense.find(key).is_some()));
    }
}
