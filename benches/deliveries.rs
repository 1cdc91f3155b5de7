//! What joining deliveries costs: the layer with and without it, side by side on the same fresh messages, in a hyper
//! server on an in-memory connection and called directly; a claim with its completion; and the memory of an entry.
//!
//! ```text
//! taskset -c 1 cargo bench -p wechat-callback --bench deliveries
//! ```
//! Times vary between machines and with what else runs; the ratios, taken in one run, are what to compare.

mod push;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use push::Push;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tower::ServiceExt;
use wechat_callback::delivery::{ClaimState, DeliveryKey, MemoryStore, OutcomeStore, Retention};
use wechat_callback::late_reply::LateReply;
use wechat_callback::{Callback, Message, Reply, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

/// Messages a slice, one time for each way.
const SLICE: u64 = 500;

fn main() {
    // `cargo bench -- --test` runs everything once; what `cargo test` runs is no benchmark.
    let asked = |flag: &str| std::env::args().any(|arg| arg == flag);
    let slices = if asked("--test") || !asked("--bench") { 1 } else { 200 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    print_layer(&runtime, slices);
    print_claim(&runtime, slices);
    print_memory(&runtime, if slices == 1 { 1_000 } else { 100_000 });
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

fn print_layer(runtime: &Runtime, slices: u64) {
    let [plain, safe] = push::callbacks();
    for (mode, callback) in [("plain", plain), ("safe", safe)] {
        for (name, serve) in [("in a server", serve_over_http as Serve), ("called", call as Serve)] {
            // A slice each way of a store that is empty at first, as a new callback's is.
            let layer = WechatLayer::new(callback.clone()).store(MemoryStore::new());
            let apps = [layer.clone(), layer.late_reply(LateReply::RunAgain)]
                .map(|layer| Router::new().route("/weixin", post(echo).layer(layer)));
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

fn serve_over_http(runtime: &Runtime, app: &Router, pushes: &[Push]) -> Duration {
    let request = |Push { query, body }: &Push| {
        format!("POST /weixin?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let requests: Vec<_> = pushes.iter().map(request).collect();
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(64 << 10);
        let service = TowerToHyperService::new(app.clone());
        let server = tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(server), service));
        let mut answer = vec![0; 64 << 10];
        let start = Instant::now();
        for request in requests {
            client.write_all(request.as_bytes()).await.expect("connected");
            let length = client.read(&mut answer).await.expect("connected");
            assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
        }
        let elapsed = start.elapsed();
        drop(client);
        server.await.expect("no panic").expect("a clean end");
        elapsed
    })
}

fn print_claim(runtime: &Runtime, slices: u64) {
    let (store, outcome) = (MemoryStore::new(), Arc::new(Reply::None));
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
    println!("a claim and its completion: {:.0} ns", median(times.into_iter()) * 1e9 / SLICE as f64);
}

fn print_memory(runtime: &Runtime, entries: u64) {
    let keys: Vec<_> = (0..entries).map(key).collect();
    for (name, text) in [("none", None), ("a text of 90 bytes", Some("好".repeat(30)))] {
        let mut store = None;
        let used = allocation_counter::measure(|| {
            let kept = MemoryStore::new();
            for key in &keys {
                let reply = text.as_ref().map_or(Reply::None, |text| TextReply::new(text).into());
                runtime.block_on(complete(&kept, *key, &Arc::new(reply)));
            }
            store = Some(kept);
        });
        let bytes = u64::try_from(used.bytes_current).expect("it keeps something") / entries;
        println!("an entry whose outcome is {name}: {bytes} bytes");
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

fn key(number: u64) -> DeliveryKey {
    let message = Message::from_xml(&push::numbered_text_message(300, 10_000_000_000_000_000 + number));
    DeliveryKey::of(push::APP_ID, &message.expect("a message")).expect("it has a MsgId")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
