//! Replies that are kept for users to fetch.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Engine;
use super::push::Push;
use super::span::DeliverySpan;
use super::store::{ClaimState, Lease};
use crate::Reply;
use crate::delivery::{DeliveryKey, PendingReply, Progress, Retention, StoreError, UserKey};
use crate::late_reply::{FetchWord, Part};
use crate::log::as_dyn;
use crate::metrics::{self, LateOutcome};
use crate::process::deadline::{after, before};
use crate::reply::MAX_TEXT;

/// How often it is looked whether a text that another process produces has become as long as was told.
const BEHIND: u32 = 2;
const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// What there is of a reply that is kept.
enum Kept {
    /// A part, or nothing: it is gone.
    Part(Option<Part>),
    /// It is not there yet.
    Later,
}

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
            let part = match self.kept(word, pending, deadline).await {
                Kept::Part(part) => part,
                Kept::Later => return Ok(Some(word.notice().clone())),
            };
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

    /// What there is of `pending`. Where it streams, more of it is waited for if it does not fill a message yet.
    async fn kept(&self, word: &FetchWord, pending: PendingReply, deadline: Instant) -> Kept {
        let (store, PendingReply { key, offset, .. }) = (&self.shared.store, pending);
        let so_far = async |is_full: bool| {
            let text = self.text_so_far(key).await?;
            let room = if is_full { MAX_TEXT } else { 0 };
            let is_enough = text.len().saturating_sub(offset as usize) > room;
            word.part_of(&text, offset, false).filter(|_| is_enough)
        };
        if let Some(part) = so_far(true).await {
            return Kept::Part(Some(part));
        }
        match before(deadline, store.wait(key)).await {
            Some(Ok(Some(reply))) => Kept::Part(word.part(&reply, offset)),
            Some(Ok(None)) => self.abandoned(word, pending).await,
            Some(Err(error)) => {
                tracing::error!(error = as_dyn(&error), "what is kept for the user cannot be asked for now");
                Kept::Later
            }
            None => so_far(false).await.map_or(Kept::Later, |part| Kept::Part(Some(part))),
        }
    }

    /// What a reply said whose process went away.
    async fn abandoned(&self, word: &FetchWord, pending: PendingReply) -> Kept {
        match self.shared.store.progress(pending.key).await {
            Ok(Progress::Abandoned(left)) if !left.text.is_empty() => {
                let text = [&left.text, "\n\n", self.interruption()].concat();
                Kept::Part(word.part_of(&text, pending.offset, true))
            }
            Ok(Progress::Abandoned(_) | Progress::Unknown) => Kept::Part(None),
            Ok(Progress::Completed(reply)) => Kept::Part(word.part(&reply, pending.offset)),
            // Another process runs it by now, or the store is not sure.
            Ok(Progress::Running(_)) => Kept::Later,
            Err(error) => {
                tracing::warn!(error = as_dyn(&error), "what is kept for the user cannot be asked for now");
                Kept::Later
            }
        }
    }

    /// The first part of what the reply to the push `key` says so far, or the notice, where the rest can be kept for the
    /// user.
    pub(super) async fn first_part(&self, key: DeliveryKey, push: &Push) -> Option<Arc<Reply>> {
        let (word, user) = (self.shared.policy.late.word()?, push.user?);
        let mut text = self.text_so_far(key).await.unwrap_or_default();
        let offset = word.part_of(&text, 0, false).and_then(|(_, next)| next).unwrap_or_default();
        let pending = self.add_pending(user, PendingReply::new(key, offset)).await;
        metrics::late(if pending.is_some() { LateOutcome::Kept } else { LateOutcome::Lost });
        let offset = pending?.offset;
        if offset == 0 {
            return Some(word.notice().clone());
        }
        // Another delivery may have told another part, in a process that knew more of the text.
        for _ in 0..BEHIND {
            if let Some(told) = word.told(&text, offset) {
                return Some(told);
            }
            sleep(LOOK_AGAIN).await;
            text = self.text_so_far(key).await.unwrap_or_default();
        }
        word.told(&text, offset)
    }

    /// The pending reply that stands, if it could be kept.
    pub(super) async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Option<PendingReply> {
        let added = self.shared.store.add_pending(user, pending).await;
        added
            .inspect_err(|error| {
                tracing::error!(error = as_dyn(error), "a reply cannot be kept for the user to fetch it");
            })
            .ok()
    }

    /// Keeps `reply` to the push `key`, from `offset` on, for the user: under another key, because the push is completed
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
        kept.is_ok() && self.add_pending(user, PendingReply::new(key, offset)).await.is_some()
    }
}
