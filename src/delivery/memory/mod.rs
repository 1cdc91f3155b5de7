//! The store of one process.

mod bindings;
mod chunks;
mod expiring;
mod index;
mod map;
mod outcome;
mod shares;
mod slab;
mod table;
mod waiters;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use self::table::{Claimed, Table};
use self::waiters::Waiter;
use super::{
    Claim, ClaimState, DeliveryKey, GrowingText, Lease, OutcomeStore, PendingReply, PendingStore, Progress,
    Retention, SignatureKey, SignatureStore, StoreError, Timeliness, UserKey,
};
use crate::Reply;

/// How many pushes are remembered unless another number is set.
const CAPACITY: usize = 100_000;

/// How many signatures of plain mode are remembered unless another number is set.
const SIGNATURES: usize = 1_000_000;

/// The store of one process, the default of the middleware.
///
/// Cheap to clone; clones share what they know. A push takes at most 220 bytes, and its reply: none and a text of up to
/// 102 bytes take nothing more, a text of up to 512 bytes its length, any other 48 bytes besides. It is bounded: where completed pushes exceed the capacity,
/// the oldest are forgotten early. Where no room is left because as many handlers run, a push is answered 503, and WeChat
/// asks again. No push waits because there are many: the store grows, and forgets, a few at a time. What a rush took is
/// given back in pieces of up to 64 KiB, each when nothing is left in it.
///
/// In plain mode it remembers the signature of each push besides, until the signature's own timestamp leaves the window
/// (about 300 seconds): at most 64 bytes each, up to 1,000,000 of them, which is some 3,300 pushes a second. None is
/// forgotten inside the window. Where no room is left a push with a new signature is answered 503, and if that goes on
/// users read WeChat's failure notice: see [`signatures`](Self::signatures).
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    table: Mutex<Table>,
    /// Bodies are only compared, so a keyed hash of this process's own will do.
    hasher: RandomState,
}

impl MemoryStore {
    /// With room for 100,000 pushes, as many users with pending replies and 1,000,000 signatures of plain mode.
    #[must_use]
    pub fn new() -> Self {
        let hasher = RandomState::new();
        let table = Table::new(CAPACITY, SIGNATURES, hasher.hash_one("seed"), now());
        Self { shared: Arc::new(Shared { table: Mutex::new(table), hasher }) }
    }

    /// With room for `pushes` pushes and as many users with pending replies.
    ///
    /// ```
    /// # use wechat_callback::delivery::MemoryStore;
    /// let store = MemoryStore::new().capacity(1_000);
    /// ```
    #[must_use]
    pub fn capacity(self, pushes: usize) -> Self {
        self.table().set_capacity(pushes);
        self
    }

    /// With room for so many signatures of plain mode, 1,000,000 unless set. A signature is remembered for about 300
    /// seconds, so it takes 300 for each push a second; at most 64 bytes each, taken when they are needed.
    ///
    /// ```
    /// # use wechat_callback::delivery::MemoryStore;
    /// let store = MemoryStore::new().signatures(100_000);
    /// ```
    #[must_use]
    pub fn signatures(self, signatures: usize) -> Self {
        self.table().set_signatures(signatures);
        self
    }

    /// For pushes of many accounts: no account may run so many that there is no place for those of others. It has at most
    /// eight times as many places as are free; beyond that its own pushes are an error. Where room is needed, completed
    /// pushes of accounts that have more than a sixteenth of all places are forgotten first. An account is known by the first
    /// four bytes of its keys.
    ///
    /// An engine that answers for many accounts sets it.
    ///
    /// ```
    /// # use wechat_callback::delivery::MemoryStore;
    /// let store = MemoryStore::new().shared_by_accounts();
    /// ```
    #[must_use]
    pub fn shared_by_accounts(self) -> Self {
        self.share_among_accounts();
        self
    }

    pub(crate) fn share_among_accounts(&self) {
        self.table().share_among_accounts();
    }

    /// How many pushes are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table().len()
    }

    /// Whether no push is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A panic cannot happen while it is locked, so nothing in it is ever half done.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.shared.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`OutcomeStore::claim`], at once: nothing of this store waits but [`OutcomeStore::wait`].
    pub(crate) fn claim_now(&self, key: DeliveryKey, arrived: Instant) -> Result<MemoryClaim, StoreError> {
        self.claimed(key, false, arrived)
    }

    /// As [`SignatureStore::bind`].
    pub(crate) fn bind_now(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let (body, now) = (self.shared.hasher.hash_one(body), now());
        self.table().bind(signature, body, lifetime, now).map_err(StoreError::new)
    }

    fn claimed(
        &self,
        key: DeliveryKey,
        is_counted: bool,
        arrived: Instant,
    ) -> Result<MemoryClaim, StoreError> {
        let claimed = self.table().claim(key, is_counted, arrived);
        let (delivery, age, claimed) = claimed.map_err(StoreError::new)?;
        let state = match claimed {
            Claimed::Owned(number) => {
                MemoryState::Owned(MemoryLease { store: Some(self.clone()), key, number })
            }
            Claimed::Running => MemoryState::Running,
            Claimed::Completed(outcome) => MemoryState::Completed(outcome),
        };
        Ok(MemoryClaim { delivery, age, state })
    }
}

/// As [`Claim`], without a box.
pub(crate) struct MemoryClaim {
    pub(crate) delivery: u32,
    pub(crate) age: Duration,
    pub(crate) state: MemoryState,
}

/// As [`ClaimState`], without a box.
pub(crate) enum MemoryState {
    Owned(MemoryLease),
    Running,
    Completed(Arc<Reply>),
}

impl From<MemoryClaim> for Claim {
    fn from(MemoryClaim { delivery, age, state }: MemoryClaim) -> Self {
        let state = match state {
            MemoryState::Owned(lease) => ClaimState::Owned(Box::new(lease)),
            MemoryState::Running => ClaimState::Running,
            MemoryState::Completed(outcome) => ClaimState::Completed(outcome),
        };
        Self::new(delivery, age, state)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// How many pushes it remembers.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("pushes", &self.len())
            .field("capacity", &self.table().capacity())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl OutcomeStore for MemoryStore {
    async fn claim(&self, key: DeliveryKey, arrived: Instant) -> Result<Claim, StoreError> {
        self.claim_now(key, arrived).map(Claim::from)
    }

    async fn claim_again(&self, key: DeliveryKey, arrived: Instant) -> Result<Claim, StoreError> {
        self.claimed(key, true, arrived).map(Claim::from)
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        Ok(Wait { store: self, key, waiter: None }.await)
    }

    async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        Ok(self.table().mark_late(key))
    }

    async fn progress(&self, key: DeliveryKey) -> Result<Progress, StoreError> {
        Ok(self.table().progress(key))
    }
}

#[async_trait]
impl SignatureStore for MemoryStore {
    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        self.bind_now(signature, body, lifetime)
    }
}

#[async_trait]
impl PendingStore for MemoryStore {
    async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Result<PendingReply, StoreError> {
        let now = now();
        self.table().add_pending(user, pending, now).map_err(StoreError::new)
    }

    async fn next_pending(&self, user: UserKey) -> Result<Option<PendingReply>, StoreError> {
        let now = now();
        Ok(self.table().next_pending(user, now))
    }

    async fn advance_pending(
        &self,
        user: UserKey,
        taken: PendingReply,
        then: Option<PendingReply>,
    ) -> Result<bool, StoreError> {
        Ok(self.table().advance_pending(user, taken, then))
    }
}

/// The right to run one push: thirty-two bytes.
pub(crate) struct MemoryLease {
    /// `None` once it is completed.
    store: Option<MemoryStore>,
    key: DeliveryKey,
    /// Where the table had it when it was claimed.
    number: u32,
}

impl MemoryLease {
    /// As [`Lease::complete`].
    pub(crate) fn complete_now(self, outcome: Arc<Reply>, retention: Retention) -> Timeliness {
        self.complete_at(outcome, retention, now())
    }

    /// As [`Lease::share_text`].
    pub(crate) fn share_text(&self, text: Arc<GrowingText>) {
        if let Some(store) = &self.store {
            store.table().share_text(self.key, self.number, text);
        }
    }

    /// As [`complete_now`](Self::complete_now), for whoever knows what time it is.
    pub(crate) fn complete_at(
        mut self,
        outcome: Arc<Reply>,
        retention: Retention,
        now: Instant,
    ) -> Timeliness {
        let Some(store) = self.store.take() else {
            return Timeliness::InTime;
        };
        let kept = retention.kept(outcome.clone(), Timeliness::InTime).into();
        let completed = store.table().complete(self.key, self.number, (&outcome, kept), retention, now);
        let (timeliness, waiting) = completed;
        // It may be the last, and nothing is locked here.
        drop(outcome);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
        timeliness
    }
}

#[async_trait]
impl Lease for MemoryLease {
    async fn complete(
        self: Box<Self>,
        outcome: Arc<Reply>,
        retention: Retention,
    ) -> Result<Timeliness, StoreError> {
        Ok(self.complete_now(outcome, retention))
    }

    fn share_text(&self, text: Arc<GrowingText>) {
        self.share_text(text);
    }
}

impl Drop for MemoryLease {
    fn drop(&mut self) {
        if let Some(store) = &self.store {
            let now = now();
            let waiting = store.table().give_up(self.key, self.number, now);
            if let Some(waiting) = waiting {
                waiting.wake();
            }
        }
    }
}

/// Waits for the outcome of a push.
struct Wait<'a> {
    store: &'a MemoryStore,
    key: DeliveryKey,
    waiter: Option<Waiter>,
}

impl Future for Wait<'_> {
    type Output = Option<Arc<Reply>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { store, key, waiter } = &mut *self;
        let (poll, replaced) = store.table().poll_wait(*key, waiter, cx);
        drop(replaced);
        if poll.is_ready() {
            *waiter = None;
        }
        poll
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            let waker = self.store.table().stop_waiting(self.key, waiter);
            drop(waker);
        }
    }
}

/// Lifetimes go by the monotonic clock: by tokio's where it is there, so that a test can pause it.
fn now() -> Instant {
    #[cfg(feature = "tokio-1")]
    return tokio::time::Instant::now().into_std();
    #[cfg(not(feature = "tokio-1"))]
    Instant::now()
}
