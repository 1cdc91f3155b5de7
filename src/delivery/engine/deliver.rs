//! From a delivery to its answer, or to the handler.

use std::sync::Arc;
use std::time::{Duration, Instant as StdInstant};

use tokio::time::Instant;

use super::deadline::{after, before};
use super::response::Response;
use super::span::DeliverySpan;
use super::task::HandlerTask;
use super::{Engine, Shared};
use crate::callback::Uncovering;
use crate::delivery::decide::{Marked, Step, TimedOut};
use crate::delivery::{Claim, DeliveryKey, Lease, StoreError, UserKey};
use crate::late_reply::Recipient;
use crate::log::as_dyn;
use crate::{Opened, Refusal, Reply, ReplyContext};

/// What a delivery is answered. Exhaustive.
pub enum Delivery {
    /// It is answered without the handler.
    Answered(Response),
    /// It is the first of its push: run the handler.
    Run(HandlerTask),
}

/// What is remembered of a push while its handler has the message.
#[derive(Clone)]
pub(super) struct Push {
    /// `None` where nothing tells it from another, or deliveries are not joined.
    pub(super) key: Option<DeliveryKey>,
    /// How long before this delivery the first one came.
    pub(super) age: Duration,
    /// For whom replies are kept.
    pub(super) user: Option<UserKey>,
    /// To whom replies are sent.
    pub(super) recipient: Option<Arc<Recipient>>,
}

/// What comes of a claim.
enum Claimed {
    /// The handler is to be run. There is no lease where there is no key.
    Run(Option<Box<dyn Lease>>),
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

impl Push {
    fn of(opened: &Opened<'_>, shared: &Shared) -> Self {
        let late = &shared.policy.late;
        let recipient = late
            .sender()
            .and_then(|_| Some(Arc::new(Recipient::new(shared.callback.app_id(), opened.message.openid()?))));
        Self {
            key: shared.policy.joins().then(|| opened.delivery_key()).flatten(),
            age: Duration::ZERO,
            user: late.word().and_then(|_| opened.user_key()),
            recipient,
        }
    }
}

impl Engine {
    /// A delivery was [opened](Callback::open). Counts it, and where another delivery of its push runs the handler, waits
    /// for the outcome.
    ///
    /// `arrived` is when the request arrived, from where WeChat's five seconds count; `admitted`, when its connection was
    /// accepted, or `arrived` where the server does not say: what comes over a connection that was there before the end of
    /// a [draining](Self::drain) is answered.
    ///
    /// [`Engine::handle`] does this and all the rest. This is for a server whose handlers make responses of their own.
    ///
    /// [`Callback::open`]: crate::Callback::open
    pub async fn deliver(&self, opened: &Opened<'_>, arrived: StdInstant, admitted: StdInstant) -> Delivery {
        let mut span = DeliverySpan::new(opened, arrived);
        let is_admitted = self.shutdown().admits(span.arrived, Instant::from_std(admitted));
        let mut push = Push::of(opened, &self.shared);
        let refused = match self.claim(opened, &mut push, &mut span).await {
            Ok(Claimed::Answer(reply)) => {
                return Delivery::Answered(self.seal(&mut span, &opened.context, &reply));
            }
            Ok(Claimed::Run(lease)) if is_admitted => {
                span.join("first");
                return Delivery::Run(HandlerTask::new(self.clone(), push, lease, span));
            }
            Ok(Claimed::Run(_)) => Refused::ShuttingDown,
            Err(refused) => refused,
        };
        Delivery::Answered(self.refused(&refused, span))
    }

    async fn claim(
        &self,
        opened: &Opened<'_>,
        push: &mut Push,
        span: &mut DeliverySpan,
    ) -> Result<Claimed, Refused> {
        let Shared { store, policy, .. } = &*self.shared;
        if let Some(Uncovering { key, fresh_for }) = opened.uncovering
            && !store.bind(key, opened.xml.as_bytes(), fresh_for).await.map_err(Refused::Unbound)?
        {
            return Err(Refused::Replayed);
        }
        let Some(key) = push.key else {
            return Ok(Claimed::Run(None));
        };
        let Claim { delivery, age, mut state } = store.claim(key).await?;
        span.delivery = delivery;
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
                    match before(after(span.arrived, patience), store.wait(key)).await {
                        Some(Ok(Some(outcome))) => return Ok(Claimed::Answer(outcome)),
                        // Its owner went away. Whoever asks first runs it again.
                        Some(Ok(None)) => {}
                        // The store says on a claim whether to go on without it.
                        Some(Err(error)) => unanswered = Some(error),
                        None => return Ok(Claimed::Answer(Box::pin(self.timed_out(push, span)).await)),
                    }
                    state = store.claim_again(key).await?.state;
                }
            }
        }
    }

    async fn fetch_or_run(
        &self,
        push: &Push,
        lease: Box<dyn Lease>,
        span: &DeliverySpan,
    ) -> Result<Claimed, Refused> {
        let Some(user) = push.user else {
            return Ok(Claimed::Run(Some(lease)));
        };
        Ok(match self.fetch(user, lease, span).await? {
            Ok(reply) => {
                span.join("claimed");
                Claimed::Answer(reply)
            }
            Err(lease) => Claimed::Run(Some(lease)),
        })
    }

    /// What a delivery is answered whose time has passed. It is found out to the end even if the connection goes away.
    pub(super) async fn timed_out(&self, push: &Push, span: &DeliverySpan) -> Arc<Reply> {
        let task = self.clone().answer_late(push.clone());
        let answer = span.spawn(self.shutdown().token(), task).await;
        // It ends early with the runtime alone.
        answer.unwrap_or_else(|_| Reply::None.into_shared())
    }

    async fn answer_late(self, push: Push) -> Arc<Reply> {
        let Shared { store, policy, .. } = &*self.shared;
        let none = || Reply::None.into_shared();
        let (Some(key), TimedOut::MarkLate) = (push.key, policy.timed_out(push.age)) else {
            return none();
        };
        let marked = match store.mark_late(key).await {
            Ok(outcome) => policy.marked(outcome),
            Err(error) => {
                tracing::error!(error = as_dyn(&error), "a late reply cannot be kept");
                return none();
            }
        };
        match marked {
            Marked::Answer(outcome) => outcome,
            Marked::Notice => self.notice(key, push.user).await.unwrap_or_else(none),
            Marked::Typing => {
                self.type_to(&push);
                none()
            }
            Marked::Nothing => none(),
        }
    }

    pub(super) fn seal(
        &self,
        span: &mut DeliverySpan,
        context: &ReplyContext,
        reply: &Arc<Reply>,
    ) -> Response {
        let entered = span.span.clone();
        let _entered = entered.enter();
        let word = self.shared.policy.late.word();
        let part = word.and_then(|word| word.part(reply, 0));
        let told = part.as_ref().map_or(reply, |(part, _)| part);
        // The notice is no handler's: where it cannot be sent, nothing has failed.
        let is_notice = word.is_some_and(|word| Arc::ptr_eq(reply, word.notice()));
        let handlers = if is_notice { &super::Handlers::new() } else { &self.shared.handlers };
        let sealed = handlers.seal(context, told);
        span.close(if reply.is_none() { "none" } else { "reply" });
        sealed.into()
    }

    /// Logs why, and answers with a status and nothing else.
    fn refused(&self, refused: &Refused, mut span: DeliverySpan) -> Response {
        let callback = &self.shared.callback;
        span.span.in_scope(|| match refused {
            Refused::Replayed => callback.log_replayed(),
            Refused::Unbound(error) => callback.log_unbound(error),
            Refused::Unclaimed(error) => callback.log_unclaimed(error),
            Refused::ShuttingDown => callback.log_shutting_down(),
        });
        let (refusal, outcome) = match refused {
            Refused::Replayed => (Refusal::Replayed, "refused: replayed"),
            Refused::Unbound(_) | Refused::Unclaimed(_) => (Refusal::StoreFailed, "refused: no store"),
            Refused::ShuttingDown => (Refusal::ShuttingDown, "refused: shutting down"),
        };
        span.close(outcome);
        Response::empty(refusal.status())
    }
}
