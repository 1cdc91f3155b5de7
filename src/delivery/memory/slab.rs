/// Where there is no entry.
pub(super) const NONE: u32 = u32::MAX;

/// About how large a piece is, in bytes.
const PIECE: usize = 1 << 16;

/// Entries that stay where they are, and may stand in queues.
///
/// What is used in an order is written in that order: slots are taken side by side, and used again in the order in which
/// they became free. So if entries go away about as they came, the newest, the oldest and their neighbours in a queue
/// are each the next in memory, which a processor fetches before it is asked for.
///
/// It is never copied to grow: it grows by a piece at a time, and gives back the pieces in which nothing is left.
pub(super) struct Slab<K, V> {
    pieces: Vec<Piece<K, V>>,
    /// The pieces that are not full, linked in the order in which they came to be so.
    open: Queue,
    len: usize,
    /// How many slots have memory.
    slots: usize,
}

struct Piece<K, V> {
    /// Those that were used since it last had no memory.
    slots: Vec<Slot<K, V>>,
    /// How many are in use.
    used: u32,
    /// The free ones of `slots`, linked in the order in which they became free.
    free: Queue,
    /// The next open piece.
    next: u32,
}

struct Slot<K, V> {
    key: K,
    /// The neighbours in its queue.
    before: u32,
    /// Of a free slot, the next free one.
    behind: u32,
    /// `None` in a free slot.
    value: Option<V>,
}

/// Entries in the order in which they were put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Queue {
    pub(super) first: u32,
    last: u32,
}

impl Queue {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE };

    pub(super) const fn is_empty(&self) -> bool {
        self.first == NONE
    }

    /// An entry left that stood between these two, in this queue or in another.
    pub(super) const fn close(&mut self, at: u32, [before, behind]: [u32; 2]) {
        if self.first == at {
            self.first = behind;
        }
        if self.last == at {
            self.last = before;
        }
    }

    /// Adds one at the end. The last so far, whose link is to lead to it.
    const fn push(&mut self, at: u32) -> Option<u32> {
        let last = std::mem::replace(&mut self.last, at);
        if last == NONE {
            self.first = at;
            return None;
        }
        Some(last)
    }

    /// The first goes away, and the next takes its place.
    const fn advance(&mut self, next: u32) {
        self.first = next;
        if next == NONE {
            self.last = NONE;
        }
    }
}

impl<K, V> Slab<K, V> {
    /// How many slots make a piece: a power of two.
    const SLOTS: usize = 1 << (PIECE / size_of::<Slot<K, V>>()).ilog2();

    pub(super) const fn new() -> Self {
        Self { pieces: Vec::new(), open: Queue::EMPTY, len: 0, slots: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The key of the entry `at`, which may be free.
    pub(super) fn key(&self, at: u32) -> Option<&K> {
        let slot = self.pieces.get(at as usize / Self::SLOTS)?.slots.get(at as usize % Self::SLOTS)?;
        slot.value.is_some().then_some(&slot.key)
    }

    pub(super) fn get(&self, at: u32) -> Option<&V> {
        self.slot(at).value.as_ref()
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut V> {
        self.slot_mut(at).value.as_mut()
    }

    /// The number of the new entry, until it is removed.
    pub(super) fn insert(&mut self, key: K, value: V) -> u32 {
        if self.open.is_empty() {
            self.open.push(self.pieces.len() as u32);
            self.pieces.push(Piece { slots: Vec::new(), used: 0, free: Queue::EMPTY, next: NONE });
        }
        let number = self.open.first;
        let is_only = self.pieces.len() == 1;
        let piece = &mut self.pieces[number as usize];
        let slot = Slot { key, before: NONE, behind: NONE, value: Some(value) };
        let at = piece.free.first;
        let at = if at == NONE {
            if piece.slots.is_empty() {
                self.slots += Self::SLOTS;
                // The first is only as large as need be, for those who hold few.
                piece.slots.reserve_exact(if is_only { 0 } else { Self::SLOTS });
            }
            piece.slots.push(slot);
            piece.slots.len() as u32 - 1
        } else {
            piece.free.advance(piece.slots[at as usize].behind);
            piece.slots[at as usize] = slot;
            at
        };
        piece.used += 1;
        if piece.used as usize == Self::SLOTS {
            self.open.advance(piece.next);
            piece.next = NONE;
        }
        self.len += 1;
        number * Self::SLOTS as u32 + at
    }

    /// Removes an entry, which stands in no queue.
    pub(super) fn remove(&mut self, at: u32) -> Option<V> {
        let (number, within) = (at / Self::SLOTS as u32, at % Self::SLOTS as u32);
        let piece = &mut self.pieces[number as usize];
        let value = piece.slots[within as usize].value.take()?;
        if let Some(last) = piece.free.push(within) {
            piece.slots[last as usize].behind = within;
        }
        piece.used -= 1;
        self.len -= 1;
        let used = piece.used as usize;
        if used == 0 && self.slots >= self.len + 2 * Self::SLOTS {
            // One that is free stays, so that at the edge of a piece none is allocated again and again.
            (piece.slots, piece.free) = (Vec::new(), Queue::EMPTY);
            self.slots -= Self::SLOTS;
        }
        if used == Self::SLOTS - 1
            && let Some(last) = self.open.push(number)
        {
            self.pieces[last as usize].next = number;
        }
        Some(value)
    }

    /// Puts the entry, which stands in no queue, at the end of one.
    pub(super) fn join(&mut self, queue: &mut Queue, at: u32) {
        if let Some(last) = queue.push(at) {
            self.slot_mut(last).behind = at;
            self.slot_mut(at).before = last;
        }
    }

    /// Takes the entry out of its queue, if it stands in one, which is to [`close`](Queue::close) the gap between the
    /// neighbours.
    pub(super) fn leave(&mut self, at: u32) -> [u32; 2] {
        let slot = self.slot_mut(at);
        let [before, behind] = [&mut slot.before, &mut slot.behind].map(|link| std::mem::replace(link, NONE));
        if before != NONE {
            self.slot_mut(before).behind = behind;
        }
        if behind != NONE {
            self.slot_mut(behind).before = before;
        }
        [before, behind]
    }

    fn slot(&self, at: u32) -> &Slot<K, V> {
        &self.pieces[at as usize / Self::SLOTS].slots[at as usize % Self::SLOTS]
    }

    fn slot_mut(&mut self, at: u32) -> &mut Slot<K, V> {
        &mut self.pieces[at as usize / Self::SLOTS].slots[at as usize % Self::SLOTS]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const SLOTS: usize = Slab::<u64, u64>::SLOTS;

    fn filled(count: usize) -> Slab<u64, u64> {
        let mut slab = Slab::new();
        for number in 0..count {
            assert_eq!(slab.insert(number as u64, number as u64), number as u32);
        }
        slab
    }

    fn pieces(slab: &Slab<u64, u64>) -> usize {
        slab.pieces.iter().filter(|piece| piece.slots.capacity() > 0).count()
    }

    #[test]
    fn slots_are_used_again_in_the_order_in_which_they_became_free() {
        let mut slab = filled(3 * SLOTS);
        let gone = |at: usize| (at * 7 % (3 * SLOTS)) as u32;
        for at in 0..SLOTS {
            assert_eq!(slab.remove(gone(at)), Some(u64::from(gone(at))));
            assert_eq!((slab.remove(gone(at)), slab.key(gone(at))), (None, None));
        }
        let mut by_piece = [const { Vec::new() }; 3];
        (0..SLOTS).for_each(|at| by_piece[gone(at) as usize / SLOTS].push(gone(at)));
        for at in by_piece.concat() {
            assert_eq!(slab.insert(9, 9), at);
        }
        assert_eq!(slab.insert(9, 9), 3 * SLOTS as u32);
    }

    #[test]
    fn what_goes_away_as_it_came_leaves_the_order_of_memory() {
        let mut slab = filled(10 * SLOTS);
        for number in 0..100 * SLOTS as u64 {
            let at = (number % (10 * SLOTS as u64)) as u32;
            slab.remove(at);
            assert_eq!(slab.insert(number, number), at);
        }
        assert_eq!((slab.len(), pieces(&slab)), (10 * SLOTS, 10));
    }

    #[test]
    fn pieces_in_which_nothing_is_left_are_given_back_and_taken_again() {
        let mut slab = filled(10 * SLOTS);
        for _ in 0..3 {
            let all: Vec<_> = (0..10 * SLOTS as u32).filter(|at| slab.key(*at).is_some()).collect();
            all.iter().for_each(|at| assert!(slab.remove(*at).is_some()));
            assert_eq!((slab.len(), pieces(&slab)), (0, 1));
            (0..10 * SLOTS as u64)
                .for_each(|number| assert!(slab.insert(number, number) < 10 * SLOTS as u32));
            assert_eq!((slab.len(), pieces(&slab)), (10 * SLOTS, 10));
        }
    }

    #[test]
    fn few_that_come_and_go_after_a_rush_take_little() {
        let mut slab = filled(10 * SLOTS);
        (1..10 * SLOTS as u32).for_each(|at| assert!(slab.remove(at).is_some()));
        let mut at = 0;
        for number in 0..20 * SLOTS as u64 {
            let next = slab.insert(number, number);
            assert!(slab.remove(at).is_some());
            at = next;
            assert!(pieces(&slab) <= 3, "{}", pieces(&slab));
        }
    }

    #[test]
    fn at_the_edge_of_a_piece_none_is_allocated_again_and_again() {
        let mut slab = filled(SLOTS);
        for _ in 0..10 {
            let at = slab.insert(0, 0);
            assert_eq!(pieces(&slab), 2);
            slab.remove(at);
            assert_eq!(pieces(&slab), 2);
        }
    }

    /// So large that a piece has eight.
    type Large = Slab<u64, [u64; 1000]>;

    proptest! {
        #[test]
        fn no_slot_is_used_twice_and_none_is_added_while_one_is_free(
            steps in proptest::collection::vec((0..5_u8, any::<prop::sample::Index>()), 0..400),
            is_growing: bool,
        ) {
            let (mut slab, mut model, mut most) = (Large::new(), BTreeMap::new(), 0);
            for (number, (kind, which)) in (0..).zip(steps) {
                if kind < 2 + u8::from(is_growing) || model.is_empty() {
                    let at = slab.insert(number, [number; 1000]);
                    prop_assert_eq!(model.insert(at, number), None);
                    most = most.max(model.len());
                    prop_assert!((at as usize) < most.next_multiple_of(Large::SLOTS));
                } else {
                    let at = *which.get(&model.keys().copied().collect::<Vec<_>>());
                    prop_assert_eq!(slab.remove(at).map(|value| value[999]), model.remove(&at));
                }
                let with_memory = slab.pieces.iter().filter(|piece| !piece.slots.is_empty()).count();
                prop_assert_eq!((slab.len(), slab.slots), (model.len(), with_memory * Large::SLOTS));
            }
            for at in 0..most.next_multiple_of(Large::SLOTS) as u32 {
                prop_assert_eq!(slab.key(at), model.get(&at));
            }
        }
    }
}
