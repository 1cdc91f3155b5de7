//! How many pushes each account has, so that none leaves no room for the others.

use super::expiring::Key;
use super::map::Map;

/// An account runs at most eight times as many pushes as places are free. So one that is flooded leaves a ninth of all
/// places free, and two leave a seventeenth.
const TIMES: usize = 8;

/// An account that has more than a sixteenth of all places is the first to lose entries where room is needed.
const HEAVY: usize = 16;

/// Pushes, counted by account.
pub(super) struct Shares {
    /// By the tag of the account. Those that have none are not here.
    counts: Map<u64, u32>,
}

impl Shares {
    /// `seed` is secret, and odd.
    pub(super) const fn new(seed: u64) -> Self {
        Self { counts: Map::new(seed) }
    }

    pub(super) fn of(&self, tag: u32) -> usize {
        let found = self.counts.find(tag.into()).and_then(|at| self.counts.get(at));
        found.map_or(0, |count| *count as usize)
    }

    /// Whether the account that runs so many may run another push while `free` places are left.
    pub(super) fn has_room(&self, tag: u32, free: usize) -> bool {
        self.of(tag) < free.saturating_mul(TIMES)
    }

    /// Whether the account has more than its part of `capacity` places.
    pub(super) fn is_heavy(&self, tag: u32, capacity: usize) -> bool {
        self.of(tag) > capacity / HEAVY
    }

    pub(super) fn begin(&mut self, tag: u32) {
        match self.counts.find(tag.into()).and_then(|at| self.counts.get_mut(at)) {
            Some(count) => *count = count.saturating_add(1),
            None => drop(self.counts.insert(tag.into(), 1)),
        }
    }

    pub(super) fn end(&mut self, tag: u32) {
        let Some(at) = self.counts.find(tag.into()) else { return };
        let Some(count) = self.counts.get_mut(at) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.counts.remove(at);
        }
    }
}

/// The tag of the account that a push with this key is of.
pub(super) const fn tag_of([_, word]: Key) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pushes each of `flooded` accounts runs when none may run another.
    fn flood(flooded: u32, capacity: usize) -> (Vec<usize>, usize) {
        let (mut shares, mut free) = (Shares::new(1), capacity);
        while let Some(tag) =
            (0..flooded).filter(|tag| shares.has_room(*tag, free)).min_by_key(|tag| shares.of(*tag))
        {
            shares.begin(tag);
            free -= 1;
        }
        ((0..flooded).map(|tag| shares.of(tag)).collect(), free)
    }

    #[test]
    fn one_account_leaves_a_ninth_free_and_two_a_seventeenth() {
        assert_eq!(flood(1, 9_000), (vec![8_000], 1_000));
        assert_eq!(flood(2, 17_000), (vec![8_000; 2], 1_000));
        assert_eq!(flood(1, 1), (vec![1], 0));
        assert_eq!(flood(1, 0), (vec![0], 0));
    }

    #[test]
    fn what_ends_makes_room_and_leaves_nothing_behind() {
        let mut shares = Shares::new(1);
        (0..1_000).for_each(|tag| shares.begin(tag % 10));
        assert_eq!(shares.of(3), 100);
        (0..1_000).for_each(|tag| shares.end(tag % 10));
        shares.end(3);
        assert_eq!((shares.of(3), shares.counts.len()), (0, 0));
    }
}
