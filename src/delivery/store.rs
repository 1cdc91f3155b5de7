use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::{DeliveryKey, GrowingText, SignatureKey, StreamText, UserKey};
use crate::Reply;

/// What the deliveries of a push share: its outcome, the signatures of plain mode, and the replies that users are owed.
///
/// [`MemoryStore`](super::MemoryStore) is the store of one process; `wechat-redis` has one for many. It is implemented
/// for whatever implements the three traits. A store is asked only about pushes that are proven to come from WeChat.
///
/// # A store of your own
///
/// Implement [`OutcomeStore`], [`SignatureStore`] and [`PendingStore`]. Each method is atomic. An error means that the
/// store could not be asked, and never makes a new message look like a retry: if a delivery cannot be decided without the
/// store ([`bind`](SignatureStore::bind), [`claim`](OutcomeStore::claim), [`wait`](OutcomeStore::wait) twice, the fetch
/// of a pending reply), WeChat is answered 503, and retries it; if an answer is in hand, the error is logged, and that is
/// answered. A store that prefers to go on without its server does so in these methods, as `wechat-redis` does.
///
/// Replies are [`serde`] types, for stores that write them down.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of deliveries",
    note = "`MemoryStore` is one, and so is `RedisStore` of `wechat-redis`; for one of your own implement `OutcomeStore`, \
            `SignatureStore` and `PendingStore`, each with `#[wechat_callback::async_trait]` above the `impl`"
)]
pub trait DeliveryStore: OutcomeStore + SignatureStore + PendingStore {}

impl<S: OutcomeStore + SignatureStore + PendingStore> DeliveryStore for S {}

/// Who runs the handler of a push, and what came out of it.
///
/// A push is unknown at first. The first claim makes its delivery the owner, and the push is running until the owner's
/// [`Lease`] is completed or dropped, or, where a process can die, is no longer renewed. A push whose owner went away
/// without an outcome is free: the next claim makes a new owner. The first outcome stands, whoever completes it: an
/// owner that lost the push may have the answer before the new one. Deliveries are counted, and their age is measured on
/// a monotonic clock, from the arrival of the first, whoever owns the push.
#[async_trait]
pub trait OutcomeStore: Send + Sync + 'static {
    /// Counts a delivery of `key` whose request arrived at `arrived`, before its body did, and returns what became of the
    /// push so far. Where nobody runs the push, the asker owns it from now on.
    async fn claim(&self, key: DeliveryKey, arrived: Instant) -> Result<Claim, StoreError>;

    /// As [`claim`](Self::claim), for a delivery that was counted before: it asks again after the owner went away.
    async fn claim_again(&self, key: DeliveryKey, arrived: Instant) -> Result<Claim, StoreError>;

    /// Waits, without polling, for the outcome of a push that another delivery runs. `None` where its owner is known to
    /// have gone away without an outcome, or the key is unknown; an error where that cannot be said. A delivery claims
    /// again then; a [`PendingReply`] is given up on `None` alone.
    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError>;

    /// Records that the last delivery was answered without the outcome: it is late from now on, until the push has a new
    /// owner. Where the push was completed meanwhile, the outcome is returned, and is not late. Nothing happens where
    /// nobody runs the push.
    async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError>;

    /// What is known of the reply to a push by now. Where another process runs the push, what its text says may be as old
    /// as the store lets it be; a quarter of a second is as much as a user bears.
    ///
    /// An error means that it cannot be said, and never [`Progress::Unknown`]: what is not known is given up after a while.
    async fn progress(&self, key: DeliveryKey) -> Result<Progress, StoreError>;
}

/// Which body a signature of plain mode belongs to. Such a signature does not cover the body.
#[async_trait]
pub trait SignatureStore: Send + Sync + 'static {
    /// Binds `signature` to the first `body` that it came with, for `lifetime`; that of a URL verification, which has no
    /// body, to an empty one. `false` where it came with another body before. No binding is forgotten early: an error
    /// where there is no room.
    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError>;
}

/// The replies that are kept for users to fetch, in order.
///
/// They live for [`PendingReply::TTL`]; of more than [`PendingReply::MAX_PER_USER`] the oldest is given up.
#[async_trait]
pub trait PendingStore: Send + Sync + 'static {
    /// Adds `pending` behind what is kept for `user` already, and returns it. A push is added once: where a part of its
    /// reply is pending, that is returned.
    async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Result<PendingReply, StoreError>;

    /// What `user` fetches next.
    async fn next_pending(&self, user: UserKey) -> Result<Option<PendingReply>, StoreError>;

    /// Replaces what `user` fetches next with `then`, or removes it, if it still is `taken`. `false` where another
    /// delivery was quicker.
    async fn advance_pending(
        &self,
        user: UserKey,
        taken: PendingReply,
        then: Option<PendingReply>,
    ) -> Result<bool, StoreError>;
}

/// What a store says to one delivery. `#[non_exhaustive]`: made with [`Claim::new`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Claim {
    /// Which delivery of the push this is, from 1.
    pub delivery: u32,
    /// How long before this delivery the first one arrived.
    pub age: Duration,
    /// What became of the push so far.
    pub state: ClaimState,
}

impl Claim {
    /// How long after the one before it a request counts as the next delivery. WeChat retries a push that was not
    /// answered after five seconds. What comes sooner repeats the same delivery: WeChat does so at once after a status
    /// other than 200, and a proxy may send a request twice.
    pub const RETRY_GAP: Duration = Duration::from_millis(2500);

    /// The `delivery`th delivery of a push, from 1, whose first arrived `age` before it, and what became of it so far.
    #[must_use]
    pub const fn new(delivery: u32, age: Duration, state: ClaimState) -> Self {
        Self { delivery, age, state }
    }
}

/// What became of a push so far. Exhaustive: there is no fourth state.
pub enum ClaimState {
    /// Nobody runs it: the handler is this delivery's to run.
    Owned(Box<dyn Lease>),
    /// Another delivery runs it.
    Running,
    /// It is completed, with this outcome.
    Completed(Arc<Reply>),
}

impl std::fmt::Debug for ClaimState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Owned(_) => "Owned",
            Self::Running => "Running",
            Self::Completed(_) => "Completed",
        })
    }
}

/// What is known of the reply to a push. Exhaustive: a store says which of the four it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Progress {
    /// The store does not know the push: it forgot it, or never heard of it.
    Unknown,
    /// Somebody runs it. The text so far, where its reply streams.
    Running(Option<StreamText>),
    /// Whoever ran it went away without an outcome. What its reply said until then.
    Abandoned(StreamText),
    /// It is completed, with this outcome.
    Completed(Arc<Reply>),
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::Running(_) => "Running",
            Self::Abandoned(_) => "Abandoned",
            Self::Completed(_) => "Completed",
        })
    }
}

/// The right to run one push. Dropped without an outcome, it frees the push: the next delivery runs it.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Stores the outcome. Deliveries that wait for it get it, and so do those that still come. Where another outcome
    /// stands, this one is dropped, and [`Timeliness::InTime`] returned.
    async fn complete(
        self: Box<Self>,
        outcome: Arc<Reply>,
        retention: Retention,
    ) -> Result<Timeliness, StoreError>;

    /// From now on the reply streams, and `text` is what it says so far: [`OutcomeStore::progress`] returns it, also after
    /// the lease is dropped. A store that others share reads it every now and then, and passes on what is new.
    fn share_text(&self, text: Arc<GrowingText>);

    /// The run of the same push in another process, where the store may have forgotten that one before this lease was
    /// made. `None`, the default, where there cannot be one.
    fn concurrent_run(&self) -> Option<Arc<dyn ConcurrentRun>> {
        None
    }
}

/// A run of the same push in another process, because a store forgot that it runs there.
#[async_trait]
pub trait ConcurrentRun: Send + Sync {
    /// How long ago the first delivery of the push arrived, as far as is known by now.
    fn age(&self) -> Duration;

    /// Waits for the outcome that the other process completes. It stands; the run here has none then.
    async fn outcome(&self) -> Arc<Reply>;
}

/// How an outcome is kept. Exhaustive: a store handles every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// For the retries of its push.
    ForRetries,
    /// For the user to fetch the rest: it is too long for one message.
    ForUser,
    /// As `ForRetries`; but where it is late, it reaches the user another way, and [`Reply::None`] is kept in its place.
    UnlessLate,
}

impl Retention {
    /// How long an outcome is kept for retries of its push: longer than WeChat sends any.
    pub const OUTCOME_TTL: Duration = Duration::from_secs(60);

    /// How long an outcome is kept that is late or that the user fetches in parts.
    pub const LATE_OUTCOME_TTL: Duration = Duration::from_secs(600);

    /// What is kept of `outcome`. Every store applies it before it stores the outcome.
    #[must_use]
    pub fn kept(self, outcome: Arc<Reply>, timeliness: Timeliness) -> Arc<Reply> {
        match (self, timeliness) {
            (Self::UnlessLate, Timeliness::Late) => Reply::None.into_shared(),
            _ => outcome,
        }
    }

    /// For how long.
    #[must_use]
    pub const fn ttl(self, timeliness: Timeliness) -> Duration {
        match (self, timeliness) {
            (Self::ForUser, _) | (_, Timeliness::Late) => Self::LATE_OUTCOME_TTL,
            _ => Self::OUTCOME_TTL,
        }
    }
}

/// Whether an outcome came in time. Exhaustive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timeliness {
    /// A delivery may still carry it.
    InTime,
    /// The last delivery was answered without it ([`OutcomeStore::mark_late`]).
    Late,
}

/// A part of the reply to one of a user's messages, which is kept for them to fetch. `#[non_exhaustive]`: made with
/// [`PendingReply::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingReply {
    /// Which push it answers.
    pub key: DeliveryKey,
    /// Where in its text it begins, in bytes.
    pub offset: u32,
}

impl PendingReply {
    /// How long it is kept: longer than a handler takes, unless it may take more than 50 minutes, with
    /// [`Retention::LATE_OUTCOME_TTL`] after it. The outcome may be gone before.
    pub const TTL: Duration = Duration::from_secs(3600);

    /// How many are kept for one user at a time.
    pub const MAX_PER_USER: usize = 16;

    /// What is behind the first `offset` bytes of the reply to the push `key`.
    #[must_use]
    pub const fn new(key: DeliveryKey, offset: u32) -> Self {
        Self { key, offset }
    }
}

/// A store could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the store of deliveries cannot be asked")]
pub struct StoreError {
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// With its cause, which must not name what a user wrote or who they are: it is logged.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: cause.into() }
    }
}
