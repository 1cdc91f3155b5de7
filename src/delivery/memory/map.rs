use super::index::Index;
use super::slab::{Queue, Slab};

/// The most that a map may hold, so that all its slots are numbered in 32 bits.
pub(super) const MOST: usize = 1 << 30;

/// A map from digests, which grows by one entry at a time: no operation takes longer because there are many. An entry
/// is known by the number of its slot until it is removed, and may stand in one queue, such as all that end at the same
/// time.
pub(super) struct Map<K, V> {
    slab: Slab<K, V>,
    index: Index,
    seed: u64,
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

impl<K: Digest, V> Map<K, V> {
    /// `seed` is secret, and odd.
    pub(super) const fn new(seed: u64) -> Self {
        Self { slab: Slab::new(), index: Index::new(), seed }
    }

    pub(super) const fn len(&self) -> usize {
        self.slab.len()
    }

    pub(super) fn find(&self, key: K) -> Option<u32> {
        self.index.find(hash(key, self.seed), |at| self.is_at(key, at))
    }

    /// As [`find`](Self::find), and quicker if the number is `guess`.
    pub(super) fn find_near(&self, key: K, guess: u32) -> Option<u32> {
        if self.is_at(key, guess) { Some(guess) } else { self.find(key) }
    }

    fn is_at(&self, key: K, at: u32) -> bool {
        self.slab.key(at) == Some(&key)
    }

    pub(super) fn key(&self, at: u32) -> Option<K> {
        self.slab.key(at).copied()
    }

    pub(super) fn get(&self, at: u32) -> Option<&V> {
        self.slab.get(at)
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut V> {
        self.slab.get_mut(at)
    }

    /// Adds an entry, whose key none has.
    pub(super) fn insert(&mut self, key: K, value: V) -> u32 {
        let Self { slab, index, seed } = self;
        let at = slab.insert(key, value);
        let hash_of = |at| slab.key(at).map_or(0, |key| hash(*key, *seed));
        index.insert(hash(key, *seed), at, hash_of);
        at
    }

    /// Removes an entry, which stands in no queue.
    pub(super) fn remove(&mut self, at: u32) -> Option<V> {
        let hash = hash(*self.slab.key(at)?, self.seed);
        self.index.remove(hash, at);
        self.slab.remove(at)
    }

    /// Puts the entry, which stands in no queue, at the end of one.
    pub(super) fn join(&mut self, queue: &mut Queue, at: u32) {
        self.slab.join(queue, at);
    }

    /// Takes the entry out of its queue, if it stands in one, which is to [`close`](Queue::close) the gap between the
    /// neighbours.
    pub(super) fn leave(&mut self, at: u32) -> [u32; 2] {
        self.slab.leave(at)
    }
}

/// Keys are SHA-1 digests, whose bits are evenly spread, so a few of them make a hash. In plain mode, however, what
/// is digested may be the choice of somebody who has recorded signatures, and who could look for digests that share
/// those few bits; so all of 64 are mixed with a number that nobody knows outside of this process.
fn hash(key: impl Digest, seed: u64) -> u64 {
    let product = u128::from(key.word()) * u128::from(seed);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    /// A key is found by its number; its value is the queue that it belongs to, of two.
    #[derive(Default)]
    struct Model {
        values: HashMap<u64, usize>,
        /// In order, from the first.
        queues: [Vec<u64>; 2],
    }

    struct Subject {
        map: Map<u64, (u64, usize)>,
        queues: [Queue; 2],
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
            3 => (key.clone(), 0..2_usize).prop_map(|(key, queue)| Step::Insert(key, queue)),
            1 => key.clone().prop_map(Step::Leave),
            2 => key.prop_map(Step::Remove),
        ];
        proptest::collection::vec(step, 0..600)
    }

    impl Subject {
        fn leave(&mut self, at: u32) {
            let neighbours = self.map.leave(at);
            self.queues.iter_mut().for_each(|queue| queue.close(at, neighbours));
        }

        fn step(&mut self, step: &Step) {
            match *step {
                Step::Insert(key, queue) => {
                    let at = match self.map.find(key) {
                        Some(at) => {
                            self.leave(at);
                            self.map.get_mut(at).expect("it is there").1 = queue;
                            at
                        }
                        None => self.map.insert(key, (key, queue)),
                    };
                    self.map.join(&mut self.queues[queue], at);
                }
                Step::Leave(key) => {
                    if let Some(at) = self.map.find(key) {
                        self.leave(at);
                    }
                }
                Step::Remove(key) => {
                    if let Some(at) = self.map.find(key) {
                        self.leave(at);
                        assert_eq!(self.map.find_near(key, at), Some(at));
                        assert_eq!(self.map.remove(at).map(|(key, _)| key), Some(key));
                        assert_eq!(self.map.find_near(key, at), None);
                    }
                }
            }
        }

        /// Empties the queue.
        fn drain(&mut self, queue: usize) -> Vec<u64> {
            let mut keys = Vec::new();
            while !self.queues[queue].is_empty() {
                let first = self.queues[queue].first;
                keys.push(self.map.get(first).expect("it is there").0);
                self.leave(first);
            }
            assert_eq!(self.queues[queue], Queue::EMPTY);
            keys
        }
    }

    impl Model {
        fn step(&mut self, step: &Step) {
            let (Step::Insert(key, _) | Step::Leave(key) | Step::Remove(key)) = *step;
            self.queues.iter_mut().for_each(|queue| queue.retain(|other| *other != key));
            match *step {
                Step::Insert(key, queue) => {
                    self.values.insert(key, queue);
                    self.queues[queue].push(key);
                }
                Step::Leave(_) => {}
                Step::Remove(key) => drop(self.values.remove(&key)),
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_a_map_with_queues(steps in steps(), seed: u64) {
            let mut subject = Subject { map: Map::new(seed | 1), queues: [Queue::EMPTY; 2] };
            let mut model = Model::default();
            for step in &steps {
                subject.step(step);
                model.step(step);
                prop_assert_eq!(subject.map.len(), model.values.len());
            }
            for key in (0..200_u64).flat_map(|key| [key, key.rotate_right(8)]) {
                let found = subject.map.find(key);
                let value = found.and_then(|at| subject.map.get(at)).copied();
                prop_assert_eq!(value, model.values.get(&key).map(|queue| (key, *queue)));
            }
            for queue in 0..2 {
                prop_assert_eq!(subject.drain(queue), model.queues[queue].clone());
            }
        }
    }

    #[test]
    fn keys_that_share_their_low_bits_are_told_apart_by_the_seed() {
        let places: HashSet<_> =
            (0..1000_u64).map(|key| hash(key << 40, 0x9e37_79b9_7f4a_7c15) % (1 << 20)).collect();
        assert!(places.len() > 950, "{}", places.len());
    }
}
