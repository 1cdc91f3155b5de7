//! Replies that are kept for users to fetch.

use std::sync::Arc;

use tokio::time::Instant;

use super::Engine;
use super::span::DeliverySpan;
use super::store::{ClaimState, Lease};
use crate::Reply;
use crate::delivery::{DeliveryKey, PendingReply, Retention, StoreError, UserKey};
use crate::log::as_dyn;
use crate::metrics::{self, LateOutcome};
use crate::process::deadline::{after, before};

/// The reply that a user fetched, or the lease of their message where nothing is kept for them.
type Fetched = Result<Arc<Reply>, Lease>;

impl Engine {
    /// Answers the word with the next part of what is kept for the user. What was taken is answered and stored even if the
    /// connection goes away.
    pub(super) async fn fetch(
        &self,
        user: UserKey,
        lease: Lease,
        span: &DeliverySpan,
    ) -> Result<Fetched, StoreError> {
        let deadline = after(span.arrived, self.shared.policy.schedule.last_patience());
        let task = self.clone().take_and_complete(user, lease, deadline);
        span.spawn(self.shutdown().token(), task).await.map_err(StoreError::new)?
    }

    async fn take_and_complete(
        self,
        user: UserKey,
        lease: Lease,
        deadline: Instant,
    ) -> Result<Fetched, StoreError> {
        let Some(reply) = self.take_pending(user, deadline).await? else {
            return Ok(Err(lease));
        };
        if let Err(error) = lease.complete(reply.clone(), Retention::ForRetries).await {
            tracing::error!(
                error = as_dyn(&error),
                "the reply is not stored: retries of the word do not get it"
            );
        }
        Ok(Ok(reply))
    }

    /// The next part of what is kept for the user, or the notice where it is not there yet. `None` where it is nothing.
    async fn take_pending(&self, user: UserKey, deadline: Instant) -> Result<Option<Arc<Reply>>, StoreError> {
        let store = &self.shared.store;
        let Some(word) = self.shared.policy.late.word() else {
            return Ok(None);
        };
        while let Some(pending) = store.next_pending(user).await? {
            let outcome = match before(deadline, store.wait(pending.key)).await {
                Some(Ok(outcome)) => outcome,
                Some(Err(error)) => {
                    tracing::error!(
                        error = as_dyn(&error),
                        "what is kept for the user cannot be asked for now"
                    );
                    return Ok(Some(word.notice().clone()));
                }
                None => return Ok(Some(word.notice().clone())),
            };
            let part = outcome.and_then(|reply| word.part(&reply, pending.offset));
            let next = part.as_ref().and_then(|(_, next)| *next);
            let then = next.map(|offset| PendingReply::new(pending.key, offset));
            if store.advance_pending(user, pending, then).await?
                && let Some((reply, _)) = part
            {
                // What follows is the rest of one that was fetched, or that was in time.
                if pending.offset == 0 {
                    metrics::late(LateOutcome::Fetched);
                }
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// The notice, where the reply to the push `key` can be kept for the user.
    pub(super) async fn notice(&self, key: DeliveryKey, user: Option<UserKey>) -> Option<Arc<Reply>> {
        let (word, user) = (self.shared.policy.late.word()?, user?);
        let is_kept = self.add_pending(user, PendingReply::new(key, 0)).await;
        metrics::late(if is_kept { LateOutcome::Kept } else { LateOutcome::Lost });
        is_kept.then(|| word.notice().clone())
    }

    /// Whether it could be kept.
    pub(super) async fn add_pending(&self, user: UserKey, pending: PendingReply) -> bool {
        let added = self.shared.store.add_pending(user, pending).await;
        if let Err(error) = &added {
            tracing::error!(error = as_dyn(error), "a reply cannot be kept for the user to fetch it");
        }
        added.is_ok()
    }

    /// Keeps `reply` to the push `key`, from the byte `offset` of its text on, for the user: under another key, because the push is completed
    /// with something else. Where a store let two deliveries run the push, one of the replies is kept. Whether it could be
    /// kept.
    pub(super) async fn keep(
        &self,
        user: UserKey,
        key: DeliveryKey,
        reply: &Arc<Reply>,
        offset: u32,
    ) -> bool {
        let key = key.of_kept();
        let kept = match self.shared.store.claim(key, Instant::now().into_std()).await {
            Ok(claim) => match claim.state {
                ClaimState::Owned(lease) => lease.complete(reply.clone(), Retention::ForUser).await.map(drop),
                ClaimState::Running | ClaimState::Completed(_) => Ok(()),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = &kept {
            tracing::error!(error = as_dyn(error), "a reply cannot be kept for the user to fetch it");
        }
        kept.is_ok() && self.add_pending(user, PendingReply::new(key, offset)).await
    }
}
