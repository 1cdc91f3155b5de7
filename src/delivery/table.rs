//! What [`InProcess`](super::InProcess) knows, with the caller's clock.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::bindings::{Bindings, NoRoom};
use super::expiring::{Expiring, Queue};
use super::{
    DELIVERY_GAP, DeliveryKey, KEPT, KEPT_LATE, Keep, MAX_PROMISES, PROMISED, Promise, Settled, SignatureKey,
    UserKey,
};
use crate::Reply;

pub(super) struct Table {
    pushes: Expiring<DeliveryKey, Push>,
    bindings: Bindings,
    /// Bodies are only compared, so a keyed hash of this process's own will do.
    hasher: RandomState,
    promises: Expiring<UserKey, VecDeque<Promise>>,
    /// Names the next waiter.
    waiters: u64,
}

struct Push {
    deliveries: u32,
    /// When the first was claimed.
    since: Instant,
    /// When the last request came, whether it counted or not.
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
    Settled(Arc<Reply>),
}

/// As [`ClaimState`](super::ClaimState), without the lease.
#[derive(Debug, PartialEq)]
pub(super) enum Claimed {
    First,
    Running,
    Settled(Arc<Reply>),
}

/// Every entry is awake: as many handlers run as there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{capacity} pushes are being handled, which is all there is room for")]
pub(super) struct Full {
    pub(super) capacity: usize,
}

impl Table {
    pub(super) fn new(capacity: usize, signatures: usize) -> Self {
        Self {
            pushes: Expiring::new(capacity),
            bindings: Bindings::new(signatures),
            hasher: RandomState::new(),
            promises: Expiring::new(capacity),
            waiters: 0,
        }
    }

    pub(super) fn set_capacity(&mut self, capacity: usize) {
        self.pushes.set_capacity(capacity);
        self.promises.set_capacity(capacity);
    }

    pub(super) const fn set_signatures(&mut self, capacity: usize) {
        self.bindings.set_capacity(capacity);
    }

    pub(super) fn len(&self) -> usize {
        self.pushes.len()
    }

    pub(super) fn claim(&mut self, key: DeliveryKey, now: Instant) -> Option<(u32, Duration, Claimed)> {
        let new = || Push { deliveries: 1, since: now, last: now, state: State::GivenUp };
        let slot = self.pushes.get_or_insert(key, now, new)?;
        let push = &mut slot.value;
        if now.saturating_duration_since(push.last) >= DELIVERY_GAP {
            push.deliveries = push.deliveries.saturating_add(1);
        }
        push.last = push.last.max(now);
        let (delivery, age) = (push.deliveries, now.saturating_duration_since(push.since));
        let claimed = match &push.state {
            State::Running { .. } => Claimed::Running,
            State::Settled(outcome) => Claimed::Settled(outcome.clone()),
            State::GivenUp => {
                push.state = State::Running { late: false, waiting: Vec::new() };
                slot.wake();
                Claimed::First
            }
        };
        Some((delivery, age, claimed))
    }

    /// Who is to be woken, and whether the outcome is late.
    pub(super) fn settle(
        &mut self,
        key: DeliveryKey,
        outcome: Arc<Reply>,
        keep: Keep,
        now: Instant,
    ) -> (Settled, Vec<(u64, Waker)>) {
        let (mut settled, mut waiters) = (Settled::InTime, Vec::new());
        self.pushes.rest(key, |push| {
            if let State::Running { late, waiting } = &mut push.state {
                settled = if *late { Settled::Late } else { Settled::InTime };
                waiters = std::mem::take(waiting);
            }
            let is_late = settled == Settled::Late;
            push.state = State::Settled(match keep {
                Keep::UnlessLate if is_late => Arc::new(Reply::None),
                _ => outcome,
            });
            Some(if is_late || keep == Keep::ForUser {
                (now + KEPT_LATE, Queue::Long)
            } else {
                (now + KEPT, Queue::Short)
            })
        });
        (settled, waiters)
    }

    /// The owner goes away without an outcome. Who is to be woken.
    pub(super) fn give_up(&mut self, key: DeliveryKey, now: Instant) -> Vec<(u64, Waker)> {
        let mut waiters = Vec::new();
        self.pushes.rest(key, |push| match &mut push.state {
            State::Running { waiting, .. } => {
                waiters = std::mem::take(waiting);
                push.state = State::GivenUp;
                Some((now + KEPT, Queue::Short))
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
            Some(State::Settled(outcome)) => return Poll::Ready(Some(outcome.clone())),
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

    pub(super) fn defer(&mut self, key: DeliveryKey) -> Option<Arc<Reply>> {
        match &mut self.pushes.get_mut(&key)?.state {
            State::Running { late, .. } => *late = true,
            State::Settled(outcome) => return Some(outcome.clone()),
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

    pub(super) fn promise(&mut self, user: UserKey, promise: Promise, now: Instant) -> bool {
        let Some(slot) = self.promises.get_or_insert(user, now, VecDeque::new) else {
            return false;
        };
        let promises = &mut slot.value;
        if promises.iter().any(|before| before.key == promise.key) {
            return true;
        }
        if promises.len() >= MAX_PROMISES {
            promises.pop_front();
        }
        promises.push_back(promise);
        self.promises.rest(user, |_| Some((now + PROMISED, Queue::Long)));
        true
    }

    pub(super) fn promised(&mut self, user: UserKey, now: Instant) -> Option<Promise> {
        self.promises.expire(now);
        self.promises.get_mut(&user)?.front().copied()
    }

    pub(super) fn keep_promise(&mut self, user: UserKey, kept: Promise, then: Option<Promise>) -> bool {
        let Some(promises) = self.promises.get_mut(&user) else {
            return false;
        };
        if promises.front() != Some(&kept) {
            return false;
        }
        match then {
            Some(next) => promises[0] = next,
            None => drop(promises.pop_front()),
        }
        if promises.is_empty() {
            self.promises.remove(&user);
        }
        true
    }
}
