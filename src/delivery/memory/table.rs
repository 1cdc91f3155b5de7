//! What [`MemoryStore`](super::MemoryStore) knows, with the caller's clock.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::bindings::{Bindings, NoRoom};
use super::expiring::{Expiring, Queue};
use crate::Reply;
use crate::delivery::{Claim, DeliveryKey, PendingReply, Retention, SignatureKey, Timeliness, UserKey};

pub(super) struct Table {
    pushes: Expiring<DeliveryKey, Push>,
    bindings: Bindings,
    /// Bodies are only compared, so a keyed hash of this process's own will do.
    hasher: RandomState,
    pending: Expiring<UserKey, VecDeque<PendingReply>>,
    /// Names the next waiter.
    waiters: u64,
}

struct Push {
    deliveries: u32,
    /// When the first arrived.
    since: Instant,
    /// When the last request arrived, whether it counted or not.
    last: Instant,
    state: State,
}

enum State {
    Running {
        late: bool,
        waiting: Vec<(u64, Waker)>,
    },
    /// Its owner went away.
    GivenUp,
    Completed(Arc<Reply>),
}

/// As [`ClaimState`](super::ClaimState), without the lease.
#[derive(Debug, PartialEq)]
pub(super) enum Claimed {
    Owned,
    Running,
    Completed(Arc<Reply>),
}

/// Every entry is awake: as many handlers run as there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{capacity} pushes are being handled, which is all there is room for")]
pub(super) struct Full {
    capacity: usize,
}

impl Table {
    pub(super) fn new(capacity: usize, signatures: usize) -> Self {
        Self {
            pushes: Expiring::new(capacity),
            bindings: Bindings::new(signatures),
            hasher: RandomState::new(),
            pending: Expiring::new(capacity),
            waiters: 0,
        }
    }

    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.pushes.set_capacity(capacity);
        self.pending.set_capacity(capacity);
    }

    pub(super) const fn set_signatures(&mut self, capacity: usize) {
        self.bindings.set_capacity(capacity);
    }

    pub(super) const fn capacity(&self) -> usize {
        self.pushes.capacity()
    }

    pub(super) fn len(&self) -> usize {
        self.pushes.len()
    }

    /// `is_counted`: the delivery asked before.
    pub(super) fn claim(
        &mut self,
        key: DeliveryKey,
        is_counted: bool,
        arrived: Instant,
    ) -> Result<(u32, Duration, Claimed), Full> {
        let new = || Push { deliveries: 1, since: arrived, last: arrived, state: State::GivenUp };
        let capacity = self.capacity();
        let slot = self.pushes.get_or_insert(key, arrived, new).ok_or(Full { capacity })?;
        let push = &mut slot.value;
        if !is_counted {
            if arrived.saturating_duration_since(push.last) >= Claim::RETRY_GAP {
                push.deliveries = push.deliveries.saturating_add(1);
            }
            push.last = push.last.max(arrived);
        }
        let (delivery, age) = (push.deliveries, arrived.saturating_duration_since(push.since));
        let claimed = match &push.state {
            State::Running { .. } => Claimed::Running,
            State::Completed(outcome) => Claimed::Completed(outcome.clone()),
            State::GivenUp => {
                push.state = State::Running { late: false, waiting: Vec::new() };
                slot.wake();
                Claimed::Owned
            }
        };
        Ok((delivery, age, claimed))
    }

    /// Whether the outcome is late, and who is to be woken.
    pub(super) fn complete(
        &mut self,
        key: DeliveryKey,
        outcome: Arc<Reply>,
        retention: Retention,
        now: Instant,
    ) -> (Timeliness, Vec<(u64, Waker)>) {
        let (mut timeliness, mut waiters) = (Timeliness::InTime, Vec::new());
        self.pushes.rest(key, |push| {
            if let State::Running { late, waiting } = &mut push.state {
                timeliness = if *late { Timeliness::Late } else { Timeliness::InTime };
                waiters = std::mem::take(waiting);
            }
            if !matches!(push.state, State::Completed(_)) {
                push.state = State::Completed(retention.kept(outcome, timeliness));
            }
            let ttl = retention.ttl(timeliness);
            let queue = if ttl == Retention::OUTCOME_TTL { Queue::Short } else { Queue::Long };
            Some((now + ttl, queue))
        });
        (timeliness, waiters)
    }

    /// The owner goes away without an outcome. Who is to be woken.
    pub(super) fn give_up(&mut self, key: DeliveryKey, now: Instant) -> Vec<(u64, Waker)> {
        let mut waiters = Vec::new();
        self.pushes.rest(key, |push| match &mut push.state {
            State::Running { waiting, .. } => {
                waiters = std::mem::take(waiting);
                push.state = State::GivenUp;
                Some((now + Retention::OUTCOME_TTL, Queue::Short))
            }
            _ => None,
        });
        waiters
    }

    /// `waiter` is this waiter's name, once it has one.
    pub(super) fn poll_wait(
        &mut self,
        key: DeliveryKey,
        waiter: &mut Option<u64>,
        cx: &Context<'_>,
    ) -> Poll<Option<Arc<Reply>>> {
        let waiting = match self.pushes.get_mut(&key).map(|push| &mut push.state) {
            Some(State::Completed(outcome)) => return Poll::Ready(Some(outcome.clone())),
            Some(State::Running { waiting, .. }) => waiting,
            Some(State::GivenUp) | None => return Poll::Ready(None),
        };
        match waiting.iter_mut().find(|(name, _)| Some(*name) == *waiter) {
            Some((_, waker)) => waker.clone_from(cx.waker()),
            None => {
                self.waiters += 1;
                *waiter = Some(self.waiters);
                waiting.push((self.waiters, cx.waker().clone()));
            }
        }
        Poll::Pending
    }

    pub(super) fn stop_waiting(&mut self, key: DeliveryKey, waiter: u64) {
        if let Some(Push { state: State::Running { waiting, .. }, .. }) = self.pushes.get_mut(&key) {
            waiting.retain(|(name, _)| *name != waiter);
        }
    }

    pub(super) fn mark_late(&mut self, key: DeliveryKey) -> Option<Arc<Reply>> {
        match &mut self.pushes.get_mut(&key)?.state {
            State::Running { late, .. } => *late = true,
            State::Completed(outcome) => return Some(outcome.clone()),
            State::GivenUp => {}
        }
        None
    }

    pub(super) fn bind(
        &mut self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
        now: Instant,
    ) -> Result<bool, NoRoom> {
        self.bindings.bind(signature, self.hasher.hash_one(body), lifetime, now)
    }

    pub(super) fn add_pending(
        &mut self,
        user: UserKey,
        pending: PendingReply,
        now: Instant,
    ) -> Result<(), Full> {
        let capacity = self.capacity();
        let slot = self.pending.get_or_insert(user, now, VecDeque::new).ok_or(Full { capacity })?;
        let waiting = &mut slot.value;
        if waiting.iter().any(|before| before.key == pending.key) {
            return Ok(());
        }
        if waiting.len() >= PendingReply::MAX_PER_USER {
            waiting.pop_front();
        }
        waiting.push_back(pending);
        self.pending.rest(user, |_| Some((now + PendingReply::TTL, Queue::Long)));
        Ok(())
    }

    pub(super) fn next_pending(&mut self, user: UserKey, now: Instant) -> Option<PendingReply> {
        self.pending.expire(now);
        self.pending.get_mut(&user)?.front().copied()
    }

    pub(super) fn advance_pending(
        &mut self,
        user: UserKey,
        kept: PendingReply,
        then: Option<PendingReply>,
    ) -> bool {
        let Some(pending) = self.pending.get_mut(&user) else {
            return false;
        };
        if pending.front() != Some(&kept) {
            return false;
        }
        match then {
            Some(next) => pending[0] = next,
            None => drop(pending.pop_front()),
        }
        if pending.is_empty() {
            self.pending.remove(&user);
        }
        true
    }
}
