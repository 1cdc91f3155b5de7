use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use wechat_callback::Reply;
use wechat_callback::delivery::{
    Claim, ClaimState, Deliveries, DeliveriesError, DeliveryKey, InProcess, Keep, Lease, Promise,
    SignatureKey, UserKey, body_digest,
};

use crate::ConnectError;
use crate::breaker::PAUSE;
use crate::error::StoreError;
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
/// use wechat_redis::RedisDeliveries;
/// use wechat_tower::{Callback, WechatLayer};
///
/// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
/// let layer = WechatLayer::new(callback).deliveries(RedisDeliveries::connect("redis://127.0.0.1/")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisDeliveries {
    /// What this process runs and knows. It is asked first, and alone during an outage.
    local: InProcess,
    remote: Remote,
    leases: Leases,
    fail_closed: bool,
}

impl RedisDeliveries {
    /// On the Redis of `url`: `redis://[user[:password]@]host[:port][/database]`, or `redis+unix:///path`; with the
    /// feature `tls` also `rediss://…`.
    ///
    /// A process starts without Redis: where it is away, it is tried again when a push arrives. Made in a tokio
    /// runtime, the store begins to connect at once, and its connections live in that one, which should outlive the
    /// handlers; made outside of one, in the first that uses it.
    ///
    /// ```
    /// # use wechat_redis::RedisDeliveries;
    /// let store = RedisDeliveries::connect("redis://:password@redis.internal:6379/0")?;
    /// # Ok::<(), wechat_redis::ConnectError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the URL is none of a Redis.
    pub fn connect(url: &str) -> Result<Self, ConnectError> {
        Ok(Self {
            local: InProcess::new(),
            remote: Remote::new(Link::new(url)?),
            leases: Leases::default(),
            fail_closed: false,
        })
    }

    /// What its keys begin with; `wechat` unless set. All processes that answer together have the same. Accounts can
    /// share one.
    ///
    /// ```
    /// # use wechat_redis::RedisDeliveries;
    /// let store = RedisDeliveries::connect("redis://127.0.0.1/")?.prefix("staging:wechat");
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
    /// # use wechat_redis::RedisDeliveries;
    /// let store = RedisDeliveries::connect("redis://127.0.0.1/")?.fail_closed();
    /// # Ok::<(), wechat_redis::ConnectError>(())
    /// ```
    #[must_use]
    pub fn fail_closed(mut self) -> Self {
        self.fail_closed = true;
        self
    }

    /// Whether to go on without Redis.
    fn without_redis(&self, error: StoreError) -> Result<(), DeliveriesError> {
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
    async fn wait_on_redis(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        let mut listener = self.remote.waiters.listen(&self.remote.link, self.remote.key(key));
        let mut failing_since = None;
        loop {
            let patience = match self.remote.read(key).await {
                Ok(State::Settled(reply)) => return Ok(Some(reply)),
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

    /// A delivery of a push that is run here, whatever Redis says. It counts the deliveries to other processes too.
    async fn count(&self, key: DeliveryKey, delivery: u32, age: Duration) -> Claim {
        let (known, is_unheard) = self.leases.known(key).unwrap_or_default();
        let age = age.max(known);
        // Where Redis takes its time it would say the same as to the claim: nothing.
        let counted = if is_unheard || self.remote.link.is_slow() {
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
        delivery: u32,
        age: Duration,
        local: Box<dyn Lease>,
    ) -> Result<Claim, DeliveriesError> {
        let owner = self.leases.ask(&self.remote, key, delivery, age, local);
        let late = {
            let (leases, remote, run) = (self.leases.clone(), self.remote.clone(), owner.run.clone());
            move |claimed| leases.claimed(&remote, &run, claimed)
        };
        let (claimed, stage) = match self.remote.claim(key, delivery, age, late).await {
            Ok(claimed) => (claimed, Stage::Held),
            Err(error) => {
                let stage = if matches!(error, StoreError::Slow) { Stage::Unheard } else { Stage::Held };
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
            State::Settled(reply) => {
                if let Some(local) = owner.release() {
                    local.settle(reply.clone(), Keep::ForRepeats).await?;
                }
                ClaimState::Settled(reply)
            }
        };
        Ok(Claim::new(delivery, age, state))
    }
}

#[async_trait]
impl Deliveries for RedisDeliveries {
    async fn claim(&self, key: DeliveryKey) -> Result<Claim, DeliveriesError> {
        let Claim { delivery, age, state, .. } = self.local.claim(key).await?;
        match state {
            ClaimState::First(local) => self.claim_in_redis(key, delivery, age, local).await,
            ClaimState::Running => Ok(self.count(key, delivery, age).await),
            ClaimState::Settled(_) => Ok(Claim::new(delivery, age, state)),
        }
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError> {
        if let Some(reply) = self.local.wait(key).await? {
            return Ok(Some(reply));
        }
        // Whether to go on without Redis is said on the claim that follows.
        Ok(self.wait_on_redis(key).await?)
    }

    async fn defer(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, DeliveriesError> {
        if let Some(reply) = self.local.defer(key).await? {
            return Ok(Some(reply));
        }
        self.leases.defer(key);
        match self.remote.defer(key).await {
            Ok(reply) => Ok(reply),
            Err(error) => self.without_redis(error).map(|()| None),
        }
    }

    async fn bind(
        &self,
        signature: SignatureKey,
        body: &[u8],
        lifetime: Duration,
    ) -> Result<bool, DeliveriesError> {
        let bound = {
            let (remote, body) = (self.remote.clone(), body_digest(body));
            async move { remote.bind(signature, &body, lifetime).await }
        };
        // Nobody waits twice for a Redis that takes its time: the claim does.
        let bound = if self.remote.link.is_slow() && !self.fail_closed {
            self.remote.link.home().spawn(bound);
            Err(StoreError::Slow)
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

    async fn promise(&self, user: UserKey, promise: Promise) -> Result<(), DeliveriesError> {
        match self.remote.promise(user, promise).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.without_redis(error)?;
                self.local.promise(user, promise).await
            }
        }
    }

    /// What was promised during an outage is kept behind what stands in Redis.
    async fn promised(&self, user: UserKey) -> Result<Option<Promise>, DeliveriesError> {
        match self.remote.promised(user).await {
            Ok(Some(promise)) => return Ok(Some(promise)),
            Ok(None) => {}
            Err(error) => self.without_redis(error)?,
        }
        self.local.promised(user).await
    }

    async fn keep_promise(
        &self,
        user: UserKey,
        kept: Promise,
        then: Option<Promise>,
    ) -> Result<bool, DeliveriesError> {
        match self.remote.keep_promise(user, kept, then).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(error) => self.without_redis(error)?,
        }
        self.local.keep_promise(user, kept, then).await
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for RedisDeliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisDeliveries")
            .field("prefix", &self.remote.prefix())
            .field("fail_closed", &self.fail_closed)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
