//! Two stores on one Redis are two processes.

use crate::support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt, stream};
use sha1::{Digest, Sha1};
use support::{Redis, claim, key, now, own, reply};
use tokio::time::{Instant, sleep, timeout};
use wechat_callback::delivery::{
    ClaimState, DeliveryKey, OutcomeStore, PendingReply, PendingStore, Retention, Timeliness, UserKey,
};
use wechat_callback::server::{Delivery, Engine};
use wechat_callback::{Callback, Message, Reply};
use wechat_redis::RedisStore;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn one_of_two_processes_runs_a_push_and_both_deliver_its_outcome() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let (delivery, state, lease) = claim(&a, key(1)).await;
    assert_eq!((delivery, state), (1, "first"));
    assert_eq!(claim(&b, key(1)).await.0, 1, "a repeat that comes at once");
    let (delivery, state, _) = claim(&a, key(1)).await;
    assert_eq!((delivery, state), (1, "running"));

    let completed =
        lease.expect("the first").complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    assert_eq!(completed, Timeliness::InTime);
    for store in [&a, &b] {
        assert_eq!(store.wait(key(1)).await.expect("asked"), Some(reply("你好")));
        assert_eq!(claim(store, key(1)).await.1, "completed");
    }
    assert_eq!(claim(&b, key(1)).await.1, "completed");
    redis.log.assert(0, 0);
}

/// It waited in another process for an owner that went away.
#[tokio::test]
async fn a_delivery_that_asks_again_is_counted_once() {
    let Some(redis) = Redis::start() else { return };
    let (a, b, c) = (redis.store(), redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    let arrived = now();
    assert_eq!(claim(&b, key(1)).await.0, 1);
    sleep(SECOND * 3).await;
    drop(lease);
    assert_eq!(b.wait(key(1)).await.expect("asked"), None);
    let again = b.claim_again(key(1), arrived).await.expect("asked");
    assert_eq!(again.delivery, 1);
    assert!(matches!(again.state, ClaimState::Owned(_)));
    assert_eq!(claim(&c, key(1)).await.0, 2, "the next one, three seconds after the first");
}

#[tokio::test]
async fn who_waits_is_woken_and_does_not_poll() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    let waiters: Vec<_> = (0..10)
        .map(|_| {
            let b = b.clone();
            tokio::spawn(async move { (b.wait(key(1)).await.expect("asked"), Instant::now()) })
        })
        .collect();
    sleep(SECOND / 2).await;
    redis.ask::<()>("CONFIG RESETSTAT");
    sleep(SECOND * 2).await;
    let stats: String = redis.ask("INFO commandstats");
    let calls: u32 = stats
        .lines()
        .filter(|line| line.starts_with("cmdstat_eval"))
        .filter_map(|line| line.split_once("calls=")?.1.split_once(',')?.0.parse::<u32>().ok())
        .sum();
    assert!(calls <= 3, "the owner's renewals alone: {stats}");

    let completed = Instant::now();
    lease.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    for waiter in waiters {
        let (outcome, woken) = waiter.await.expect("no panic");
        assert_eq!(outcome, Some(reply("你好")));
        assert!(woken - completed < SECOND / 2, "{:?}", woken - completed);
    }
}

#[tokio::test]
async fn an_owner_that_gives_up_wakes_who_waits_and_the_next_runs_it() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    let waiter = tokio::spawn({
        let b = b.clone();
        async move { b.wait(key(1)).await.expect("asked") }
    });
    sleep(SECOND / 4).await;
    drop(lease);
    assert_eq!(timeout(SECOND, waiter).await.expect("woken").expect("no panic"), None);
    let (delivery, state, _lease) = claim(&b, key(1)).await;
    assert_eq!((delivery, state), (1, "first"), "so soon it is the same delivery again");
}

/// A process that dies says nothing, and renews nothing.
fn claim_and_die(redis: &Redis, key: DeliveryKey) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async { std::mem::forget(own(&redis.store(), key).await) });
    runtime.shutdown_background();
}

#[test]
fn the_next_delivery_runs_what_a_dead_process_ran() {
    let Some(redis) = Redis::start() else { return };
    claim_and_die(&redis, key(1));
    claim_and_die(&redis, key(2));
    let died = std::time::Instant::now();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let b = redis.store();
        assert_eq!(claim(&b, key(2)).await.1, "running");
        assert_eq!(b.wait(key(2)).await.expect("asked"), None);
        assert!(died.elapsed() < SECOND * 5, "{:?}", died.elapsed());
        let (delivery, state, _lease) = claim(&b, key(1)).await;
        assert_eq!((delivery, state), (2, "first"));
    });
}

#[tokio::test]
async fn a_lease_is_renewed_while_the_push_runs() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let lease = own(&a, key(1)).await;
    for _ in 0..3 {
        sleep(SECOND * 3).await;
        assert_eq!(claim(&b, key(1)).await.1, "running");
    }
    lease.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
    let (delivery, state, _) = claim(&b, key(1)).await;
    assert_eq!((delivery, state), (4, "completed"), "it came at once behind the fourth");
}

#[tokio::test]
async fn what_another_process_defers_is_late_and_kept_for_ten_minutes() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    let (late, kept) = (own(&a, key(1)).await, own(&a, key(2)).await);
    assert_eq!(b.mark_late(key(1)).await.expect("asked"), None);
    assert_eq!(
        late.complete(reply("晚了"), Retention::ForRetries).await.expect("completed"),
        Timeliness::Late
    );
    assert_eq!(kept.complete(reply("长"), Retention::ForUser).await.expect("completed"), Timeliness::InTime);
    assert_eq!(b.mark_late(key(2)).await.expect("asked"), Some(reply("长")));
    for number in 1..=2 {
        let left: u64 = redis.ask(&format!("PTTL wechat:{{{}}}", key(number)));
        assert!((590_000..=600_000).contains(&left), "{left}");
    }
}

/// It reaches the user another way, and would reach them twice.
#[tokio::test]
async fn what_is_kept_unless_late_is_kept_from_repeats_everywhere() {
    let Some(redis) = Redis::start() else { return };
    let (a, b) = (redis.store(), redis.store());
    for (number, is_late) in [(1, false), (2, true)] {
        let ClaimState::Owned(lease) = a.claim(key(number), now()).await.expect("asked").state else {
            panic!("the first");
        };
        if is_late {
            assert_eq!(b.mark_late(key(number)).await.expect("asked"), None);
        }
        let completed = lease.complete(reply("好"), Retention::UnlessLate).await.expect("completed");
        assert_eq!(completed, if is_late { Timeliness::Late } else { Timeliness::InTime });
        for store in [&a, &b] {
            let ClaimState::Completed(kept) = store.claim(key(number), now()).await.expect("asked").state
            else {
                panic!("completed");
            };
            assert_eq!(kept, if is_late { Arc::new(Reply::None) } else { reply("好") });
        }
    }
}

#[tokio::test]
async fn pending_replies_are_kept_in_order_each_once_and_for_an_hour() {
    let Some(redis) = Redis::start() else { return };
    let (a, b, user) = (redis.store(), redis.store(), UserKey::of("wx1", "o1"));
    let pending = |number, part| PendingReply::new(key(number), part);
    assert_eq!(a.next_pending(user).await.expect("asked"), None);
    for number in 0..=PendingReply::MAX_PER_USER as u64 {
        a.add_pending(user, pending(number, 0)).await.expect("added");
    }
    let left: u64 = redis.ask(&format!("PTTL wechat:{{{user}}}:user"));
    assert!((3_590_000..=3_600_000).contains(&left), "{left}");

    // A push is added once.
    let last = PendingReply::MAX_PER_USER as u64;
    for store in [&a, &b] {
        let stands = store.add_pending(user, pending(last, 1)).await.expect("asked");
        assert_eq!(stands, pending(last, 0), "the one that stands");
    }
    // The oldest was given up.
    assert_eq!(b.next_pending(user).await.expect("asked"), Some(pending(1, 0)));
    assert!(!b.advance_pending(user, pending(2, 0), None).await.expect("asked"));
    assert!(b.advance_pending(user, pending(1, 0), Some(pending(1, 1))).await.expect("asked"));
    assert_eq!(a.next_pending(user).await.expect("asked"), Some(pending(1, 1)));

    let kept = AtomicUsize::new(0);
    stream::iter(0..40)
        .for_each_concurrent(None, |turn| {
            let (store, kept) = (if turn % 2 == 0 { &a } else { &b }, &kept);
            async move {
                let won = store.advance_pending(user, pending(1, 1), None).await.expect("asked");
                kept.fetch_add(usize::from(won), Ordering::Relaxed);
            }
        })
        .await;
    assert_eq!(kept.into_inner(), 1);
    for number in 2..=PendingReply::MAX_PER_USER as u64 {
        assert!(a.advance_pending(user, pending(number, 0), None).await.expect("asked"));
    }
    assert_eq!(b.next_pending(user).await.expect("asked"), None);
    assert_eq!(redis.ask::<u32>("DBSIZE"), 0);
}

/// What comes of one push in plain mode: `None` where it is the first of its message.
async fn arrive(store: &RedisStore, timestamp: u64, body: &str) -> Option<u16> {
    let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build().expect("an account");
    let timestamp = timestamp.to_string();
    let mut parts = ["QDG6eKxyrqUnkq3M", &timestamp, "n"];
    parts.sort_unstable();
    let signature: String = Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect();
    let query = format!("signature={signature}&timestamp={timestamp}&nonce=n");
    let opened = callback.open(&query, body.as_bytes()).expect("a push");
    let engine = Engine::new(callback).store(store.clone());
    let now = Instant::now().into_std();
    match engine.deliver(&opened, now, now).await {
        Delivery::Run(_) => None,
        Delivery::Answered(response) => Some(response.status),
    }
}

fn text(id: u32) -> String {
    format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>o6_bmjrPTlm6</FromUserName><CreateTime>1</CreateTime>\
         <MsgType>text</MsgType><Content>secret</Content><MsgId>{id}</MsgId></xml>"
    )
}

#[tokio::test]
async fn a_signature_belongs_to_its_first_body_also_in_an_outage() {
    let Some(mut redis) = Redis::start() else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let (a, b) = (redis.store(), redis.store());
    assert_eq!(arrive(&a, now, &text(1)).await, None);
    assert_eq!(arrive(&b, now, &text(2)).await, Some(403));
    assert_eq!(arrive(&b, now, &text(1)).await, None, "its owner gave it up");
    let keys: Vec<String> = redis.ask("KEYS *:body");
    let left: u64 = redis.ask(&format!("PTTL {}", keys[0]));
    assert!(keys.len() == 1 && left > 0, "{keys:?} {left}");

    redis.kill();
    for store in [&a, &b] {
        assert_eq!(arrive(store, now, &text(2)).await, Some(403));
        assert_eq!(arrive(store, now, &text(1)).await, None);
        assert_eq!(arrive(store, now - 1, &text(3)).await, None, "bound in the outage");
        assert_eq!(arrive(store, now - 1, &text(4)).await, Some(403));
    }
}

#[tokio::test]
async fn keys_name_nobody_and_every_key_ends() {
    let Some(redis) = Redis::start() else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let store = redis.store();
    assert_eq!(arrive(&store, now, &text(1)).await, None);
    let (_running, completed) = (own(&store, key(1)).await, own(&store, key(2)).await);
    completed.complete(reply("secret"), Retention::ForRetries).await.expect("completed");
    drop(own(&store, key(3)).await);
    store.add_pending(UserKey::of("wx1", "o6_bmjrPTlm6"), PendingReply::new(key(2), 0)).await.expect("added");
    // Counted where nothing else is known any more.
    redis.ask::<()>(&format!("DEL wechat:{{{}}}", key(1)));
    assert_eq!(claim(&store, key(1)).await.1, "running");

    let keys: Vec<String> = redis.ask("KEYS *");
    assert_eq!(keys.len(), 6, "{keys:?}");
    for key in keys {
        let hash = key.strip_prefix("wechat:{").and_then(|rest| rest.split_once('}'));
        let (hash, kind) = hash.unwrap_or_else(|| panic!("{key}"));
        assert!(hash.len() == 40 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{key}");
        assert!(["", ":user", ":body"].contains(&kind), "{key}");
        assert!(redis.ask::<i64>(&format!("PTTL {key}")) > 0, "{key}");
    }
}

#[tokio::test]
async fn two_accounts_and_two_prefixes_do_not_meet() {
    let Some(redis) = Redis::start() else { return };
    let (store, other) = (redis.store(), redis.store().prefix("other"));
    let message = Message::from_xml(&text(1)).expect("a message");
    let [one, two] = ["wx1", "wx2"].map(|app_id| DeliveryKey::of(app_id, &message).expect("a key"));
    let _leases = [own(&store, one).await, own(&store, two).await, own(&other, one).await];
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_pushes_each_runs_once() {
    let Some(redis) = Redis::start() else { return };
    let stores = Arc::new([redis.store(), redis.store()]);
    let runs: Vec<u64> = stream::iter(0..3000)
        .map(|turn| {
            let stores = stores.clone();
            async move {
                let (number, delivery) = (turn % 1000, turn / 1000);
                let (_, _, lease) = claim(&stores[((number + delivery) % 2) as usize], key(number)).await;
                sleep(SECOND / 50).await;
                let lease = lease?;
                lease.complete(reply("你好"), Retention::ForRetries).await.expect("completed");
                Some(number)
            }
        })
        .buffer_unordered(64)
        .filter_map(|run| async move { run })
        .collect()
        .await;
    assert_eq!((runs.len(), runs.into_iter().collect::<HashSet<_>>().len()), (1000, 1000));
}

#[test]
fn a_runtime_that_ends_takes_no_connection_with_it() {
    let Some(redis) = Redis::start() else { return };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let home = tokio::runtime::Runtime::new().expect("a runtime");
    let store = home.block_on(async { redis.store() });
    let lease = runtime().block_on(own(&store, key(1)));
    assert_eq!(runtime().block_on(claim(&store, key(1))).1, "running");
    runtime().block_on(lease.complete(reply("你好"), Retention::ForRetries)).expect("completed");
    assert_eq!(runtime().block_on(redis.store().wait(key(1))).expect("asked"), Some(reply("你好")));
    redis.log.assert(0, 0);
}

#[test]
fn no_password_is_shown() {
    let store = RedisStore::connect("redis://user:hunter2@127.0.0.1/").expect("a URL");
    assert!(!format!("{store:?}").contains("hunter2"));
    for url in [
        "",
        "hunter2",
        "http://user:hunter2@127.0.0.1/",
        "redis://user:hunter2@127.0.0.1:port/",
        "redis://user:hunter2@127.0.0.1/hunter2",
        "redis://127.0.0.1/?protocol=hunter2",
        "redis://user:hunter2@",
    ] {
        let error = RedisStore::connect(url).expect_err("no URL");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
