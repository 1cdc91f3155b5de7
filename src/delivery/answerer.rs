use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;

use super::deadline::{after, before};
use super::entry::Entry;
use super::late::Then;
use super::running::Running;
use super::turn::Held;
use super::{
    Claim, ClaimState, DeliveryKey, DeliveryStore, HandlerPolicy, LateReply, Lease, PendingReply, Retention,
    StoreError, Turn, UserKey,
};
use crate::callback::Uncovering;
use crate::{Callback, Opened, Reply, ReplyContext, Sealed, Timestamp};

/// Decides what each delivery of a push is answered: the heart of the middleware, for any server on tokio.
///
/// Cheap to clone; clones share what they know.
///
/// ```
/// use tokio::time::Instant;
/// use wechat_callback::delivery::{Answer, Answerer, Arrival, Handled, Outcome};
/// use wechat_callback::{Callback, Sealed, TextReply};
///
/// /// The answer's content type and body, or its status.
/// async fn post(callback: &Callback, answerer: &Answerer, query: &str, body: &[u8]) -> Result<Sealed, u16> {
///     let arrived = Instant::now();
///     let opened = callback.open(query, body).map_err(|error| error.status())?;
///     match answerer.arrive(&opened, arrived).await {
///         Arrival::Answered(sealed) => Ok(sealed),
///         Arrival::Refused(status) => Err(status),
///         Arrival::First(turn) => {
///             let message = opened.message;
///             let handler = async move {
///                 let reply = TextReply::new(message.text().unwrap_or("（不是文字）"));
///                 Handled::<()> { outcome: Outcome::Reply(reply.into()), response: None }
///             };
///             let (run, waiting) = turn.start(handler, opened.context);
///             match waiting.answer(Box::pin(run), |rest| drop(tokio::spawn(rest))).await {
///                 Answer::Sealed(sealed, _) => Ok(sealed),
///                 Answer::Own(()) => Ok(Sealed::acknowledgement()),
///             }
///         }
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Answerer {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    store: Store,
    late: LateReply,
    handlers: HandlerPolicy,
    running: Running,
}

type Store = Arc<dyn DeliveryStore>;

/// What a delivery comes to.
pub enum Arrival {
    /// It is the first of its push: run the handler.
    First(Turn),
    /// It is answered without the handler, with a status of 200.
    Answered(Sealed),
    /// It is answered with this status and nothing else.
    Refused(u16),
}

/// A delivery that has arrived. Most know at once what they come to; one that another runs the handler for waits.
#[must_use = "it does nothing until it is awaited"]
pub struct Arriving(State);

enum State {
    Arrived(Option<Arrival>),
    Waits(Pin<Box<dyn Future<Output = Arrival> + Send>>),
}

impl Arriving {
    /// What it comes to, where that is known at once: it is not to be awaited then.
    pub fn now(&mut self) -> Option<Arrival> {
        match &mut self.0 {
            State::Arrived(arrival) => arrival.take(),
            State::Waits(_) => None,
        }
    }
}

impl Future for Arriving {
    type Output = Arrival;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Arrival> {
        match &mut self.0 {
            State::Arrived(arrival) => Poll::Ready(arrival.take().expect("polled after its end")),
            State::Waits(future) => future.as_mut().poll(cx),
        }
    }
}

/// What is remembered of a push while its handler has the message.
pub(super) struct Push {
    /// `None` where nothing tells it from another.
    pub(super) key: Option<DeliveryKey>,
    /// How long before this delivery the first one came.
    pub(super) age: Duration,
    /// Where answers are kept for users.
    pub(super) user: Option<UserKey>,
    /// Where answers are sent to users.
    pub(super) openid: Option<String>,
    /// Whether it is the word with which a user claims an answer.
    asks: bool,
}

impl Push {
    fn of(opened: &Opened<'_>, late: &LateReply) -> Self {
        let mut push =
            Self { key: opened.delivery_key(), age: Duration::ZERO, user: None, openid: None, asks: false };
        match &late.then {
            Then::Lose => {}
            Then::Claim(word) => {
                push.user = opened.user_key();
                push.asks = word.is(opened.message.text());
            }
            Then::Push(_) => push.openid = opened.message.openid().map(str::to_owned),
        }
        push
    }

    /// Without the openid.
    pub(super) const fn clone_keys(&self) -> Self {
        let Self { key, age, user, asks, .. } = *self;
        Self { key, age, user, openid: None, asks }
    }
}

impl Answerer {
    /// Joins the deliveries of `callback` in its [`MemoryStore`] store.
    #[must_use]
    pub fn new(callback: &Callback) -> Self {
        callback.announce();
        let store: Store = Arc::new(callback.store().clone());
        let running = callback.account.running.clone();
        let (late, handlers) = (LateReply::ride(), HandlerPolicy::new());
        Self { shared: Arc::new(Shared { store, late, handlers, running }) }
    }

    /// Joins deliveries in `store`.
    #[must_use]
    pub fn store<S: DeliveryStore>(mut self, store: S) -> Self {
        Arc::make_mut(&mut self.shared).store = Arc::new(store);
        self
    }

    /// What becomes of late answers; [`LateReply::ride`] unless set.
    #[must_use]
    pub fn late_reply(mut self, policy: LateReply) -> Self {
        Arc::make_mut(&mut self.shared).late = policy;
        self
    }

    /// How long handlers may run, and what the user is told when one fails; [`HandlerPolicy::new`] unless set.
    #[must_use]
    pub fn handlers(mut self, policy: HandlerPolicy) -> Self {
        Arc::make_mut(&mut self.shared).handlers = policy;
        self
    }

    /// Answers the URL verification (GET) of `callback`: the echostr to send back as `text/plain`, or the status to
    /// refuse with, which is logged. In plain mode the signature is bound to no body, or it would open a push with any.
    ///
    /// `path` and `query` are the request's, the query without the `?`.
    ///
    /// # Errors
    ///
    /// The status, to be answered with an empty body: that of the [`OpenError`](crate::OpenError), or 503 where the
    /// store cannot be asked.
    pub async fn verify(&self, callback: &Callback, path: &str, query: &str) -> Result<String, u16> {
        let verified = callback
            .verified_at(query, Timestamp::now())
            .map_err(|error| callback.log_refusal(error, "GET", path, query))?;
        if let Some(Uncovering { key, fresh_for }) = verified.uncovering {
            // One that came with a push before may still be echoed: it says nothing that its sender does not know.
            let bound = self.shared.store.bind(key, b"", fresh_for).await;
            bound.map_err(|error| {
                callback.account.binding_failures.store_failed(&error, Instant::now().into_std());
                503_u16
            })?;
        }
        Ok(verified.echostr)
    }

    /// A delivery has arrived (at `arrived`, from where WeChat's five seconds count) and proven to be WeChat's.
    /// Counts it, and waits with it for the outcome where another runs the handler.
    pub fn arrive(&self, opened: &Opened<'_>, arrived: Instant) -> Arriving {
        self.arrive_over(opened, arrived, arrived)
    }

    /// As [`arrive`](Self::arrive), over a connection that was taken in at `admitted`: what comes over one that was there
    /// before the end of a [draining](Self::drain) is answered.
    pub fn arrive_over(&self, opened: &Opened<'_>, arrived: Instant, admitted: Instant) -> Arriving {
        let Shared { late, running, .. } = &*self.shared;
        let (push, mut entry) = (Push::of(opened, late), Entry::new(opened, arrived));
        entry.is_admitted = running.admits(arrived, admitted);
        let bind = |signature| Binding { signature, body: opened.xml.as_bytes().into() };
        let (binding, claim) = (opened.uncovering.map(bind), None);
        Arriving(State::Waits(Box::pin(self.clone().join(
            push,
            binding,
            claim,
            opened.context.clone(),
            entry,
        ))))
    }

    async fn join(
        self,
        push: Push,
        binding: Option<Binding>,
        claim: Option<Claim>,
        context: ReplyContext,
        mut entry: Entry,
    ) -> Arrival {
        match self.try_join(push, binding, claim, &mut entry).await {
            Ok(Joined::First(lease, push)) => self.first(push, lease, entry),
            Ok(Joined::Reply(reply)) => Arrival::Answered(self.seal(&mut entry, &context, &reply)),
            Ok(Joined::Replayed) => entry.replayed(),
            Err(error) => entry.unanswerable(&error, &context.account.store_failures),
        }
    }

    async fn try_join(
        &self,
        mut push: Push,
        binding: Option<Binding>,
        claim: Option<Claim>,
        entry: &mut Entry,
    ) -> Result<Joined, StoreError> {
        let (store, late) = (&self.shared.store, &self.shared.late);
        if let Some(Binding { signature, body }) = binding
            && !store.bind(signature.key, &body, signature.fresh_for).await?
        {
            return Ok(Joined::Replayed);
        }
        let Some(key) = push.key else {
            return Ok(Joined::First(Held::Unknown, push));
        };
        let Claim { delivery, age, mut state } = match claim {
            Some(claim) => claim,
            None => store.claim(key).await?,
        };
        push.age = age;
        entry.delivery = delivery;
        let mut unanswered = None;
        loop {
            match state {
                ClaimState::First(lease) => {
                    let lease = match push.user.filter(|_| push.asks) {
                        Some(user) => {
                            let patience = after(entry.arrived, late.answer_within);
                            let task = self.clone().answer_claim(user, lease, patience);
                            // Once a part is taken it is told, whatever becomes of the connection.
                            match tokio::spawn(task.instrument(entry.span.clone())).await {
                                Ok(Ok(Taken::Told(reply))) => {
                                    entry.join("claimed");
                                    return Ok(Joined::Reply(reply));
                                }
                                Ok(Ok(Taken::Nothing(lease))) => lease,
                                Ok(Err(error)) => return Err(error),
                                Err(error) => return Err(StoreError::new(error)),
                            }
                        }
                        None => lease,
                    };
                    return Ok(Joined::First(Held::Shared(lease), push));
                }
                ClaimState::Completed(reply) => {
                    entry.join("completed");
                    return Ok(Joined::Reply(reply));
                }
                ClaimState::Running => {
                    if let Some(error) = unanswered {
                        return Err(error);
                    }
                    entry.join("joined");
                    match before(after(entry.arrived, late.patience(age)), store.wait(key)).await {
                        None => return Ok(Joined::Reply(self.too_late_in_peace(&push, entry).await)),
                        Some(Ok(Some(reply))) => return Ok(Joined::Reply(reply)),
                        // Its owner went away. Whoever asks first runs it again.
                        Some(Ok(None)) => {}
                        // The store says on a claim whether to go on without it.
                        Some(Err(error)) => unanswered = Some(error),
                    }
                    state = store.claim_again(key).await?.state;
                }
            }
        }
    }

    /// The handler is to be run, unless the process is going down.
    fn first(&self, push: Push, lease: Held, mut entry: Entry) -> Arrival {
        entry.join("first");
        if !entry.is_admitted {
            entry.close("refused: shutting down");
            return Arrival::Refused(503);
        }
        let runs = self.shared.running.count_up();
        Arrival::First(Turn { answerer: self.clone(), push, lease, runs, entry })
    }

    /// Answers the claim word with the next part of what the user is owed, if anything.
    async fn answer_claim(
        self,
        user: UserKey,
        lease: Box<dyn Lease>,
        patience: Instant,
    ) -> Result<Taken, StoreError> {
        let _runs = self.shared.running.count_up();
        let Some(reply) = self.pick_up(user, patience).await? else {
            return Ok(Taken::Nothing(lease));
        };
        if let Err(error) = lease.complete(reply.clone(), Retention::ForRetries).await {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(error, "the answer is not stored: repeats of the claim word do not get it");
        }
        Ok(Taken::Told(reply))
    }

    /// The next part of what the user is owed, or the notice where it is not there. `None` where it is nothing.
    async fn pick_up(&self, user: UserKey, patience: Instant) -> Result<Option<Arc<Reply>>, StoreError> {
        let store = &self.shared.store;
        let Some(word) = self.late().claim_word() else {
            return Ok(None);
        };
        while let Some(promise) = store.next_pending(user).await? {
            let outcome = match before(patience, store.wait(promise.key)).await {
                Some(Ok(outcome)) => outcome,
                Some(Err(error)) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(error, "what the user is owed cannot be asked for now");
                    return Ok(Some(word.notice.clone()));
                }
                None => return Ok(Some(word.notice.clone())),
            };
            let part = outcome.and_then(|reply| word.part(&reply, promise.part));
            let is_more = part.as_ref().is_some_and(|(_, more)| *more);
            let then = is_more.then(|| PendingReply::new(promise.key, promise.part.saturating_add(1)));
            if store.advance_pending(user, promise, then).await?
                && let Some((reply, _)) = part
            {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// [`too_late`](Self::too_late), to its end even where the connection goes away.
    pub(super) fn too_late_in_peace(
        &self,
        push: &Push,
        entry: &Entry,
    ) -> Pin<Box<dyn Future<Output = Arc<Reply>> + Send>> {
        let task = self.clone().too_late(push.clone_keys());
        let task = tokio::spawn(task.instrument(entry.span.clone()));
        // It ends early with the runtime alone.
        Box::pin(async { task.await.unwrap_or_else(|_| Reply::None.into_shared()) })
    }

    /// What a delivery is answered whose time is over.
    async fn too_late(self, Push { key, age, user, .. }: Push) -> Arc<Reply> {
        let (store, late) = (&self.shared.store, &self.shared.late);
        let none = || Reply::None.into_shared();
        let Some(key) = key.filter(|_| late.is_last(age)) else {
            return none();
        };
        match store.mark_late(key).await {
            Ok(Some(reply)) => return reply,
            Ok(None) => {}
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, "a late answer cannot be kept");
                return none();
            }
        }
        match (late.claim_word(), user) {
            (Some(word), Some(user)) if self.add_pending(user, PendingReply::new(key, 0)).await => {
                word.notice.clone()
            }
            _ => none(),
        }
    }

    /// Whether it could be kept.
    pub(super) async fn add_pending(&self, user: UserKey, promise: PendingReply) -> bool {
        let promised = self.shared.store.add_pending(user, promise).await;
        if let Err(error) = &promised {
            let error: &(dyn std::error::Error + 'static) = error;
            tracing::error!(error, "an answer cannot be kept for the user to claim it");
        }
        promised.is_ok()
    }

    pub(super) fn seal(&self, entry: &mut Entry, context: &ReplyContext, reply: &Arc<Reply>) -> Sealed {
        let span = entry.span.clone();
        let _in = span.enter();
        let word = self.late().claim_word();
        let part = word.and_then(|word| word.part(reply, 0));
        let told = part.as_ref().map_or(reply, |(part, _)| part);
        // The notice is no handler's: where it cannot be sent nothing has failed.
        let is_notice = word.is_some_and(|word| Arc::ptr_eq(reply, &word.notice));
        let policy = if is_notice { &HandlerPolicy::new() } else { self.handler_policy() };
        let sealed = policy.seal(context, told);
        entry.close(if reply.is_none() { "none" } else { "reply" });
        sealed
    }

    pub(super) fn late(&self) -> &LateReply {
        &self.shared.late
    }

    pub(super) fn handler_policy(&self) -> &HandlerPolicy {
        &self.shared.handlers
    }

    /// For a graceful shutdown: waits until no handler of its [`Callback`] runs, those too whose connection is gone,
    /// and no push came for half a second, for ten seconds at most. What comes meanwhile is answered. From then on a
    /// push that needs a handler is answered 503, on which WeChat asks again. Returns how many handlers still run.
    ///
    /// While it drains, whoever answers has to see to it that connections are closed behind each answer: see
    /// [`Running::is_draining`].
    pub async fn drain(&self) -> usize {
        self.shared.running.drain().await
    }
}

/// What a claim comes to.
enum Joined {
    First(Held, Push),
    Reply(Arc<Reply>),
    Replayed,
}

/// What comes of the claim word.
enum Taken {
    Told(Arc<Reply>),
    /// The user is owed nothing.
    Nothing(Box<dyn Lease>),
}

/// A signature that does not cover the body, and the body that it came with.
struct Binding {
    signature: Uncovering,
    body: Box<[u8]>,
}

impl std::fmt::Debug for Answerer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answerer").field("late", &self.shared.late).finish_non_exhaustive()
    }
}
