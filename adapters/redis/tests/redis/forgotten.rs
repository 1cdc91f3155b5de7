//! What a Redis that forgets costs: one more run of a push, and no answer. Nor is an odd entry believed for long.
//!
//! | what is lost, and when | what tells the next delivery, in another process | what it costs |
//! |---|---|---|
//! | nothing | the entry, which the owner renews each second | nothing |
//! | the entry (`FLUSHALL`, an eviction, a restart), and the owner has renewed it since | the owner's clock | nothing |
//! | the entry, and the owner has not | nothing: it runs the handler again; within a second the first owner tells the entry the age, and the second is told it before it gives up at 4.5 s; whichever has the outcome first tells the other | one run |
//! | the first delivery came in an outage | as above: the owner writes the entry when Redis is back | one run where it comes first |
//! | the owner (its process died) | the entry: its age, and the time since on Redis's clock, which this process has watched since it began | one run |
//! | the owner, and this process is younger than the last renewal | the entry's age and two seconds, then this process's clock | one run; the third delivery may not know that it is the last, where the owner died in the first second |
//! | the clock of Redis was set forward | its steps are seen: two seconds at most count of the time since the last renewal | one run: the lease, or the entry, seems to be over |
//! | the clock of Redis was set back | no lease is believed for longer than four seconds | nothing |
//! | that it is late, and the process that said so is not the owner | the owner, once it has renewed | a late answer is kept for a minute and not for ten |

use crate::support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use support::{Redis, claim, key, now, own, reply};
use tokio::time::{sleep, timeout};
use wechat_callback::delivery::{ClaimState, OutcomeStore, Retention, Timeliness};
use wechat_redis::RedisStore;

const SECOND: Duration = Duration::from_secs(1);

async fn age(store: &RedisStore, number: u64) -> Duration {
    store.claim(key(number), now()).await.expect("asked").age
}

/// Writes into the entry of a push.
fn write(redis: &Redis, number: u64, fields: &str) {
    redis.ask::<()>(&format!("HSET wechat:{{{}}} {fields}", key(number)));
}

fn millis() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis()
}

#[tokio::test]
async fn the_owner_tells_a_forgotten_push_its_age_again() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let _lease = own(&a, key(1)).await;
    sleep(SECOND * 3).await;
    redis.ask::<()>("FLUSHALL");
    sleep(SECOND * 5 / 4).await;
    let claim = b.claim(key(1), now()).await.expect("asked");
    assert!(matches!(claim.state, ClaimState::Running));
    assert_eq!(claim.delivery, 2);
    assert!(claim.age >= SECOND * 4, "{:?}", claim.age);
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn a_push_that_began_in_an_outage_has_its_age_after_it() {
    let mut redis = Redis::prepare();
    let a = redis.store();
    let _lease = own(&a, key(1)).await;
    sleep(SECOND * 3).await;
    if !redis.run() {
        return;
    }
    sleep(SECOND * 5 / 2).await;
    let claim = redis.store().claim(key(1), now()).await.expect("asked");
    assert!(matches!(claim.state, ClaimState::Running));
    assert!(claim.age >= SECOND * 5, "{:?}", claim.age);
}

/// The third delivery meets no entry, and the answer of the first run comes while it waits.
#[tokio::test]
async fn who_runs_a_forgotten_push_again_is_told_its_age_and_the_first_outcome() {
    let Some(redis) = Redis::start() else { return };
    let (a, b, c) = (redis.store(), redis.store(), redis.store());
    let first = own(&a, key(1)).await;
    sleep(SECOND * 5 / 2).await;
    redis.ask::<()>("FLUSHALL");
    let again = own(&b, key(1)).await;
    let elsewhere = again.concurrent_run().expect("others may know more");
    assert_eq!(claim(&c, key(1)).await.1, "running", "it runs twice, and not three times");
    sleep(SECOND * 5 / 2).await;
    assert!(elsewhere.age() >= SECOND * 4, "{:?}", elsewhere.age());

    let joined = tokio::spawn({
        let b = b.clone();
        async move { b.wait(key(1)).await.expect("asked") }
    });
    sleep(SECOND / 10).await;
    first.complete(reply("一"), Retention::ForRetries).await.expect("completed");
    assert_eq!(timeout(SECOND, elsewhere.outcome()).await.expect("told"), reply("一"));
    assert_eq!(timeout(SECOND, joined).await.expect("woken").expect("no panic"), Some(reply("一")));
    assert_eq!(
        again.complete(reply("二"), Retention::ForRetries).await.expect("completed"),
        Timeliness::InTime
    );
    for store in [&a, &b, &c] {
        assert_eq!(store.wait(key(1)).await.expect("asked"), Some(reply("一")), "the first outcome stands");
    }
    redis.log.assert(0, 0);
}

/// It would be neither sent to the user nor kept for them.
#[tokio::test]
async fn a_forgotten_push_is_late_even_so() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    for (number, late, waits) in [(1, &a, false), (2, &b, true)] {
        let lease = own(&a, key(number)).await;
        assert_eq!(late.mark_late(key(number)).await.expect("asked"), None);
        if waits {
            sleep(SECOND * 5 / 4).await;
        }
        redis.ask::<()>("FLUSHALL");
        let completed = lease.complete(reply("晚"), Retention::UnlessLate).await.expect("completed");
        assert_eq!(completed, Timeliness::Late, "{number}");
    }
}

#[test]
fn the_age_outlives_its_owner() {
    let Some(redis) = Redis::start() else { return };
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    let (home, other) = (runtime(), runtime());
    let b = other.block_on(async { redis.store() });
    home.block_on(async { std::mem::forget(own(&redis.store(), key(1)).await) });
    home.shutdown_background();
    std::thread::sleep(SECOND * 5);
    let claim = other.block_on(b.claim(key(1), now())).expect("asked");
    assert!(matches!(claim.state, ClaimState::Owned(_)));
    // Redis tells the time in whole milliseconds, so a push may look up to one younger than it is.
    assert!(claim.age >= SECOND * 5 - Duration::from_millis(2), "{:?}", claim.age);
}

/// As where the clock of Redis was set back, and the owner died.
#[tokio::test]
async fn no_lease_is_believed_for_longer_than_a_lease() {
    let Some(redis) = Redis::start() else { return };
    let b = redis.store();
    for (number, step) in [(1, 600_000), (2, 86_400_000)] {
        let ends = millis() + step + 4000;
        write(&redis, number, &format!("n 1 owner dead until {ends} age 0 at {}", millis() + step));
        assert_eq!(claim(&b, key(number)).await.1, "running");
    }
    // Also where it is set after the claim.
    write(&redis, 2, &format!("until {}", millis() + 86_400_000));
    for number in 1..=2 {
        assert_eq!(timeout(SECOND * 5, b.wait(key(number))).await.expect("soon").expect("asked"), None);
        assert_eq!(claim(&b, key(number)).await.1, "first");
    }
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn an_entry_that_is_odd_is_read_even_so() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let odds = ["x", "nan", "inf", "-inf", "1e300", "-1", "-", "0x7fffffffffffffff"];
    let (redis_, a, b) = (&redis, &a, &b);
    let each = (1..).zip(odds).map(|(number, odd)| async move {
        let odd_entry = |number| {
            write(redis_, number, &format!("n {odd} last {odd} age {odd} at {odd} until {odd} also {odd}"));
        };
        odd_entry(number);
        write(redis_, number, "owner other");
        let state = claim(a, key(number)).await.1;
        if state == "running" {
            assert_eq!(timeout(SECOND * 5, a.wait(key(number))).await.expect("soon").expect("asked"), None);
            drop(own(a, key(number)).await);
        } else {
            assert_eq!(state, "first", "{odd}");
        }
        let lease = own(a, key(number + 100)).await;
        odd_entry(number + 100);
        sleep(SECOND * 5 / 4).await;
        assert_eq!(claim(b, key(number + 100)).await.1, "running", "renewed");
        odd_entry(number + 100);
        lease.complete(reply("好"), Retention::ForRetries).await.expect("completed");
        assert_eq!(claim(b, key(number + 100)).await.1, "completed");
    });
    join_all(each).await;
    redis.log.assert(0, 0);
}

/// Or the last delivery would not be known, and its user would see nothing.
#[tokio::test]
async fn who_asks_again_tells_redis_how_old_the_push_is() {
    let Some(redis) = Redis::start() else { return };
    let (a, b, c) = (redis.store(), redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    let arrived = now();
    assert_eq!(claim(&b, key(1)).await.1, "running");
    sleep(SECOND * 2).await;
    drop(lease);
    sleep(SECOND / 4).await;
    redis.ask::<()>("FLUSHALL");
    let again = b.claim_again(key(1), arrived).await.expect("asked");
    assert!(matches!(again.state, ClaimState::Owned(_)));
    let age = age(&c, 1).await;
    assert!((SECOND * 2..SECOND * 3).contains(&age), "{age:?}");
}

/// As where the clock of Redis is set back between two deliveries.
#[tokio::test]
async fn an_age_that_was_written_in_the_future_is_what_was_written() {
    let Some(redis) = Redis::start() else { return };
    let b = redis.store();
    write(&redis, 1, &format!("n 1 last {0} owner a until {0} age 4000 at {0}", millis() + 600_000));
    // The delivery arrived a moment before Redis was asked.
    let age = age(&b, 1).await;
    assert!((SECOND * 39 / 10..=SECOND * 4).contains(&age), "{age:?}");
}

/// WeChat repeats at once what is answered with another status than 200.
#[tokio::test]
async fn what_comes_at_once_is_no_later_delivery() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let _lease = own(&a, key(1)).await;
    for store in [&b, &a, &b, &a] {
        assert_eq!(store.claim(key(1), now()).await.expect("asked").delivery, 1);
    }
    sleep(SECOND * 13 / 5).await;
    for store in [&b, &a, &b] {
        assert_eq!(store.claim(key(1), now()).await.expect("asked").delivery, 2);
    }
}
