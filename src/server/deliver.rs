//! From a delivery to its answer, or to the handler.

use std::borrow::Cow;
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
use crate::channel::Channel;
use crate::delivery::{DeliveryKey, StoreError};
use crate::message::Content;
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

/// A delivery whose answer has to be waited for. Made by [`Engine::deliver_now`].
#[must_use = "it does nothing until it is decided"]
pub struct Undecided {
    engine: Engine,
    push: Push,
    span: DeliverySpan,
    is_admitted: bool,
    /// What to do. `None` where the store was not asked.
    step: Option<Step>,
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
        match self.deliver_now(opened, arrived, admitted) {
            Ok(delivery) => delivery,
            Err(undecided) => Box::pin(undecided.decide(opened)).await,
        }
    }

    /// As [`deliver`](Self::deliver), where nothing has to be waited for.
    ///
    /// # Errors
    ///
    /// What is left to do, where another delivery of the push runs the handler, or the store is not that of this process.
    #[inline]
    pub fn deliver_now(
        &self,
        opened: &Opened,
        arrived: StdInstant,
        admitted: StdInstant,
    ) -> Result<Delivery, Box<Undecided>> {
        let hangs_up_after = self.shared.policy.schedule.hangs_up_after();
        let mut span = DeliverySpan::new(opened, arrived, hangs_up_after);
        let is_admitted = self.shutdown().admits(span.arrived, Instant::from_std(admitted));
        let mut push = Push::of(opened, &self.shared);
        if let Content::StreamRefresh(refresh) = &opened.message.content
            && opened.context.to.channel == Channel::AiBot
        {
            push.key = DeliveryKey::of_stream(&refresh.id, opened);
            let (engine, step) = (self.clone(), Some(Step::Refresh));
            return Err(Box::new(Undecided { engine, push, span, is_admitted, step }));
        }
        let step = match self.claim_now(opened, &mut push, &mut span) {
            Some(Ok(Step::Run(lease))) => {
                return Ok(self.decided(opened, push, span, is_admitted, Ok(Claimed::Run(lease))));
            }
            Some(Ok(Step::Answer(outcome))) => {
                span.join("completed");
                return Ok(self.decided(opened, push, span, is_admitted, Ok(Claimed::Answer(outcome))));
            }
            Some(Ok(step)) => Some(step),
            Some(Err(refused)) => return Ok(self.decided(opened, push, span, is_admitted, Err(refused))),
            None => None,
        };
        Err(Box::new(Undecided { engine: self.clone(), push, span, is_admitted, step }))
    }

    /// Claims the push in the store of this process. `None` where another store has to be asked.
    fn claim_now(
        &self,
        opened: &Opened,
        push: &mut Push,
        span: &mut DeliverySpan,
    ) -> Option<Result<Step, Refused>> {
        let store = &self.shared.store;
        if let Some(QuerySignature { key, fresh_for }) = opened.query_signature {
            match store.bind_now(key, &self.bound(opened), fresh_for)? {
                Ok(true) => {}
                Ok(false) => return Some(Err(Refused::Replayed)),
                Err(error) => return Some(Err(Refused::Unbound(error))),
            }
        }
        let Some(key) = push.key else { return Some(Ok(Step::Run(None))) };
        let claim = store.claim_now(key, span.arrived.into_std())?;
        Some(claim.map(|claim| self.step(opened, push, span, claim)).map_err(Refused::Unclaimed))
    }

    /// What the signature of plain mode is bound to: the body, and where there are many accounts, some of which may have
    /// one Token, the AppID.
    fn bound<'o>(&self, opened: &'o Opened) -> Cow<'o, [u8]> {
        let body = opened.plaintext.as_bytes();
        match self.shared.lookup.is_many() {
            false => Cow::Borrowed(body),
            true => Cow::Owned([opened.context.account.app_id.as_bytes(), b"\n", body].concat()),
        }
    }

    /// As [`claim_now`](Self::claim_now), in any store.
    async fn claim(
        &self,
        opened: &Opened,
        push: &mut Push,
        span: &mut DeliverySpan,
    ) -> Result<Step, Refused> {
        let store = &self.shared.store;
        if let Some(QuerySignature { key, fresh_for }) = opened.query_signature
            && !store.bind(key, &self.bound(opened), fresh_for).await.map_err(Refused::Unbound)?
        {
            return Err(Refused::Replayed);
        }
        let Some(key) = push.key else { return Ok(Step::Run(None)) };
        let claim = store.claim(key, span.arrived.into_std()).await?;
        Ok(self.step(opened, push, span, claim))
    }

    /// What the first claim leads to.
    fn step(&self, opened: &Opened, push: &mut Push, span: &mut DeliverySpan, claim: Claim) -> Step {
        let policy = &self.shared.policy;
        span.delivery = Some(claim.delivery);
        push.age = claim.age;
        push.is_word =
            push.user.is_some() && policy.late.word().is_some_and(|word| word.is(opened.message.text()));
        policy.claimed(claim.state, push.manner, claim.age, push.is_word)
    }

    async fn follow(&self, push: &Push, span: &mut DeliverySpan, mut step: Step) -> Result<Claimed, Refused> {
        let Shared { store, policy, .. } = &*self.shared;
        let mut unanswered = None;
        loop {
            let patience = match step {
                Step::Run(lease) => return Ok(Claimed::Run(lease)),
                Step::Fetch(lease) => return Box::pin(self.fetch_or_run(push, lease, span)).await,
                Step::Answer(outcome) => {
                    span.join("completed");
                    return Ok(Claimed::Answer(outcome));
                }
                Step::Refresh => {
                    span.join("refreshed");
                    return Ok(Claimed::Answer(self.refreshed(push.key).await));
                }
                Step::Wait(patience) => patience,
            };
            let Some(key) = push.key else { return Ok(Claimed::Run(None)) };
            if let Some(error) = unanswered {
                return Err(Refused::Unclaimed(error));
            }
            span.join("joined");
            match before(after(span.arrived, patience), store.wait(key)).await {
                Some(Ok(Some(outcome))) => return Ok(Claimed::Answer(outcome)),
                // Its owner went away. Whoever asks first runs it again.
                Some(Ok(None)) => {}
                // The store says on a claim whether to go on without it.
                Some(Err(error)) => unanswered = Some(error),
                None => return Ok(Claimed::Answer(Box::pin(self.timed_out(push, span)).await)),
            }
            let claim = store.claim_again(key, span.arrived.into_std()).await?;
            step = policy.claimed(claim.state, push.manner, push.age, push.is_word);
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

    /// The answer, or the handler's task.
    #[inline]
    fn decided(
        &self,
        opened: &Opened,
        push: Push,
        mut span: DeliverySpan,
        is_admitted: bool,
        claimed: Result<Claimed, Refused>,
    ) -> Delivery {
        let refused = match claimed {
            Ok(Claimed::Answer(reply)) => {
                return Delivery::Answered(self.seal(&mut span, &opened.context, &reply, Instant::now()));
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

    /// Logs why, and answers with a status and nothing else.
    fn refused(&self, refused: &Refused, mut span: DeliverySpan) -> Response {
        let log = &self.shared.process.log;
        let (refusal, outcome) = span.span.in_scope(|| match refused {
            Refused::Replayed => {
                log.replayed();
                (Refusal::Replayed, Outcome::Replayed)
            }
            Refused::Unbound(error) => {
                log.unbound(error);
                (Refusal::StoreFailed, Outcome::StoreFailed)
            }
            Refused::Unclaimed(error) => {
                log.unclaimed(error);
                (Refusal::StoreFailed, Outcome::StoreFailed)
            }
            Refused::ShuttingDown => {
                log.shutting_down();
                (Refusal::ShuttingDown, Outcome::ShuttingDown)
            }
        });
        span.close(outcome, Instant::now());
        Response::empty(refusal.status())
    }
}

impl Undecided {
    /// Waits for the answer to the delivery that was `opened`.
    pub async fn decide(mut self, opened: &Opened) -> Delivery {
        let Self { engine, push, span, step, .. } = &mut self;
        let step = match step.take() {
            Some(step) => Ok(step),
            None => engine.claim(opened, push, span).await,
        };
        let claimed = match step {
            Ok(step) => engine.follow(push, span, step).await,
            Err(refused) => Err(refused),
        };
        let Self { engine, push, span, is_admitted, .. } = self;
        engine.decided(opened, push, span, is_admitted, claimed)
    }
}
