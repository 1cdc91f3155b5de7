use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use wechat_callback::Reply;
use wechat_callback::delivery::{
    Claim, ClaimState, DeliveryKey, Lease, MemoryStore, OutcomeStore, PendingReply, PendingStore, Retention,
    SignatureKey, SignatureStore, StoreError, UserKey,
};

use crate::ConnectError;
use crate::breaker::PAUSE;
use crate::error::AskError;
use crate::leases::{Leases, Stage};
use crate::link::Link;
use crate::remote::{Claimed, Remote, State};

/// How soon it is looked again after a look that failed.
const RETRY: Duration = Duration::from_millis(100);

/// The deliveries of many processes, which meet in Redis.
///
/// Cheap to clone; clones share what they know. Make one of it in each process.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wechat_redis::RedisStore;
/// use wechat_tower::{Callback, WechatLayer};
///
/// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
/// let layer = WechatLayer::new(callback).store(RedisStore::connect("redis://127.0.0.1/")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    /// What this process runs and knows. It is asked first, and alone during an outage.
    local: MemoryStore,
    remote: Remote,
    leases: Leases,
    fail_closed: bool,
}

impl RedisStore {
    /// On the Redis of `url`: `redis://[user[:password]@]host[:port][/database]`, or `redis+unix:///path`; with the
    /// feature `tls` also `rediss://…`.
    ///
    /// A process starts without Redis: where it is away, it is tried again when a push arrives. Made in a tokio
    /// runtime, the store begins to connect at once, and its connections live in that one, which should outlive the
    /// handlers; made outside of one, in the first that uses it.
    ///
    /// ```
    /// # use wechat_redis::RedisStore;
    /// let store = RedisStore::connect("redis://:password@redis.internal:6379/0")?;
    /// # Ok::<(), wechat_redis::ConnectError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the URL is none of a Redis.
    pub fn connect(url: &str) -> Result<Self, ConnectError> {
        Ok(Self {
            local: MemoryStore::new(),
            remote: Remote::new(Link::new(url)?),
            leases: Leases::default(),
            fail_closed: false,
        })
    }

    /// What its keys begin with; `wechat` unless set. All processes that answer together have the same. Accounts can
    /// share one.
    ///
    /// ```
    /// # use wechat_redis::RedisStore;
    /// let store = RedisStore::connect("redis://127.0.0.1/")?.prefix("staging:wechat");
    /// # Ok::<(), wechat_redis::ConnectError>(())
    /// ```
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.remote.set_prefix(prefix.into());
        self
    }

    /// During an outage of Redis, and where it does not answer within 200 milliseconds, pushes are answered 503, so that
    /// WeChat asks again, in place of being answered by each process for itself. No handler runs twice because of an
    /// outage; in a long one users see that the service is out of order.
    ///
    /// ```
    /// # use wechat_redis::RedisStore;
    /// let store = RedisStore::connect("redis://127.0.0.1/")?.fail_closed();
    /// # Ok::<(), wechat_redis::ConnectError>(())
    /// ```
    #[must_use]
    pub fn fail_closed(mut self) -> Self {
        self.fail_closed = true;
        self
    }

    /// Whether to go on without Redis.
    fn without_redis(&self, error: AskError) -> Result<(), StoreError> {
        if self.fail_closed {
            return Err(error.into());
        }
        let is_of_one_key = error.is_of_one_key();
        let error: &(dyn std::error::Error + 'static) = &error;
        if is_of_one_key {
            tracing::warn!(error, "a key in Redis holds something else: do others use its prefix?");
        } else {
            tracing::debug!(error, "this process is on its own");
        }
        Ok(())
    }

    /// Where another process runs `key`, or nobody.
    async fn wait_on_redis(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, AskError> {
        let mut listener = self.remote.waiters.listen(&self.remote.link, self.remote.key(key));
        let mut failing_since = None;
        loop {
            let patience = match self.remote.read(key).await {
                Ok(State::Completed(reply)) => return Ok(Some(reply)),
                Ok(State::Free) => return Ok(None),
                Ok(State::Running(left)) => {
                    failing_since = None;
                    // By then it is over, on Redis's clock too.
                    left + Duration::from_millis(1)
                }
                // The owner may be well. Redis has a moment to come back before it is run once more here.
                Err(error) => {
                    if failing_since.get_or_insert_with(Instant::now).elapsed() >= PAUSE {
                        return Err(error);
                    }
                    RETRY
                }
            };
            if let Some(outcome) = listener.news(patience).await {
                return Ok(Some(outcome));
            }
        }
    }

    async fn claim_once(
        &self,
        key: DeliveryKey,
        is_counted: bool,
        waited: Duration,
    ) -> Result<Claim, StoreError> {
        let local = match is_counted {
            true => self.local.claim_again(key).await?,
            false => self.local.claim(key, waited).await?,
        };
        // What is known of the push from here on is how old it is now.
        let (delivery, age) = (local.delivery, local.age.saturating_add(waited));
        let mut claim = match local.state {
            ClaimState::First(local) => self.claim_in_redis(key, is_counted, delivery, age, local).await?,
            ClaimState::Running => self.count(key, is_counted, delivery, age).await,
            ClaimState::Completed(_) => Claim::new(delivery, age, local.state),
        };
        claim.age = claim.age.saturating_sub(waited);
        Ok(claim)
    }

    /// A delivery of a push that is run here, whatever Redis says. It counts the deliveries to other processes too.
    async fn count(&self, key: DeliveryKey, is_counted: bool, delivery: u32, age: Duration) -> Claim {
        let (known, is_unheard) = self.leases.known(key).unwrap_or_default();
        let age = age.max(known);
        // Where Redis takes its time it would say the same as to the claim: nothing.
        let counted = if is_counted || is_unheard || self.remote.link.is_slow() {
            None
        } else {
            self.remote.count(key, delivery, age).await.ok()
        };
        let (delivery, shared) = counted.unwrap_or((delivery, age));
        Claim::new(delivery, age.max(shared), ClaimState::Running)
    }

    /// A delivery of a push that is not run here.
    async fn claim_in_redis(
        &self,
        key: DeliveryKey,
        is_counted: bool,
        delivery: u32,
        age: Duration,
        local: Box<dyn Lease>,
    ) -> Result<Claim, StoreError> {
        let owner = self.leases.ask(&self.remote, key, delivery, age, local);
        let late = {
            let (leases, remote, run) = (self.leases.clone(), self.remote.clone(), owner.run.clone());
            move |claimed| leases.claimed(&remote, &run, claimed)
        };
        let (claimed, stage) = match self.remote.claim(key, is_counted, delivery, age, late).await {
            Ok(claimed) => (claimed, Stage::Held),
            Err(error) => {
                let stage = if matches!(error, AskError::Slow) { Stage::Unheard } else { Stage::Held };
                self.without_redis(error)?;
                (Claimed { delivery, age, state: State::Free }, stage)
            }
        };
        let (delivery, age) = (claimed.delivery, age.max(claimed.age));
        let state = match claimed.state {
            State::Free => {
                self.leases.hold(&owner, delivery, age, stage);
                ClaimState::First(Box::new(owner))
            }
            State::Running(_) => {
                drop(owner.release());
                ClaimState::Running
            }
            State::Completed(reply) => {
                if let Some(local) = owner.release() {
                    local.complete(reply.clone(), Retention::ForRetries).await?;
                }
                ClaimState::Completed(reply)
            }
        };
        Ok(Claim::new(delivery, age, state))
    }
}

#[async_trait]
impl OutcomeStore for RedisStore {
    async fn claim(&self, key: DeliveryKey, waited: Duration) -> Result<Claim, StoreError> {
        self.claim_once(key, false, waited).await
    }

    async fn claim_again(&self, key: DeliveryKey) -> Result<Claim, StoreError> {
        self.claim_once(key, true, Duration::ZERO).await
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        if let Some(reply) = self.local.wait(key).await? {
            return Ok(Some(reply));
        }
        // Whether to go on without Redis is said on the claim that follows.
        Ok(self.wait_on_redis(key).await?)
    }

    async fn mark_late(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        if let Some(reply) = self.local.mark_late(key).await? {
            return Ok(Some(reply));
        }
        self.leases.mark_late(key);
        match self.remote.mark_late(key).await {
            Ok(reply) => Ok(reply),
            Err(error) => self.without_redis(error).map(|()| None),
        }
    }
}

#[async_trait]
impl SignatureStore for RedisStore {
    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let bound = {
            let (remote, body) = (self.remote.clone(), SignatureKey::body_digest(body));
            async move { remote.bind(signature, &body, lifetime).await }
        };
        // Nobody waits twice for a Redis that takes its time: the claim does.
        let bound = if self.remote.link.is_slow() && !self.fail_closed {
            self.remote.link.home().spawn(bound);
            Err(AskError::Slow)
        } else {
            bound.await
        };
        match bound {
            // This process does not learn a body that is not the first: in an outage it would refuse the right one.
            Ok(false) => Ok(false),
            // Redis may have forgotten what this process knows.
            Ok(true) => Ok(self.local.bind(signature, body, lifetime).await.unwrap_or(true)),
            Err(error) => {
                self.without_redis(error)?;
                self.local.bind(signature, body, lifetime).await
            }
        }
    }
}

#[async_trait]
impl PendingStore for RedisStore {
    async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Result<(), StoreError> {
        match self.remote.add_pending(user, pending).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.without_redis(error)?;
                self.local.add_pending(user, pending).await
            }
        }
    }

    /// What was added during an outage is kept behind what stands in Redis.
    async fn next_pending(&self, user: UserKey) -> Result<Option<PendingReply>, StoreError> {
        match self.remote.next_pending(user).await {
            Ok(Some(pending)) => return Ok(Some(pending)),
            Ok(None) => {}
            Err(error) => self.without_redis(error)?,
        }
        self.local.next_pending(user).await
    }

    async fn advance_pending(
        &self,
        user: UserKey,
        kept: PendingReply,
        then: Option<PendingReply>,
    ) -> Result<bool, StoreError> {
        match self.remote.advance_pending(user, kept, then).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(error) => self.without_redis(error)?,
        }
        self.local.advance_pending(user, kept, then).await
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.remote.prefix())
            .field("fail_closed", &self.fail_closed)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
