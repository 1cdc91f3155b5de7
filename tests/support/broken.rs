//! A store that cannot be asked.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use wechat_callback::Reply;
use wechat_callback::delivery::{
    Claim, ClaimState, DeliveryKey, GrowingText, Lease, MemoryStore, OutcomeStore, PendingReply,
    PendingStore, Progress, Retention, SignatureKey, SignatureStore, StoreError, Timeliness, UserKey,
};

/// Works, but for one method.
#[derive(Clone)]
pub struct Broken {
    store: MemoryStore,
    method: &'static str,
}

impl Broken {
    /// Every question is answered, but for those to `method`, or to several, with a `+` between them.
    pub fn new(method: &'static str) -> Self {
        Self { store: MemoryStore::new(), method }
    }

    fn check(&self, method: &str) -> Result<(), StoreError> {
        if self.is_broken(method) { Err(StoreError::new("the line to it is dead")) } else { Ok(()) }
    }

    fn is_broken(&self, method: &str) -> bool {
        self.method.split('+').any(|broken| broken == method)
    }

    fn broken(&self, claim: Claim) -> Claim {
        let Claim { delivery, age, state, .. } = claim;
        let state = match state {
            ClaimState::Owned(lease) if self.is_broken("complete") => {
                ClaimState::Owned(Box::new(BrokenLease { held: lease }))
            }
            state => state,
        };
        Claim::new(delivery, age, state)
    }
}

struct BrokenLease {
    held: Box<dyn Lease>,
}

#[async_trait]
impl Lease for BrokenLease {
    async fn complete(self: Box<Self>, _: Arc<Reply>, _: Retention) -> Result<Timeliness, StoreError> {
        Err(StoreError::new("the line to it is dead"))
    }

    fn share_text(&self, text: Arc<GrowingText>) {
        self.held.share_text(text);
    }
}

#[async_trait]
impl OutcomeStore for Broken {
    async fn claim(&self, key: DeliveryKey, arrived: std::time::Instant) -> Result<Claim, StoreError> {
        self.check("claim")?;
        Ok(self.broken(self.store.claim(key, arrived).await?))
    }

    async fn claim_again(&self, key: DeliveryKey, arrived: std::time::Instant) -> Result<Claim, StoreError> {
        self.check("claim")?;
        Ok(self.broken(self.store.claim_again(key, arrived).await?))
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        self.check("wait")?;
        self.store.wait(key).await
    }

    async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        self.check("mark_late")?;
        self.store.mark_late(key).await
    }

    async fn progress(&self, key: DeliveryKey) -> Result<Progress, StoreError> {
        self.check("progress")?;
        self.store.progress(key).await
    }
}

#[async_trait]
impl SignatureStore for Broken {
    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        self.check("bind")?;
        self.store.bind(signature, body, lifetime).await
    }
}

#[async_trait]
impl PendingStore for Broken {
    async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Result<PendingReply, StoreError> {
        self.check("add_pending")?;
        self.store.add_pending(user, pending).await
    }

    async fn next_pending(&self, user: UserKey) -> Result<Option<PendingReply>, StoreError> {
        self.check("next_pending")?;
        self.store.next_pending(user).await
    }

    async fn advance_pending(
        &self,
        user: UserKey,
        kept: PendingReply,
        then: Option<PendingReply>,
    ) -> Result<bool, StoreError> {
        self.check("advance_pending")?;
        self.store.advance_pending(user, kept, then).await
    }
}
