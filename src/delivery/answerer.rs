use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::{Span, field};

use super::late::{ClaimWord, Then};
use super::running::Running;
use super::turn::{Push, before, seal};
use super::{
    Answer, ClaimState, Deliveries, DeliveriesError, DeliveryKey, LateReply, Lease, Promise, Turn, UserKey,
};
use crate::{Callback, OpenError, Opened, Reply, ReplyContext};

/// How long a shutdown waits for handlers.
const DRAIN: Duration = Duration::from_secs(10);

/// Decides what each delivery of a push is answered: the heart of the middleware, for any server on tokio.
///
/// Cheap to clone; clones share what they know.
///
/// ```
/// use tokio::time::Instant;
/// use wechat_callback::delivery::{Answer, Answerer, Arrival, Handled, Outcome};
/// use wechat_callback::{Callback, OpenError, TextReply};
///
/// async fn post(callback: &Callback, answerer: &Answerer, query: &str, body: &[u8]) -> Result<String, OpenError> {
///     let arrived = Instant::now();
///     let opened = callback.open(query, body)?;
///     let answer: Answer<()> = match answerer.arrive(&opened, arrived).await {
///         Arrival::Answered(answer) => answer,
///         Arrival::First(turn) => {
///             let message = opened.message;
///             let (run, waiting) = turn.start(async move {
///                 let reply = TextReply::new(message.text().unwrap_or("（不是文字）"));
///                 Handled { outcome: Outcome::Reply(reply.into()), response: None }
///             });
///             waiting.answer(Box::pin(run), |rest| drop(tokio::spawn(rest)), &opened.reply).await
///         }
///     };
///     Ok(match answer {
///         Answer::Sealed(sealed, _) => sealed.body, // with sealed.content_type and a status of 200
///         Answer::Own(()) => String::new(),
///         Answer::Refused(_status) => String::new(),
///     })
/// }
/// ```
#[derive(Clone)]
pub struct Answerer {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    store: Arc<dyn Deliveries>,
    late: LateReply,
    running: Running,
}

/// What a delivery comes to.
pub enum Arrival<R> {
    /// It is the first of its push: run the handler.
    First(Turn),
    /// It is answered without the handler.
    Answered(Answer<R>),
}

impl Answerer {
    /// Joins the deliveries of `callback` in its [`InProcess`](super::InProcess) store.
    #[must_use]
    pub fn new(callback: &Callback) -> Self {
        let store = Arc::new(callback.deliveries().clone());
        Self { shared: Arc::new(Shared { store, late: LateReply::ride(), running: Running::default() }) }
    }

    /// Joins deliveries in `store`.
    #[must_use]
    pub fn deliveries(mut self, store: impl Deliveries) -> Self {
        Arc::make_mut(&mut self.shared).store = Arc::new(store);
        self
    }

    /// What becomes of late answers; [`LateReply::ride`] unless set.
    #[must_use]
    pub fn late_reply(mut self, policy: LateReply) -> Self {
        Arc::make_mut(&mut self.shared).late = policy;
        self
    }

    /// A delivery has arrived (at `arrived`, from where WeChat's five seconds count) and proven to be WeChat's.
    /// Counts it, and waits with it for the outcome where another runs the handler.
    pub async fn arrive<R>(&self, opened: &Opened<'_>, arrived: Instant) -> Arrival<R> {
        let mut entry = Entry::new(opened, arrived);
        let context = &opened.reply;
        let refused = |answer| Arrival::Answered(Answer::Refused(answer));
        match self.claim(opened, &mut entry).await {
            Ok(Claimed::Reply(reply)) => Arrival::Answered(self.seal(&mut entry, context, &reply, None)),
            Ok(Claimed::First(lease, push)) => match self.shared.running.start() {
                Some(runs) => Arrival::First(Turn { answerer: self.clone(), push, lease, runs, entry }),
                None => {
                    entry.close("refused: shutting down");
                    refused(503)
                }
            },
            Ok(Claimed::Replayed) => {
                let error = OpenError::Replayed;
                let reason: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(parent: &entry.span, reason, status = error.status(), "refused a request");
                entry.close("refused: replayed");
                refused(error.status())
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(parent: &entry.span, error, status = 503, "refused a request; WeChat will ask again");
                entry.close("refused: no store");
                refused(503)
            }
        }
    }

    async fn claim(&self, opened: &Opened<'_>, entry: &mut Entry) -> Result<Claimed, DeliveriesError> {
        let Shared { store, late, .. } = &*self.shared;
        if let Some(signature) = opened.uncovering {
            let body = opened.xml.as_bytes();
            if !store.bind(signature, body, opened.reply.account.binding_lifetime()).await? {
                return Ok(Claimed::Replayed);
            }
        }
        let Some(key) = opened.delivery_key() else {
            entry.join(1, "unknown");
            let push = Push { key: None, delivery: 1, user: None, openid: None };
            return Ok(Claimed::First(None, push));
        };
        let word = late.claim_word();
        let user = word.and_then(|_| opened.user_key());
        let claim = store.claim(key).await?;
        let (delivery, mut state) = (claim.delivery, claim.state);
        let patience = entry.arrived + late.patience(delivery);
        loop {
            match state {
                ClaimState::First(lease) => {
                    entry.join(delivery, "first");
                    if let (Some(word), Some(user)) = (word, user)
                        && word.is(opened.message.text())
                    {
                        let claimed = self.pick_up(user, word, entry.arrived + late.answer_within).await?;
                        if let Some(reply) = claimed {
                            lease.settle(reply.clone(), false).await?;
                            return Ok(Claimed::Reply(reply));
                        }
                    }
                    let openid = match late.then {
                        Then::Push(_) => opened.message.openid().map(str::to_owned),
                        _ => None,
                    };
                    return Ok(Claimed::First(Some(lease), Push { key: Some(key), delivery, user, openid }));
                }
                ClaimState::Settled(reply) => {
                    entry.join(delivery, "settled");
                    return Ok(Claimed::Reply(reply));
                }
                ClaimState::Running => {
                    entry.join(delivery, "joined");
                    match before(patience, store.wait(key)).await {
                        None => return Ok(Claimed::Reply(self.too_late(Some(key), delivery, user).await)),
                        Some(Ok(Some(reply))) => return Ok(Claimed::Reply(reply)),
                        // Its owner went away. Whoever asks first runs it again.
                        Some(Ok(None)) => state = store.claim(key).await?.state,
                        Some(Err(error)) => return Err(error),
                    }
                }
            }
        }
    }

    /// The next part of what the user is owed. `None` where it is nothing.
    async fn pick_up(
        &self,
        user: UserKey,
        word: &ClaimWord,
        patience: Instant,
    ) -> Result<Option<Arc<Reply>>, DeliveriesError> {
        let store = &self.shared.store;
        while let Some(promise) = store.promised(user).await? {
            let Some(outcome) = before(patience, store.wait(promise.key)).await else {
                return Ok(Some(word.notice.clone()));
            };
            let part = outcome?.and_then(|reply| word.part(&reply, promise.part));
            let is_more = part.as_ref().is_some_and(|(_, more)| *more);
            let then = is_more.then(|| Promise::new(promise.key, promise.part.saturating_add(1)));
            if store.keep_promise(user, promise, then).await?
                && let Some((reply, _)) = part
            {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// What a delivery is answered whose time is over.
    pub(super) async fn too_late(
        &self,
        key: Option<DeliveryKey>,
        delivery: u32,
        user: Option<UserKey>,
    ) -> Arc<Reply> {
        let Shared { store, late, .. } = &*self.shared;
        let none = || Arc::new(Reply::None);
        let Some(key) = key else {
            return none();
        };
        match store.defer(key).await {
            Ok(Some(reply)) => return reply,
            Ok(None) => {}
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, delivery, "a late answer cannot be kept");
                return none();
            }
        }
        match (&late.then, user) {
            (Then::Claim(word), Some(user)) if delivery >= late.deliveries => {
                if self.promise(user, Promise::new(key, 0)).await { word.notice.clone() } else { none() }
            }
            _ => none(),
        }
    }

    /// Whether it could be kept.
    pub(super) async fn promise(&self, user: UserKey, promise: Promise) -> bool {
        let promised = self.shared.store.promise(user, promise).await;
        if let Err(error) = &promised {
            let error: &(dyn std::error::Error + 'static) = error;
            tracing::error!(error, "an answer cannot be kept for the user to claim it");
        }
        promised.is_ok()
    }

    pub(super) fn seal<R>(
        &self,
        entry: &mut Entry,
        context: &ReplyContext,
        reply: &Arc<Reply>,
        response: Option<R>,
    ) -> Answer<R> {
        let _in = entry.span.clone().entered();
        let part = self.late().claim_word().and_then(|word| word.part(reply, 0));
        let sealed = seal(context, part.as_ref().map_or(reply, |(part, _)| part));
        entry.close(if reply.is_none() { "none" } else { "reply" });
        Answer::Sealed(sealed, response)
    }

    pub(super) fn late(&self) -> &LateReply {
        &self.shared.late
    }

    /// For a graceful shutdown: starts no more handlers (a push that needs one is answered 503, so that WeChat asks
    /// again) and waits for those that run, those too whose connection is gone, for ten seconds at most. Returns how
    /// many still run.
    pub async fn drain(&self) -> usize {
        let running = &self.shared.running;
        running.close();
        // Whoever runs out of time is counted below.
        let _ = timeout(DRAIN, running.all_done()).await;
        running.count()
    }
}

/// What a claim comes to.
enum Claimed {
    First(Option<Box<dyn Lease>>, Push),
    Reply(Arc<Reply>),
    Replayed,
}

/// One delivery's entry in the log.
pub(super) struct Entry {
    pub(super) span: Span,
    pub(super) arrived: Instant,
    is_closed: bool,
}

impl Entry {
    fn new(opened: &Opened<'_>, arrived: Instant) -> Self {
        let message = &opened.message;
        let span = tracing::info_span!(
            "wechat_push",
            app_id = opened.reply.account.app_id,
            kind = ?message.content.kind(),
            event = field::Empty,
            user = field::Empty,
            delivery = field::Empty,
            joined = field::Empty,
            outcome = field::Empty,
            ms = field::Empty,
        );
        if !span.is_disabled() {
            if let Some(event) = message.event() {
                span.record("event", field::debug(event.name()));
            }
            if let Some(user) = opened.user_key() {
                span.record("user", field::display(user));
            }
        }
        Self { span, arrived, is_closed: false }
    }

    fn join(&mut self, delivery: u32, joined: &'static str) {
        self.span.record("delivery", delivery).record("joined", joined);
    }

    pub(super) fn close(&mut self, outcome: &'static str) {
        self.is_closed = true;
        if !self.span.is_disabled() {
            let ms = u64::try_from(self.arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.span.record("outcome", outcome).record("ms", ms);
            tracing::debug!(parent: &self.span, "answered");
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.is_closed {
            self.close("hung up");
        }
    }
}

impl std::fmt::Debug for Answerer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answerer").field("late", &self.shared.late).finish_non_exhaustive()
    }
}
