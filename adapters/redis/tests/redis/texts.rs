//! The text so far of a reply that streams is known to every process.

use crate::support;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use support::proxy::Proxy;
use support::{Redis, claim, key, own, reply};
use tokio::time::{Instant, sleep};
use wechat_callback::delivery::{
    GrowingText, Lease, OutcomeStore, PendingReply, PendingStore, Progress, Retention, StreamText, UserKey,
};
use wechat_redis::RedisStore;

const SECOND: Duration = Duration::from_secs(1);

/// What is new is written by then.
const WRITTEN: Duration = Duration::from_millis(400);

/// The `number`th push is run, and its reply streams.
async fn stream(store: &RedisStore, number: u64, text: &str) -> (Box<dyn Lease>, Arc<GrowingText>) {
    let lease = own(store, key(number)).await;
    let growing = Arc::new(GrowingText::new(Some(format!("feedback {number}"))));
    growing.push(text);
    lease.share_text(growing.clone());
    (lease, growing)
}

fn said(number: u64, text: &str) -> StreamText {
    StreamText::new(text, Some(format!("feedback {number}")))
}

fn running(number: u64, text: &str) -> Progress {
    Progress::Running(Some(said(number, text)))
}

async fn progress(store: &RedisStore, number: u64) -> Progress {
    store.progress(key(number)).await.expect("asked")
}

/// The other process knows it before the time is over.
#[track_caller]
fn soon(
    store: &RedisStore,
    number: u64,
    expected: Progress,
    max_wait: Duration,
) -> impl Future<Output = ()> + use<'_> {
    let caller = std::panic::Location::caller();
    async move {
        let start = Instant::now();
        while store.progress(key(number)).await.ok().as_ref() != Some(&expected) {
            assert!(start.elapsed() < max_wait, "{caller}: {:?}", store.progress(key(number)).await);
            sleep(SECOND / 100).await;
        }
    }
}

fn redis_key(number: u64) -> String {
    format!("wechat:{{{}}}", key(number))
}

fn left(redis: &Redis, number: u64) -> Duration {
    Duration::from_millis(redis.ask(&format!("PTTL {}", redis_key(number))))
}

fn fields(redis: &Redis, number: u64) -> Vec<String> {
    redis.ask(&format!("HKEYS {}", redis_key(number)))
}

fn has_text(redis: &Redis, number: u64) -> bool {
    fields(redis, number).iter().any(|field| ["stream", "length", "feedback", "t0"].contains(&field.as_str()))
}

/// How many scripts Redis ran since its statistics were reset.
fn scripts_run(redis: &Redis) -> u32 {
    let stats: String = redis.ask("INFO commandstats");
    let evals = stats.lines().filter(|line| line.starts_with("cmdstat_eval"));
    evals.filter_map(|line| line.split_once("calls=")?.1.split_once(',')?.0.parse::<u32>().ok()).sum()
}

fn bytes_received(redis: &Redis) -> usize {
    let stats: String = redis.ask("INFO stats");
    let line = stats.lines().find_map(|line| line.strip_prefix("total_net_input_bytes:")).expect("a number");
    line.parse().expect("a number")
}

fn millis() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis()
}

#[tokio::test]
async fn every_process_knows_the_text_so_far() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let (lease, growing) = stream(&a, 1, "").await;
    assert_eq!(progress(&a, 1).await, running(1, ""));
    soon(&b, 1, running(1, ""), WRITTEN).await;
    let mut text = String::new();
    for part in ["春眠", "不觉晓", "，处处", "闻啼鸟。"] {
        growing.push(part);
        text.push_str(part);
        assert_eq!(progress(&a, 1).await, running(1, &text), "exact where it is produced");
        soon(&b, 1, running(1, &text), WRITTEN).await;
    }
    lease.complete(reply(&text), Retention::ForRetries).await.expect("completed");
    for store in [&a, &b, &redis.store()] {
        assert_eq!(progress(store, 1).await, Progress::Completed(reply(&text)));
    }
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn a_push_without_a_stream_runs_without_a_text() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    for store in [&a, &b] {
        assert_eq!(progress(store, 1).await, Progress::Running(None));
    }
    drop(lease);
    soon(&b, 1, Progress::Abandoned(StreamText::default()), SECOND).await;
    assert!(left(&redis, 1) <= SECOND * 60);
}

#[tokio::test]
async fn what_is_written_is_what_is_new() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let (lease, growing) = stream(&a, 1, "").await;
    sleep(WRITTEN).await;
    redis.ask::<()>("CONFIG RESETSTAT");
    let start = Instant::now();
    for _ in 0..100 {
        growing.push(&"x".repeat(600));
        sleep(SECOND / 33).await;
    }
    sleep(WRITTEN).await;
    let (bytes, scripts) = (bytes_received(&redis), scripts_run(&redis));
    assert!((60_000..72_000).contains(&bytes), "{bytes} bytes");
    let periods = u32::try_from(start.elapsed().as_millis() / 250).expect("a few");
    assert!(scripts <= periods + periods / 4 + 3, "{scripts} scripts in {periods} periods");
    assert_eq!(progress(&b, 1).await, running(1, &"x".repeat(60_000)));

    redis.ask::<()>("CONFIG RESETSTAT");
    sleep(SECOND * 2).await;
    assert!(scripts_run(&redis) <= 3, "the renewals alone");
    lease.complete(reply("好"), Retention::ForRetries).await.expect("completed");
    sleep(SECOND * 5 / 4).await;
    redis.ask::<()>("CONFIG RESETSTAT");
    sleep(SECOND * 3 / 2).await;
    assert_eq!(scripts_run(&redis), 0, "nothing is left behind");
}

#[tokio::test]
async fn a_key_with_a_text_lives_for_ten_minutes_and_its_outcome_drops_it() {
    let Some(redis) = Redis::start() else { return };
    let a = redis.store();
    let long = SECOND * 590..=SECOND * 600;
    let (retried, _) = stream(&a, 1, "春眠").await;
    let (fetched, _) = stream(&a, 2, "春眠").await;
    for _ in 0..2 {
        // Also after a renewal.
        sleep(SECOND * 5 / 4).await;
        assert!(long.contains(&left(&redis, 1)) && has_text(&redis, 1));
    }
    retried.complete(reply("春眠"), Retention::ForRetries).await.expect("completed");
    fetched.complete(reply("春眠"), Retention::ForUser).await.expect("completed");
    assert!(left(&redis, 1) <= SECOND * 60 && long.contains(&left(&redis, 2)));
    // A write that was under way finds the outcome.
    sleep(SECOND / 2).await;
    assert!(!has_text(&redis, 1) && !has_text(&redis, 2), "{:?}", fields(&redis, 1));
    assert_eq!(redis.ask::<u32>("DBSIZE"), 2);
}

/// As where the process is shut down, or the handler is cancelled.
#[tokio::test]
async fn a_run_that_is_given_up_leaves_all_of_its_text() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    for (number, is_flushed) in [(1, false), (2, true)] {
        let (lease, growing) = stream(&a, number, "春眠").await;
        soon(&b, number, running(number, "春眠"), WRITTEN).await;
        growing.push("不觉晓");
        if is_flushed {
            redis.ask::<()>("FLUSHALL");
        }
        drop(lease);
        for store in [&a, &b] {
            let abandoned = Progress::Abandoned(said(number, "春眠不觉晓"));
            soon(store, number, abandoned, SECOND / 2).await;
        }
        assert!((SECOND * 590..=SECOND * 600).contains(&left(&redis, number)));
    }
    redis.log.assert(0, 0);
}

#[test]
fn the_text_of_a_dead_process_is_known_to_be_abandoned_after_its_lease() {
    let Some(redis) = Redis::start() else { return };
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    let home = runtime();
    home.block_on(async {
        std::mem::forget(stream(&redis.store(), 1, "春眠不觉晓").await);
        sleep(WRITTEN).await;
    });
    home.shutdown_background();
    let died = std::time::Instant::now();
    runtime().block_on(async {
        let b = redis.store();
        assert_eq!(progress(&b, 1).await, running(1, "春眠不觉晓"));
        soon(&b, 1, Progress::Abandoned(said(1, "春眠不觉晓")), SECOND * 5).await;
    });
    assert!(died.elapsed() < SECOND * 9 / 2, "{:?}", died.elapsed());
}

/// The clock of Redis may have been set, or Redis just be back.
#[tokio::test]
async fn a_process_believes_that_a_lease_is_over_once_it_has_watched_redis_for_as_long() {
    let Some(redis) = Redis::start() else { return };
    redis.ask::<()>(&format!("HSET {} owner other until 1 stream 7 length 6 t0 春眠", redis_key(1)));
    redis.ask::<()>(&format!("HSET {} gone 1 stream 7 length 6 t0 春眠", redis_key(2)));
    let b = redis.store();
    let abandoned = Progress::Abandoned(StreamText::new("春眠", None));
    assert_eq!(progress(&b, 2).await, abandoned, "whoever gave it up said so");
    assert!(b.progress(key(1)).await.is_err());
    sleep(SECOND * 7 / 2).await;
    assert!(b.progress(key(1)).await.is_err());
    soon(&b, 1, abandoned.clone(), SECOND).await;

    redis.stop();
    assert!(b.progress(key(1)).await.is_err());
    let failed = Instant::now();
    redis.go_on();
    soon(&b, 1, abandoned, SECOND * 5).await;
    assert!(failed.elapsed() > SECOND * 7 / 2, "{:?}", failed.elapsed());
}

#[tokio::test]
async fn who_claims_an_abandoned_push_begins_its_text_again() {
    let Some(redis) = Redis::start() else { return };
    let (a, b, c) = (redis.store(), redis.store(), redis.store());
    let (lease, _) = stream(&a, 1, "春眠不觉晓").await;
    sleep(WRITTEN).await;
    drop(lease);
    soon(&c, 1, Progress::Abandoned(said(1, "春眠不觉晓")), SECOND / 2).await;
    let again = own(&b, key(1)).await;
    for store in [&a, &c] {
        assert_eq!(progress(store, 1).await, Progress::Running(None));
    }
    assert!(!has_text(&redis, 1));
    let growing = Arc::new(GrowingText::new(None));
    growing.push("床前");
    again.share_text(growing);
    let text = || Progress::Running(Some(StreamText::new("床前", None)));
    for store in [&a, &c] {
        soon(store, 1, text(), WRITTEN).await;
    }
    // A process that asked for the push and did not get it does not run it.
    assert_eq!(claim(&c, key(1)).await.1, "running");
    assert_eq!(progress(&c, 1).await, text());
}

/// Whether it goes on or is silent for the moment.
#[tokio::test]
async fn flushed_in_mid_stream() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let (_silent, _) = stream(&a, 1, "春眠不觉晓").await;
    let (_going_on, growing) = stream(&a, 2, "").await;
    let mut text = String::new();
    for is_flushed in [false, true, true] {
        sleep(SECOND).await;
        if is_flushed {
            redis.ask::<()>("FLUSHALL");
        }
        let flushed = Instant::now();
        let mut is_whole = [false; 2];
        while is_whole != [true; 2] {
            growing.push("床");
            text.push('床');
            for (number, is_whole) in (1..).zip(&mut is_whole) {
                match progress(&b, number).await {
                    // It is not known for a moment.
                    Progress::Unknown | Progress::Running(None) => {}
                    Progress::Running(Some(said)) if number == 1 => *is_whole |= said.text == "春眠不觉晓",
                    Progress::Running(Some(said)) => {
                        assert!(text.starts_with(&said.text));
                        *is_whole |= said.text.len() + 60 > text.len();
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert!(flushed.elapsed() < SECOND * 5 / 4, "{is_whole:?}");
            sleep(SECOND / 50).await;
        }
    }
    soon(&b, 2, running(2, &text), WRITTEN).await;
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn killed_or_hung_in_mid_stream() {
    let Some(mut redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    for (number, is_killed) in [(1, true), (2, false)] {
        let (lease, growing) = stream(&a, number, "春眠").await;
        soon(&b, number, running(number, "春眠"), SECOND * 2).await;
        if is_killed {
            redis.kill();
        } else {
            redis.stop();
        }
        let mut text = "春眠".to_owned();
        // Longer than a lease.
        for _ in 0..if is_killed { 20 } else { 25 } {
            growing.push("不觉晓");
            text.push_str("不觉晓");
            let start = Instant::now();
            assert_eq!(progress(&a, number).await, running(number, &text));
            assert!(start.elapsed() < SECOND / 20, "without Redis");
            assert!(b.progress(key(number)).await.is_err(), "it cannot be said");
            assert!(start.elapsed() < SECOND / 3, "{:?}", start.elapsed());
            sleep(SECOND / 10).await;
        }
        if is_killed {
            redis.run();
        } else {
            redis.go_on();
        }
        // No lease was renewed meanwhile, and yet nobody takes the producer for dead.
        let back = Instant::now();
        let whole = running(number, &text);
        while let said = b.progress(key(number)).await
            && said.as_ref().ok() != Some(&whole)
        {
            assert!(!matches!(said, Ok(Progress::Abandoned(_))), "{said:?}");
            assert!(back.elapsed() < SECOND * 3 / 2, "{said:?}");
            sleep(SECOND / 100).await;
        }
        lease.complete(reply(&text), Retention::ForRetries).await.expect("completed");
        soon(&b, number, Progress::Completed(reply(&text)), SECOND).await;
    }
}

#[tokio::test]
async fn what_is_not_known_is_no_error_and_an_error_is_not_unknown() {
    let Some(mut redis) = Redis::start() else { return };
    for (number, b) in [(1, redis.store()), (2, redis.store().fail_closed())] {
        assert_eq!(progress(&b, number).await, Progress::Unknown);
    }
    // It counts the deliveries of a push that Redis forgot.
    redis.ask::<()>(&format!("HSET {} n 2 last 1 age 1 at 1", redis_key(3)));
    redis.ask::<()>(&format!("SET {} x", redis_key(4)));
    let (a, b) = (redis.store(), redis.store());
    assert_eq!(progress(&b, 3).await, Progress::Unknown);
    assert!(b.progress(key(4)).await.is_err());

    let (_running, _) = stream(&a, 5, "春眠").await;
    let (abandoned, _) = stream(&a, 6, "春眠").await;
    let (completed, _) = stream(&a, 7, "春眠").await;
    completed.complete(reply("春眠"), Retention::ForRetries).await.expect("completed");
    drop(abandoned);
    sleep(SECOND / 2).await;
    redis.kill();
    let knows = [
        (1, None),
        (5, Some(running(5, "春眠"))),
        (6, Some(Progress::Abandoned(said(6, "春眠")))),
        (7, Some(Progress::Completed(reply("春眠")))),
    ];
    for (number, known) in knows {
        assert_eq!(a.progress(key(number)).await.ok(), known);
        assert!(b.progress(key(number)).await.is_err());
    }
}

/// Written one by one they would take a minute.
#[tokio::test]
async fn many_are_written_in_one_round_trip() {
    let Some(redis) = Redis::start() else { return };
    let proxy = Proxy::start(redis.port).await;
    let (a, b) = (proxy.store(), redis.store());
    let mut streams = Vec::new();
    for number in 0..300 {
        streams.push(stream(&a, number, "").await);
    }
    sleep(WRITTEN).await;
    proxy.delay(SECOND / 20);
    sleep(SECOND / 2).await;
    for (_, growing) in &streams {
        growing.push("春眠不觉晓");
    }
    sleep(SECOND).await;
    for number in 0..300 {
        assert_eq!(progress(&b, number).await, running(number, "春眠不觉晓"));
    }
    redis.log.assert(0, 0);
}

/// 64 KiB each: more than is sent at once.
#[tokio::test]
async fn long_texts_are_written_again_as_a_whole() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let text = "春".repeat(21_845);
    let mut streams = Vec::new();
    for number in 0..40 {
        streams.push(stream(&a, number, &text).await);
    }
    for is_flushed in [false, true] {
        if is_flushed {
            redis.ask::<()>("FLUSHALL");
        }
        for number in 0..40 {
            soon(&b, number, running(number, &text), SECOND * 2).await;
        }
    }
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn a_process_that_lost_a_push_asks_for_its_text_and_writes_none() {
    let Some(redis) = Redis::start() else { return };
    let a = redis.store();
    let (_lease, growing) = stream(&a, 1, "春眠").await;
    sleep(WRITTEN).await;
    redis.ask::<()>("FLUSHALL");
    let ends = millis() + 3000;
    redis.ask::<()>(&format!("HSET {} owner other until {ends} stream 7 length 6 t0 床前", redis_key(1)));
    growing.push("不觉晓");
    let theirs = Progress::Running(Some(StreamText::new("床前", None)));
    soon(&a, 1, theirs.clone(), SECOND * 3 / 2).await;
    growing.push("，");
    sleep(SECOND / 2).await;
    assert_eq!(progress(&a, 1).await, theirs);
    // The other is gone, and this one is not.
    soon(&redis.store(), 1, running(1, "春眠不觉晓，"), SECOND * 5).await;
    assert_eq!(progress(&a, 1).await, running(1, "春眠不觉晓，"));
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn who_takes_a_lease_over_drops_the_text_of_the_run_before() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let _lease = own(&a, key(1)).await;
    redis.ask::<()>(&format!("HSET {} owner other until 1 stream 7 length 6 t0 床前 t6 明月", redis_key(1)));
    soon(&b, 1, Progress::Running(None), SECOND * 3 / 2).await;
    assert!(!has_text(&redis, 1) && left(&redis, 1) <= SECOND * 60);
}

#[tokio::test]
async fn a_text_that_is_odd_is_written_again() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let odds = ["x", "nan", "inf", "-inf", "1e300", "-1", "1.5", "4", "0x7fffffffffffffff"];
    let mut streams = Vec::new();
    for number in 0..odds.len() as u64 {
        streams.push(stream(&a, number, "春眠").await);
    }
    sleep(WRITTEN).await;
    for fields in ["length ODD", "stream ODD", "stream ODD length ODD t0 ODD feedback ODD until ODD at ODD"] {
        for (number, odd) in (0..).zip(odds) {
            redis.ask::<()>(&format!("HSET {} {}", redis_key(number), fields.replace("ODD", odd)));
            let _ = progress(&b, number).await;
        }
        for (number, (_, growing)) in (0..).zip(&streams) {
            growing.push("不觉晓");
            soon(&b, number, running(number, &growing.read().text), SECOND * 3 / 2).await;
        }
    }
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn a_key_that_holds_something_else_harms_no_other_text() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let (_harmed, harmed) = stream(&a, 1, "春眠").await;
    let (_well, well) = stream(&a, 2, "春眠").await;
    sleep(WRITTEN).await;
    redis.ask::<()>(&format!("SET {} x", redis_key(1)));
    for growing in [&harmed, &well] {
        growing.push("不觉晓");
    }
    soon(&b, 2, running(2, "春眠不觉晓"), WRITTEN).await;
    assert_eq!(progress(&a, 1).await, running(1, "春眠不觉晓"));
    redis.ask::<()>(&format!("DEL {}", redis_key(1)));
    soon(&b, 1, running(1, "春眠不觉晓"), SECOND * 3 / 2).await;
    redis.log.assert(0, 0);
}

#[tokio::test]
async fn the_pending_reply_of_a_push_that_stands_is_returned() {
    let Some(redis) = Redis::start() else { return };
    let (a, b, user) = (redis.store(), redis.store(), UserKey::of("wx1", "o1"));
    let pending = |place| PendingReply::new(key(1), place);
    assert_eq!(a.add_pending(user, pending(3)).await.expect("added"), pending(3));
    assert_eq!(b.add_pending(user, pending(0)).await.expect("asked"), pending(3));
    assert!(b.advance_pending(user, pending(3), Some(pending(9))).await.expect("asked"));
    assert_eq!(a.add_pending(user, pending(0)).await.expect("asked"), pending(9));
}
