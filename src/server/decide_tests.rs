//! The decisions, as tables.

use async_trait::async_trait;

use super::*;
use crate::delivery::{self, GrowingText, StoreError};
use crate::late_reply::{FetchWord, Recipient, ReplySender};
use crate::{NewsReply, TextReply};

struct Nowhere;

#[async_trait]
impl ReplySender for Nowhere {
    async fn send(&self, _: &Recipient, _: &Reply) -> Result<(), SendError> {
        Ok(())
    }
}

#[async_trait]
impl delivery::Lease for Nowhere {
    async fn complete(self: Box<Self>, _: Arc<Reply>, _: Retention) -> Result<Timeliness, StoreError> {
        Ok(Timeliness::InTime)
    }

    fn share_text(&self, _: Arc<GrowingText>) {}
}

/// One policy of each kind: drop, fetch, push, push or fetch, run again.
fn policies() -> [Policy; 5] {
    let word = || FetchWord::new("继续", TextReply::new("还在想"));
    let late = [
        LateReply::Drop,
        LateReply::Fetch(word()),
        LateReply::push(Nowhere),
        LateReply::push_or_fetch(Nowhere, word()),
        LateReply::RunAgain,
    ];
    late.map(|late| Policy { late, schedule: RetrySchedule::new() })
}

fn each<T>(decide: impl Fn(&Policy) -> T) -> [T; 5] {
    policies().each_ref().map(decide)
}

fn short() -> Arc<Reply> {
    Arc::new(TextReply::new("好").into())
}

fn long() -> Arc<Reply> {
    Arc::new(TextReply::new("好".repeat(1000)).into())
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const LAST: Duration = Duration::from_millis(4500);

#[test]
fn the_first_delivery_runs_the_handler_and_the_others_do_not() {
    let [policy, ..] = policies();
    let step = |state, is_word| policy.claimed(state, Manner::Retried, Duration::ZERO, is_word);
    for is_word in [false, true] {
        let first = step(ClaimState::Owned(Lease::Other(Box::new(Nowhere))), is_word);
        assert_eq!(matches!(first, Step::Fetch(_)), is_word);
        assert_eq!(matches!(first, Step::Run(_)), !is_word);
        assert!(matches!(step(ClaimState::Running, is_word), Step::Wait(_)));
        assert!(
            matches!(step(ClaimState::Completed(short()), is_word), Step::Answer(outcome) if outcome == short())
        );
    }
}

#[test]
fn a_delivery_waits_for_the_next_one_unless_it_is_the_last_or_the_reply_is_sent_anyway() {
    for (age, drop, push) in [
        (0, seconds(15), LAST),
        (5, seconds(15), LAST),
        (7, seconds(15), LAST),
        // Half a time-out before the third is due.
        (8, LAST, LAST),
        (10, LAST, LAST),
        (3600, LAST, LAST),
    ] {
        assert_eq!(
            each(|policy| policy.patience(Manner::Retried, seconds(age))),
            [drop, drop, push, push, drop],
            "{age} s"
        );
        let timed_out = |patience| if patience == LAST { TimedOut::MarkLate } else { TimedOut::Nothing };
        assert_eq!(
            each(|policy| policy.timed_out(Manner::Retried, seconds(age))),
            [drop, drop, push, push, drop].map(timed_out),
            "{age} s"
        );
    }
}

#[test]
fn the_third_delivery_waits_as_long_as_the_schedule_says() {
    let schedule = RetrySchedule::new().deliveries(2).timeout(seconds(10)).answer_within(seconds(9));
    let policy = Policy { late: LateReply::Drop, schedule };
    for (age, patience) in [(0, 20), (4, 20), (5, 9), (10, 9)] {
        assert_eq!(policy.patience(Manner::Retried, seconds(age)), seconds(patience), "{age} s");
    }
}

#[test]
fn the_last_delivery_answers_what_came_meanwhile_or_what_the_policy_says() {
    assert!(each(|policy| policy.marked(Some(short()))).iter().all(|it| *it == Marked::Answer(short())));
    let [drop, fetch, push, either, again] = each(|policy| policy.marked(None));
    assert_eq!(
        [drop, fetch, push, either, again],
        [Marked::Cut, Marked::Keep, Marked::Typing, Marked::Typing, Marked::Cut]
    );
}

#[test]
fn what_is_late_and_pushed_is_kept_as_none() {
    use Retention::{ForRetries, ForUser, UnlessLate};
    let short = each(|policy| policy.retention(Manner::Retried, &short()));
    assert_eq!(short, [ForRetries, ForRetries, UnlessLate, UnlessLate, ForRetries]);
    let long = each(|policy| policy.retention(Manner::Retried, &long()));
    assert_eq!(long, [ForRetries, ForUser, UnlessLate, UnlessLate, ForRetries]);
}

#[test]
fn what_becomes_of_an_outcome() {
    use Source::{Failure, Handler, Passthrough};
    use Stored::{KeepRest, Lose, Nothing, Send};
    use Timeliness::{InTime, Late};
    let (none, news) = (Arc::new(Reply::None), Arc::new(Reply::from(NewsReply::new([]))));
    for (timeliness, outcome, source, becomes) in [
        (InTime, short(), Handler, [Nothing; 5]),
        (InTime, news.clone(), Handler, [Nothing; 5]),
        (InTime, long(), Handler, [Nothing, KeepRest, Nothing, KeepRest, Nothing]),
        (InTime, none.clone(), Passthrough, [Nothing; 5]),
        (Late, short(), Handler, [Lose, Nothing, Send, Send, Lose]),
        (Late, news, Handler, [Lose, Nothing, Send, Send, Lose]),
        (Late, long(), Handler, [Lose, Nothing, Send, Send, Lose]),
        (Late, none.clone(), Handler, [Nothing; 5]),
        (Late, short(), Failure, [Nothing, Nothing, Send, Send, Nothing]),
        (Late, none.clone(), Failure, [Nothing; 5]),
        (Late, none, Passthrough, [Lose; 5]),
    ] {
        let found = each(|policy| policy.stored(timeliness, &outcome, source, true));
        assert_eq!(found, becomes, "{timeliness:?} {outcome:?} {source:?}");
    }
}

#[test]
fn what_nobody_can_be_told_to_fetch_is_lost() {
    let reply = Reply::from(TextReply::new("x")).into_shared();
    let found = |source| each(|policy| policy.stored(Timeliness::Late, &reply, source, false))[1];
    assert_eq!(found(Source::Handler), Stored::Lose);
    assert_eq!(found(Source::Failure), Stored::Nothing);
}

#[test]
fn what_is_refused_for_good_is_kept_and_what_may_work_later_is_tried_three_times_more() {
    use NotSent::{Keep, Lose, TryAgain};
    let refused = SendError::Final("48 hours".into());
    let busy = SendError::Temporary("busy".into());
    let again = |wait| [Lose, Lose, TryAgain(seconds(wait)), TryAgain(seconds(wait)), Lose];
    for (error, tries, becomes) in [
        (&refused, 1, [Lose, Lose, Lose, Keep, Lose]),
        (&busy, 1, again(1)),
        (&busy, 2, again(2)),
        (&busy, 3, again(4)),
        (&busy, 4, [Lose, Lose, Lose, Keep, Lose]),
    ] {
        assert_eq!(each(|policy| policy.not_sent(error, tries, false)), becomes);
        let draining = each(|policy| policy.not_sent(error, tries, true));
        assert_eq!(draining, [becomes[0], becomes[1], becomes[2], Keep, becomes[4]]);
    }
}

#[test]
fn who_asks_again_is_told_at_once_what_there_is_and_who_asks_once_in_time() {
    for age in [0, 5, 10, 360, 3600] {
        let streamed = |policy: &Policy| {
            (
                policy.patience(Manner::Streamed, seconds(age)),
                policy.timed_out(Manner::Streamed, seconds(age)),
            )
        };
        assert_eq!(each(streamed), [(Duration::ZERO, TimedOut::Begin); 5]);
        let once = |policy: &Policy| {
            (policy.patience(Manner::Once, seconds(age)), policy.timed_out(Manner::Once, seconds(age)))
        };
        assert_eq!(each(once), [(LAST, TimedOut::MarkLate); 5]);
    }
    assert_eq!(each(|policy| policy.retention(Manner::Streamed, &short())), [Retention::ForUser; 5]);
}
