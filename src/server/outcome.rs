//! What becomes of an outcome: it is stored, kept for its user, sent, or lost, which is logged.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Instrument;

use super::Engine;
use super::contain::contained;
use super::decide::{NotSent, Source, Stored};
use super::push::Push;
use super::store::Lease;
use crate::Reply;
use crate::delivery::{PendingReply, Retention, StoreError, Timeliness};
use crate::late_reply::SendError;
use crate::log::as_dyn;
use crate::metrics::{self, LateOutcome};

/// How long a message may take.
const SENDING: Duration = Duration::from_secs(30);

/// How long it may take to show that a reply is being written.
const TYPING: Duration = Duration::from_secs(5);

/// The end of a handler's run.
pub(super) struct Completion {
    pub(super) engine: Engine,
    pub(super) push: Push,
    pub(super) lease: Option<Lease>,
    pub(super) token: TaskTrackerToken,
    /// When the delivery arrived that runs the handler.
    pub(super) arrived: Instant,
}

impl Completion {
    /// Whether it must not be cancelled.
    pub(super) fn is_owed(&self) -> bool {
        self.engine.shared.policy.joins(self.push.manner)
    }

    /// Stores the outcome, which came at `now`, and returns what the delivery that ran the handler may carry of it.
    pub(super) fn complete(self, reply: Arc<Reply>, source: Source, now: Instant) -> Completed {
        let Self { engine, push, lease, token, arrived } = self;
        let retention = engine.shared.policy.retention(push.manner, &reply);
        let timeliness = match lease.map(|lease| lease.complete_now(reply.clone(), retention, now.into_std()))
        {
            None => return Completed::Now(reply),
            Some(Ok(timeliness)) => push.timeliness(timeliness, arrived, now),
            Some(Err(lease)) => {
                return Completed::Later(Box::pin(async move {
                    let _counted = token;
                    match lease.complete(reply.clone(), retention).await {
                        Ok(timeliness) => {
                            let timeliness = push.timeliness(timeliness, arrived, Instant::now());
                            engine.completed(timeliness, retention, push, reply, source).await
                        }
                        Err(error) => {
                            not_stored(&error);
                            reply
                        }
                    }
                }));
            }
        };
        if engine.shared.policy.stored(timeliness, &reply, source, push.user.is_some()) == Stored::Nothing {
            return Completed::Now(retention.kept(reply, timeliness));
        }
        Completed::Later(Box::pin(async move {
            let _counted = token;
            engine.completed(timeliness, retention, push, reply, source).await
        }))
    }
}

/// What the delivery that ran the handler may carry of the outcome.
pub(super) enum Completed {
    Now(Arc<Reply>),
    /// A store that has to be waited for, or a message that is sent, takes time.
    Later(Pin<Box<dyn Future<Output = Arc<Reply>> + Send>>),
}

impl Engine {
    /// An outcome was stored.
    async fn completed(
        &self,
        timeliness: Timeliness,
        retention: Retention,
        push: Push,
        reply: Arc<Reply>,
        source: Source,
    ) -> Arc<Reply> {
        match self.shared.policy.stored(timeliness, &reply, source, push.user.is_some()) {
            Stored::Nothing => {}
            stored => Box::pin(self.stored(stored, retention, &push, &reply, source)).await,
        }
        retention.kept(reply, timeliness)
    }

    async fn stored(
        &self,
        stored: Stored,
        retention: Retention,
        push: &Push,
        reply: &Arc<Reply>,
        source: Source,
    ) {
        match (stored, push.user, push.key) {
            (Stored::KeepRest, Some(user), Some(key)) => {
                let word = self.shared.policy.late.word();
                let Some(rest) = word.and_then(|word| word.part(reply, 0)).and_then(|(_, next)| next) else {
                    return;
                };
                match retention {
                    Retention::ForUser => drop(self.add_pending(user, PendingReply::new(key, rest)).await),
                    Retention::ForRetries | Retention::UnlessLate => {
                        self.keep(user, key, reply, rest).await;
                    }
                }
            }
            (Stored::Send, ..) => self.send(push, reply, source).await,
            (Stored::Lose, ..) => lost(reply),
            (Stored::Nothing | Stored::KeepRest, ..) => {}
        }
    }

    /// Sends a late reply as a message of its own.
    async fn send(&self, push: &Push, reply: &Arc<Reply>, source: Source) {
        if self.shared.policy.late.sender().is_none() || push.recipient.is_none() {
            if source == Source::Handler {
                lost(reply);
            }
            return;
        }
        let Err((error, unsent)) = self.attempt(push, reply).await else {
            metrics::late(LateOutcome::Sent);
            return tracing::debug!("the late reply was sent as a message of its own");
        };
        if unsent == NotSent::Keep && self.keep_unsent(push, reply).await {
            metrics::late(LateOutcome::Kept);
            return tracing::warn!(
                error = as_dyn(&error),
                "the late reply could not be sent; it is kept for the user to fetch it"
            );
        }
        metrics::late(LateOutcome::Lost);
        tracing::error!(error = as_dyn(&error), "the reply is lost: it was late, and could not be sent");
    }

    /// Sends `reply`, and tries again where that is worth it. What becomes of it where it was not sent.
    pub(super) async fn attempt(&self, push: &Push, reply: &Reply) -> Result<(), (SendError, NotSent)> {
        let policy = &self.shared.policy;
        let (Some(sender), Some(to)) = (policy.late.sender(), &push.recipient) else {
            return Err((SendError::Final("nobody sends it".into()), NotSent::Lose));
        };
        let mut tries = 0_u32;
        loop {
            let Err(error) = within(SENDING, sender.send(to, reply)).await else { return Ok(()) };
            metrics::send_failed();
            tries = tries.saturating_add(1);
            match policy.not_sent(&error, tries, self.is_draining()) {
                NotSent::TryAgain(wait) => {
                    tracing::warn!(
                        error = as_dyn(&error),
                        "the late reply could not be sent; it is tried again"
                    );
                    sleep(wait).await;
                }
                unsent => return Err((error, unsent)),
            }
        }
    }

    pub(super) async fn keep_unsent(&self, push: &Push, reply: &Arc<Reply>) -> bool {
        match (push.user, push.key) {
            (Some(user), Some(key)) => self.keep(user, key, reply, 0).await,
            _ => false,
        }
    }

    /// Shows the user that a reply is being written. Nobody waits for it.
    pub(super) fn type_to(&self, push: &Push) {
        if let (Some(sender), Some(to)) = (self.shared.policy.late.sender(), &push.recipient) {
            let (sender, to) = (sender.clone(), to.clone());
            let typing = async move {
                if let Err(error) = within(TYPING, sender.typing(&to)).await {
                    tracing::debug!(
                        error = as_dyn(&error),
                        "it could not be shown that a reply is being written"
                    );
                }
            };
            tokio::spawn(typing.in_current_span());
        }
    }
}

/// Awaits a sender. One that panics or takes too long has failed.
async fn within(
    time: Duration,
    sending: impl Future<Output = Result<(), SendError>>,
) -> Result<(), SendError> {
    match timeout(time, contained(sending)).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(SendError::Final(format!("the sender panicked: {panic}").into())),
        Err(_) => Err(SendError::Temporary(format!("it took longer than {} s", time.as_secs()).into())),
    }
}

pub(super) fn not_stored(error: &StoreError) {
    tracing::error!(
        error = as_dyn(error),
        "the outcome is not stored: other deliveries of the push do not get it"
    );
}

fn lost(reply: &Reply) {
    metrics::late(LateOutcome::Lost);
    let length = reply.text().map(str::len);
    tracing::error!(length, "the reply is lost: no delivery is left to carry it (see LateReply)");
}
