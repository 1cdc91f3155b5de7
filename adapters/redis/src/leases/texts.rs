//! What Redis is told of the texts that grow in this process.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use wechat_callback::delivery::GrowingText;

use super::Leases;
use crate::link::{Answers, Kind};
use crate::remote::Remote;
use crate::run::Run;
use crate::scripts::Call;
use crate::stream::{Sent, Stream};

/// How often what is new is written.
const PERIOD: Duration = Duration::from_millis(250);

/// How many texts, and how many bytes of them, are written in one round trip.
const BATCH: usize = 1024;
const BATCH_BYTES: usize = 256 * 1024;

/// How often Redis is asked at once for what it turned out to miss: it has less, or knows nothing of the push.
const ATTEMPTS: usize = 4;

type Batch = Arc<[(Arc<Run>, Sent)]>;

impl Leases {
    /// The reply of `run` streams. From now on Redis is told what is new.
    pub(crate) fn share_text(&self, remote: &Remote, run: &Arc<Run>, text: Arc<GrowingText>) {
        run.share_text(text);
        let mut table = self.table();
        let Some(entry) = table.of(run) else { return };
        entry.is_streaming = true;
        if !std::mem::replace(&mut table.is_writing, true) {
            remote.link.runtime().spawn(self.clone().write_texts(remote.clone()));
        }
    }

    /// Writes what is missing of the text of a run that is no longer held.
    pub(crate) async fn write_last(&self, remote: &Remote, run: &Arc<Run>) {
        self.write(remote, vec![run.clone()]).await;
    }

    /// Runs until nothing streams.
    async fn write_texts(self, remote: Remote) {
        let mut tick = interval(PERIOD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let Some(runs) = self.streaming() else { return };
            self.write(&remote, runs).await;
        }
    }

    /// `None` where nothing streams.
    fn streaming(&self) -> Option<Vec<Arc<Run>>> {
        let mut table = self.table();
        let entries = table.entries.values().filter(|entry| entry.is_streaming && entry.outcome.is_none());
        let runs: Vec<_> = entries.map(|entry| entry.run.clone()).collect();
        table.is_writing = !runs.is_empty();
        table.is_writing.then_some(runs)
    }

    async fn write(&self, remote: &Remote, mut runs: Vec<Arc<Run>>) {
        for _ in 0..ATTEMPTS {
            let mut missing = Vec::new();
            let mut left = runs.into_iter();
            while let Some((batch, calls)) = self.next_batch(remote, &mut left) {
                let late = {
                    let (this, remote, batch) = (self.clone(), remote.clone(), batch.clone());
                    Box::new(move |answers| drop(this.texts_answered(&remote, &batch, answers)))
                };
                match remote.link.ask_all(Kind::Write, calls, Some(late)).await {
                    Ok(answers) => missing.extend(self.texts_answered(remote, &batch, answers)),
                    Err(_) => {
                        return batch.iter().for_each(|(run, _)| run.on_stream(Stream::failed));
                    }
                }
            }
            if missing.is_empty() {
                return;
            }
            runs = missing;
        }
    }

    /// Returns those of which something is to be sent at once.
    fn texts_answered(
        &self,
        remote: &Remote,
        batch: &[(Arc<Run>, Sent)],
        mut answers: Answers,
    ) -> Vec<Arc<Run>> {
        let mut values = std::mem::take(&mut answers.values).into_iter();
        let mut missing = Vec::new();
        for (run, sent) in batch {
            if sent.renews
                && let Some(Ok(renewed)) = values.next()
                && let Ok(renewed) = remote.renewed(renewed, &answers)
            {
                self.renewed(remote, run, renewed);
            }
            match values.next().map(|value| Remote::appended(value?)) {
                Some(Ok(length)) => {
                    let mut is_missing = false;
                    run.on_stream(|stream| is_missing = stream.answered(*sent, length));
                    missing.extend(is_missing.then(|| run.clone()));
                }
                // The key may be right again when the lease is renewed.
                Some(Err(error)) if error.is_of_one_key() => run.on_stream(|stream| {
                    stream.failed();
                    stream.is_anothers();
                }),
                Some(Err(_)) | None => run.on_stream(Stream::failed),
            }
        }
        missing
    }

    /// What is to be sent of the next runs, in one round trip. `None` where nothing is left.
    fn next_batch(
        &self,
        remote: &Remote,
        runs: &mut impl Iterator<Item = Arc<Run>>,
    ) -> Option<(Batch, Vec<Call>)> {
        let (mut batch, mut calls, mut bytes) = (Vec::new(), Vec::new(), 0_usize);
        for run in runs {
            let Some(append) = run.next_append() else { continue };
            if append.sent.renews {
                // A run that is no longer held gives up its lease next.
                let told = self.table().of(&run).map(|entry| (entry.deliveries, entry.is_late));
                let (deliveries, is_late) = told.unwrap_or((1, false));
                calls.push(remote.renewal(&run, deliveries, is_late));
            }
            calls.push(remote.append(run.key, &append));
            bytes = bytes.saturating_add(append.text.len());
            batch.push((run, append.sent));
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                break;
            }
        }
        (!batch.is_empty()).then(|| (batch.into(), calls))
    }
}
