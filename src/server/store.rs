//! The store that an engine asks. That of one process is asked without a box, because it never waits.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Reply;
use crate::delivery::memory::{MemoryClaim, MemoryLease, MemoryState};
use crate::delivery::{
    self, ConcurrentRun, DeliveryKey, DeliveryStore, GrowingText, MemoryStore, PendingReply, Progress,
    Retention, SignatureKey, StoreError, Timeliness, UserKey,
};
use crate::metrics::{CountError, Operation};

/// The errors of its methods are counted.
#[derive(Clone)]
pub(super) enum Store {
    Memory(MemoryStore),
    Other(Arc<dyn DeliveryStore>),
}

/// As [`delivery::Claim`].
pub(super) struct Claim {
    pub(super) delivery: u32,
    pub(super) age: Duration,
    pub(super) state: ClaimState,
}

/// As [`delivery::ClaimState`].
pub(super) enum ClaimState {
    Owned(Lease),
    Running,
    Completed(Arc<Reply>),
}

/// As [`delivery::Lease`].
pub(super) enum Lease {
    Memory(MemoryLease),
    Other(Box<dyn delivery::Lease>),
}

impl Store {
    pub(super) fn new(store: impl DeliveryStore) -> Self {
        let any: &dyn Any = &store;
        match any.downcast_ref::<MemoryStore>() {
            Some(store) => Self::Memory(store.clone()),
            None => Self::Other(Arc::new(store)),
        }
    }

    fn as_dyn(&self) -> &dyn DeliveryStore {
        match self {
            Self::Memory(store) => store,
            Self::Other(store) => &**store,
        }
    }

    /// `None` where it has to be waited for.
    pub(super) fn bind_now(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Option<Result<bool, StoreError>> {
        match self {
            Self::Memory(store) => Some(store.bind_now(signature, body, lifetime).counted(Operation::Bind)),
            Self::Other(_) => None,
        }
    }

    pub(super) async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        self.as_dyn().bind(signature, body, lifetime).await.counted(Operation::Bind)
    }

    /// `None` where it has to be waited for.
    pub(super) fn claim_now(&self, key: DeliveryKey, arrived: Instant) -> Option<Result<Claim, StoreError>> {
        match self {
            Self::Memory(store) => {
                Some(store.claim_now(key, arrived).map(Claim::from).counted(Operation::Claim))
            }
            Self::Other(_) => None,
        }
    }

    pub(super) async fn claim(&self, key: DeliveryKey, arrived: Instant) -> Result<Claim, StoreError> {
        self.as_dyn().claim(key, arrived).await.map(Claim::from).counted(Operation::Claim)
    }

    pub(super) async fn claim_again(&self, key: DeliveryKey, arrived: Instant) -> Result<Claim, StoreError> {
        self.as_dyn().claim_again(key, arrived).await.map(Claim::from).counted(Operation::Claim)
    }

    pub(super) async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        self.as_dyn().wait(key).await.counted(Operation::Wait)
    }

    pub(super) async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        self.as_dyn().mark_late(key).await.counted(Operation::MarkLate)
    }

    pub(super) async fn progress(&self, key: DeliveryKey) -> Result<Progress, StoreError> {
        self.as_dyn().progress(key).await.counted(Operation::Progress)
    }

    pub(super) async fn add_pending(
        &self,
        user: UserKey,
        pending: PendingReply,
    ) -> Result<PendingReply, StoreError> {
        self.as_dyn().add_pending(user, pending).await.counted(Operation::AddPending)
    }

    pub(super) async fn next_pending(&self, user: UserKey) -> Result<Option<PendingReply>, StoreError> {
        self.as_dyn().next_pending(user).await.counted(Operation::NextPending)
    }

    pub(super) async fn advance_pending(
        &self,
        user: UserKey,
        taken: PendingReply,
        then: Option<PendingReply>,
    ) -> Result<bool, StoreError> {
        self.as_dyn().advance_pending(user, taken, then).await.counted(Operation::AdvancePending)
    }
}

impl Lease {
    /// Stores the outcome, if that is done without waiting.
    pub(super) fn complete_now(
        self,
        outcome: Arc<Reply>,
        retention: Retention,
        now: Instant,
    ) -> Result<Timeliness, Self> {
        match self {
            Self::Memory(lease) => Ok(lease.complete_at(outcome, retention, now)),
            Self::Other(_) => Err(self),
        }
    }

    /// Stores the outcome. Its error is counted.
    pub(super) async fn complete(
        self,
        outcome: Arc<Reply>,
        retention: Retention,
    ) -> Result<Timeliness, StoreError> {
        match self {
            Self::Memory(lease) => Ok(lease.complete_now(outcome, retention)),
            Self::Other(lease) => lease.complete(outcome, retention).await.counted(Operation::Complete),
        }
    }

    pub(super) fn share_text(&self, text: Arc<GrowingText>) {
        match self {
            Self::Memory(lease) => lease.share_text(text),
            Self::Other(lease) => lease.share_text(text),
        }
    }

    pub(super) fn concurrent_run(&self) -> Option<Arc<dyn ConcurrentRun>> {
        match self {
            Self::Memory(_) => None,
            Self::Other(lease) => lease.concurrent_run(),
        }
    }
}

impl From<MemoryClaim> for Claim {
    fn from(MemoryClaim { delivery, age, state }: MemoryClaim) -> Self {
        let state = match state {
            MemoryState::Owned(lease) => ClaimState::Owned(Lease::Memory(lease)),
            MemoryState::Running => ClaimState::Running,
            MemoryState::Completed(outcome) => ClaimState::Completed(outcome),
        };
        Self { delivery, age, state }
    }
}

impl From<delivery::Claim> for Claim {
    fn from(delivery::Claim { delivery, age, state }: delivery::Claim) -> Self {
        let state = match state {
            delivery::ClaimState::Owned(lease) => ClaimState::Owned(Lease::Other(lease)),
            delivery::ClaimState::Running => ClaimState::Running,
            delivery::ClaimState::Completed(outcome) => ClaimState::Completed(outcome),
        };
        Self { delivery, age, state }
    }
}
