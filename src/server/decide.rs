//! Every decision about deliveries, outcomes and late replies, without IO: each function takes what is known and returns
//! what to do, and the engine does it. (What is refused is decided in `deliver`.)

use std::sync::Arc;
use std::time::Duration;

use super::store::{ClaimState, Lease};
use crate::Reply;
use crate::delivery::{Retention, Timeliness};
use crate::late_reply::{LateReply, RetrySchedule, SendError};

/// What the owner has set.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) late: LateReply,
    pub(super) schedule: RetrySchedule,
}

/// How WeChat asks for the answer to a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Three times.
    Retried,
    /// Once.
    Once,
    /// Again and again, until the answer says that it is finished: a message to an AI bot.
    Streamed,
}

impl Manner {
    /// For how long it asks for an answer that is not finished: six minutes from the message.
    pub(super) const WINDOW: Duration = Duration::from_secs(360);
}

/// What a delivery does, after a claim.
pub(super) enum Step {
    /// Run the handler. There is no lease where deliveries are not joined.
    Run(Option<Lease>),
    /// Answer with what the user fetches; run the handler where that is nothing.
    Fetch(Lease),
    /// Wait so long, counted from the delivery's arrival, for what another delivery runs.
    Wait(Duration),
    /// Answer with what there is of a reply that was begun.
    Refresh,
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
    /// Answer with what there is: the rest is asked for.
    Begin,
}

/// What a delivery does that has marked the outcome as late.
#[derive(Debug, PartialEq)]
pub(super) enum Marked {
    /// Answer with the outcome, which came meanwhile.
    Answer(Arc<Reply>),
    /// Tell what there is, or that it takes time, and keep the rest for the user.
    Keep,
    /// Answer nothing, and show that a reply is being written.
    Typing,
    /// Answer with what there is, or nothing. The rest is lost.
    Cut,
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
    pub(super) const fn joins(&self, manner: Manner) -> bool {
        matches!(manner, Manner::Streamed) || !matches!(self.late, LateReply::RunAgain)
    }

    /// What a delivery does that comes `age` after the first. `is_word`: its user writes the word that fetches a reply.
    pub(super) fn claimed(&self, state: ClaimState, manner: Manner, age: Duration, is_word: bool) -> Step {
        match state {
            ClaimState::Owned(lease) if is_word => Step::Fetch(lease),
            ClaimState::Owned(lease) => Step::Run(Some(lease)),
            ClaimState::Running => Step::Wait(self.patience(manner, age)),
            ClaimState::Completed(outcome) => Step::Answer(outcome),
        }
    }

    /// How long a delivery that comes `age` after the first waits for the outcome.
    pub(super) fn patience(&self, manner: Manner, age: Duration) -> Duration {
        match self.timed_out(manner, age) {
            // It is repeated because WeCom was not told how to ask for the rest.
            TimedOut::Begin => Duration::ZERO,
            TimedOut::MarkLate => self.schedule.last_patience(),
            TimedOut::Nothing => self.schedule.patience(),
        }
    }

    /// What a delivery does that is not answered by then: the last one, and where late replies are sent, every one, is to
    /// be answered within WeChat's time-out.
    pub(super) fn timed_out(&self, manner: Manner, age: Duration) -> TimedOut {
        let is_last = self.late.sender().is_some() || self.schedule.is_last(age);
        match manner {
            Manner::Streamed => TimedOut::Begin,
            Manner::Retried if !is_last => TimedOut::Nothing,
            Manner::Retried | Manner::Once => TimedOut::MarkLate,
        }
    }

    /// `outcome`: what came before the mark.
    pub(super) fn marked(&self, outcome: Option<Arc<Reply>>) -> Marked {
        match (outcome, &self.late) {
            (Some(outcome), _) => Marked::Answer(outcome),
            (None, LateReply::Fetch(_)) => Marked::Keep,
            (None, LateReply::Push(_) | LateReply::PushOrFetch(..)) => Marked::Typing,
            (None, LateReply::Drop | LateReply::RunAgain) => Marked::Cut,
        }
    }

    /// How a store keeps `outcome`.
    pub(super) fn retention(&self, manner: Manner, outcome: &Arc<Reply>) -> Retention {
        match &self.late {
            // It is asked for, for minutes.
            _ if manner == Manner::Streamed => Retention::ForUser,
            LateReply::Fetch(word) if word.is_long(outcome) => Retention::ForUser,
            LateReply::Drop | LateReply::Fetch(_) | LateReply::RunAgain => Retention::ForRetries,
            LateReply::Push(_) | LateReply::PushOrFetch(..) => Retention::UnlessLate,
        }
    }

    /// What becomes of an outcome after a store took it. `is_for_user`: there is a user who can be told to fetch it.
    pub(super) fn stored(
        &self,
        timeliness: Timeliness,
        outcome: &Arc<Reply>,
        source: Source,
        is_for_user: bool,
    ) -> Stored {
        let is_long = || self.late.word().is_some_and(|word| word.is_long(outcome));
        match (timeliness, source, &self.late) {
            (Timeliness::InTime, ..) if is_long() => Stored::KeepRest,
            (Timeliness::InTime, ..) => Stored::Nothing,
            (Timeliness::Late, Source::Passthrough, _) => Stored::Lose,
            (Timeliness::Late, ..) if outcome.is_none() => Stored::Nothing,
            (Timeliness::Late, _, LateReply::Push(_) | LateReply::PushOrFetch(..)) => Stored::Send,
            (Timeliness::Late, _, LateReply::Fetch(_)) if is_for_user => Stored::Nothing,
            // What is lost then is the word of a failure that is logged.
            (Timeliness::Late, Source::Failure, _) => Stored::Nothing,
            (Timeliness::Late, Source::Handler, _) => Stored::Lose,
        }
    }

    /// `tries`: how often it was tried. A process that goes down keeps the reply at once, if it can be kept.
    pub(super) fn not_sent(&self, error: &SendError, tries: u32, is_draining: bool) -> NotSent {
        let is_worth_trying = matches!(error, SendError::Temporary(_)) && (1..=3).contains(&tries);
        match &self.late {
            LateReply::PushOrFetch(..) if is_draining || !is_worth_trying => NotSent::Keep,
            LateReply::Push(_) | LateReply::PushOrFetch(..) if is_worth_trying => {
                NotSent::TryAgain(Duration::from_secs(1 << (tries - 1)))
            }
            LateReply::Drop
            | LateReply::Fetch(_)
            | LateReply::Push(_)
            | LateReply::PushOrFetch(..)
            | LateReply::RunAgain => NotSent::Lose,
        }
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
