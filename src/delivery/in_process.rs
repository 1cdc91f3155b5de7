use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::table::{Claimed, Full, Table};
use super::{
    Claim, ClaimState, Deliveries, DeliveriesError, DeliveryKey, Keep, Lease, Promise, Settled, SignatureKey,
    UserKey,
};
use crate::Reply;

/// How many pushes are remembered unless another number is set.
const CAPACITY: usize = 100_000;

/// How many signatures of plain mode are remembered unless another number is set.
const SIGNATURES: usize = 1_000_000;

/// The store of one process, the default of the middleware.
///
/// Cheap to clone; clones share what they know. A push takes some 350 bytes, and its reply. It is bounded: of settled pushes that exceed the capacity the oldest
/// are forgotten before their time. Where no room is left because as many handlers run, a push is answered 503, and
/// WeChat asks again.
///
/// In plain mode it remembers the signature of each push besides, until the signature's own timestamp leaves the window
/// (about 300 seconds): at most 64 bytes each, up to 1,000,000 of them, which is some 3,300 pushes a second. None is
/// forgotten inside the window. Where no room is left a push with a new signature is answered 503, and if that goes on
/// users read WeChat's failure notice: see [`signatures`](Self::signatures).
#[derive(Clone)]
pub struct InProcess {
    table: Arc<Mutex<Table>>,
    capacity: usize,
}

impl InProcess {
    /// With room for 100,000 pushes, as many users with promised answers and 1,000,000 signatures of plain mode.
    #[must_use]
    pub fn new() -> Self {
        Self { table: Arc::new(Mutex::new(Table::new(CAPACITY, SIGNATURES))), capacity: CAPACITY }
    }

    /// With room for `pushes` pushes and as many users with promised answers.
    ///
    /// ```
    /// # use wechat_callback::delivery::InProcess;
    /// let store = InProcess::new().capacity(1_000);
    /// ```
    #[must_use]
    pub fn capacity(mut self, pushes: usize) -> Self {
        self.table().set_capacity(pushes);
        self.capacity = pushes;
        self
    }

    /// With room for so many signatures of plain mode, 1,000,000 unless set. A signature is remembered for about 300
    /// seconds, so it takes 300 for each push a second; at most 64 bytes each, taken when they are needed.
    ///
    /// ```
    /// # use wechat_callback::delivery::InProcess;
    /// let store = InProcess::new().signatures(100_000);
    /// ```
    #[must_use]
    pub fn signatures(self, signatures: usize) -> Self {
        self.table().set_signatures(signatures);
        self
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
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`claim`](Deliveries::claim), at once.
    pub(super) fn claim_now(
        &self,
        key: DeliveryKey,
        now: Instant,
    ) -> Result<(u32, Duration, Claimed), DeliveriesError> {
        self.table().claim(key, now).ok_or_else(|| self.full())
    }

    /// [`bind`](Deliveries::bind), at once.
    pub(super) fn bind_now(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
        now: Instant,
    ) -> Result<bool, DeliveriesError> {
        self.table().bind(signature, body, lifetime, now).map_err(DeliveriesError::new)
    }

    /// Whoever runs a push as the first to claim it.
    pub(super) fn owner(&self, key: DeliveryKey) -> Owner {
        Owner { store: Some(self.clone()), key }
    }

    fn full(&self) -> DeliveriesError {
        DeliveriesError::new(Full { capacity: self.capacity })
    }
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new()
    }
}

/// How many pushes it remembers.
impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess")
            .field("pushes", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Deliveries for InProcess {
    async fn claim(&self, key: DeliveryKey) -> Result<Claim, DeliveriesError> {
        let (delivery, age, claimed) = self.claim_now(key, now())?;
        let state = match claimed {
            Claimed::First => ClaimState::First(Box::new(self.owner(key))),
            Claimed::Running => ClaimState::Running,
            Claimed::Settled(outcome) => ClaimState::Settled(outcome),
        };
        Ok(Claim::new(delivery, age, state))
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError> {
        Ok(Wait { store: self, key, waiter: None }.await)
    }

    async fn defer(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError> {
        Ok(self.table().defer(key))
    }

    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, DeliveriesError> {
        self.bind_now(signature, body, lifetime, now())
    }

    async fn promise(&self, user: UserKey, promise: Promise) -> Result<(), DeliveriesError> {
        if self.table().promise(user, promise, now()) { Ok(()) } else { Err(self.full()) }
    }

    async fn promised(&self, user: UserKey) -> Result<Option<Promise>, DeliveriesError> {
        Ok(self.table().promised(user, now()))
    }

    async fn keep_promise(
        &self,
        user: UserKey,
        kept: Promise,
        then: Option<Promise>,
    ) -> Result<bool, DeliveriesError> {
        Ok(self.table().keep_promise(user, kept, then))
    }
}

/// The right to run one push.
pub(super) struct Owner {
    /// `None` once it is settled.
    store: Option<InProcess>,
    key: DeliveryKey,
}

impl Owner {
    /// [`settle`](Lease::settle), at once.
    pub(super) fn settle_now(&mut self, outcome: Arc<Reply>, keep: Keep) -> Settled {
        let Some(store) = self.store.take() else {
            return Settled::InTime;
        };
        let (settled, waiting) = store.table().settle(self.key, outcome, keep, now());
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
        settled
    }
}

#[async_trait]
impl Lease for Owner {
    async fn settle(
        mut self: Box<Self>,
        outcome: Arc<Reply>,
        keep: Keep,
    ) -> Result<Settled, DeliveriesError> {
        Ok(self.settle_now(outcome, keep))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(store) = &self.store {
            let waiting = store.table().give_up(self.key, now());
            waiting.into_iter().for_each(|(_, waker)| waker.wake());
        }
    }
}

struct Wait<'a> {
    store: &'a InProcess,
    key: DeliveryKey,
    waiter: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = Option<Arc<Reply>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { store, key, waiter } = &mut *self;
        store.table().poll_wait(*key, waiter, cx)
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            self.store.table().stop_waiting(self.key, waiter);
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
