use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use redis::{RedisResult, Value};
use tokio::time::{Instant, MissedTickBehavior, interval};
use wechat_callback::Reply;
use wechat_callback::delivery::{DeliveriesError, DeliveryKey, Keep, Lease, Settled};

use crate::link::Kind;
use crate::remote::Remote;
use crate::scripts::Call;

/// How often leases are renewed: three may fail before one is lost.
const RENEWAL: Duration = Duration::from_secs(1);

/// How many are renewed in one go.
const BATCH: usize = 256;

/// How long it is tried to write an outcome that Redis did not take at first. WeChat asks for no longer.
const STUBBORN: Duration = Duration::from_secs(15);

/// What this process runs, and tells Redis about until Redis has the outcome.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    pushes: HashMap<DeliveryKey, Push>,
    is_renewing: bool,
}

struct Push {
    deliveries: u32,
    outcome: Option<Outcome>,
}

struct Outcome {
    reply: String,
    keep: Keep,
    /// Until when it is tried to write it.
    until: Instant,
}

impl Leases {
    /// The lease of a push whose `local` lease is the caller's. It is renewed from now on; where Redis did not hear
    /// of it, it will.
    pub(crate) fn hold(
        &self,
        remote: &Remote,
        key: DeliveryKey,
        deliveries: u32,
        local: Box<dyn Lease>,
    ) -> Box<dyn Lease> {
        let mut held = self.held();
        held.pushes.insert(key, Push { deliveries, outcome: None });
        if !held.is_renewing {
            held.is_renewing = true;
            remote.link.home().spawn(self.clone().renew(remote.clone()));
        }
        drop(held);
        let (leases, remote) = (self.clone(), remote.clone());
        Box::new(Owner { leases, remote, key, deliveries, local: Some(local), is_settled: false })
    }

    async fn renew(self, remote: Remote) {
        let mut tick = interval(RENEWAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tick.tick().await;
        loop {
            tick.tick().await;
            let (keys, calls) = self.calls(&remote);
            if keys.is_empty() {
                return;
            }
            for (keys, calls) in keys.chunks(BATCH).zip(calls.chunks(BATCH)) {
                let Ok(answers) = remote.link.ask_all(Kind::Write, calls).await else {
                    break;
                };
                self.forget_written(keys, &answers);
            }
        }
    }

    /// What is to be said about which push.
    fn calls(&self, remote: &Remote) -> (Vec<DeliveryKey>, Vec<Call>) {
        let mut held = self.held();
        let now = Instant::now();
        held.pushes.retain(|_, push| push.outcome.as_ref().is_none_or(|outcome| now < outcome.until));
        held.is_renewing = !held.pushes.is_empty();
        held.pushes
            .iter()
            .map(|(key, Push { deliveries, outcome })| match outcome {
                None => (*key, remote.renewal(*key, *deliveries)),
                Some(Outcome { reply, keep, .. }) => {
                    (*key, remote.settlement(*key, *deliveries, reply, *keep))
                }
            })
            .unzip()
    }

    fn forget_written(&self, keys: &[DeliveryKey], answers: &[RedisResult<Value>]) {
        let mut held = self.held();
        for (key, _) in keys.iter().zip(answers).filter(|(_, answer)| answer.is_ok()) {
            // What was settled meanwhile was renewed, not written.
            if held.pushes.get(key).is_some_and(|push| push.outcome.is_some()) {
                held.pushes.remove(key);
            }
        }
    }

    fn settled(&self, key: DeliveryKey, deliveries: u32, reply: &str, keep: Keep) {
        let outcome = Outcome { reply: reply.to_owned(), keep, until: Instant::now() + STUBBORN };
        self.held().pushes.insert(key, Push { deliveries, outcome: Some(outcome) });
    }

    fn forget(&self, key: DeliveryKey) {
        self.held().pushes.remove(&key);
    }

    fn holds(&self, key: DeliveryKey) -> bool {
        self.held().pushes.contains_key(&key)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lease of a push, in this process and in Redis.
struct Owner {
    leases: Leases,
    remote: Remote,
    key: DeliveryKey,
    deliveries: u32,
    /// `None` once it is settled in this process.
    local: Option<Box<dyn Lease>>,
    is_settled: bool,
}

#[async_trait]
impl Lease for Owner {
    /// This process's deliveries have the outcome first, whatever Redis does: it is in hand.
    async fn settle(
        mut self: Box<Self>,
        outcome: Arc<Reply>,
        keep: Keep,
    ) -> Result<Settled, DeliveriesError> {
        let Some(local) = self.local.take() else {
            return Ok(Settled::InTime);
        };
        let reply = serde_json::to_string(&*outcome).map_err(DeliveriesError::new)?;
        self.is_settled = true;
        if keep == Keep::UnlessLate {
            // What this process's deliveries get hangs on whether it is late, which Redis knows.
            return match self.settle_in_redis(&reply, keep).await {
                Some(Settled::Late) => {
                    local.settle(Arc::new(Reply::None), Keep::ForUser).await?;
                    Ok(Settled::Late)
                }
                // Whoever says from now on that it is late is told the outcome.
                Some(Settled::InTime) => {
                    local.settle(outcome, Keep::ForRepeats).await?;
                    Ok(Settled::InTime)
                }
                None => local.settle(outcome, keep).await,
            };
        }
        let settled = local.settle(outcome, keep).await?;
        let keep = if settled == Settled::Late { Keep::ForUser } else { keep };
        Ok(self.settle_in_redis(&reply, keep).await.unwrap_or(settled).max(settled))
    }
}

impl Owner {
    /// `None` where Redis has not got it, or somebody else's.
    async fn settle_in_redis(&self, reply: &str, keep: Keep) -> Option<Settled> {
        let Self { leases, remote, key, deliveries, .. } = self;
        leases.settled(*key, *deliveries, reply, keep);
        match remote.settle(*key, remote.settlement(*key, *deliveries, reply, keep)).await {
            Ok(settled) => {
                leases.forget(*key);
                if settled.is_none() {
                    tracing::debug!("another process has taken the push over, and keeps its own outcome");
                }
                settled
            }
            Err(error) => {
                if error.is_of_one_key() {
                    leases.forget(*key);
                }
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::debug!(error, "the outcome is not in Redis yet");
                None
            }
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        self.leases.forget(self.key);
        drop(self.local.take());
        let (leases, remote, key) = (self.leases.clone(), self.remote.clone(), self.key);
        self.remote.link.home().spawn(async move {
            // Unless this process runs it again already.
            if !leases.holds(key) {
                // Where it fails, the lease ends by itself.
                let _ = remote.give_up(key).await;
            }
        });
    }
}
