//! What Redis is told about the pushes of this process each second, and what its answers change.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use tokio::time::{Instant, MissedTickBehavior, interval};
use wechat_callback::delivery::{Retention, Timeliness};

use super::{Leases, Ownership};
use crate::link::{Answers, Kind};
use crate::remote::{Claimed, PushState, Remote, Renewed};
use crate::run::Run;
use crate::scripts::Call;
use crate::stream::Stream;

/// How often leases are renewed: three renewals may fail before a lease is lost.
const RENEWAL: Duration = Duration::from_secs(1);

/// How many are renewed in one round trip.
const BATCH: usize = 256;

/// What Redis was told about a push. The push may have changed since: an answer is about what was told.
#[derive(Clone)]
pub(super) struct Update {
    pub(super) run: Arc<Run>,
    pub(super) is_outcome: bool,
}

impl Leases {
    /// Runs until no push is left.
    pub(super) async fn renew(self, remote: Remote) {
        let mut tick = interval(RENEWAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tick.tick().await;
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                // What Redis missed is sent as soon as it is back.
                () = remote.link.connections.recovered.notified() => {}
            }
            let Some(updates) = self.updates(&remote) else { return };
            for batch in updates.chunks(BATCH) {
                let calls = batch.iter().flat_map(|(_, calls)| calls.iter().cloned()).collect();
                let batch: Arc<[Update]> = batch.iter().map(|(update, _)| update.clone()).collect();
                let late = {
                    let (this, remote, batch) = (self.clone(), remote.clone(), batch.clone());
                    Box::new(move |answers| this.answered(&remote, &batch, answers))
                };
                match remote.link.ask_all(Kind::Write, calls, Some(late)).await {
                    Ok(answers) => self.answered(&remote, &batch, answers),
                    Err(_) => break,
                }
            }
        }
    }

    /// What Redis is to be told. `None` where no push is left.
    pub(super) fn updates(&self, remote: &Remote) -> Option<Vec<(Update, Vec<Call>)>> {
        let mut table = self.table();
        let now = Instant::now();
        table.entries.retain(|_, entry| entry.outcome.as_ref().is_none_or(|outcome| now < outcome.deadline));
        table.is_renewing = !table.entries.is_empty();
        let entries = table.entries.iter().filter(|(_, entry)| entry.ownership != Ownership::Claiming);
        let updates = entries.map(|(key, entry)| {
            let calls = match &entry.outcome {
                None => vec![remote.renewal(&entry.run, entry.deliveries, entry.is_late)],
                Some(outcome) => remote.completion(*key, &outcome.completion).into(),
            };
            (Update { run: entry.run.clone(), is_outcome: entry.outcome.is_some() }, calls)
        });
        table.is_renewing.then(|| updates.collect())
    }

    pub(super) fn answered(&self, remote: &Remote, updates: &[Update], mut answers: Answers) {
        let mut values = std::mem::take(&mut answers.values).into_iter();
        for Update { run, is_outcome } in updates {
            let Some(value) = values.next() else { return };
            if *is_outcome {
                // The answer to its publication.
                values.next();
            }
            match value {
                Ok(value) if *is_outcome => drop(self.written(remote, run, value)),
                Ok(value) => {
                    if let Ok(renewed) = remote.renewed(value, &answers) {
                        self.renewed(remote, run, renewed);
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// Redis was sent the outcome of `run`, which need not be sent again. `None` where Redis has another outcome.
    pub(crate) fn written(&self, remote: &Remote, run: &Arc<Run>, value: Value) -> Option<Timeliness> {
        let completed = Remote::completed(value).ok().flatten();
        let mut table = self.table();
        if completed.is_none() {
            table.mark_duplicate(remote, run);
        }
        table.forget(run);
        completed
    }

    /// The answer to a claim that came late.
    pub(crate) fn claimed(&self, remote: &Remote, run: &Arc<Run>, claimed: Claimed) {
        let Claimed { age, state, .. } = claimed;
        self.renewed(remote, run, Renewed { age, is_late: false, is_shared: false, state, text: None });
    }

    pub(super) fn renewed(&self, remote: &Remote, run: &Arc<Run>, renewed: Renewed) {
        let Renewed { age, is_late, is_shared, state, text } = renewed;
        run.is_at_least(age);
        let mut table = self.table();
        let Some(entry) = table.of(run) else { return };
        entry.is_late |= is_late;
        let is_shared = is_shared || matches!(state, PushState::Running(_));
        if is_shared && entry.outcome.is_none() && !std::mem::replace(&mut entry.is_watched, true) {
            remote.link.runtime().spawn(self.clone().watch(remote.clone(), run.clone()));
        }
        match state {
            PushState::Free => {
                if let Some(text) = text {
                    run.on_stream(|stream| stream.renewed(text));
                }
                if entry.ownership == Ownership::Unanswered {
                    entry.ownership = Ownership::Owned;
                }
            }
            PushState::Running(_) => {
                run.on_stream(Stream::is_anothers);
                table.mark_duplicate(remote, run);
            }
            // Redis keeps the first outcome. Deliveries that reach this process get the one completed here.
            PushState::Completed(_) if entry.outcome.is_some() => {}
            PushState::Completed(reply) => {
                table.mark_duplicate(remote, run);
                table.forget(run);
                if let Some(local) = run.adopt(reply.clone()) {
                    remote.link.runtime().spawn(local.complete(reply, Retention::ForRetries));
                }
            }
        }
    }

    /// Another process runs the push too. If it completes first its outcome is adopted at once.
    async fn watch(self, remote: Remote, run: Arc<Run>) {
        let mut listener = remote.waiters.listen(&remote.link, remote.key(run.key));
        while self.table().of(&run).is_some_and(|entry| entry.outcome.is_none()) {
            if let Some(reply) = listener.news(RENEWAL).await {
                let state = PushState::Completed(reply);
                let renewed =
                    Renewed { age: Duration::ZERO, is_late: false, is_shared: true, state, text: None };
                return self.renewed(&remote, &run, renewed);
            }
        }
    }
}
