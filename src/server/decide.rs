//! What to do with a delivery, a reply, an error: every decision of the engine, without IO.
//!
//! Each function takes what is known and returns what to do. The engine does it.

use std::sync::Arc;
use std::time::Duration;

use crate::Reply;
use crate::delivery::{ClaimState, Lease, Retention, Timeliness};
use crate::late_reply::{LateReply, RetrySchedule, SendError};

/// What the owner has set.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) late: LateReply,
    pub(super) schedule: RetrySchedule,
}

/// What a delivery does, after a claim.
pub(super) enum Step {
    /// Run the handler.
    Run(Box<dyn Lease>),
    /// Answer with what the user fetches; run the handler where that is nothing.
    Fetch(Box<dyn Lease>),
    /// Wait so long, counted from the delivery's arrival, for what another delivery runs.
    Wait(Duration),
    /// Answer with the outcome.
    Answer(Arc<Reply>),
}

/// What a delivery does whose time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimedOut {
    /// Answer nothing: the next delivery may carry the reply.
    Nothing,
    /// Mark the outcome as late.
    MarkLate,
}

/// What a delivery does that has marked the outcome as late.
#[derive(Debug, PartialEq)]
pub(super) enum Marked {
    /// Answer with the outcome, which came meanwhile.
    Answer(Arc<Reply>),
    /// Keep the reply for the user, and tell them so.
    Notice,
    /// Answer nothing, and show that a reply is being written.
    Typing,
    /// Answer nothing.
    Nothing,
}

/// Where a reply comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The handler.
    Handler,
    /// The handler failed, which is logged; the reply is the one for failures, or none.
    Failure,
    /// There is none: the handler's own response is the answer.
    Passthrough,
}

/// What becomes of an outcome that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// Nothing more: a delivery carries it, or the user was told to fetch it.
    Nothing,
    /// The rest of its text is kept for the user.
    KeepRest,
    /// It is sent as a message of its own.
    Send,
    /// It is lost.
    Lose,
}

/// What becomes of a message that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotSent {
    /// It is tried again after so long.
    TryAgain(Duration),
    /// It is kept for the user.
    Keep,
    /// It is lost.
    Lose,
}

impl Policy {
    /// Whether deliveries of a push are joined.
    pub(super) const fn joins(&self) -> bool {
        !matches!(self.late, LateReply::RunAgain)
    }

    /// What a delivery does that comes `age` after the first. `is_word`: its user writes the word that fetches a reply.
    pub(super) fn claimed(&self, state: ClaimState, age: Duration, is_word: bool) -> Step {
        match state {
            ClaimState::First(lease) if is_word => Step::Fetch(lease),
            ClaimState::First(lease) => Step::Run(lease),
            ClaimState::Running => Step::Wait(self.patience(age)),
            ClaimState::Completed(outcome) => Step::Answer(outcome),
        }
    }

    /// How long a delivery that comes `age` after the first waits for the outcome.
    pub(super) fn patience(&self, age: Duration) -> Duration {
        if self.is_last(age) { self.schedule.last_patience() } else { self.schedule.patience() }
    }

    /// Where a late reply is sent, there is no delivery worth to wait for.
    fn is_last(&self, age: Duration) -> bool {
        self.late.sender().is_some() || self.schedule.is_last(age)
    }

    pub(super) fn timed_out(&self, age: Duration) -> TimedOut {
        if self.is_last(age) { TimedOut::MarkLate } else { TimedOut::Nothing }
    }

    /// `outcome`: what came before the mark.
    pub(super) fn marked(&self, outcome: Option<Arc<Reply>>) -> Marked {
        match (outcome, &self.late) {
            (Some(outcome), _) => Marked::Answer(outcome),
            (None, LateReply::Claim(_)) => Marked::Notice,
            (None, LateReply::Push(_) | LateReply::PushOrClaim(..)) => Marked::Typing,
            (None, LateReply::Drop | LateReply::RunAgain) => Marked::Nothing,
        }
    }

    /// How a store keeps `outcome`.
    pub(super) fn retention(&self, outcome: &Arc<Reply>) -> Retention {
        match &self.late {
            LateReply::Claim(word) if word.is_long(outcome) => Retention::ForUser,
            LateReply::Drop | LateReply::Claim(_) | LateReply::RunAgain => Retention::ForRetries,
            LateReply::Push(_) | LateReply::PushOrClaim(..) => Retention::UnlessLate,
        }
    }

    /// What becomes of an outcome after a store took it.
    pub(super) fn stored(&self, timeliness: Timeliness, outcome: &Arc<Reply>, source: Source) -> Stored {
        let is_long = || self.late.word().is_some_and(|word| word.is_long(outcome));
        match (timeliness, source, &self.late) {
            (Timeliness::InTime, ..) if is_long() => Stored::KeepRest,
            (Timeliness::InTime, ..) => Stored::Nothing,
            (Timeliness::Late, Source::Passthrough, _) => Stored::Lose,
            (Timeliness::Late, ..) if outcome.is_none() => Stored::Nothing,
            (Timeliness::Late, _, LateReply::Push(_) | LateReply::PushOrClaim(..)) => Stored::Send,
            (Timeliness::Late, _, LateReply::Claim(_)) => Stored::Nothing,
            // What is lost then is the word of a failure that is logged.
            (Timeliness::Late, Source::Failure, _) => Stored::Nothing,
            (Timeliness::Late, Source::Handler, LateReply::Drop | LateReply::RunAgain) => Stored::Lose,
        }
    }

    /// `tries`: how often it was tried. A process that goes down keeps the reply at once, if it can be kept.
    pub(super) fn not_sent(&self, error: &SendError, tries: u32, is_draining: bool) -> NotSent {
        match (error, &self.late) {
            (_, LateReply::PushOrClaim(..)) if is_draining => NotSent::Keep,
            (SendError::Temporary(_), _) if (1..=3).contains(&tries) => {
                NotSent::TryAgain(Duration::from_secs(1 << (tries - 1)))
            }
            (_, LateReply::PushOrClaim(..)) => NotSent::Keep,
            _ => NotSent::Lose,
        }
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
