//! Whatever becomes of Redis, no push goes unanswered.

use crate::support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::{Redis, claim, key, now, own, reply};
use tokio::time::{Instant, sleep, timeout};
use wechat_callback::Reply;
use wechat_callback::delivery::{
    ClaimState, OutcomeStore, PendingReply, PendingStore, Retention, Timeliness, UserKey,
};
use wechat_redis::RedisStore;

const SECOND: Duration = Duration::from_secs(1);

/// Each process runs a push once, joins what reaches it, and nobody waits long.
async fn assert_on_their_own(stores: [&RedisStore; 2], pushes: std::ops::Range<u64>) {
    for number in pushes {
        for store in stores {
            let start = Instant::now();
            let (_, state, lease) = claim(store, key(number)).await;
            assert_eq!(state, "first");
            assert_eq!(claim(store, key(number)).await.1, "running");
            let lease = lease.expect("the first");
            assert_eq!(
                lease.complete(reply("你好"), Retention::ForRetries).await.expect("completed"),
                Timeliness::InTime
            );
            assert_eq!(store.wait(key(number)).await.expect("asked"), Some(reply("你好")));
            assert_eq!(claim(store, key(number)).await.1, "completed");
            assert!(start.elapsed() < 2 * SECOND, "{:?}", start.elapsed());
        }
    }
}

/// Both processes are with Redis again, soon. Returns how long it took.
async fn assert_together(stores: [&RedisStore; 2], mut push: u64) -> Duration {
    let start = Instant::now();
    loop {
        let _lease = own(stores[0], key(push)).await;
        if claim(stores[1], key(push)).await.1 == "running" {
            return start.elapsed();
        }
        assert!(start.elapsed() < SECOND * 3, "the outage is over");
        push += 1;
        sleep(SECOND / 20).await;
    }
}

#[tokio::test]
async fn killed_and_restarted() {
    let Some(mut redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    assert_together([&a, &b], 1).await;
    redis.kill();
    assert_on_their_own([&a, &b], 1000..1050).await;
    sleep(SECOND * 3 / 2).await;
    assert_on_their_own([&a, &b], 2000..2050).await;
    redis.log.assert(2, 0);
    redis.run();
    assert_together([&a, &b], 3000).await;
    redis.log.assert_over(2, 2).await;
}

/// One delivery, as the middleware has it. Counts the run, where it is the one that runs it.
async fn deliver(store: &RedisStore, number: u64, runs: &AtomicUsize) -> Arc<Reply> {
    loop {
        match store.claim(key(number), now()).await.expect("a claim").state {
            ClaimState::Owned(lease) => {
                runs.fetch_add(1, Ordering::Relaxed);
                sleep(SECOND / 50).await;
                let outcome = reply(&number.to_string());
                lease.complete(outcome.clone(), Retention::ForRetries).await.expect("completed");
                return outcome;
            }
            ClaimState::Running => {
                if let Some(outcome) = store.wait(key(number)).await.expect("asked") {
                    return outcome;
                }
            }
            ClaimState::Completed(outcome) => return outcome,
        }
    }
}

#[tokio::test]
async fn killed_again_and_again_under_load() {
    let Some(mut redis) = Redis::start() else { return };
    let stores = [redis.store(), redis.store()];
    let pushes = (0..400).map(|number| {
        let stores = stores.clone();
        tokio::spawn(async move {
            sleep(SECOND / 100 * number).await;
            let (number, runs) = (u64::from(number), AtomicUsize::new(0));
            let start = Instant::now();
            let later = |delay, store| {
                let (runs, stores) = (&runs, &stores);
                async move {
                    sleep(delay).await;
                    let store: &RedisStore = &stores[store];
                    assert_eq!(deliver(store, number, runs).await, reply(&number.to_string()));
                }
            };
            tokio::join!(later(Duration::ZERO, 0), later(SECOND / 100, 1), later(SECOND / 20, 0));
            (runs.into_inner(), start.elapsed())
        })
    });
    let pushes: Vec<_> = pushes.collect();
    for (runs_for, is_away_for) in [(1000, 800), (1500, 300)] {
        sleep(Duration::from_millis(runs_for)).await;
        redis.kill();
        sleep(Duration::from_millis(is_away_for)).await;
        redis.run();
    }
    let mut twice = 0;
    for push in pushes {
        let (runs, took) = push.await.expect("no panic");
        assert!((1..=2).contains(&runs), "once in each process at most, not {runs} times");
        assert!(took < SECOND * 3, "{took:?}");
        twice += usize::from(runs == 2);
    }
    assert!((1..300).contains(&twice), "only in the outages, not {twice} times");
}

#[tokio::test]
async fn away_at_the_start() {
    let mut redis = Redis::prepare();
    let (a, b) = (redis.store(), redis.store());
    assert_on_their_own([&a, &b], 1..10).await;
    if redis.run() {
        assert_together([&a, &b], 1000).await;
    }
}

#[tokio::test]
async fn hung() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    assert_together([&a, &b], 1).await;
    redis.stop();
    assert_on_their_own([&a, &b], 1000..1005).await;
    // Nobody waits for it any more.
    let start = Instant::now();
    assert_on_their_own([&a, &b], 1005..1015).await;
    assert!(start.elapsed() < SECOND / 5, "{:?}", start.elapsed());
    for round in 2..5 {
        sleep(SECOND * 11 / 10).await;
        assert_on_their_own([&a, &b], round * 1000..round * 1000 + 2).await;
    }
    redis.log.assert(2, 0);
    redis.go_on();
    let took = assert_together([&a, &b], 9000).await;
    assert!(took < SECOND * 2, "{took:?}");
    redis.log.assert_over(2, 2).await;
}

#[tokio::test]
async fn flushed() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    redis.ask::<()>("FLUSHALL");
    // With the next renewal Redis knows again.
    sleep(SECOND * 5 / 4).await;
    let (delivery, state, _) = claim(&b, key(1)).await;
    assert_eq!((delivery, state), (1, "running"));

    // Until then another process runs it once more, and both answer.
    redis.ask::<()>("FLUSHALL");
    let once_more = own(&b, key(1)).await;
    assert_eq!(claim(&b, key(1)).await.1, "running");
    once_more.complete(reply("b"), Retention::ForRetries).await.expect("completed");
    lease.complete(reply("a"), Retention::ForRetries).await.expect("completed");
    assert_eq!(b.wait(key(1)).await.expect("asked"), Some(reply("b")));
    assert_eq!(a.wait(key(1)).await.expect("asked"), Some(reply("a")));
    assert_eq!(redis.store().wait(key(1)).await.expect("asked"), Some(reply("b")));

    // And what is completed is written though its entry is gone.
    let lease = own(&a, key(2)).await;
    redis.ask::<()>("FLUSHALL");
    lease.complete(reply("a"), Retention::ForRetries).await.expect("completed");
    assert_eq!(claim(&b, key(2)).await.1, "completed");
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn out_of_memory() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    assert_together([&a, &b], 1).await;
    let running = own(&a, key(900)).await;
    redis.ask::<()>("CONFIG SET maxmemory-policy noeviction");
    redis.ask::<()>(&format!("SETRANGE filler {} x", 1 << 20));
    redis.ask::<()>("CONFIG SET maxmemory 1mb");
    assert_on_their_own([&a, &b], 1000..1010).await;
    // Reading works all the time, and does not make it a new outage each time.
    for round in 2..5 {
        sleep(SECOND * 11 / 10).await;
        assert_eq!(a.next_pending(UserKey::of("wx1", "o1")).await.expect("asked"), None);
        let _ = timeout(SECOND / 10, b.wait(key(900))).await;
        assert_on_their_own([&a, &b], round * 1000..round * 1000 + 5).await;
    }
    running.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    redis.log.assert(2, 0);
    redis.ask::<()>("CONFIG SET maxmemory 0");
    assert_together([&a, &b], 9000).await;
    redis.log.assert_over(2, 2).await;
    // What Redis did not take before it has now.
    sleep(SECOND * 5 / 4).await;
    assert_eq!(claim(&b, key(900)).await.1, "completed");
}

#[tokio::test]
async fn scripts_flushed() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    redis.ask::<()>("SCRIPT FLUSH");
    assert_eq!(claim(&b, key(1)).await.1, "running");
    let waiter = tokio::spawn({
        let b = b.clone();
        async move { b.wait(key(1)).await.expect("asked") }
    });
    sleep(SECOND / 4).await;
    redis.ask::<()>("SCRIPT FLUSH");
    // The renewal brings its own script back.
    sleep(SECOND * 2).await;
    redis.ask::<()>("SCRIPT FLUSH");
    lease.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    assert_eq!(timeout(SECOND / 2, waiter).await.expect("woken").expect("no panic"), Some(reply("你好")));
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn become_a_read_only_replica() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    assert_together([&a, &b], 1).await;
    redis.ask::<()>("REPLICAOF 127.0.0.1 1");
    assert_on_their_own([&a, &b], 1000..1010).await;
    sleep(SECOND * 3 / 2).await;
    assert_on_their_own([&a, &b], 2000..2010).await;
    redis.log.assert(2, 0);
    redis.ask::<()>("REPLICAOF NO ONE");
    assert_together([&a, &b], 3000).await;
    redis.log.assert_over(2, 2).await;
}

#[tokio::test]
async fn a_key_that_holds_something_else_spoils_no_other() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    redis.ask::<()>(&format!("SET wechat:{{{}}} x", key(1)));
    assert_on_their_own([&a, &b], 1..2).await;
    assert!(assert_together([&a, &b], 2).await < SECOND / 2);
}

#[tokio::test]
async fn closed_where_that_is_asked_for() {
    let Some(mut redis) = Redis::start() else { return };
    let store = redis.store().fail_closed();
    let (running, completed) = (own(&store, key(1)).await, own(&store, key(2)).await);
    completed.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    redis.kill();
    assert!(store.claim(key(3), now()).await.is_err());
    assert!(store.wait(key(3)).await.is_err());
    assert!(store.next_pending(UserKey::of("wx1", "o1")).await.is_err());
    // What is known is known.
    assert_eq!(claim(&store, key(1)).await.1, "running");
    assert_eq!(claim(&store, key(2)).await.1, "completed");
    running.complete(reply("你好"), Retention::ForRetries).await.expect("in hand");
    assert_eq!(claim(&store, key(1)).await.1, "completed");

    redis.run();
    let start = Instant::now();
    while store.claim(key(3), now()).await.is_err() {
        assert!(start.elapsed() < SECOND * 3, "the outage is over");
        sleep(SECOND / 20).await;
    }
}

#[tokio::test]
async fn what_was_completed_in_an_outage_other_processes_have_after_it() {
    let Some(mut redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let (completed, running) = (own(&a, key(1)).await, own(&a, key(2)).await);
    redis.kill();
    let begun = own(&a, key(3)).await;
    completed.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    redis.run();
    sleep(SECOND * 5 / 2).await;
    assert_eq!(b.wait(key(1)).await.expect("asked"), Some(reply("你好")));
    let (_, state, _lease) = claim(&b, key(4)).await;
    assert_eq!(state, "first", "with Redis");
    assert_eq!(claim(&b, key(2)).await.1, "running");
    assert_eq!(claim(&b, key(3)).await.1, "running");
    running.complete(reply("二"), Retention::ForRetries).await.expect("completed");
    begun.complete(reply("三"), Retention::ForRetries).await.expect("completed");
    assert_eq!(b.wait(key(2)).await.expect("asked"), Some(reply("二")));
    assert_eq!(b.wait(key(3)).await.expect("asked"), Some(reply("三")));
}

#[tokio::test]
async fn who_waits_when_it_begins_is_not_left_waiting() {
    let Some(mut redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let _lease = own(&a, key(1)).await;
    let waiter = tokio::spawn({
        let b = b.clone();
        async move { b.wait(key(1)).await }
    });
    sleep(SECOND / 4).await;
    redis.kill();
    // Its owner may be well: the store says that it does not know, and on a claim that it goes on.
    timeout(SECOND * 2, waiter).await.expect("woken").expect("no panic").expect_err("nobody was asked");
    assert_eq!(claim(&b, key(1)).await.1, "first");
}

#[tokio::test]
async fn a_connection_that_is_closed_is_made_anew_without_a_word() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    let waiter = tokio::spawn({
        let b = b.clone();
        async move { b.wait(key(1)).await.expect("asked") }
    });
    sleep(SECOND / 4).await;
    redis.ask::<u32>("CLIENT KILL TYPE pubsub");
    redis.ask::<u32>("CLIENT KILL TYPE normal SKIPME yes");
    assert_eq!(claim(&b, key(1)).await.1, "running");
    sleep(SECOND / 2).await;
    redis.ask::<u32>("CLIENT KILL TYPE normal SKIPME yes");
    lease.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    assert_eq!(timeout(SECOND / 2, waiter).await.expect("woken").expect("no panic"), Some(reply("你好")));
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn what_was_added_in_an_outage_is_kept() {
    let Some(mut redis) = Redis::start() else { return };
    let (a, b, user) = (redis.store(), redis.store(), UserKey::of("wx1", "o1"));
    redis.kill();
    let lease = own(&a, key(1)).await;
    assert_eq!(a.mark_late(key(1)).await.expect("asked"), None);
    a.add_pending(user, PendingReply::new(key(1), 0)).await.expect("added");
    assert_eq!(
        lease.complete(reply("你好"), Retention::ForRetries).await.expect("completed"),
        Timeliness::Late
    );
    for is_over in [false, true] {
        if is_over {
            redis.run();
            assert_together([&a, &b], 1000).await;
        }
        assert_eq!(a.next_pending(user).await.expect("asked"), Some(PendingReply::new(key(1), 0)));
        assert_eq!(a.wait(key(1)).await.expect("asked"), Some(reply("你好")));
    }
    assert!(a.advance_pending(user, PendingReply::new(key(1), 0), None).await.expect("asked"));
    assert_eq!(a.next_pending(user).await.expect("asked"), None);
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn without_the_tls_that_its_url_speaks_of() {
    let Some(redis) = Redis::start() else { return };
    let store = || RedisStore::connect(&redis.url().replace("redis:", "rediss:")).expect("a URL");
    assert_on_their_own([&store(), &store()], 1..3).await;
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_url_that_speaks_of_tls_needs_the_feature() {
    let error = RedisStore::connect("rediss://127.0.0.1/").expect_err("no feature");
    assert!(error.to_string().contains("the feature is not enabled"), "{error}");
}
