//! How often the core allocates, exactly, and what it keeps. Unlike time it does not vary, so it shows a regression at
//! once.

#[path = "../benches/push/mod.rs"]
mod push;

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::post;
use futures_util::FutureExt;
use push::Push;
use tower_layer::Layer;
use tower_service::Service;
use wechat_callback::accounts::Accounts;
use wechat_callback::delivery::{
    ClaimState, DeliveryKey, MemoryStore, OutcomeStore, PendingReply, PendingStore, Retention,
    SignatureStore, UserKey,
};
use wechat_callback::late_reply::LateReply;
use wechat_callback::server::{Engine, HandlerOutput, Request as Received};
use wechat_callback::{
    Callback, OpenError, Opened, Reply, ReplyContext, Sealed, StreamReply, TextReply, WechatMessage,
};
use wechat_tower::WechatLayer;

/// Mode, length of a text message's XML, how often opening it allocates, how often sealing the same text as the
/// reply does. A smaller figure is welcome: write it down here.
const TABLE: [(&str, usize, u64, u64); 6] = [
    ("plain", 300, 2, 1),
    ("plain", 2 << 10, 2, 1),
    ("plain", 64 << 10, 2, 1),
    ("safe", 300, 2, 2),
    ("safe", 2 << 10, 2, 2),
    ("safe", 64 << 10, 2, 2),
];

/// The present, by the clock that a test can pause.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

#[test]
fn opening_and_sealing_allocate_as_often_as_the_table_says() {
    let counted = TABLE.map(|(mode, length, ..)| {
        let (opens, seals) = allocations(mode, length);
        (mode, length, opens, seals)
    });
    assert_eq!(counted, TABLE);
}

#[test]
fn an_encrypted_message_is_opened_with_at_most_twelve_allocations() {
    assert!(allocations("safe", 300).0 <= 12);
}

#[test]
fn a_plain_reply_is_sealed_with_one_allocation() {
    assert_eq!(allocations("plain", 300).1, 1);
}

#[test]
fn an_encrypted_reply_is_sealed_with_at_most_two_allocations() {
    assert!(allocations("safe", 300).1 <= 2);
}

#[test]
fn a_wrong_signature_allocates_nothing() {
    let xml = push::text_message(300);
    let [plain, safe] = push::callbacks();
    for (callback, push, parameter) in [
        (plain, Push::plain(&xml, "theTokenOfAnother"), "signature"),
        (safe, Push::safe(&xml, "theTokenOfAnother"), "msg_signature"),
    ] {
        let (opened, allocations) = open(&callback, &push);
        assert_eq!(opened.err(), Some(OpenError::Signature { parameter }));
        assert_eq!(allocations, 0, "{parameter}");
    }
}

/// Around the sizes at which a table of powers of two doubles, which is where there is most room for each.
const SIZES: [u64; 6] = [1_000, 57_000, 58_000, 100_000, 114_700, 115_000];

#[test]
fn a_signature_of_plain_mode_is_remembered_in_at_most_64_bytes() {
    for signatures in SIZES.into_iter().chain([(7 << 17) / 8 + 1, 1_000_000]) {
        let mut store = None;
        let counted = measure(|| {
            let made = MemoryStore::new();
            (0..signatures).for_each(|number| bind(&made, number));
            store = Some(made);
        });
        let bytes = counted.bytes_current as u64 / signatures;
        assert!(bytes <= 64, "{bytes} bytes for each of {signatures}");
    }
}

#[test]
fn a_push_is_remembered_in_at_most_220_bytes_with_a_short_text_that_answers_it() {
    for (reply, most) in [(Reply::None, 220), (TextReply::new("好".repeat(30)).into(), 220)] {
        for pushes in SIZES {
            let store = MemoryStore::new().capacity(1_000_000);
            let kept = kept_bytes(async {
                for number in 0..pushes {
                    complete(&store, number, reply.clone()).await;
                }
            });
            let bytes = kept as u64 / pushes;
            assert!(bytes <= most, "{bytes} bytes for each of {pushes}, answered {reply:?}");
        }
    }
}

/// In a hash table of powers of two there is most room for each right after it doubled.
#[test]
fn an_account_of_a_table_takes_at_most_700_bytes() {
    for number in [1_000, 50_000, 100_000] {
        let mut accounts = None;
        let counted = measure(|| {
            let made = Accounts::by_path_segment();
            for number in 0..number {
                made.insert(format!("wx{number:016}"), numbered_account(number, 0));
            }
            accounts = Some(made);
        });
        let bytes = counted.bytes_current as u64 / number;
        println!("{bytes} bytes for each of {number}");
        assert!(bytes <= 700, "{bytes} bytes for each of {number}");
    }
}

/// An account as a rule has its credentials in full length.
fn numbered_account(number: u64, changes: u64) -> Callback {
    Callback::builder(format!("wx{number:016}"), format!("{changes:016}{number:016}"))
        .encoding_aes_key(format!("jWmYm7qr5nMoAUwZRjGtBxmz3KA1{changes:05}{number:010}"))
        .build()
        .expect("an account")
}

#[test]
fn credentials_that_were_replaced_are_let_go() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let accounts = Accounts::by_path_segment();
        let replace = |changes| {
            for number in 0..1_000 {
                accounts.replace(format!("wx{number:016}"), numbered_account(number, changes));
            }
        };
        replace(0);
        let kept = measure(|| (1..20).for_each(replace)).bytes_current;
        // Twice as much each, and what the table has not freed yet.
        assert!(kept <= 1_400_000, "{kept} bytes");
        tokio::time::advance(Duration::from_secs(600)).await;
        let freed = -measure(|| (0..1_000).for_each(|number| drop(accounts.get(&format!("wx{number:016}")))))
            .bytes_current;
        assert!(freed >= 300_000, "{freed} bytes");
    });
}

/// What is copied to grow is allocated first.
#[test]
fn no_push_and_no_signature_waits_for_a_table_to_grow() {
    let store = MemoryStore::new().capacity(1_000_000);
    let most = (0..300_000).map(|number| {
        let pushed = measure(|| complete(&store, number, Reply::None).now_or_never().expect("at once"));
        pushed.bytes_max.max(measure(|| bind(&store, number)).bytes_max)
    });
    let most = most.max().expect("some");
    assert!(most <= 200_000, "{most} bytes at once");
}

/// Everything of a minute or of a second is due at the same time.
#[test]
fn no_push_and_no_signature_waits_until_all_that_is_due_is_forgotten() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let (store, text) = (MemoryStore::new(), "好".repeat(30));
        for number in 0..10_000 {
            complete(&store, number, TextReply::new(text.as_str()).into()).await;
            bind(&store, number);
        }
        tokio::time::advance(Duration::from_secs(400)).await;
        for number in 10_000..20_000 {
            let freed = -measure(|| {
                complete(&store, number, Reply::None).now_or_never().expect("at once");
                bind(&store, number);
            })
            .bytes_current;
            // Eight texts, or a piece of the table that is empty.
            assert!(freed <= 200_000, "{freed} bytes at once");
        }
        assert_eq!(store.len(), 10_000);
    });
}

#[test]
fn what_a_rush_took_is_given_back_when_it_is_over() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    let mut store = None;
    let kept = measure(|| {
        store = Some(runtime.block_on(async {
            let store = MemoryStore::new();
            for number in 0..100_000 {
                complete(&store, number, Reply::None).await;
                bind(&store, number);
            }
            for number in 100_000..200_000 {
                complete(&store, number, Reply::None).await;
                bind(&store, number);
                tokio::time::advance(Duration::from_millis(10)).await;
            }
            store
        }));
    });
    let kept = kept.bytes_current as usize;
    let pushes = store.expect("it was made").len();
    assert!(pushes <= 6_001, "{pushes}");
    // 301 seconds of signatures, and a few pieces that are in part free.
    let most = 220 * 6_001 + 64 * 30_100 + 8 * (64 << 10);
    assert!(kept <= most, "{kept} bytes");
}

#[test]
fn deliveries_that_waited_leave_nothing_behind() {
    let store = MemoryStore::new();
    let kept = kept_bytes(async {
        let claim = store.claim(key(1), now()).await.expect("room");
        for _ in 0..100 {
            let mut waiting: Vec<_> = (0..100).map(|_| store.wait(key(1))).collect();
            for waits in &mut waiting {
                assert!(waits.now_or_never().is_none());
            }
        }
        drop(claim);
    });
    assert!(kept < 1_500, "{kept} bytes for one push");
}

async fn complete(store: &MemoryStore, number: u64, reply: Reply) {
    let claim = store.claim(key(number), now()).await.expect("room");
    let ClaimState::Owned(lease) = claim.state else {
        panic!("{number} is fresh");
    };
    lease.complete(Arc::new(reply), Retention::ForRetries).await.expect("in process nothing fails");
}

fn bind(store: &MemoryStore, number: u64) {
    let bound = store.bind((*key(number).as_bytes()).into(), b"body", Duration::from_secs(300));
    assert!(matches!(bound.now_or_never(), Some(Ok(true))));
}

#[test]
fn promises_that_are_kept_leave_nothing_behind() {
    let store = MemoryStore::new().capacity(10);
    let user = UserKey::of("wx1", "o1");
    let kept = kept_bytes(async {
        for number in 0..100_000 {
            let pending = PendingReply::new(key(number), 0);
            store.add_pending(user, pending).await.expect("room");
            assert!(store.advance_pending(user, pending, None).await.expect("it"));
        }
    });
    assert!(kept < 100_000, "{kept} bytes for a store of ten entries");
}

#[test]
fn runs_that_are_given_up_leave_nothing_behind() {
    let store = MemoryStore::new().capacity(10);
    let kept = kept_bytes(async {
        for _ in 0..100_000 {
            let claim = store.claim(key(1), now()).await.expect("room");
            assert!(matches!(claim.state, ClaimState::Owned(_)));
        }
    });
    assert!(kept < 100_000, "{kept} bytes for a store of ten entries");
}

/// As evenly spread as digests are.
fn key(number: u64) -> DeliveryKey {
    let spread = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes();
    format!("{spread:016x}{number:024x}").parse().expect("forty digits")
}

/// Bytes that stay allocated of what `work` does, on a clock that stands still.
fn kept_bytes(work: impl Future<Output = ()>) -> i64 {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    measure(|| runtime.block_on(work)).bytes_current
}

/// To open a text message, and to seal its text as the reply.
fn allocations(mode: &str, length: usize) -> (u64, u64) {
    let xml = push::text_message(length);
    let [plain, safe] = push::callbacks();
    let (callback, push) = match mode {
        "plain" => (plain, Push::plain(&xml, push::TOKEN)),
        _ => (safe, Push::safe(&xml, push::TOKEN)),
    };
    let (opened, opens) = open(&callback, &push);
    let Opened { message, context: reply, .. } = opened.expect("rightly signed");
    let (sealed, seals) = seal(&reply, push::reply(message.text().expect("a text message")));
    assert_eq!(sealed.body.contains("MsgSignature"), mode == "safe");
    (opens, seals)
}

fn open(callback: &Callback, push: &Push) -> (Result<Opened, OpenError>, u64) {
    counted(|| callback.open_at(&push.query, push.body.as_bytes(), push::NOW))
}

fn seal(context: &ReplyContext, reply: Reply) -> (Sealed, u64) {
    let (sealed, allocations) = counted(|| context.seal_at(reply, push::NOW, push::RANDOM));
    (sealed.expect("with a recipient"), allocations)
}

/// What `work` returns, and how often this thread allocated in the meantime. To grow a buffer counts as well.
fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let mut returned = None;
    let allocations = measure(|| returned = Some(work())).count_total;
    (returned.expect("worked"), allocations)
}

/// What a delivery holds that has handed a long message over to its handler.
#[test]
fn a_body_is_not_kept_while_the_handler_runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _entered = runtime.enter();
    let xml = push::text_message(40_000);
    let [plain, safe] = push::callbacks();
    for (callback, push) in [(plain, Push::plain(&xml, push::TOKEN)), (safe, Push::safe(&xml, push::TOKEN))] {
        let handler = tower::service_fn(async |request: Request<Body>| {
            drop(request);
            std::future::pending::<Result<Response<Body>, std::convert::Infallible>>().await
        });
        let mut service = WechatLayer::new(callback).layer(handler);
        let mut answer = None;
        let held = measure(|| {
            let request = Request::post(format!("/weixin?{}", push.query));
            let request = request.body(Body::from(push.body.clone())).expect("a request");
            let mut answering = Box::pin(service.call(request));
            assert!((&mut answering).now_or_never().is_none());
            answer = Some(answering);
        });
        assert!(held.bytes_current < 10_000, "{held:?}");
    }
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

/// Of one request, on a route that has answered others before.
fn route_allocations(app: &Router, requests: impl Iterator<Item = Push>) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let counts = requests.map(|push| {
        let request = Request::post(format!("/weixin?{}", push.query)).body(Body::from(push.body));
        let mut service = app.clone();
        let request = request.expect("a request");
        let (response, allocations) = counted(|| runtime.block_on(service.call(request)));
        assert_eq!(response.expect("infallible").status(), 200);
        allocations
    });
    let mut counts: Vec<_> = counts.collect();
    counts.sort_unstable();
    // Now and then the store makes room.
    counts[counts.len() / 2]
}

#[test]
fn the_layer_allocates_at_most_twelve_times_more_than_a_bare_route() {
    for (mode, callback) in ["plain", "safe"].into_iter().zip(push::callbacks()) {
        let pushes = || {
            (0..101_u64).map(|number| {
                let xml = push::numbered_text_message(300, 10_000_000_000_000_000 + number);
                if mode == "safe" {
                    Push::safe(&xml, push::TOKEN)
                } else {
                    Push::plain_with_nonce(&xml, push::TOKEN, &number.to_string())
                }
            })
        };
        let bare = Router::new().route("/weixin", post(|body: String| async { body })).with_state(());
        let layered =
            Router::new().route("/weixin", post(echo).layer(WechatLayer::new(callback))).with_state(());
        let [bare, layered] = [bare, layered].map(|app| route_allocations(&app, pushes()));
        assert!(layered <= bare + 12, "{mode}: {layered}, and {bare} of a bare route");
    }
}

/// What is held for each of so many streams that have said `text` and go on, beside the text: while its delivery waits,
/// and afterwards.
fn held_by_streams(number: u64, text: &'static str) -> [u64; 2] {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    let [_, callback] = push::callbacks();
    let engine = Engine::new(callback).late_reply(LateReply::fetch("继续", TextReply::new("还在想")));
    let pushes: Vec<_> = (0..number)
        .map(|number| {
            Push::safe(&push::numbered_text_message(300, 10_000_000_000_000_000 + number), push::TOKEN)
        })
        .collect();
    let handler = move |_| async move {
        Ok(HandlerOutput::Stream(StreamReply::from_fn(move |out| async move {
            out.push(text).await;
            std::future::pending::<()>().await;
        })))
    };
    let mut held = [0, 0];
    let waiting = measure(|| {
        runtime.block_on(async {
            for push in pushes {
                let engine = engine.clone();
                tokio::spawn(async move {
                    engine
                        .handle(Received::new("POST", "/", &push.query, push.body.as_bytes()), handler)
                        .await
                });
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        });
    });
    held[0] = waiting.bytes_current;
    // The deliveries are answered, and leave their streams behind.
    let answered = measure(|| runtime.block_on(async { tokio::time::sleep(Duration::from_secs(20)).await }));
    held[1] = held[0] + answered.bytes_current;
    assert_eq!(runtime.metrics().num_alive_tasks() as u64, number, "the streams run");
    held.map(|bytes| u64::try_from(bytes).expect("something is held") / number - text.len() as u64)
}

#[test]
fn a_thousand_streams_take_at_most_8_kib_each_beside_their_texts() {
    let held = held_by_streams(1_000, "春眠不觉晓，处处闻啼鸟。");
    println!("{held:?} bytes for each");
    assert!(held.iter().all(|held| *held <= 8 << 10), "{held:?}");
}

/// What it allocates in all to say so many pieces of one character, in how many allocations.
fn said(pieces: u64) -> (u64, u64) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    let [callback, _] = push::callbacks();
    let engine = Engine::new(callback);
    let push = Push::plain(&push::text_message(300), push::TOKEN);
    let handler = move |_| async move {
        Ok(HandlerOutput::Stream(StreamReply::from_fn(move |out| async move {
            for _ in 0..pieces {
                out.push("x").await;
            }
        })))
    };
    let counted = measure(|| {
        let request = Received::new("POST", "/", &push.query, push.body.as_bytes());
        assert_eq!(runtime.block_on(engine.handle(request, handler)).status, 200);
    });
    (counted.count_total, counted.bytes_total)
}

#[test]
fn twice_as_many_pieces_cost_twice_as_much() {
    said(10);
    for pieces in [1_000, 8_000, 16_000, 30_000] {
        let (one, two) = (said(pieces), said(2 * pieces));
        println!("{pieces}: {one:?}, {two:?}");
        assert!(two.0 * 10 <= one.0 * 21 && two.1 * 10 <= one.1 * 25, "{pieces}: {one:?}, {two:?}");
    }
    // 64 KiB are said of more, and nothing more is asked for.
    let (most, more) = (said(65_536), said(100_000));
    assert!(more.0 <= most.0 + 1_000, "{most:?}, {more:?}");
}
