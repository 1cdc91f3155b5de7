//! The in-process store: bounded, nothing forgotten inside its time under the bound, on a clock that only goes on.

use crate::support;

use std::sync::Arc;
use std::time::Duration;

use support::deliveries::{Slow, everywhere, paused, says, seconds};
use support::text;
use tokio::time::advance;
use wechat_callback::delivery::{
    ClaimState, DeliveryKey, Lease, MemoryStore, OutcomeStore, Retention, Timeliness,
};
use wechat_callback::{Reply, TextReply};

/// The present, by the clock that a test can pause.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

/// As evenly spread as digests are.
fn key(number: u64) -> DeliveryKey {
    let spread = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes();
    format!("{spread:016x}{number:024x}").parse().expect("forty digits")
}

async fn first(store: &MemoryStore, number: u64) -> Box<dyn Lease> {
    match store.claim(key(number), now()).await.expect("room").state {
        ClaimState::Owned(lease) => lease,
        other => panic!("{number} is {other:?}"),
    }
}

async fn complete(store: &MemoryStore, number: u64, outcome: &Arc<Reply>) {
    let completed =
        first(store, number).await.complete(outcome.clone(), Retention::ForRetries).await.expect("it");
    assert_eq!(completed, Timeliness::InTime);
}

/// Without counting a delivery that is not there.
async fn outcome(store: &MemoryStore, number: u64) -> Option<Arc<Reply>> {
    store.wait(key(number)).await.expect("it")
}

fn reply(text: &str) -> Arc<Reply> {
    Arc::new(TextReply::new(text).into())
}

#[test]
fn a_million_quick_messages_stay_under_the_bound() {
    paused(async {
        let (store, outcome) = (MemoryStore::new(), reply("好"));
        for number in 0..1_000_000 {
            complete(&store, number, &outcome).await;
            assert!(store.len() <= 100_000, "after {number}");
        }
        assert_eq!(store.len(), 100_000);
        // What is left is the newest.
        for number in [900_000, 950_000, 999_999] {
            assert_eq!(self::outcome(&store, number).await, Some(outcome.clone()));
        }
        assert_eq!(self::outcome(&store, 899_999).await, None);
    });
}

#[test]
fn under_the_bound_nothing_is_forgotten_inside_its_time() {
    paused(async {
        let store = MemoryStore::new();
        for number in 0..90_000 {
            complete(&store, number, &reply(&number.to_string())).await;
        }
        advance(Retention::OUTCOME_TTL - Duration::from_millis(1)).await;
        for number in 0..90_000 {
            match store.claim(key(number), now()).await.expect("room").state {
                ClaimState::Completed(outcome) => assert_eq!(outcome, reply(&number.to_string())),
                other => panic!("{number} is {other:?}"),
            }
        }
        assert_eq!(store.len(), 90_000);
    });
}

#[test]
fn an_outcome_goes_after_60_s_and_a_late_one_after_600() {
    assert_eq!((Retention::OUTCOME_TTL.as_secs(), Retention::LATE_OUTCOME_TTL.as_secs()), (60, 600));
    paused(async {
        for (is_late, keep, lifetime) in [
            (false, Retention::ForRetries, Retention::OUTCOME_TTL),
            (true, Retention::ForRetries, Retention::LATE_OUTCOME_TTL),
            (false, Retention::ForUser, Retention::LATE_OUTCOME_TTL),
        ] {
            let store = MemoryStore::new();
            let lease = first(&store, 1).await;
            if is_late {
                assert_eq!(store.mark_late(key(1)).await.expect("it"), None);
            }
            // It does not age while its handler runs.
            advance(Duration::from_secs(3600)).await;
            let completed = lease.complete(reply("好"), keep).await.expect("it");
            assert_eq!(completed, if is_late { Timeliness::Late } else { Timeliness::InTime });
            advance(lifetime - Duration::from_millis(1)).await;
            assert!(matches!(
                store.claim(key(1), now()).await.expect("room").state,
                ClaimState::Completed(_)
            ));
            advance(Duration::from_millis(1)).await;
            drop(first(&store, 1).await);
        }
    });
}

#[test]
fn what_runs_is_never_forgotten_for_what_is_completed() {
    paused(async {
        let store = MemoryStore::new().capacity(100);
        let _running = first(&store, 0).await;
        for number in 1..10_000 {
            complete(&store, number, &reply("好")).await;
        }
        assert_eq!(store.len(), 100);
        assert!(matches!(store.claim(key(0), now()).await.expect("room").state, ClaimState::Running));
    });
}

#[test]
fn a_late_outcome_stays_while_quick_ones_make_room() {
    paused(async {
        let store = MemoryStore::new().capacity(100);
        let lease = first(&store, 0).await;
        store.mark_late(key(0)).await.expect("it");
        lease.complete(reply("晚"), Retention::ForRetries).await.expect("it");
        for number in 1..10_000 {
            complete(&store, number, &reply("好")).await;
        }
        assert_eq!(outcome(&store, 0).await, Some(reply("晚")));
    });
}

#[test]
fn an_owner_that_goes_away_wakes_who_waits_and_the_next_to_ask_owns_it() {
    paused(async {
        let store = MemoryStore::new();
        let lease = first(&store, 1).await;
        let (waited, ()) = tokio::join!(outcome(&store, 1), async {
            seconds(3.0).await;
            drop(lease);
        });
        assert_eq!(waited, None);
        let claim = store.claim(key(1), now()).await.expect("room");
        assert_eq!(claim.delivery, 2);
        assert!(matches!(claim.state, ClaimState::Owned(_)));
    });
}

/// WeChat repeats at once what is answered with another status than 200, and that does not move the schedule.
/// One that waited four seconds for an owner that went away is not two, and does not hide the next.
#[test]
fn a_delivery_that_asks_again_is_counted_once() {
    paused(async {
        let store = MemoryStore::new();
        let arrived = now();
        drop(first(&store, 1).await);
        advance(Duration::from_secs(4)).await;
        let again = store.claim_again(key(1), arrived).await.expect("room");
        assert_eq!((again.delivery, again.age), (1, Duration::ZERO));
        assert!(matches!(again.state, ClaimState::Owned(_)));
        advance(Duration::from_secs(1)).await;
        assert_eq!(store.claim(key(1), now()).await.expect("room").delivery, 2);
    });
}

#[test]
fn a_delivery_counts_as_the_next_when_it_comes_2500_ms_after_the_one_before() {
    paused(async {
        let store = MemoryStore::new();
        let mut claimed = Vec::new();
        for pause in [0.0, 0.0, 0.1, 0.1, 2.499, 2.5, 0.0, 5.0, 1.0] {
            seconds(pause).await;
            let claim = store.claim(key(1), now()).await.expect("room");
            claimed.push((claim.delivery, claim.age.as_millis()));
            if let ClaimState::Owned(lease) = claim.state {
                std::mem::forget(lease);
            }
        }
        let numbers = [1, 1, 1, 1, 1, 2, 2, 3, 3];
        let ages = [0, 0, 100, 200, 2699, 5199, 5199, 10_199, 11_199];
        assert_eq!(claimed, numbers.into_iter().zip(ages).collect::<Vec<_>>());
    });
}

#[test]
fn of_many_who_claim_at_once_on_many_threads_one_is_first() {
    let store = MemoryStore::new();
    let firsts: usize = std::thread::scope(|scope| {
        let claim_all = || {
            let store = store.clone();
            scope.spawn(move || {
                paused(async {
                    let mut firsts = 0;
                    for number in 0..10_000 {
                        if let ClaimState::Owned(lease) =
                            store.claim(key(number), now()).await.expect("room").state
                        {
                            lease.complete(reply("好"), Retention::ForRetries).await.expect("it");
                            firsts += 1;
                        }
                    }
                    firsts
                })
            })
        };
        let threads: Vec<_> = (0..4).map(|_| claim_all()).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(firsts, 10_000);
}

/// It hardly moves here, and so the push stays fresh; lifetimes go on.
#[test]
fn lifetimes_do_not_go_by_the_wall_clock() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let push = stage.wechat.push(&text("好"));
        assert_eq!(app.deliver_once(push.clone()).await, says(">好"));
        seconds(59.9).await;
        assert_eq!(app.deliver_once(push.clone()).await, says(">好"));
        assert_eq!(slow.begun().len(), 1);
        seconds(0.2).await;
        assert_eq!(app.deliver_once(push.clone()).await, says(">好"));
        assert_eq!(slow.begun().len(), 2);
        // Ten minutes on, which would be too old for its timestamp.
        seconds(600.0).await;
        assert_eq!(app.deliver_once(push).await, says(">好"));
        assert_eq!(slow.begun().len(), 3);
    });
}
