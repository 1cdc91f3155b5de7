//! What joining deliveries costs: the layer with and without it, side by side on the same fresh messages, in a hyper
//! server on an in-memory connection and called directly; and what the store of one process costs by itself: a claim
//! with its completion, the memory of an entry, how both grow, and one delivery of many that wait.
//!
//! ```text
//! taskset -c 1 cargo bench -p wechat-callback --bench deliveries [-- store | -- cold]
//! ```
//! Times vary between machines and with what else runs; the ratios, taken in one run, are what to compare.

mod in_memory;
mod push;

use std::hint::black_box;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use futures_util::FutureExt;
use push::Push;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use wechat_callback::delivery::{
    ClaimState, DeliveryKey, MemoryStore, OutcomeStore, Retention, SignatureKey, SignatureStore,
};
use wechat_callback::late_reply::LateReply;
use wechat_callback::{Callback, Message, Reply, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

/// Messages a slice, one time for each way.
const SLICE: u64 = 500;

fn main() {
    // `cargo bench -- --test` runs everything once; what `cargo test` runs is no benchmark.
    let asked = |flag: &str| std::env::args().any(|arg| arg == flag);
    let is_short = asked("--test") || !asked("--bench");
    let slices = if is_short { 1 } else { 200 };
    if asked("cold") {
        return print_cold(2_000);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if !asked("store") {
        print_layer(&runtime, slices);
    }
    print_claim(&runtime, slices);
    print_cold(if is_short { 10 } else { 2_000 });
    // Around the sizes at which a table of powers of two doubles, too.
    let sizes = [1_000, 57_000, 58_000, 100_000, 114_000, 115_000];
    print_memory(&runtime, if is_short { &sizes[..1] } else { &sizes });
    print_waiting(&runtime, if is_short { 2 } else { 5 });
    let (largest, repeats) = if is_short { (1_000, 1) } else { (1_000_000, 5) };
    print_growth(&runtime, largest, repeats);
    print_rush(largest, repeats);
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

fn print_layer(runtime: &Runtime, slices: u64) {
    let [plain, safe] = push::callbacks();
    for (mode, callback) in [("plain", plain), ("safe", safe)] {
        for (name, serve) in [("in a server", in_memory::serve as Serve), ("called", call as Serve)] {
            // A slice each way of a store that is empty at first, as a new callback's is.
            let layer = WechatLayer::new(callback.clone()).store(MemoryStore::new());
            let apps = [layer.clone(), layer.late_reply(LateReply::RunAgain)]
                .map(|layer| Router::new().route("/weixin", post(echo).layer(layer)).with_state::<()>(()));
            let mut times = Vec::new();
            for slice in 0..slices {
                let pushes: Vec<_> = (0..SLICE).map(|at| fresh_push(&callback, slice * SLICE + at)).collect();
                let mut both = [0.0; 2];
                // The one that runs second finds warmer caches, so they take turns.
                for turn in 0..2 {
                    let way = usize::try_from((slice + turn) % 2).expect("0 or 1");
                    both[way] = serve(runtime, &apps[way], &pushes).as_secs_f64();
                }
                times.push(both);
            }
            let [with, without] =
                [0, 1].map(|way| median(times.iter().map(|both| both[way])) * 1e6 / SLICE as f64);
            let ratio = median(times.iter().map(|[with, without]| without / with));
            println!(
                "{mode}, 300 B, {name}: {without:.2} µs without deliveries, {with:.2} µs with: {ratio:.3} of the throughput"
            );
        }
    }
}

type Serve = fn(&Runtime, &Router, &[Push]) -> Duration;

fn fresh_push(callback: &Callback, number: u64) -> Push {
    let xml = push::numbered_text_message(300, 10_000_000_000_000_000 + number);
    if callback.mode().is_encrypted() {
        Push::safe(&xml, push::TOKEN)
    } else {
        Push::plain_with_nonce(&xml, push::TOKEN, &number.to_string())
    }
}

fn call(runtime: &Runtime, app: &Router, pushes: &[Push]) -> Duration {
    let request =
        |push: &Push| Request::post(format!("/weixin?{}", push.query)).body(Body::from(push.body.clone()));
    let requests: Vec<_> = pushes.iter().map(|push| request(push).expect("a request")).collect();
    let start = Instant::now();
    runtime.block_on(async {
        for request in requests {
            let response = app.clone().oneshot(request).await.expect("infallible");
            assert_eq!(black_box(response).status(), 200);
        }
    });
    start.elapsed()
}

/// Of a store that grows, and of one that is full, where each push makes room for itself.
fn print_claim(runtime: &Runtime, slices: u64) {
    let outcome = Arc::new(Reply::None);
    for (name, capacity) in [("that grows", 1_000_000), ("that is full", 10_000)] {
        let store = MemoryStore::new().capacity(capacity);
        let mut times = Vec::new();
        for slice in 0..slices {
            let keys: Vec<_> = (0..SLICE).map(|at| key(slice * SLICE + at)).collect();
            let start = Instant::now();
            runtime.block_on(async {
                for key in keys {
                    complete(&store, key, &outcome).await;
                }
            });
            times.push(start.elapsed().as_secs_f64());
        }
        let median = median(times.into_iter()) * 1e9 / SLICE as f64;
        println!("a claim and its completion in a store {name}: {median:.0} ns");
    }
}

/// Of a store that is full, between other work: what the pushes of a busy server find. Of so many KiB that are touched
/// between two, the fewer leave in the caches what every push needs, and the more leave nothing.
fn print_cold(pushes: u64) {
    let asked = std::env::args().find_map(|arg| arg.parse().ok());
    for elsewhere in asked.map_or(vec![512, 4096], |asked| vec![asked]) {
        let full = 100_000;
        let (store, outcome) = (MemoryStore::new().capacity(full), Arc::new(Reply::None));
        let numbers = 0..full as u64;
        numbers.clone().for_each(|number| {
            complete(&store, spread(number), &outcome).now_or_never().expect("at once");
            let bound = store.bind(spread(number), b"body", Duration::from_secs(300)).now_or_never();
            assert!(matches!(bound, Some(Ok(true))));
        });
        let mut lines = vec![0_u8; elsewhere << 10];
        let mut times = [const { Vec::new() }; 3];
        for number in numbers.end..numbers.end + pushes {
            for (measured, times) in (0..).zip(&mut times) {
                lines.iter_mut().step_by(64).for_each(|line| *line = line.wrapping_add(1));
                let start = Instant::now();
                match measured {
                    0 => {}
                    1 => push_once(&store, spread(number), &outcome),
                    _ => bind_once(&store, spread(number)),
                }
                times.push(start.elapsed().as_secs_f64());
            }
        }
        black_box(lines);
        let [nothing, pushed, bound] = times.map(|times| median(times.into_iter()) * 1e9);
        let [pushed, bound] = [pushed - nothing, bound - nothing];
        println!(
            "in a store that is full, {elsewhere} KiB touched between: a claim and its completion {pushed:.0} ns, \
             a signature {bound:.0} ns"
        );
    }
}

/// Not inlined, and not used to fill the store, so that a profiler finds what is measured.
#[inline(never)]
fn push_once(store: &MemoryStore, key: DeliveryKey, outcome: &Arc<Reply>) {
    complete(store, key, outcome).now_or_never().expect("at once");
}

#[inline(never)]
fn bind_once(store: &MemoryStore, signature: SignatureKey) {
    let bound = store.bind(signature, b"body", Duration::from_secs(300)).now_or_never();
    assert!(matches!(bound, Some(Ok(true))));
}

fn print_memory(runtime: &Runtime, sizes: &[u64]) {
    for (name, text) in [("none", None), ("a text of 90 bytes", Some("好".repeat(30)))] {
        for &entries in sizes {
            let mut store = None;
            let used = allocation_counter::measure(|| {
                let kept = MemoryStore::new().capacity(1_000_000);
                for number in 0..entries {
                    let reply = text.as_ref().map_or(Reply::None, |text| TextReply::new(text).into());
                    runtime.block_on(complete(&kept, spread(number), &Arc::new(reply)));
                }
                store = Some(kept);
            });
            let bytes = u64::try_from(used.bytes_current).expect("it keeps something") / entries;
            println!("an entry of {entries} whose outcome is {name}: {bytes} bytes");
        }
    }
}

/// Deliveries of one push that wait for its outcome: of each ten one goes away, and the others are woken.
fn print_waiting(runtime: &Runtime, magnitudes: u32) {
    let mut cx = Context::from_waker(Waker::noop());
    for count in (0..magnitudes).map(|magnitude| 10_usize.pow(magnitude)) {
        // Few of them are measured often.
        let mut times = [const { Vec::new() }; 4];
        for _ in 0..10_000_usize.div_ceil(count).clamp(9, 200) {
            let store = MemoryStore::new();
            let key = spread(1);
            let Ok(ClaimState::Owned(lease)) =
                runtime.block_on(store.claim(key, now())).map(|claim| claim.state)
            else {
                panic!("the first");
            };
            let mut waiting: Vec<_> = (0..count).map(|_| store.wait(key)).collect();
            let mut poll_all = |waiting: &mut Vec<_>, ready: bool| {
                let start = Instant::now();
                for wait in waiting.iter_mut() {
                    let wait: &mut std::pin::Pin<Box<dyn Future<Output = _> + Send>> = wait;
                    assert_eq!(black_box(wait.as_mut().poll(&mut cx)).is_ready(), ready);
                }
                start.elapsed() / u32::try_from(count).expect("few")
            };
            times[0].push(poll_all(&mut waiting, false).as_secs_f64());
            times[1].push(poll_all(&mut waiting, false).as_secs_f64());
            let going = waiting.split_off(count - count.div_ceil(10));
            let (gone, start) = (going.len(), Instant::now());
            drop(going);
            times[2].push(start.elapsed().as_secs_f64() / gone as f64);
            let start = Instant::now();
            let completed = lease.complete(Arc::new(Reply::None), Retention::ForRetries);
            runtime.block_on(completed).expect("in process nothing fails");
            let woken = start.elapsed();
            let heard = poll_all(&mut waiting, true) * u32::try_from(count).expect("few");
            times[3].push((woken + heard).as_secs_f64() / count as f64);
        }
        let [registered, polled, dropped, woken] =
            times.map(|times: Vec<f64>| median(times.into_iter()) * 1e9);
        println!(
            "one of {count} that wait: {registered:.0} ns to begin, {polled:.0} ns to be polled again, \
             {dropped:.0} ns to go away, {woken:.0} ns to be woken and told"
        );
    }
}

/// A claim is compared with the same one of another repeat and the quicker counts, so that what else the machine does
/// does not.
fn print_growth(runtime: &Runtime, largest: u64, repeats: u32) {
    let outcome = Arc::new(Reply::None);
    let mut quickest = vec![[u64::MAX; 2]; usize::try_from(largest).expect("it fits")];
    for _ in 0..repeats {
        let store = MemoryStore::new().capacity(quickest.len());
        runtime.block_on(async {
            for (number, quickest) in (0..).zip(&mut quickest) {
                let start = Instant::now();
                let claim = store.claim(spread(number), now()).await.expect("room");
                let claimed = start.elapsed();
                let ClaimState::Owned(lease) = claim.state else {
                    panic!("the key is fresh");
                };
                lease.complete(outcome.clone(), Retention::ForRetries).await.expect("in process");
                let times = [claimed, start.elapsed()].map(|time| time.as_nanos() as u64);
                *quickest = [0, 1].map(|at| quickest[at].min(times[at]));
            }
        });
    }
    let mut from = 0;
    let mut to = 10;
    while to <= quickest.len() {
        let part = &quickest[from..to];
        let mean = part.iter().map(|[_, both]| both).sum::<u64>() / part.len() as u64;
        let longest = part.iter().map(|[claim, _]| claim).max().expect("some");
        println!(
            "from {from} to {to} pushes: a claim and its completion {mean} ns, the longest claim {longest} ns"
        );
        (from, to) = (to, to * 10);
    }
}

/// Signatures of plain mode that come in one second and end in one, and pushes that are forgotten in one.
fn print_rush(largest: u64, repeats: u32) {
    let count = usize::try_from(largest).expect("it fits");
    let mut quickest = [const { Vec::new() }; 4];
    for _ in 0..repeats {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
        let times = runtime.block_on(async {
            let (store, outcome) =
                (MemoryStore::new().signatures(count).capacity(count), Arc::new(Reply::None));
            let mut times = [const { Vec::new() }; 4];
            for round in 0..2 {
                for number in (0..largest).map(|number| number + round * largest) {
                    let start = Instant::now();
                    let bound = store.bind(spread(number), b"body", Duration::from_secs(1)).await;
                    times[usize::from(round == 1)].push(start.elapsed().as_nanos() as u64);
                    assert!(matches!(bound, Ok(true)));
                    let start = Instant::now();
                    complete(&store, spread(number), &outcome).await;
                    times[2 + usize::from(round == 1)].push(start.elapsed().as_nanos() as u64);
                }
                tokio::time::advance(Duration::from_secs(61)).await;
            }
            times
        });
        for (quickest, times) in quickest.iter_mut().zip(times) {
            quickest.resize(times.len(), u64::MAX);
            quickest.iter_mut().zip(times).for_each(|(quickest, time)| *quickest = time.min(*quickest));
        }
    }
    let names = [
        "a signature is bound",
        "a signature is bound once all have ended",
        "a push is completed",
        "a push is completed once all have expired",
    ];
    for (name, times) in names.into_iter().zip(&quickest) {
        let mean = times.iter().sum::<u64>() / times.len() as u64;
        let longest = times.iter().max().expect("some");
        println!("{name}, {largest} of them: {mean} ns, the longest {longest} ns");
    }
}

/// The present, by the clock that a test can pause.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

async fn complete(store: &MemoryStore, key: DeliveryKey, outcome: &Arc<Reply>) {
    let claim = store.claim(key, now()).await.expect("room");
    let ClaimState::Owned(lease) = claim.state else {
        panic!("the key is fresh");
    };
    lease.complete(outcome.clone(), Retention::ForRetries).await.expect("in process nothing fails");
}

/// Twenty bytes that are spread as those of a digest are.
fn spread<K: From<[u8; 20]>>(number: u64) -> K {
    let mut bytes = [0; 20];
    for (part, bytes) in (0..).zip(bytes.chunks_mut(8)) {
        let mut word = (number * 3 + part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bytes.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..bytes.len()]);
    }
    bytes.into()
}

fn key(number: u64) -> DeliveryKey {
    let message = Message::from_xml(&push::numbered_text_message(300, 10_000_000_000_000_000 + number));
    DeliveryKey::of(push::APP_ID, &message.expect("a message")).expect("it has a MsgId")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
