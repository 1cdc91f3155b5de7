//! A Redis that is slow, or far away, or behind a connection that is dead, is used for what it is worth.

use crate::support;

use std::time::Duration;

use futures_util::future::join_all;
use support::proxy::Proxy;
use support::{Redis, claim, key, now, own, reply};
use tokio::time::{Instant, sleep, timeout};
use wechat_callback::delivery::{ClaimState, OutcomeStore, Retention};
use wechat_redis::RedisStore;

const SECOND: Duration = Duration::from_secs(1);

/// So long Redis is busy.
const BUSY: Duration = Duration::from_millis(300);

/// Redis stops, hears what is asked meanwhile, and goes on.
async fn busy<T>(redis: &Redis, asked: impl Future<Output = T>) -> T {
    redis.stop();
    let go_on = async {
        sleep(BUSY).await;
        redis.go_on();
    };
    let (asked, ()) = tokio::join!(asked, go_on);
    sleep(SECOND / 10).await;
    asked
}

/// What is slow here is slow on purpose: the tests of this file do not slow each other down.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn owner(redis: &Redis, number: u64) -> Option<String> {
    redis.ask(&format!("HGET wechat:{{{}}} owner", key(number)))
}

#[tokio::test]
async fn a_claim_that_takes_too_long_is_not_taken_back() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    drop(own(&a, key(99)).await);
    let lease = busy(&redis, own(&a, key(1))).await;
    assert!(owner(&redis, 1).is_some(), "before the first renewal");
    assert_eq!(claim(&b, key(1)).await.1, "running");
    lease.complete(reply("好"), Retention::ForRetries).await.expect("completed");
    assert_eq!(b.wait(key(1)).await.expect("asked"), Some(reply("好")));
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn a_busy_moment_is_no_outage() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    drop(own(&a, key(99)).await);
    let leases = busy(&redis, join_all((0..50).map(|number| own(&a, key(number))))).await;
    for number in 0..50 {
        assert_eq!(claim(&b, key(number)).await.1, "running");
    }
    let next = own(&b, key(100)).await;
    assert_eq!(claim(&a, key(100)).await.1, "running", "nobody is on their own");
    drop((leases, next));
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn what_ran_twice_is_said_once_and_the_first_outcome_stands() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    drop((own(&a, key(99)).await, own(&b, key(98)).await));
    let both = async { tokio::join!(own(&a, key(1)), own(&b, key(1)), own(&a, key(2)), own(&b, key(2))) };
    let (a1, b1, a2, b2) = busy(&redis, both).await;
    b1.complete(reply("b"), Retention::ForRetries).await.expect("completed");
    a1.complete(reply("a"), Retention::ForRetries).await.expect("completed");
    a2.complete(reply("a"), Retention::ForRetries).await.expect("completed");
    sleep(SECOND / 10).await;
    let c = redis.store();
    assert_eq!(c.wait(key(1)).await.expect("asked"), Some(reply("b")));
    assert_eq!(b.wait(key(2)).await.expect("asked"), Some(reply("a")));
    drop(b2);
    // Whichever claim was second learned it, and each process says it once.
    sleep(SECOND * 5 / 4).await;
    let warnings = redis.log.count(" WARN ");
    assert!((1..=2).contains(&warnings), "{warnings}");
    redis.log.assert(warnings, 0);
}

#[tokio::test]
async fn closed_a_claim_that_takes_too_long_leaves_the_push_to_the_next() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store().fail_closed(), redis.store());
    drop(own(&a, key(99)).await);
    assert!(busy(&redis, a.claim(key(1), now())).await.is_err());
    assert_eq!(claim(&b, key(1)).await.1, "first");
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn a_delivery_that_goes_away_while_redis_is_asked_leaves_the_push_to_the_next() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    drop(own(&a, key(99)).await);
    let gone = busy(&redis, timeout(SECOND / 20, a.claim(key(1), now()))).await;
    assert!(gone.is_err());
    assert_eq!(claim(&b, key(1)).await.1, "first");
}

/// A hundred a second over a way that takes a tenth of one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_wait_far_away_do_not_queue() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::start(redis.port).await;
    proxy.delay(SECOND / 40);
    let (a, b) = (redis.store(), proxy.store());
    let waits = (0..200).map(|number| {
        let (a, b) = (a.clone(), b.clone());
        tokio::spawn(async move {
            sleep(SECOND / 100 * u32::try_from(number).expect("few")).await;
            let lease = own(&a, key(number)).await;
            let complete = async {
                sleep(SECOND / 4).await;
                lease.complete(reply("好"), Retention::ForRetries).await.expect("completed");
                Instant::now()
            };
            let joined = async {
                assert_eq!(claim(&b, key(number)).await.1, "running");
                assert_eq!(b.wait(key(number)).await.expect("asked"), Some(reply("好")));
                Instant::now()
            };
            let (completed, joined) = tokio::join!(complete, joined);
            joined.saturating_duration_since(completed)
        })
    });
    for wait in join_all(waits).await {
        let late = wait.expect("no panic");
        assert!(late < SECOND, "{late:?}");
    }
}

async fn told_in_time(a: &RedisStore, b: &RedisStore, number: u64, proxy: &Proxy) {
    let lease = own(a, key(number)).await;
    assert_eq!(claim(b, key(number)).await.1, "running");
    let waiter = tokio::spawn({
        let b = b.clone();
        async move { b.wait(key(number)).await.expect("asked") }
    });
    sleep(SECOND / 2).await;
    proxy.swallow();
    lease.complete(reply("好"), Retention::ForRetries).await.expect("completed");
    let told = timeout(SECOND, waiter).await.expect("within a second").expect("no panic");
    assert_eq!(told, Some(reply("好")));
}

#[tokio::test]
async fn who_waits_over_a_connection_that_died_is_told_within_a_second() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::start(redis.port).await;
    told_in_time(&redis.store(), &proxy.store(), 1, &proxy).await;
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn what_is_completed_over_a_connection_that_died_others_have_within_a_second() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::start(redis.port).await;
    told_in_time(&proxy.store(), &redis.store(), 1, &proxy).await;
    redis.log.assert(0, 0);
}

/// Redis 7 lets nobody look at its clock who has the rights to read and to write.
#[tokio::test]
async fn the_rights_that_the_docs_name_are_enough() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    redis.ask::<()>(
        "ACL SETUSER bot on >secret ~wechat:* &wechat:* +@read +@write +@scripting +@pubsub +ping +time",
    );
    let url = format!("redis://bot:secret@127.0.0.1:{}/", redis.port);
    let [a, b] = [(); 2].map(|()| RedisStore::connect(&url).expect("a URL"));
    let lease = own(&a, key(1)).await;
    assert!(matches!(b.claim(key(1), now()).await.expect("asked").state, ClaimState::Running));
    let waiter = tokio::spawn(async move { b.wait(key(1)).await.expect("asked") });
    sleep(SECOND / 4).await;
    lease.complete(reply("好"), Retention::ForRetries).await.expect("completed");
    assert_eq!(timeout(SECOND, waiter).await.expect("woken").expect("no panic"), Some(reply("好")));
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn where_nobody_may_subscribe_it_is_looked_twice_a_second() {
    let _alone = ALONE.lock().await;
    let Some(redis) = Redis::start() else { return };
    redis.ask::<()>("ACL SETUSER bot on >secret ~wechat:* resetchannels +@all");
    let url = format!("redis://bot:secret@127.0.0.1:{}/", redis.port);
    let (a, b) = (redis.store(), RedisStore::connect(&url).expect("a URL"));
    let lease = own(&a, key(1)).await;
    let waiter = tokio::spawn(async move { b.wait(key(1)).await.expect("asked") });
    sleep(SECOND).await;
    lease.complete(reply("好"), Retention::ForRetries).await.expect("completed");
    assert_eq!(timeout(SECOND, waiter).await.expect("it looked").expect("no panic"), Some(reply("好")));
    redis.log.assert(1, 0);
}
