use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use wechat_callback::Reply;
use wechat_callback::delivery::{
    ConcurrentRun, DeliveryKey, GrowingText, Lease, Retention, StoreError, Timeliness,
};

use crate::leases::{Leases, Ownership};
use crate::link::{Answers, Kind};
use crate::remote::Remote;
use crate::run::Run;

/// The lease of a push, in this process's own store and in Redis.
pub(crate) struct RedisLease {
    leases: Leases,
    remote: Remote,
    pub(crate) run: Arc<Run>,
    is_completed: bool,
}

/// The result of writing an outcome.
enum Written {
    Completed(Timeliness),
    /// Redis has another outcome.
    Rejected,
    /// It is not in Redis yet. `is_late` is what this process knows.
    Pending {
        is_late: bool,
    },
}

#[async_trait]
impl Lease for RedisLease {
    /// Deliveries to this process get the outcome first, whatever Redis does.
    async fn complete(
        mut self: Box<Self>,
        outcome: Arc<Reply>,
        keep: Retention,
    ) -> Result<Timeliness, StoreError> {
        let reply = serde_json::to_string(&*outcome).map_err(StoreError::new)?;
        self.is_completed = true;
        let Some(local) = self.run.take_local() else {
            // The outcome of another process was adopted.
            return Ok(Timeliness::InTime);
        };
        if keep == Retention::UnlessLate {
            // What the deliveries to this process get depends on whether it is late, which Redis knows.
            return match self.write(reply, keep).await {
                Written::Completed(Timeliness::Late) | Written::Pending { is_late: true } => {
                    local.complete(Arc::new(Reply::None), Retention::ForUser).await?;
                    Ok(Timeliness::Late)
                }
                // A delivery that marks it late from now on gets the outcome; or the other process sends its own.
                Written::Completed(Timeliness::InTime) | Written::Rejected => {
                    local.complete(outcome, Retention::ForRetries).await?;
                    Ok(Timeliness::InTime)
                }
                Written::Pending { is_late: false } => local.complete(outcome, keep).await,
            };
        }
        let completed = local.complete(outcome, keep).await?;
        let keep = if completed == Timeliness::Late { Retention::ForUser } else { keep };
        Ok(match self.write(reply, keep).await {
            Written::Completed(in_redis) => in_redis.max(completed),
            Written::Rejected | Written::Pending { .. } => completed,
        })
    }

    fn share_text(&self, text: Arc<GrowingText>) {
        self.leases.share_text(&self.remote, &self.run, text);
    }

    fn concurrent_run(&self) -> Option<Arc<dyn ConcurrentRun>> {
        Some(self.run.clone())
    }
}

impl RedisLease {
    /// The lease of a push while Redis is asked for it. The caller has the `local` lease.
    pub(crate) fn ask(
        leases: &Leases,
        remote: &Remote,
        key: DeliveryKey,
        deliveries: u32,
        age: Duration,
        local: Box<dyn Lease>,
    ) -> Self {
        let run = Arc::new(Run::new(key, age, local));
        leases.ask(&run, deliveries);
        Self { leases: leases.clone(), remote: remote.clone(), run, is_completed: false }
    }

    /// The push is run here.
    pub(crate) fn hold(&self, deliveries: u32, age: Duration, ownership: Ownership) {
        self.leases.hold(&self.remote, &self.run, deliveries, age, ownership);
    }

    /// Writes the outcome, and waits for that unless Redis is slow now and the result is not needed.
    async fn write(&self, reply: String, keep: Retention) -> Written {
        let Self { leases, remote, run, .. } = self;
        let Some((completion, is_unanswered)) = leases.completed(run, reply, keep) else {
            return Written::Rejected;
        };
        let is_late = completion.is_late;
        let written = {
            let (leases, remote, run) = (leases.clone(), remote.clone(), run.clone());
            async move {
                let calls = remote.completion(run.key, &completion).into();
                let late = {
                    let (leases, remote, run) = (leases.clone(), remote.clone(), run.clone());
                    Box::new(move |mut answers: Answers| {
                        if let Ok(value) = answers.first() {
                            leases.written(&remote, &run, value);
                        }
                    })
                };
                match remote.link.ask_all(Kind::Write, calls, Some(late)).await {
                    Ok(mut answers) => answers.first().map(|value| leases.written(&remote, &run, value)),
                    Err(error) => Err(error),
                }
                .inspect_err(|error| {
                    if error.is_of_one_key() {
                        leases.forget(&run);
                    }
                    let error: &(dyn std::error::Error + 'static) = error;
                    tracing::debug!(error, "the outcome is not in Redis yet");
                })
            }
        };
        if keep != Retention::UnlessLate && (is_unanswered || remote.link.is_slow()) {
            remote.link.runtime().spawn(written);
            return Written::Pending { is_late };
        }
        match written.await {
            Ok(Some(completed)) => Written::Completed(completed),
            Ok(None) => Written::Rejected,
            Err(_) => Written::Pending { is_late },
        }
    }

    /// Gives up the part in Redis, because the push is another process's. Returns the part in this process's own store.
    pub(crate) fn release(mut self) -> Option<Box<dyn Lease>> {
        self.is_completed = true;
        self.leases.forget(&self.run);
        self.run.take_local()
    }
}

impl Drop for RedisLease {
    fn drop(&mut self) {
        if self.is_completed {
            return;
        }
        self.leases.forget(&self.run);
        drop(self.run.take_local());
        if self.run.is_adopted() {
            return;
        }
        let (leases, remote, run) = (self.leases.clone(), self.remote.clone(), self.run.clone());
        self.remote.link.runtime().spawn(async move {
            // Unless this process runs the push again already.
            if !leases.holds(run.key) {
                leases.write_last(&remote, &run).await;
            }
            if !leases.holds(run.key) {
                // If this fails the lease expires.
                let _ = remote.give_up(run.key).await;
            }
        });
    }
}
