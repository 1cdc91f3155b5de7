use super::chunks::Chunks;

/// How many slots a bucket has room for: as many as fill a cache line.
const ROOM: usize = 11;

/// How many there are for each bucket: as those that are not yet split have up to twice as many, few overflow.
const MEAN: usize = 5;

/// Which slots may hold what is looked for: a linear hash table of their numbers, which grows by a bucket at a time. No
/// operation takes longer because there are many.
///
/// A bucket is a cache line, and beside each number it has eight bits of the hash. So to find one takes a line here, and
/// that there is none mostly nothing else.
pub(super) struct Index {
    buckets: Chunks<Bucket>,
    len: usize,
}

#[derive(Default)]
#[repr(align(64))]
struct Bucket {
    /// What it has no room for. All before the last are full.
    more: Option<Box<Bucket>>,
    slots: [u32; ROOM],
    tags: [u8; ROOM],
    len: u8,
}

impl Index {
    pub(super) const fn new() -> Self {
        Self { buckets: Chunks::new(), len: 0 }
    }

    /// The slot of that hash of which `is_it` is true.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let mut bucket = &self.buckets[place(hash, self.buckets.len())];
        loop {
            let mut matches = bucket.matches(&bucket.tags, tag_of(hash));
            while matches != 0 {
                let slot = bucket.slots[matches.trailing_zeros() as usize];
                if is_it(slot) {
                    return Some(slot);
                }
                matches &= matches - 1;
            }
            bucket = bucket.more.as_ref()?;
        }
    }

    /// `hash_of` is the hash of any slot that is here.
    pub(super) fn insert(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        self.len += 1;
        // One that grows after it shrank has enough already.
        if self.buckets.len() * MEAN < self.len {
            self.split(hash_of);
        }
        let place = place(hash, self.buckets.len());
        self.buckets[place].push((tag_of(hash), slot));
    }

    /// Removes a slot, which is here.
    pub(super) fn remove(&mut self, hash: u64, slot: u32) {
        let place = place(hash, self.buckets.len());
        self.buckets[place].remove(slot);
        self.len -= 1;
        if self.buckets.len() * MEAN > 2 * self.len + 64 * MEAN {
            self.merge();
        }
    }

    /// Adds a bucket, which gets its part of another.
    fn split(&mut self, hash_of: impl Fn(u32) -> u64) {
        self.buckets.push(Bucket::default());
        let count = self.buckets.len();
        if count == 1 {
            return;
        }
        let mut both = std::mem::take(&mut self.buckets[origin(count)]);
        while let Some((tag, slot)) = both.pop() {
            self.buckets[place(hash_of(slot), count)].push((tag, slot));
        }
    }

    /// Takes a bucket away, which returns what it got.
    fn merge(&mut self) {
        let origin = origin(self.buckets.len());
        let Some(mut last) = self.buckets.pop() else {
            return;
        };
        while let Some(slot) = last.pop() {
            self.buckets[origin].push(slot);
        }
    }
}

impl Bucket {
    /// At which places of those in use `wanted` stands, a bit each. All are compared: if there were a branch that
    /// depends on the line, the processor would have to wait for it before it could fetch the next.
    fn matches<T: Copy + Eq>(&self, all: &[T; ROOM], wanted: T) -> u32 {
        let bits = all.iter().zip(0..).map(|(one, at)| u32::from(*one == wanted) << at);
        bits.fold(0, |all, bit| all | bit) & ((1 << self.len) - 1)
    }

    fn push(&mut self, (tag, slot): (u8, u32)) {
        let mut bucket = self;
        while usize::from(bucket.len) == ROOM {
            bucket = bucket.more.get_or_insert_default();
        }
        let at = usize::from(bucket.len);
        (bucket.tags[at], bucket.slots[at]) = (tag, slot);
        bucket.len += 1;
    }

    /// Takes out the last.
    fn pop(&mut self) -> Option<(u8, u32)> {
        let Some(more) = &mut self.more else {
            let at = usize::from(self.len).checked_sub(1)?;
            self.len -= 1;
            return Some((self.tags[at], self.slots[at]));
        };
        let last = more.pop();
        if more.len == 0 {
            self.more = None;
        }
        last
    }

    /// Takes out a slot, whose place the last one gets.
    fn remove(&mut self, slot: u32) {
        let Some(last) = self.pop().filter(|(_, last)| *last != slot) else {
            return;
        };
        let mut bucket = self;
        loop {
            let matches = bucket.matches(&bucket.slots, slot);
            if matches != 0 {
                let at = matches.trailing_zeros() as usize;
                (bucket.tags[at], bucket.slots[at]) = last;
                return;
            }
            match &mut bucket.more {
                Some(more) => bucket = more,
                None => return,
            }
        }
    }
}

/// The bits that do not choose the bucket.
const fn tag_of(hash: u64) -> u8 {
    (hash >> 56) as u8
}

/// Which of `count` buckets a hash belongs to.
const fn place(hash: u64, count: usize) -> u32 {
    let (hash, count, power) = (hash as u32, count as u32, (count as u32).next_power_of_two());
    let place = hash & (power - 1);
    if place < count { place } else { place & (power / 2 - 1) }
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

    #[test]
    fn a_bucket_is_a_cache_line() {
        assert_eq!((size_of::<Bucket>(), align_of::<Bucket>()), (64, 64));
    }

    proptest! {
        /// Slots may share their hashes, as many as there are, and buckets overflow.
        #[test]
        fn it_finds_what_was_put_there(
            steps in proptest::collection::vec((any::<bool>(), 0..300_u32), 0..1000),
            hashes in 1..300_u64,
        ) {
            let hash = |slot: u32| (u64::from(slot) % hashes).wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes();
            let (mut index, mut model) = (Index::new(), HashMap::new());
            for (is_added, slot) in steps {
                match (is_added, model.contains_key(&slot)) {
                    (true, false) => {
                        index.insert(hash(slot), slot, hash);
                        model.insert(slot, ());
                    }
                    (false, true) => {
                        index.remove(hash(slot), slot);
                        model.remove(&slot);
                    }
                    _ => {}
                }
                prop_assert_eq!(index.len, model.len());
            }
            for slot in 0..300 {
                let found = index.find(hash(slot), |other| other == slot);
                prop_assert_eq!(found, model.contains_key(&slot).then_some(slot));
            }
        }
    }

    fn longest(index: &Index) -> usize {
        let lines =
            |at| std::iter::successors(Some(&index.buckets[at]), |bucket| bucket.more.as_deref()).count();
        (0..index.buckets.len() as u32).map(lines).max().unwrap_or_default()
    }

    #[test]
    fn buckets_stay_short_at_any_size() {
        let hash = u64::from;
        for count in (0..14).flat_map(|power| [1 << power, (1 << power) + 1, 3 << power]) {
            let mut index = Index::new();
            (0..count).for_each(|slot| index.insert(hash(slot), slot, hash));
            assert_eq!(index.buckets.len(), (count as usize).div_ceil(MEAN));
            assert_eq!(longest(&index), 1, "{count}");
            (count / 4..count).for_each(|slot| index.remove(hash(slot), slot));
            assert!((0..count / 4).all(|slot| index.find(hash(slot), |other| other == slot).is_some()));
            assert!(index.buckets.len() <= 2 * (count as usize / 4) / MEAN + 64, "{count}");
            assert!(longest(&index) <= 2, "{count}");
        }
    }
}
