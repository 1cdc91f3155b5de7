//! The entries that this process runs, until Redis has their outcomes.

mod renewal;
mod texts;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wechat_callback::delivery::{ConcurrentRun, DeliveryKey, Retention};

use crate::remote::{Completion, Remote};
use crate::run::Run;

/// For how long an outcome that Redis did not take is written again. WeChat retries a push for no longer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// How often the log says that entries ran twice.
const DUPLICATES_LOG_PERIOD: Duration = Duration::from_secs(60);

/// What this process runs and reports to Redis.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<LeaseTable>>);

#[derive(Default)]
struct LeaseTable {
    entries: HashMap<DeliveryKey, LeaseEntry>,
    is_renewing: bool,
    /// Whether texts are being written.
    is_writing: bool,
    /// How many pushes ran twice since the log last said so.
    duplicates: u64,
    duplicates_logged: Option<Instant>,
}

struct LeaseEntry {
    run: Arc<Run>,
    /// When Redis was asked for the entry.
    claimed: Instant,
    ownership: Ownership,
    deliveries: u32,
    /// Whether the last delivery was answered without the outcome.
    is_late: bool,
    /// Whether another process runs the push too and its outcome is being waited for.
    is_watched: bool,
    /// Whether its reply streams.
    is_streaming: bool,
    outcome: Option<UnwrittenOutcome>,
}

/// Whose push it is, as far as Redis has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Redis is being asked.
    Claiming,
    /// Redis did not answer in time; its answer may still come.
    Unanswered,
    /// It is this process's entry, or Redis could not be asked.
    Owned,
    /// Another process runs it too.
    Duplicate,
}

/// An outcome that is not in Redis yet.
struct UnwrittenOutcome {
    completion: Arc<Completion>,
    /// When writing it is given up.
    deadline: Instant,
}

impl Leases {
    /// Redis is asked for the push that is run as `run`.
    pub(crate) fn ask(&self, run: &Arc<Run>, deliveries: u32) {
        let (claimed, ownership) = (Instant::now(), Ownership::Claiming);
        let entry = LeaseEntry {
            run: run.clone(),
            claimed,
            ownership,
            deliveries,
            is_late: false,
            is_watched: false,
            is_streaming: false,
            outcome: None,
        };
        self.table().entries.insert(run.key, entry);
    }

    /// The push is run here. From now on its lease is renewed, which also tells a Redis that has missed the claim.
    pub(crate) fn hold(
        &self,
        remote: &Remote,
        run: &Arc<Run>,
        deliveries: u32,
        age: Duration,
        ownership: Ownership,
    ) {
        run.is_at_least(age);
        let mut table = self.table();
        if let Some(entry) = table.of(run) {
            entry.deliveries = deliveries;
            if entry.ownership == Ownership::Claiming {
                entry.ownership = ownership;
            }
        }
        if !table.is_renewing {
            table.is_renewing = true;
            remote.link.runtime().spawn(self.clone().renew(remote.clone()));
        }
    }

    /// The outcome to write, and whether Redis has not said yet whose push it is. `None` where Redis has another
    /// process's outcome.
    pub(crate) fn completed(
        &self,
        run: &Arc<Run>,
        reply: String,
        keep: Retention,
    ) -> Option<(Arc<Completion>, bool)> {
        let mut table = self.table();
        let entry = table.of(run)?;
        let LeaseEntry { deliveries, is_late, .. } = *entry;
        let completion = Arc::new(Completion { deliveries, is_late, reply: reply.into(), keep });
        entry.outcome = Some(UnwrittenOutcome {
            completion: completion.clone(),
            deadline: Instant::now() + WRITE_TIMEOUT,
        });
        Some((completion, entry.ownership == Ownership::Unanswered))
    }

    /// The last delivery was answered without the outcome.
    pub(crate) fn mark_late(&self, key: DeliveryKey) {
        if let Some(entry) = self.table().entries.get_mut(&key) {
            entry.is_late = true;
        }
    }

    pub(crate) fn forget(&self, run: &Arc<Run>) {
        self.table().forget(run);
    }

    pub(crate) fn holds(&self, key: DeliveryKey) -> bool {
        self.table().entries.contains_key(&key)
    }

    /// The age of a push that is run here, and whether Redis has not said yet whose push it is.
    pub(crate) fn known(&self, key: DeliveryKey) -> Option<(Duration, bool)> {
        self.table().entries.get(&key).map(|entry| {
            (entry.run.age(), matches!(entry.ownership, Ownership::Claiming | Ownership::Unanswered))
        })
    }

    /// Whether the push is run here, and no other process has it as far as Redis has said.
    pub(crate) fn is_owner(&self, key: DeliveryKey) -> bool {
        let table = self.table();
        let ownership = table.entries.get(&key).map(|entry| entry.ownership);
        matches!(ownership, Some(Ownership::Owned | Ownership::Unanswered))
    }

    fn table(&self) -> MutexGuard<'_, LeaseTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LeaseTable {
    /// `None` where the push is not run here, or by a newer run.
    fn of(&mut self, run: &Arc<Run>) -> Option<&mut LeaseEntry> {
        self.entries.get_mut(&run.key).filter(|entry| Arc::ptr_eq(&entry.run, run))
    }

    fn forget(&mut self, run: &Arc<Run>) {
        if self.of(run).is_some() {
            self.entries.remove(&run.key);
        }
    }

    /// Another process runs it too.
    fn mark_duplicate(&mut self, remote: &Remote, run: &Arc<Run>) {
        let Some(entry) = self.of(run) else { return };
        let (before, claimed) =
            (std::mem::replace(&mut entry.ownership, Ownership::Duplicate), entry.claimed);
        if before != Ownership::Duplicate {
            crate::metrics::duplicate_run();
            tracing::debug!(duplicate = true, "another process runs this push too");
        }
        // During an outage this is expected, and the outage is in the log.
        if matches!(before, Ownership::Claiming | Ownership::Unanswered)
            && !remote.link.has_failed_since(claimed)
        {
            self.duplicates = self.duplicates.saturating_add(1);
            if self.duplicates_logged.is_none_or(|logged| logged.elapsed() >= DUPLICATES_LOG_PERIOD) {
                let duplicates = std::mem::take(&mut self.duplicates);
                self.duplicates_logged = Some(Instant::now());
                tracing::warn!(
                    duplicates,
                    "pushes ran in two processes, because Redis took too long to answer"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
