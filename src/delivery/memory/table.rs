//! What [`MemoryStore`](super::MemoryStore) knows, with the caller's clock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::bindings::{Bindings, NoRoom};
use super::expiring::{Expiring, Key, Queue};
use super::outcome::Outcome;
use super::shares::{Shares, tag_of};
use super::waiters::{Waiter, Waiters};
use crate::Reply;
use crate::delivery::{
    Claim, DeliveryKey, GrowingText, PendingReply, Progress, Retention, SignatureKey, StreamText, Timeliness,
    UserKey,
};

pub(super) struct Table {
    /// Time is kept in nanoseconds since then, which are half as large as an instant.
    start: Instant,
    pushes: Expiring<Push>,
    bindings: Bindings,
    pending: Expiring<VecDeque<PendingReply>>,
    /// Names the next list of waiters.
    lists: u64,
    /// How many pushes run.
    running: usize,
    /// `None` where it is one account's.
    shares: Option<Shares>,
    seed: u64,
}

struct Push {
    state: State,
    /// When the first arrived.
    since: i64,
    /// How long after it the last request arrived, whether it counted or not, in [`GRAIN`]s.
    last: u32,
    deliveries: u32,
}

/// In nanoseconds: fine enough to tell 2,499 milliseconds from 2,500, and 2³² of them are nineteen hours.
const GRAIN: i64 = 1 << 14;

enum State {
    Running {
        late: bool,
        /// Whether it counts in the account's share.
        is_shared: bool,
        /// `None` while nobody waits.
        waiting: Option<Box<Waiters>>,
        /// What its reply says so far, where it streams.
        text: Option<Arc<GrowingText>>,
    },
    /// Its owner went away. What its reply said until then.
    GivenUp(Option<Arc<GrowingText>>),
    Completed(Outcome),
}

/// As [`ClaimState`](super::ClaimState), without the lease.
#[derive(Debug, PartialEq)]
pub(super) enum Claimed {
    /// The number of the push, until it goes away.
    Owned(u32),
    Running,
    Completed(Arc<Reply>),
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    /// Every entry is awake: as many handlers run as there is room for.
    #[error("{capacity} pushes are being handled, which is all there is room for")]
    All { capacity: usize },
    /// As many of one account run as it may.
    #[error(
        "{running} pushes of this account are being handled, and what room is left is for others ({capacity} in all)"
    )]
    Share { running: usize, capacity: usize },
}

impl Table {
    /// `seed` is secret.
    pub(super) fn new(capacity: usize, signatures: usize, seed: u64, start: Instant) -> Self {
        let seed = seed | 1;
        Self {
            start,
            pushes: Expiring::new(capacity, seed),
            bindings: Bindings::new(signatures, seed),
            pending: Expiring::new(capacity, seed),
            lists: 0,
            running: 0,
            shares: None,
            seed,
        }
    }

    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.pushes.set_capacity(capacity);
        self.pending.set_capacity(capacity);
    }

    pub(super) fn set_signatures(&mut self, capacity: usize) {
        self.bindings.set_capacity(capacity);
    }

    /// From now on no account takes all room.
    pub(super) fn share_among_accounts(&mut self) {
        let seed = self.seed;
        self.shares.get_or_insert_with(|| Shares::new(seed));
        self.pushes.share(seed);
    }

    pub(super) const fn capacity(&self) -> usize {
        self.pushes.capacity()
    }

    pub(super) const fn len(&self) -> usize {
        self.pushes.len()
    }

    /// `is_counted`: the delivery asked before.
    pub(super) fn claim(
        &mut self,
        key: DeliveryKey,
        is_counted: bool,
        arrived: Instant,
    ) -> Result<(u32, Duration, Claimed), Full> {
        let now = self.time(arrived);
        let (full, id) = (Full::All { capacity: self.capacity() }, key_of(key.as_bytes()));
        self.check_share(id, now)?;
        let new = || Push { state: State::GivenUp(None), since: now, last: 0, deliveries: 1 };
        let at = self.pushes.get_or_insert(id, now, new).ok_or(full)?;
        let push = self.pushes.value_mut(at).ok_or(full)?;
        let age = now.saturating_sub(push.since);
        if !is_counted {
            let last = i64::from(push.last) * GRAIN;
            if age.saturating_sub(last) >= nanoseconds(Claim::RETRY_GAP) {
                push.deliveries = push.deliveries.saturating_add(1);
            }
            push.last = u32::try_from(age.max(last) / GRAIN).unwrap_or(u32::MAX);
        }
        let delivery = push.deliveries;
        let claimed = match &push.state {
            State::Running { .. } => Claimed::Running,
            State::Completed(outcome) => Claimed::Completed(outcome.reply()),
            State::GivenUp(_) => {
                let is_shared = self.shares.is_some();
                push.state = State::Running { late: false, is_shared, waiting: None, text: None };
                self.pushes.wake(at);
                self.running += 1;
                if let Some(shares) = &mut self.shares {
                    shares.begin(tag_of(id));
                }
                Claimed::Owned(at)
            }
        };
        Ok((delivery, Duration::from_nanos(u64::try_from(age).unwrap_or_default()), claimed))
    }

    /// Whether the outcome is late, and who is to be woken. `number` is what the claim returned, and `kept` what is kept
    /// of the outcome if it is in time: that is copied where nothing is locked.
    pub(super) fn complete(
        &mut self,
        key: DeliveryKey,
        number: u32,
        (outcome, kept): (&Arc<Reply>, Outcome),
        retention: Retention,
        now: Instant,
    ) -> (Timeliness, Option<Box<Waiters>>) {
        let id = key_of(key.as_bytes());
        let found = self.pushes.find_near(id, number);
        let Some((at, push)) = found.and_then(|at| Some((at, self.pushes.value_mut(at)?))) else {
            return (Timeliness::InTime, None);
        };
        let (mut timeliness, mut waiters) = (Timeliness::InTime, None);
        let mut ended = None;
        if let State::Running { late, is_shared, waiting, .. } = &mut push.state {
            timeliness = if *late { Timeliness::Late } else { Timeliness::InTime };
            waiters = waiting.take();
            ended = Some(*is_shared);
        }
        if !matches!(push.state, State::Completed(_)) {
            push.state = State::Completed(match timeliness {
                Timeliness::InTime => kept,
                Timeliness::Late => retention.kept(outcome.clone(), timeliness).into(),
            });
        }
        self.ended(id, ended);
        let ttl = retention.ttl(timeliness);
        let queue = if ttl == Retention::OUTCOME_TTL { Queue::Short } else { Queue::Long };
        self.pushes.rest(at, self.time(now).saturating_add(nanoseconds(ttl)), queue);
        (timeliness, waiters)
    }

    /// The owner goes away without an outcome. `number` is what the claim returned. Who is to be woken.
    pub(super) fn give_up(&mut self, key: DeliveryKey, number: u32, now: Instant) -> Option<Box<Waiters>> {
        let id = key_of(key.as_bytes());
        let at = self.pushes.find_near(id, number)?;
        let push = self.pushes.value_mut(at)?;
        let State::Running { waiting, is_shared, text, .. } = &mut push.state else {
            return None;
        };
        let (waiters, is_shared, text) = (waiting.take(), *is_shared, text.take());
        let (ttl, queue) = match text {
            Some(_) => (Retention::LATE_OUTCOME_TTL, Queue::Long),
            None => (Retention::OUTCOME_TTL, Queue::Short),
        };
        push.state = State::GivenUp(text);
        self.ended(id, Some(is_shared));
        self.pushes.rest(at, self.time(now).saturating_add(nanoseconds(ttl)), queue);
        waiters
    }

    /// `waiter` is this waiter's name, once it has one. What is to be dropped where nothing is locked.
    pub(super) fn poll_wait(
        &mut self,
        key: DeliveryKey,
        waiter: &mut Option<Waiter>,
        cx: &Context<'_>,
    ) -> (Poll<Option<Arc<Reply>>>, Option<Waker>) {
        match self.pushes.get_mut(key_of(key.as_bytes())).map(|push| &mut push.state) {
            Some(State::Completed(outcome)) => (Poll::Ready(Some(outcome.reply())), None),
            Some(State::GivenUp(_)) | None => (Poll::Ready(None), None),
            Some(State::Running { waiting, .. }) => {
                let waiting = waiting.get_or_insert_with(|| {
                    self.lists += 1;
                    Box::new(Waiters::new(self.lists))
                });
                (Poll::Pending, waiting.set(waiter, cx.waker()))
            }
        }
    }

    /// What is to be dropped where nothing is locked.
    pub(super) fn stop_waiting(&mut self, key: DeliveryKey, waiter: Waiter) -> Option<Waker> {
        let push = self.pushes.get_mut(key_of(key.as_bytes()))?;
        let State::Running { waiting, .. } = &mut push.state else {
            return None;
        };
        let waiters = waiting.as_mut()?;
        let waker = waiters.remove(waiter);
        if waiters.is_empty() {
            *waiting = None;
        }
        waker
    }

    pub(super) fn mark_late(&mut self, key: DeliveryKey) -> Option<Arc<Reply>> {
        match &mut self.pushes.get_mut(key_of(key.as_bytes()))?.state {
            State::Running { late, .. } => *late = true,
            State::Completed(outcome) => return Some(outcome.reply()),
            State::GivenUp(_) => {}
        }
        None
    }

    /// `number` is what the claim returned.
    pub(super) fn share_text(&mut self, key: DeliveryKey, number: u32, growing: Arc<GrowingText>) {
        let found = self.pushes.find_near(key_of(key.as_bytes()), number);
        let push = found.and_then(|at| self.pushes.value_mut(at));
        if let Some(State::Running { text, .. }) = push.map(|push| &mut push.state) {
            *text = Some(growing);
        }
    }

    pub(super) fn progress(&mut self, key: DeliveryKey) -> Progress {
        match self.pushes.get_mut(key_of(key.as_bytes())).map(|push| &push.state) {
            Some(State::Completed(outcome)) => Progress::Completed(outcome.reply()),
            Some(State::Running { text, .. }) => Progress::Running(text.as_ref().map(|text| text.read())),
            Some(State::GivenUp(Some(text))) => Progress::Abandoned(text.read()),
            Some(State::GivenUp(None)) => Progress::Abandoned(StreamText::default()),
            None => Progress::Unknown,
        }
    }

    /// `body` is a hash.
    pub(super) fn bind(
        &mut self,
        signature: SignatureKey,
        body: u64,
        lifetime: Duration,
        now: Instant,
    ) -> Result<bool, NoRoom> {
        self.bindings.bind(signature, body, lifetime, self.time(now))
    }

    pub(super) fn add_pending(
        &mut self,
        user: UserKey,
        pending: PendingReply,
        now: Instant,
    ) -> Result<PendingReply, Full> {
        let now = self.time(now);
        let full = Full::All { capacity: self.capacity() };
        let at = self.pending.get_or_insert(key_of(user.as_bytes()), now, VecDeque::new).ok_or(full)?;
        let waiting = self.pending.value_mut(at).ok_or(full)?;
        if let Some(before) = waiting.iter().find(|before| before.key == pending.key) {
            return Ok(*before);
        }
        if waiting.len() >= PendingReply::MAX_PER_USER {
            waiting.pop_front();
        }
        waiting.push_back(pending);
        self.pending.rest(at, now.saturating_add(nanoseconds(PendingReply::TTL)), Queue::Long);
        Ok(pending)
    }

    pub(super) fn next_pending(&mut self, user: UserKey, now: Instant) -> Option<PendingReply> {
        let now = self.time(now);
        self.pending.get_current(key_of(user.as_bytes()), now)?.front().copied()
    }

    pub(super) fn advance_pending(
        &mut self,
        user: UserKey,
        taken: PendingReply,
        then: Option<PendingReply>,
    ) -> bool {
        let found = self.pending.find(key_of(user.as_bytes()));
        let Some((at, pending)) = found.and_then(|at| Some((at, self.pending.value_mut(at)?))) else {
            return false;
        };
        if pending.front() != Some(&taken) {
            return false;
        }
        match then {
            Some(next) => pending[0] = next,
            None => drop(pending.pop_front()),
        }
        if pending.is_empty() {
            self.pending.forget(at);
        }
        true
    }

    /// Checks that the account of `key` may run one more push, unless this one need not be run.
    fn check_share(&mut self, key: Key, now: i64) -> Result<(), Full> {
        let Some(shares) = &self.shares else { return Ok(()) };
        let (capacity, tag) = (self.capacity(), tag_of(key));
        if shares.has_room(tag, capacity.saturating_sub(self.running)) {
            return Ok(());
        }
        let running = shares.of(tag);
        match self.pushes.get_current(key, now).map(|push| &push.state) {
            Some(State::Running { .. } | State::Completed(_)) => Ok(()),
            Some(State::GivenUp(_)) | None if running == 0 => Err(Full::All { capacity }),
            Some(State::GivenUp(_)) | None => Err(Full::Share { running, capacity }),
        }
    }

    /// A push no longer runs. `is_shared`: whether it counted in its account's share; `None` if it was not running.
    fn ended(&mut self, key: Key, is_shared: Option<bool>) {
        let Some(is_shared) = is_shared else { return };
        self.running = self.running.saturating_sub(1);
        if let (true, Some(shares)) = (is_shared, &mut self.shares) {
            shares.end(tag_of(key));
        }
    }

    fn time(&self, instant: Instant) -> i64 {
        match instant.checked_duration_since(self.start) {
            Some(since) => nanoseconds(since),
            None => -nanoseconds(self.start.saturating_duration_since(instant)),
        }
    }
}

pub(super) fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Sixteen bytes of the twenty are enough to tell what millions of keys name. Of a push the first four are the tag of its
/// account; the first word is of bytes that tell its pushes apart.
fn key_of(digest: &[u8; 20]) -> Key {
    let [a, b, c, d, word @ .., e, f, g, h, _, _, _, _] = digest;
    let word: &[u8; 8] = word;
    [u64::from_le_bytes(*word), u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h])]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::memory::{MemoryLease, MemoryState, MemoryStore};

    #[derive(Debug, Clone)]
    enum Step {
        Claim(u8, u8),
        /// Of the leases that are held, one: it is completed, or dropped.
        End(usize, bool, bool),
        MarkLate(u8, u8),
        Capacity(usize),
        Share,
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0..3_u8, 0..12_u8).prop_map(|(account, push)| Step::Claim(account, push)),
            6 => (0..20_usize, any::<bool>(), any::<bool>()).prop_map(|(at, done, long)| Step::End(at, done, long)),
            1 => (0..3_u8, 0..12_u8).prop_map(|(account, push)| Step::MarkLate(account, push)),
            1 => (0..12_usize).prop_map(Step::Capacity),
            1 => Just(Step::Share),
            2 => (0..400_u64).prop_map(Step::Pass),
        ]
    }

    fn key(account: u8, push: u8) -> DeliveryKey {
        let mut bytes = [push; 20];
        bytes[..4].copy_from_slice(&[account; 4]);
        bytes.into()
    }

    fn assert_sums(store: &MemoryStore, held: &[(u8, MemoryLease)], is_shared: bool) {
        let table = store.table();
        assert_eq!(table.running, held.len());
        if is_shared {
            let shares = table.shares.as_ref().expect("it is shared");
            for account in 0..3_u8 {
                let running = held.iter().filter(|(of, _)| *of == account).count();
                assert_eq!(shares.of(u32::from_le_bytes([account; 4])), running);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        /// However leases end, and whatever is forgotten meanwhile: what runs is counted, and nothing else; and what runs
        /// is never forgotten.
        #[test]
        fn what_an_account_runs_is_counted_and_nothing_else(
            capacity in 0..12_usize,
            is_shared in any::<bool>(),
            steps in proptest::collection::vec(step(), 0..120),
        ) {
            let store = MemoryStore::new().capacity(capacity);
            if is_shared {
                store.share_among_accounts();
            }
            let (mut now, mut held) = (Instant::now(), Vec::<(u8, MemoryLease)>::new());
            for step in steps {
                match step {
                    Step::Claim(account, push) => {
                        let key = key(account, push);
                        let is_held = held.iter().any(|(_, lease)| lease.key == key);
                        match store.claim_now(key, now).map(|claim| claim.state) {
                            Ok(MemoryState::Owned(lease)) => {
                                prop_assert!(!is_held);
                                held.push((account, lease));
                            }
                            Ok(MemoryState::Running) => prop_assert!(is_held),
                            Ok(MemoryState::Completed(_)) => prop_assert!(!is_held),
                            Err(_) => prop_assert!(!is_held && !held.is_empty() || capacity == 0 || held.is_empty()),
                        }
                    }
                    Step::End(at, is_done, is_long) if !held.is_empty() => {
                        let (_, lease) = held.swap_remove(at % held.len());
                        if is_done {
                            let retention = if is_long { Retention::ForUser } else { Retention::ForRetries };
                            lease.complete_at(Arc::new(Reply::None), retention, now);
                        }
                    }
                    Step::End(..) => {}
                    Step::MarkLate(account, push) => drop(store.table().mark_late(key(account, push))),
                    Step::Capacity(capacity) => store.table().set_capacity(capacity),
                    Step::Share if is_shared => store.share_among_accounts(),
                    Step::Share => {}
                    Step::Pass(seconds) => now += Duration::from_secs(seconds),
                }
                assert_sums(&store, &held, is_shared);
            }
            held.clear();
            assert_sums(&store, &held, is_shared);
        }
    }
}
