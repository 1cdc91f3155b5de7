use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant as StdInstant};

use async_trait::async_trait;
use tokio::time::Instant;
use wechat_callback::Reply;
use wechat_callback::delivery::{
    Claim, ClaimState, DeliveryKey, Lease, MemoryStore, OutcomeStore, PendingReply, PendingStore, Progress,
    Retention, SignatureKey, SignatureStore, StoreError, UserKey,
};

use crate::ConnectError;
use crate::breaker::PAUSE;
use crate::error::AskError;
use crate::lease::RedisLease;
use crate::leases::{Leases, Ownership};
use crate::link::Link;
use crate::remote::{Claimed, PushState, Remote};

/// The pause after a read that failed.
const RETRY: Duration = Duration::from_millis(100);

/// The store of deliveries that several processes share in Redis.
///
/// Make one in each process. It is cheap to clone; clones share one connection and one state.
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
    /// What this process knows. It is asked first, and is the only store during an outage.
    local: MemoryStore,
    remote: Remote,
    leases: Leases,
    fail_closed: bool,
}

impl RedisStore {
    /// Uses the Redis at `url`: `redis://[user[:password]@]host[:port][/database]` or `redis+unix:///path`; with the
    /// feature `tls` also `rediss://…`.
    ///
    /// Redis need not be reachable yet: the store connects again when a push arrives. Inside a tokio runtime it begins
    /// to connect at once, and its connections belong to that runtime, which should outlive the handlers. Outside of a
    /// runtime they belong to the first one that uses the store.
    ///
    /// ```
    /// # use wechat_redis::RedisStore;
    /// let store = RedisStore::connect("redis://:password@redis.internal:6379/0")?;
    /// # Ok::<(), wechat_redis::ConnectError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConnectError`] where `url` is not a URL of Redis. A Redis that cannot be reached is not an error.
    pub fn connect(url: &str) -> Result<Self, ConnectError> {
        Ok(Self {
            local: MemoryStore::new(),
            remote: Remote::new(Link::new(url)?),
            leases: Leases::default(),
            fail_closed: false,
        })
    }

    /// What all keys begin with; `wechat` unless set. Processes that answer together need the same prefix. Several
    /// accounts may share one.
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

    /// Answers pushes 503 during an outage of Redis, or where it does not answer within 200 milliseconds; WeChat then
    /// retries them. Without this setting each process goes on alone. With it no handler runs twice because of an
    /// outage, but in a long outage users see WeChat's failure notice.
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

    /// Goes on without Redis, or fails where the store is to fail closed.
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

    /// Waits for the outcome of another process. `None` where no process runs the push.
    async fn wait_on_redis(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, AskError> {
        let mut listener = self.remote.waiters.listen(&self.remote.link, self.remote.key(key));
        let mut failing_since = None;
        loop {
            let max_wait = match self.remote.read(key).await {
                Ok(PushState::Completed(reply)) => return Ok(Some(reply)),
                Ok(PushState::Free) => return Ok(None),
                Ok(PushState::Running(left)) => {
                    failing_since = None;
                    // By then the lease has expired by the clock of Redis too.
                    left + Duration::from_millis(1)
                }
                // The process that runs it may be well, so Redis gets a moment to come back before it is run here too.
                Err(error) => {
                    if failing_since.get_or_insert_with(Instant::now).elapsed() >= PAUSE {
                        return Err(error);
                    }
                    RETRY
                }
            };
            if let Some(outcome) = listener.news(max_wait).await {
                return Ok(Some(outcome));
            }
        }
    }

    async fn claim_once(
        &self,
        key: DeliveryKey,
        is_counted: bool,
        arrived: StdInstant,
    ) -> Result<Claim, StoreError> {
        let waited = Instant::now().into_std().saturating_duration_since(arrived);
        let local = match is_counted {
            true => self.local.claim_again(key, arrived).await?,
            false => self.local.claim(key, arrived).await?,
        };
        // What is known of the push from here on is how old it is now.
        let (delivery, age) = (local.delivery, local.age.saturating_add(waited));
        let mut claim = match local.state {
            ClaimState::Owned(local) => self.claim_in_redis(key, is_counted, delivery, age, local).await?,
            ClaimState::Running => self.count(key, is_counted, delivery, age).await,
            ClaimState::Completed(_) => Claim::new(delivery, age, local.state),
        };
        claim.age = claim.age.saturating_sub(waited);
        Ok(claim)
    }

    /// A delivery of a push that is run here. Redis also counts the deliveries to other processes.
    async fn count(&self, key: DeliveryKey, is_counted: bool, delivery: u32, age: Duration) -> Claim {
        let (known, is_unanswered) = self.leases.known(key).unwrap_or_default();
        let age = age.max(known);
        // A slow Redis has not answered the claim yet, so it would not answer this either.
        let counted = if is_counted || is_unanswered || self.remote.link.is_slow() {
            None
        } else {
            self.remote.count(key, delivery, age).await.ok()
        };
        let (delivery, shared) = counted.unwrap_or((delivery, age));
        Claim::new(delivery, age.max(shared), ClaimState::Running)
    }

    /// A delivery of a push that this process does not run yet.
    async fn claim_in_redis(
        &self,
        key: DeliveryKey,
        is_counted: bool,
        delivery: u32,
        age: Duration,
        local: Box<dyn Lease>,
    ) -> Result<Claim, StoreError> {
        let lease = RedisLease::ask(&self.leases, &self.remote, key, delivery, age, local);
        let late = {
            let (leases, remote, run) = (self.leases.clone(), self.remote.clone(), lease.run.clone());
            move |claimed| leases.claimed(&remote, &run, claimed)
        };
        let (claimed, ownership) = match self.remote.claim(key, is_counted, delivery, age, late).await {
            Ok(claimed) => (claimed, Ownership::Owned),
            Err(error) => {
                let ownership =
                    if matches!(error, AskError::Slow) { Ownership::Unanswered } else { Ownership::Owned };
                self.without_redis(error)?;
                (Claimed { delivery, age, state: PushState::Free }, ownership)
            }
        };
        let (delivery, age) = (claimed.delivery, age.max(claimed.age));
        let state = match claimed.state {
            PushState::Free => {
                lease.hold(delivery, age, ownership);
                ClaimState::Owned(Box::new(lease))
            }
            PushState::Running(_) => {
                drop(lease.release());
                ClaimState::Running
            }
            PushState::Completed(reply) => {
                if let Some(local) = lease.release() {
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
    async fn claim(&self, key: DeliveryKey, arrived: StdInstant) -> Result<Claim, StoreError> {
        self.claim_once(key, false, arrived).await
    }

    async fn claim_again(&self, key: DeliveryKey, arrived: StdInstant) -> Result<Claim, StoreError> {
        self.claim_once(key, true, arrived).await
    }

    async fn wait(&self, key: DeliveryKey) -> Result<Option<Arc<Reply>>, StoreError> {
        if let Some(reply) = self.local.wait(key).await? {
            return Ok(Some(reply));
        }
        // The claim that follows decides whether to go on without Redis.
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

    async fn progress(&self, key: DeliveryKey) -> Result<Progress, StoreError> {
        let local = self.local.progress(key).await?;
        match &local {
            Progress::Completed(_) => return Ok(local),
            Progress::Running(_) if self.leases.is_owner(key) => return Ok(local),
            Progress::Unknown | Progress::Running(_) | Progress::Abandoned(_) => {}
        }
        match self.remote.progress(key).await {
            // It may have changed meanwhile, and this process knows it better.
            Ok((shared, true)) => Ok(match self.local.progress(key).await? {
                Progress::Unknown => shared,
                known => known,
            }),
            Ok((shared, false)) => Ok(latest(local, shared)),
            Err(error) => match &local {
                Progress::Running(_) => Ok(local),
                Progress::Abandoned(said) if !said.text.is_empty() => Ok(local),
                // Another process may run it.
                _ => Err(error.into()),
            },
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
        // One delivery waits only once for a slow Redis: in its claim.
        let bound = if self.remote.link.is_slow() && !self.fail_closed {
            self.remote.link.runtime().spawn(bound);
            Err(AskError::Slow)
        } else {
            bound.await
        };
        match bound {
            // A body that is not the first is not remembered here: during an outage the right one would be refused.
            Ok(false) => Ok(false),
            // Redis may have forgotten a body that this process knows.
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
    async fn add_pending(&self, user: UserKey, pending: PendingReply) -> Result<PendingReply, StoreError> {
        match self.remote.add_pending(user, pending).await {
            Ok(stands) => Ok(stands),
            Err(error) => {
                self.without_redis(error)?;
                self.local.add_pending(user, pending).await
            }
        }
    }

    /// Replies that were added during an outage come after those in Redis.
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

/// What is known of a push that this process does not have, by its own store and by Redis.
fn latest(local: Progress, shared: Progress) -> Progress {
    match (&local, &shared) {
        (Progress::Running(_), Progress::Unknown | Progress::Abandoned(_))
        | (Progress::Abandoned(_), Progress::Unknown) => local,
        // The end of what was said here may not be in Redis.
        (Progress::Abandoned(here), Progress::Abandoned(there)) if here.text.starts_with(&there.text) => {
            local
        }
        _ => shared,
    }
}

/// Shows no URL, because it may hold a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.remote.prefix())
            .field("fail_closed", &self.fail_closed)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
