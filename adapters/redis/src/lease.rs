use std::sync::Arc;

use async_trait::async_trait;
use wechat_callback::Reply;
use wechat_callback::delivery::{ConcurrentRun, Lease, Retention, StoreError, Timeliness};

use crate::leases::Leases;
use crate::link::{Answers, Kind};
use crate::remote::Remote;
use crate::run::Run;

/// The lease of a push, in this process and in Redis.
pub(crate) struct Owner {
    pub(crate) leases: Leases,
    pub(crate) remote: Remote,
    pub(crate) run: Arc<Run>,
    pub(crate) is_completed: bool,
}

/// What became of an outcome.
enum Written {
    Completed(Timeliness),
    /// Another outcome stands in Redis.
    Other,
    /// It is not in Redis yet. What is known of its being late.
    NotYet {
        is_late: bool,
    },
}

#[async_trait]
impl Lease for Owner {
    /// This process's deliveries have the outcome first, whatever Redis does: it is in hand.
    async fn complete(
        mut self: Box<Self>,
        outcome: Arc<Reply>,
        keep: Retention,
    ) -> Result<Timeliness, StoreError> {
        let reply = serde_json::to_string(&*outcome).map_err(StoreError::new)?;
        self.is_completed = true;
        let Some(local) = self.run.take_local() else {
            // Another process's outcome stands.
            return Ok(Timeliness::InTime);
        };
        if keep == Retention::UnlessLate {
            // What this process's deliveries get hangs on whether it is late, which Redis knows.
            return match self.write(reply, keep).await {
                Written::Completed(Timeliness::Late) | Written::NotYet { is_late: true } => {
                    local.complete(Arc::new(Reply::None), Retention::ForUser).await?;
                    Ok(Timeliness::Late)
                }
                // Whoever says from now on that it is late is told the outcome; or the other process sends its own.
                Written::Completed(Timeliness::InTime) | Written::Other => {
                    local.complete(outcome, Retention::ForRetries).await?;
                    Ok(Timeliness::InTime)
                }
                Written::NotYet { is_late: false } => local.complete(outcome, keep).await,
            };
        }
        let completed = local.complete(outcome, keep).await?;
        let keep = if completed == Timeliness::Late { Retention::ForUser } else { keep };
        Ok(match self.write(reply, keep).await {
            Written::Completed(in_redis) => in_redis.max(completed),
            Written::Other | Written::NotYet { .. } => completed,
        })
    }

    fn concurrent_run(&self) -> Option<Arc<dyn ConcurrentRun>> {
        Some(self.run.clone())
    }
}

impl Owner {
    /// Writes the outcome, now or later. Where Redis is slow just now nobody waits for it who need not.
    async fn write(&self, reply: String, keep: Retention) -> Written {
        let Self { leases, remote, run, .. } = self;
        let Some((completion, is_unheard)) = leases.completed(run, reply, keep) else {
            return Written::Other;
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
        if keep != Retention::UnlessLate && (is_unheard || remote.link.is_slow()) {
            remote.link.home().spawn(written);
            return Written::NotYet { is_late };
        }
        match written.await {
            Ok(Some(completed)) => Written::Completed(completed),
            Ok(None) => Written::Other,
            Err(_) => Written::NotYet { is_late },
        }
    }

    /// The push is another's, and this process has only its own part of the lease.
    pub(crate) fn release(mut self) -> Option<Box<dyn Lease>> {
        self.is_completed = true;
        self.leases.forget(&self.run);
        self.run.take_local()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.is_completed {
            return;
        }
        self.leases.forget(&self.run);
        drop(self.run.take_local());
        if self.run.is_adopted() {
            return;
        }
        let (leases, remote, key) = (self.leases.clone(), self.remote.clone(), self.run.key);
        self.remote.link.home().spawn(async move {
            // Unless this process runs it again already.
            if !leases.holds(key) {
                // Where it fails, the lease ends by itself.
                let _ = remote.give_up(key).await;
            }
        });
    }
}
