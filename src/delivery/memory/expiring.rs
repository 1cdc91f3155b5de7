use super::map::{MOST, Map};
use super::shares::{Shares, tag_of};
use super::slab::{self, NONE};

/// How many of each queue go away at a time. An operation adds at most one, so what is due goes away, and before anything
/// else has to make room; and no operation waits for all that became due since the one before it.
const AT_ONCE: usize = 4;

/// Sixteen bytes of a digest.
pub(super) type Key = [u64; 2];

/// A bounded map whose entries go away at a time of their own, which they learn when they are put to rest. No operation
/// takes longer because there are many. Times are nanoseconds on the clock of the table.
pub(super) struct Expiring<V> {
    entries: Map<Key, Entry<V>>,
    /// What rests, by when it goes away. One queue a lifetime, so that each is in order; first those of heavy accounts.
    queues: [Line; 4],
    capacity: usize,
    /// How many entries each account has. `None` where they are one account's.
    shares: Option<Shares>,
}

struct Entry<V> {
    value: V,
    /// Until when it rests; [`AWAKE`] while it stands in no queue.
    end: i64,
}

const AWAKE: i64 = i64::MAX;

struct Line {
    queue: slab::Queue,
    /// The end of the first, so that it is not looked at before; [`AWAKE`] where there is none.
    due: i64,
}

/// Which queue an entry waits in for its end: all of one queue rest equally long.
#[derive(Debug, Clone, Copy)]
pub(super) enum Queue {
    Short,
    Long,
}

impl<V> Expiring<V> {
    pub(super) fn new(capacity: usize, seed: u64) -> Self {
        let queues = [const { Line { queue: slab::Queue::EMPTY, due: AWAKE } }; 4];
        Self { entries: Map::new(seed), queues, capacity: capacity.min(MOST), shares: None }
    }

    /// The keys are of many accounts from now on. Where room is needed, those that have most are the first to lose
    /// entries.
    pub(super) fn share(&mut self, seed: u64) {
        self.shares.get_or_insert_with(|| Shares::new(seed));
    }

    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.capacity = capacity.min(MOST);
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of the entry, until it goes away.
    pub(super) fn find(&self, key: Key) -> Option<u32> {
        self.entries.find(key)
    }

    /// As [`find`](Self::find), and quicker if the number is still what it was.
    pub(super) fn find_near(&self, key: Key, number: u32) -> Option<u32> {
        self.entries.find_near(key, number)
    }

    pub(super) fn value_mut(&mut self, at: u32) -> Option<&mut V> {
        self.entries.get_mut(at).map(|entry| &mut entry.value)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut V> {
        self.find(key).and_then(|at| self.value_mut(at))
    }

    /// As [`get_mut`](Self::get_mut), but nothing that is due.
    pub(super) fn get_current(&mut self, key: Key, now: i64) -> Option<&mut V> {
        self.expire(now);
        let at = self.find(key).filter(|at| self.end(*at) > now)?;
        self.value_mut(at)
    }

    /// The entry of `key`, made by `new` where there is none, and awake then. `None` where there is no room: all
    /// entries are awake.
    pub(super) fn get_or_insert(&mut self, key: Key, now: i64, new: impl FnOnce() -> V) -> Option<u32> {
        self.expire(now);
        if let Some(at) = self.find(key) {
            if self.end(at) > now {
                return Some(at);
            }
            self.forget(at);
        }
        while self.len() >= self.capacity {
            self.forget(self.least_needed()?);
        }
        if let Some(shares) = &mut self.shares {
            shares.begin(tag_of(key));
        }
        Some(self.entries.insert(key, Entry { value: new(), end: AWAKE }))
    }

    /// The entry stays until it is put to rest again.
    pub(super) fn wake(&mut self, at: u32) {
        if let Some(entry) = self.entries.get_mut(at)
            && std::mem::replace(&mut entry.end, AWAKE) != AWAKE
        {
            self.leave(at);
        }
    }

    /// Puts the entry to rest: it goes away at `end`, or earlier where room is needed.
    pub(super) fn rest(&mut self, at: u32, end: i64, queue: Queue) {
        self.wake(at);
        let end = end.min(AWAKE - 1);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.end = end;
        }
        let line = &mut self.queues[if self.is_heavy(at) { 0 } else { 2 } + queue as usize];
        if line.queue.is_empty() {
            line.due = end;
        }
        self.entries.join(&mut line.queue, at);
    }

    pub(super) fn forget(&mut self, at: u32) {
        self.wake(at);
        if let (Some(shares), Some(key)) = (&mut self.shares, self.entries.key(at)) {
            shares.end(tag_of(key));
        }
        self.entries.remove(at);
    }

    /// Whether its account has more than its part.
    fn is_heavy(&self, at: u32) -> bool {
        let (Some(shares), Some(key)) = (&self.shares, self.entries.key(at)) else { return false };
        shares.is_heavy(tag_of(key), self.capacity)
    }

    fn leave(&mut self, at: u32) {
        let neighbours = self.entries.leave(at);
        for Line { queue, due } in &mut self.queues {
            let was_first = queue.first == at;
            queue.close(at, neighbours);
            if was_first {
                *due = match queue.first {
                    NONE => AWAKE,
                    first => self.entries.get(first).map_or(AWAKE, |entry| entry.end),
                };
            }
        }
    }

    fn expire(&mut self, now: i64) {
        for queue in 0..self.queues.len() {
            for _ in 0..AT_ONCE {
                let Line { queue, due } = &self.queues[queue];
                if *due > now || queue.is_empty() {
                    break;
                }
                self.forget(queue.first);
            }
        }
    }

    fn end(&self, at: u32) -> i64 {
        self.entries.get(at).map_or(AWAKE, |entry| entry.end)
    }

    /// What has rested longest, of heavy accounts first, and of the short-lived first.
    fn least_needed(&self) -> Option<u32> {
        self.queues.iter().find(|line| !line.queue.is_empty()).map(|line| line.queue.first)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use proptest::prelude::*;

    use super::*;

    fn key(number: u64) -> Key {
        [number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number]
    }

    fn put<V>(map: &mut Expiring<V>, number: u64, now: i64, value: V) -> bool {
        map.get_or_insert(key(number), now, || value).is_some()
    }

    fn rest<V>(map: &mut Expiring<V>, number: u64, end: i64, queue: Queue) {
        let at = map.find(key(number)).expect("it is there");
        map.rest(at, end, queue);
    }

    #[test]
    fn an_entry_goes_away_at_its_end_and_not_before() {
        let mut map = Expiring::new(10, 1);
        assert!(put(&mut map, 1, 0, 'a'));
        rest(&mut map, 1, 1000, Queue::Short);
        assert_eq!(map.get_current(key(1), 999), Some(&mut 'a'));
        assert_eq!(map.get_current(key(1), 1000), None);
        assert_eq!(map.len(), 0);
    }

    #[test]
    fn what_woke_up_stays() {
        let mut map = Expiring::new(10, 1);
        assert!(put(&mut map, 1, 0, 'a'));
        rest(&mut map, 1, 1000, Queue::Short);
        let at = map.get_or_insert(key(1), 0, || 'b').expect("it is there");
        map.wake(at);
        assert_eq!(map.get_current(key(1), 2000), Some(&mut 'a'));
        rest(&mut map, 1, 3000, Queue::Short);
        assert_eq!(map.get_current(key(1), 3000), None);
    }

    #[test]
    fn what_rested_longest_makes_room_and_what_is_awake_never_does() {
        let mut map = Expiring::new(3, 1);
        assert!((0..3).all(|number| put(&mut map, number, 0, ())));
        assert!(!put(&mut map, 3, 0, ()));
        rest(&mut map, 2, 1000, Queue::Long);
        rest(&mut map, 1, 1000, Queue::Short);
        assert!(put(&mut map, 3, 0, ()));
        assert!(map.find(key(1)).is_none() && map.find(key(2)).is_some());
        assert!(put(&mut map, 4, 0, ()));
        assert!(map.find(key(2)).is_none() && map.find(key(0)).is_some());
    }

    #[test]
    fn a_flood_of_one_account_costs_the_others_nothing() {
        let of = |account: u64, number: u64| [number.wrapping_mul(0x9e37_79b9_7f4a_7c15), account];
        let mut map = Expiring::new(1_600, 1);
        map.share(1);
        let mut put = |account, number, queue| {
            let at = map.get_or_insert(of(account, number), 0, || ()).expect("room");
            map.rest(at, 1000, queue);
            map.len()
        };
        for number in 0..50 {
            assert!(put(1, number, Queue::Short) <= 50);
        }
        for number in 50..20_000 {
            let queue = if number % 3 == 0 { Queue::Long } else { Queue::Short };
            assert!(put(2, number, queue) <= 1_600);
        }
        assert!((0..50).all(|number| map.find(of(1, number)).is_some()));
        // The first hundred were not yet too many.
        assert!((50..150).all(|number| map.find(of(2, number)).is_some()));
        assert!((151..10_000).all(|number| map.find(of(2, number)).is_none()));
        assert_eq!(map.shares.as_ref().map(|shares| (shares.of(1), shares.of(2))), Some((50, 1_550)));
        map.expire(1000);
        assert!(map.len() < 1_600);
    }

    #[test]
    fn none_is_forgotten_inside_its_time_under_the_bound() {
        let mut map = Expiring::new(10_000, 1);
        for number in 0..10_000 {
            assert!(put(&mut map, number, 0, ()));
            rest(&mut map, number, 1000, Queue::Short);
        }
        assert!((0..10_000).all(|number| map.get_current(key(number), 999).is_some()));
        assert!(put(&mut map, 10_000, 999, ()));
        assert_eq!(map.len(), 10_000);
    }

    #[test]
    fn what_is_due_at_once_goes_away_little_by_little_and_is_not_there_meanwhile() {
        let mut map = Expiring::new(10_000, 1);
        for number in 0..1000 {
            assert!(put(&mut map, number, 0, false));
            rest(&mut map, number, 1000, Queue::Short);
        }
        let mut still_kept = 0;
        for number in (0..1000).rev() {
            let before = map.len();
            still_kept += usize::from(map.find(key(number)).is_some());
            assert!(map.get_current(key(number), 1000).is_none());
            let at = map.get_or_insert(key(number), 1000, || true).expect("room");
            assert_eq!(map.value_mut(at), Some(&mut true));
            map.forget(at);
            assert!(before - map.len() <= 2 * AT_ONCE + 1, "{before}");
        }
        assert!(still_kept > 0);
        assert_eq!(map.len(), 0);
    }

    #[test]
    fn what_is_due_makes_room_before_anything_else_does() {
        let mut map = Expiring::new(100, 1);
        for number in 0..100 {
            assert!(put(&mut map, number, 0, ()));
            let (end, queue) = if number < 50 { (1000, Queue::Long) } else { (2000, Queue::Short) };
            rest(&mut map, number, end, queue);
        }
        for number in 100..150 {
            assert!(put(&mut map, number, 1000, ()));
        }
        assert!((50..150).all(|number| map.find(key(number)).is_some()));
    }

    /// All that is known, without a thought for speed.
    #[derive(Default)]
    struct Model {
        /// Where an entry rests: its queue, its end and how many were put to rest before.
        entries: HashMap<u64, (u32, Option<Rest>)>,
        rests: BTreeMap<Rest, u64>,
        count: u64,
    }

    type Rest = (usize, i64, u64);

    impl Model {
        fn drop_rest(&mut self, number: u64) {
            let rest = self.entries.get_mut(&number).and_then(|(_, rest)| rest.take());
            rest.map(|rest| self.rests.remove(&rest));
        }

        fn expire(&mut self, now: i64) {
            let due: Vec<_> = self.rests.iter().filter(|((_, end, _), _)| *end <= now).collect();
            for (rest, number) in due.into_iter().map(|(rest, number)| (*rest, *number)).collect::<Vec<_>>() {
                self.rests.remove(&rest);
                self.entries.remove(&number);
            }
        }

        fn put(&mut self, number: u64, now: i64, capacity: usize, value: u32) -> Option<u32> {
            self.expire(now);
            if !self.entries.contains_key(&number) {
                if self.entries.len() >= capacity {
                    let (_, least) = self.rests.pop_first()?;
                    self.entries.remove(&least);
                }
                self.entries.insert(number, (value, None));
            }
            Some(self.entries[&number].0)
        }

        fn rest(&mut self, number: u64, end: i64, queue: Queue) {
            self.drop_rest(number);
            self.count += 1;
            let rest = (queue as usize, end, self.count);
            if let Some(entry) = self.entries.get_mut(&number) {
                entry.1 = Some(rest);
                self.rests.insert(rest, number);
            }
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Put(u64),
        Wake(u64),
        Rest(u64, bool),
        Forget(u64),
        Look(u64),
        Pass(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let number = 0..60_u64;
        let step = prop_oneof![
            4 => number.clone().prop_map(Step::Put),
            1 => number.clone().prop_map(Step::Wake),
            4 => (number.clone(), any::<bool>()).prop_map(|(number, long)| Step::Rest(number, long)),
            1 => number.clone().prop_map(Step::Forget),
            2 => number.prop_map(Step::Look),
            1 => (1..50_i64).prop_map(Step::Pass),
        ];
        proptest::collection::vec(step, 0..500)
    }

    proptest! {
        #[test]
        fn it_forgets_what_the_model_forgets(steps in steps(), capacity in 0..50_usize, seed: u64) {
            let (mut map, mut model) = (Expiring::new(capacity, seed | 1), Model::default());
            let mut now = 0;
            for (value, step) in (0..).zip(steps) {
                match step {
                    Step::Put(number) => {
                        let put = map.get_or_insert(key(number), now, || value);
                        let put = put.and_then(|at| map.value_mut(at)).copied();
                        prop_assert_eq!(put, model.put(number, now, capacity, value));
                    }
                    // What is due is not asked for any more by who owned it.
                    Step::Wake(number) if map.get_current(key(number), now).is_some() => {
                        let at = map.find(key(number)).expect("it is there");
                        map.wake(at);
                        model.drop_rest(number);
                    }
                    Step::Rest(number, is_long) if map.get_current(key(number), now).is_some() => {
                        let (ttl, queue) = if is_long { (100, Queue::Long) } else { (10, Queue::Short) };
                        rest(&mut map, number, now + ttl, queue);
                        model.rest(number, now + ttl, queue);
                    }
                    Step::Forget(number) if map.get_current(key(number), now).is_some() => {
                        let at = map.find(key(number)).expect("it is there");
                        map.forget(at);
                        model.drop_rest(number);
                        model.entries.remove(&number);
                    }
                    Step::Wake(_) | Step::Rest(..) | Step::Forget(_) => {}
                    Step::Look(number) => {
                        model.expire(now);
                        let seen = map.get_current(key(number), now).map(|value| *value);
                        prop_assert_eq!(seen, model.entries.get(&number).map(|(value, _)| *value));
                    }
                    Step::Pass(time) => now += time,
                }
                prop_assert!(map.len() <= capacity);
            }
        }
    }
}
