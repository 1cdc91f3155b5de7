//! From a delivery to its answer, or to the handler.

use std::sync::Arc;
use std::time::Instant as StdInstant;

use tokio::time::Instant;

use super::decide::Step;
use super::push::Push;
use super::response::Response;
use super::span::DeliverySpan;
use super::store::{Claim, Lease};
use super::task::HandlerTask;
use super::{Engine, Shared};
use crate::callback::QuerySignature;
use crate::delivery::StoreError;
use crate::metrics::Outcome;
use crate::process::deadline::{after, before};
use crate::{Opened, Refusal, Reply};

/// What a delivery is answered. Exhaustive.
pub enum Delivery {
    /// It is answered without the handler.
    Answered(Response),
    /// Nobody runs its push: run the handler.
    Run(HandlerTask),
}

/// What comes of a claim.
enum Claimed {
    /// The handler is to be run. There is no lease where there is no key.
    Run(Option<Lease>),
    Answer(Arc<Reply>),
}

/// Why a delivery is refused that was opened.
enum Refused {
    Replayed,
    /// The store could not bind its signature.
    Unbound(StoreError),
    /// The store could not be asked about its push.
    Unclaimed(StoreError),
    ShuttingDown,
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Unclaimed(error)
    }
}

impl Engine {
    /// A delivery was [opened](crate::Callback::open). Counts it, and where another delivery of its push runs the handler, waits
    /// for the outcome.
    ///
    /// `arrived` is when the request arrived, from where WeChat's five seconds count; `admitted`, when its connection was
    /// accepted, or `arrived` where the server does not say: what comes over a connection that was there before the end of
    /// a [draining](Self::drain) is answered.
    ///
    /// [`Engine::handle`] does this and all the rest. This is for a server whose handlers make responses of their own.
    pub async fn deliver(&self, opened: &Opened, arrived: StdInstant, admitted: StdInstant) -> Delivery {
        let hangs_up_after = self.shared.policy.schedule.hangs_up_after();
        let mut span = DeliverySpan::new(opened, arrived, hangs_up_after);
        let is_admitted = self.shutdown().admits(span.arrived, Instant::from_std(admitted));
        let mut push = Push::of(opened, &self.shared);
        let refused = match self.claim(opened, &mut push, &mut span).await {
            Ok(Claimed::Answer(reply)) => {
                return Delivery::Answered(self.seal(&mut span, &opened.context, &reply));
            }
            Ok(Claimed::Run(lease)) => {
                span.join("ran");
                if is_admitted {
                    return Delivery::Run(HandlerTask::new(self.clone(), push, lease, span));
                }
                Refused::ShuttingDown
            }
            Err(refused) => refused,
        };
        Delivery::Answered(self.refused(&refused, span))
    }

    async fn claim(
        &self,
        opened: &Opened,
        push: &mut Push,
        span: &mut DeliverySpan,
    ) -> Result<Claimed, Refused> {
        let Shared { store, policy, .. } = &*self.shared;
        if let Some(QuerySignature { key, fresh_for }) = opened.query_signature {
            let bound = store.bind(key, opened.xml.as_bytes(), fresh_for).await;
            if !bound.map_err(Refused::Unbound)? {
                return Err(Refused::Replayed);
            }
        }
        let Some(key) = push.key else {
            return Ok(Claimed::Run(None));
        };
        let arrived = span.arrived.into_std();
        let Claim { delivery, age, mut state } = store.claim(key, arrived).await?;
        span.delivery = Some(delivery);
        push.age = age;
        let is_word =
            push.user.is_some() && policy.late.word().is_some_and(|word| word.is(opened.message.text()));
        let mut unanswered = None;
        loop {
            match policy.claimed(state, age, is_word) {
                Step::Run(lease) => return Ok(Claimed::Run(Some(lease))),
                Step::Fetch(lease) => return Box::pin(self.fetch_or_run(push, lease, span)).await,
                Step::Answer(outcome) => {
                    span.join("completed");
                    return Ok(Claimed::Answer(outcome));
                }
                Step::Wait(patience) => {
                    if let Some(error) = unanswered {
                        return Err(Refused::Unclaimed(error));
                    }
                    span.join("joined");
                    let waited = before(after(span.arrived, patience), store.wait(key)).await;
                    match waited {
                        Some(Ok(Some(outcome))) => return Ok(Claimed::Answer(outcome)),
                        // Its owner went away. Whoever asks first runs it again.
                        Some(Ok(None)) => {}
                        // The store says on a claim whether to go on without it.
                        Some(Err(error)) => unanswered = Some(error),
                        None => return Ok(Claimed::Answer(Box::pin(self.timed_out(push, span)).await)),
                    }
                    state = store.claim_again(key, arrived).await?.state;
                }
            }
        }
    }

    async fn fetch_or_run(&self, push: &Push, lease: Lease, span: &DeliverySpan) -> Result<Claimed, Refused> {
        let Some(user) = push.user else {
            return Ok(Claimed::Run(Some(lease)));
        };
        Ok(match self.fetch(user, lease, span).await? {
            Ok(reply) => {
                span.join("fetched");
                Claimed::Answer(reply)
            }
            Err(lease) => Claimed::Run(Some(lease)),
        })
    }

    /// Logs why, and answers with a status and nothing else.
    fn refused(&self, refused: &Refused, mut span: DeliverySpan) -> Response {
        let callback = &self.shared.callback;
        let (refusal, outcome) = span.span.in_scope(|| match refused {
            Refused::Replayed => {
                callback.log_replayed();
                (Refusal::Replayed, Outcome::Replayed)
            }
            Refused::Unbound(error) => {
                callback.log_unbound(error);
                (Refusal::StoreFailed, Outcome::StoreFailed)
            }
            Refused::Unclaimed(error) => {
                callback.log_unclaimed(error);
                (Refusal::StoreFailed, Outcome::StoreFailed)
            }
            Refused::ShuttingDown => {
                callback.log_shutting_down();
                (Refusal::ShuttingDown, Outcome::ShuttingDown)
            }
        });
        span.close(outcome);
        Response::empty(refusal.status())
    }
}
