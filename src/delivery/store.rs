use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{DeliveryKey, SignatureKey, UserKey};
use crate::Reply;

/// How long an outcome is kept after it is settled: longer than WeChat asks for it.
pub const KEPT: Duration = Duration::from_secs(60);

/// How long a late outcome is kept for the user to come back for it.
pub const KEPT_LATE: Duration = Duration::from_secs(600);

/// How long a promise is kept: longer than any handler takes, with [`KEPT_LATE`] after it. What is promised may be gone
/// before.
pub const PROMISED: Duration = Duration::from_secs(3600);

/// How many promises one user may have at a time. Of more, the oldest is given up.
pub const MAX_PROMISES: usize = 16;

/// How long after the one before it a delivery counts as the next. WeChat repeats a push that was not answered after
/// five seconds; what comes sooner repeats the same delivery: WeChat does so at once after a status other than 200, and
/// proxies make two of one.
pub const DELIVERY_GAP: Duration = Duration::from_millis(2500);

/// What the deliveries of one push share: who runs the handler, and what came out of it.
///
/// [`InProcess`](super::InProcess) is the store of one process; `wechat-redis` has one for many. A store is asked only
/// about pushes that are proven to come from WeChat.
///
/// An error means that the store could not be asked. It is never taken for a duplicate: where `bind` or `claim` fails
/// WeChat is answered with a status of 503, on which it is expected to ask again; where another method fails that is
/// logged, and what is in hand is answered. A store that would rather go on by itself than fail does so in `claim`, as
/// `wechat-redis` does.
///
/// # A store of your own
///
/// Each method is atomic. A push is unknown at first; a `claim` of it makes the asker its owner, and it runs until
/// the owner's [`Lease`] is settled or dropped, or, where a process can die, is not renewed. Then it is settled, or
/// given up; of a push that is given up the next claim makes a new owner. The first outcome stands, whoever settles it:
/// an owner that lost the push may have the answer before the new one. Deliveries are counted (those that come
/// [`DELIVERY_GAP`] after the one before), and their age known on a monotonic clock, from the first claim on, whoever
/// owns it. Replies are [`serde`] types, for stores that write them down. Outcomes live for [`KEPT`] after they are
/// settled, late ones for [`KEPT_LATE`]; promises for [`PROMISED`], [`MAX_PROMISES`] a user.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of deliveries",
    note = "`InProcess` is one, and so is `RedisDeliveries` of `wechat-redis`; for one of your own implement `Deliveries`, \
            with `#[wechat_callback::async_trait]` above the `impl`"
)]
#[async_trait]
pub trait Deliveries: Send + Sync + 'static {
    /// Counts a delivery of `key`, and says what became of the push so far. The first to ask owns it. So does the next
    /// to ask after an owner that went away without settling it.
    async fn claim(&self, key: DeliveryKey) -> Result<Claim, DeliveriesError>;

    /// Waits, without polling, for what another delivery runs. `None` where its owner is known to have gone away without
    /// an outcome, or nothing is known of the key; an error where that cannot be said. Whoever waited for a push
    /// claims it then; a promise is given up on `None` alone.
    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError>;

    /// Says that the last delivery is answered without the outcome: from now on it is late, until the push has a new
    /// owner. Where it was settled meanwhile it is returned, and is not late. Nothing happens where nobody runs it.
    async fn defer(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError>;

    /// Binds a signature of plain mode, which does not cover the body, to the first `body` that it came with, for
    /// `lifetime`; that of a URL verification, which has none, to an empty one. `false` where it came with another
    /// before. None is forgotten earlier: an error where there is no room for it.
    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, DeliveriesError>;

    /// Promises `user` an answer, behind those that were promised before. One push is promised once.
    async fn promise(&self, user: UserKey, promise: Promise) -> Result<(), DeliveriesError>;

    /// What `user` is owed next.
    async fn promised(&self, user: UserKey) -> Result<Option<Promise>, DeliveriesError>;

    /// Puts `then` in the place of what `user` is owed next, if that still is `kept`: `false` where somebody else was
    /// quicker.
    async fn keep_promise(
        &self,
        user: UserKey,
        kept: Promise,
        then: Option<Promise>,
    ) -> Result<bool, DeliveriesError>;
}

/// What a store says to one delivery.
#[derive(Debug)]
#[non_exhaustive]
pub struct Claim {
    /// Which delivery of the push this is, from 1. A request that comes sooner than [`DELIVERY_GAP`] after the one
    /// before it is the same delivery.
    pub delivery: u32,
    /// How long ago the first delivery was claimed.
    pub age: Duration,
    /// What became of the push so far.
    pub state: ClaimState,
}

impl Claim {
    /// The `delivery`th delivery of a push, from 1, whose first was claimed `age` ago, and what became of it so far.
    #[must_use]
    pub const fn new(delivery: u32, age: Duration, state: ClaimState) -> Self {
        Self { delivery, age, state }
    }
}

/// What became of a push so far.
pub enum ClaimState {
    /// Nobody runs it: the handler is this delivery's.
    First(Box<dyn Lease>),
    /// Another delivery runs it.
    Running,
    /// This came out.
    Settled(Arc<Reply>),
}

impl std::fmt::Debug for ClaimState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::First(_) => "First",
            Self::Running => "Running",
            Self::Settled(_) => "Settled",
        })
    }
}

/// The right to run one push. Dropped without an outcome it gives the push up: the next delivery runs it.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Says what came out. Deliveries that wait for it get it, and those that still come.
    async fn settle(self: Box<Self>, outcome: Arc<Reply>, keep: Keep) -> Result<Settled, DeliveriesError>;

    /// What other processes know of the push, where the store may have forgotten it before this lease was made.
    /// `None`, the default, where no other process can know more.
    fn elsewhere(&self) -> Option<Arc<dyn Elsewhere>> {
        None
    }
}

/// What other processes know of a push that is run here, because a store forgot that it runs there.
#[async_trait]
pub trait Elsewhere: Send + Sync {
    /// How long ago the first delivery was claimed, as far as is known by now.
    fn age(&self) -> Duration;

    /// Waits for the outcome that another process settles. It stands; what is run here has none then.
    async fn outcome(&self) -> Arc<Reply>;
}

/// How an outcome is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// For the repeats of its push: for [`KEPT`], and for [`KEPT_LATE`] where it is late.
    ForRepeats,
    /// For [`KEPT_LATE`]: it is too long for one message, and the user will come back for the rest.
    ForUser,
    /// As `ForRepeats`; but where it is late it reaches the user another way, and what is kept is [`Reply::None`].
    UnlessLate,
}

/// What a store says to an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Settled {
    /// A delivery may still carry it.
    InTime,
    /// The last delivery was answered without it ([`Deliveries::defer`]).
    Late,
}

/// What a user is owed: a part of the answer to one of their messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Promise {
    /// Which push.
    pub key: DeliveryKey,
    /// Which part of its text, from 0.
    pub part: u32,
}

impl Promise {
    /// The `part`th part, from 0, of the answer to the push `key`.
    #[must_use]
    pub const fn new(key: DeliveryKey, part: u32) -> Self {
        Self { key, part }
    }
}

/// A store could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the store of deliveries cannot be asked")]
pub struct DeliveriesError {
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl DeliveriesError {
    /// With its cause, which must not name what a user wrote or who they are: it is logged.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: cause.into() }
    }
}
