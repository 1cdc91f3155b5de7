//! The budget of a request, stage by stage: a push of 300 bytes in safe mode, through the layer on an axum route in a hyper
//! server on an in-memory connection.
//!
//! ```text
//! taskset -c 1 cargo bench -p wechat-callback --bench budget
//! ```
//! It prints the table of benches/README.md. What has no public function of its own is the difference of two that are
//! measured. Their slices alternate, and the quiet tenth of each counts.

mod in_memory;
#[path = "primitives/mod.rs"]
mod primitives;
mod push;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, Uri, header::CONTENT_TYPE};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use primitives::{Example, Primitives};
use push::Push;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use wechat_callback::delivery::{ClaimState, DeliveryKey, MemoryStore, OutcomeStore, Retention};
use wechat_callback::late_reply::LateReply;
use wechat_callback::server::{self, Engine};
use wechat_callback::{Callback, Message, Reply, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

const LENGTH: usize = 300;

/// Times a slice.
const SLICE: u64 = 200;

fn main() {
    // `cargo bench -- --test` runs everything once; what `cargo test` runs is no benchmark.
    let asked = |flag: &str| std::env::args().any(|arg| arg == flag);
    let slices = if asked("--test") || !asked("--bench") { 1 } else { 400 };
    let mut probes = Probe::all();
    let count = probes.len();
    for slice in 0..slices {
        // What runs after another finds its caches.
        for turn in 0..count {
            probes[(slice + turn) % count].run(slice as u64 * SLICE);
        }
    }
    let of = |name: &str| {
        let probe = probes.iter().find(|probe| probe.name == name);
        probe.unwrap_or_else(|| panic!("{name} is measured")).nanoseconds()
    };
    print(&of);
}

/// The stages, as a table in Markdown.
fn print(of: &dyn Fn(&str) -> f64) {
    let layer = of("layer") - of("layer without deliveries");
    let answering = of("extractor and handler") - of("route");
    let engine = of("engine without deliveries") - of("open") - of("handler") - of("seal");
    let around = of("layer without deliveries") - of("route with body") - of("open") - answering - of("seal");
    let stages = [
        ("HTTP in and out, in memory", of("http") - of("route with body"), None),
        ("axum: the route, a handler that does nothing", of("route"), None),
        ("reading the body", of("route with body") - of("route"), None),
        ("query and timestamp", of("query"), None),
        ("envelope and signature", of("wrong signature") - of("query"), Some(of("SHA-1"))),
        (
            "base64 and AES",
            of("open without message") - of("wrong signature"),
            Some(of("raw open") - of("SHA-1")),
        ),
        ("message", of("open") - of("open without message"), None),
        ("extractor, handler, its reply into a response", answering, None),
        ("seal", of("seal"), Some(of("raw seal"))),
        ("deliveries", layer, None),
        ("engine: span, run of the handler, response", engine, None),
        ("layer: futures, extensions, headers, body", around - engine, None),
    ];
    let sum: f64 = stages.iter().map(|(_, time, _)| time).sum();
    println!("| stage | ns | of it the raw primitives |\n|---|---:|---:|");
    for (stage, time, raw) in stages {
        let raw = raw.map_or(String::new(), |raw| format!("{raw:.0}"));
        println!("| {stage} | {time:.0} | {raw} |");
    }
    println!("| **all of it, measured as one** | **{:.0}** | |", of("http with layer"));
    println!("| not accounted for | {:.0} | |", of("http with layer") - sum);
    println!(
        "\nof the deliveries: the key {:.0} ns, a claim and its completion {:.0} ns",
        of("key"),
        of("claim")
    );
}

/// Something that is timed.
struct Probe {
    name: &'static str,
    /// Prepares and times so many, of pushes from a number on.
    slice: Box<dyn FnMut(u64) -> Duration>,
    slices: Vec<Duration>,
}

impl Probe {
    fn new(name: &'static str, slice: impl FnMut(u64) -> Duration + 'static) -> Self {
        Self { name, slice: Box::new(slice), slices: Vec::new() }
    }

    /// `work` gets what `prepare` made of a fresh push.
    fn each<I: 'static, O: 'static>(
        name: &'static str,
        prepare: impl Fn(Push) -> I + 'static,
        mut work: impl FnMut(&I) -> O + 'static,
    ) -> Self {
        Self::new(name, move |first| {
            let inputs: Vec<_> = fresh_pushes(first).map(&prepare).collect();
            let start = Instant::now();
            for input in &inputs {
                black_box(work(black_box(input)));
            }
            start.elapsed()
        })
    }

    fn run(&mut self, first: u64) {
        let time = (self.slice)(first);
        self.slices.push(time);
    }

    /// Of one time, in the quiet tenth of the slices.
    fn nanoseconds(&self) -> f64 {
        let mut slices = self.slices.clone();
        slices.sort_unstable();
        slices[slices.len() / 10].as_secs_f64() * 1e9 / SLICE as f64
    }

    fn all() -> Vec<Self> {
        let mut probes = core_probes();
        probes.extend(raw_probes());
        probes.extend(route_probes());
        probes
    }
}

fn fresh_pushes(first: u64) -> impl Iterator<Item = Push> {
    let push = |number| push::numbered_text_message(LENGTH, 10_000_000_000_000_000 + number);
    (first..first + SLICE).map(move |number| Push::safe(&push(number), push::TOKEN))
}

fn safe() -> Callback {
    let [_, safe] = push::callbacks();
    safe
}

/// The calls of the core.
fn core_probes() -> Vec<Probe> {
    let (callback, other, unparsed, opener) = (safe(), safe(), safe(), safe());
    let of_another = |push: Push| {
        let query = push.query.replace("msg_signature=", "msg_signature=00");
        let length = query.len() - 2;
        Push { query: query[..length].to_owned(), body: push.body }
    };
    let example = Example::of(LENGTH, reply);
    let opened = callback.open(&example.push.query, example.push.body.as_bytes()).expect("rightly signed");
    let (context, text) = (opened.context, opened.message.text().expect("a text message").to_owned());
    vec![
        Probe::each("query", |push| push, move |push| callback.check_query(&push.query).is_ok()),
        Probe::each("wrong signature", of_another, move |push| {
            assert!(other.open(&push.query, push.body.as_bytes()).is_err());
        }),
        Probe::each(
            "open without message",
            |push| push,
            move |push| {
                assert!(unparsed.open_raw(&push.query, push.body.as_bytes()).is_ok());
            },
        ),
        Probe::each(
            "open",
            |push| push,
            move |push| {
                assert!(opener.open(&push.query, push.body.as_bytes()).is_ok());
            },
        ),
        // The reply comes of the handler.
        Probe::new("seal", move |_| {
            let replies: Vec<_> = (0..SLICE).map(|_| reply(&text)).collect();
            let start = Instant::now();
            for reply in replies {
                black_box(context.seal(black_box(reply)).is_ok());
            }
            start.elapsed()
        }),
        Probe::each("key", |push| message(&push), |message| DeliveryKey::of(push::APP_ID, message)),
        Probe::each(
            "handler",
            |push| message(&push),
            |message| reply(message.text().expect("a text message")),
        ),
        claim(),
        engine(),
    ]
}

/// What pushes are answered.
fn reply(text: &str) -> Reply {
    TextReply::new(text).into()
}

fn message(push: &Push) -> Message {
    safe().open(&push.query, push.body.as_bytes()).expect("rightly signed").message
}

/// What both adapters share, without deliveries.
fn engine() -> Probe {
    let (runtime, engine) = (runtime(), Engine::new(safe()).late_reply(LateReply::RunAgain));
    let handler = |message: Message| async move { Ok(TextReply::new(message.text().unwrap_or_default())) };
    Probe::new("engine without deliveries", move |first| {
        let pushes: Vec<_> = fresh_pushes(first).collect();
        let start = Instant::now();
        runtime.block_on(async {
            for Push { query, body } in &pushes {
                let response = engine
                    .handle(server::Request::new("POST", "/weixin", query, body.as_bytes()), handler)
                    .await;
                assert_eq!(black_box(response).status, 200);
            }
        });
        start.elapsed()
    })
}

/// Claims fresh pushes, and stores their outcomes.
fn claim() -> Probe {
    let (runtime, store, outcome) = (runtime(), MemoryStore::new(), Arc::new(Reply::None));
    let key = |push| DeliveryKey::of(push::APP_ID, &message(&push)).expect("an id");
    Probe::new("claim", move |first| {
        let keys: Vec<_> = fresh_pushes(first).map(key).collect();
        let arrived = Instant::now();
        runtime.block_on(async {
            for key in keys {
                let claim = store.claim(key, arrived).await.expect("room");
                let ClaimState::Owned(lease) = claim.state else {
                    panic!("the key is fresh");
                };
                lease.complete(outcome.clone(), Retention::ForRetries).await.expect("in process");
            }
        });
        arrived.elapsed()
    })
}

/// The raw primitives alone.
fn raw_probes() -> Vec<Probe> {
    let example = Example::of(LENGTH, reply);
    let signing = Primitives::new(&example);
    let [mut opening, mut sealing] = [(); 2].map(|()| Primitives::new(&example));
    let mut sealed = example.reply.into_bytes();
    vec![
        Probe::each("SHA-1", |push| push, move |push| signing.sign(push.body.as_bytes())),
        Probe::each("raw open", |push| push, move |push| opening.open(push.body.as_bytes())),
        Probe::each("raw seal", |push| push, move |_| sealing.seal(black_box(&mut sealed))),
    ]
}

/// Routes of axum, called, and in a server.
fn route_probes() -> Vec<Probe> {
    let body = Bytes::from(Example::of(LENGTH, reply).reply);
    let answer = ([(CONTENT_TYPE, "text/xml; charset=utf-8")], body);
    let same = answer.clone();
    let without_body = post(move |uri: Uri| {
        black_box(uri);
        std::future::ready(same.clone())
    });
    let with_body = post(move |uri: Uri, body: Bytes| {
        black_box((uri, body));
        std::future::ready(answer.clone())
    });
    // Each with a store of its own.
    let layer = || WechatLayer::new(safe());
    let alone = post(echo).layer(layer().late_reply(LateReply::RunAgain));
    vec![
        call("route", without_body, request),
        call("route with body", with_body.clone(), request),
        call("extractor and handler", post(echo), request_with_message),
        call("layer without deliveries", alone, request),
        call("layer", post(echo).layer(layer()), request),
        serve("http", with_body),
        serve("http with layer", post(echo).layer(layer())),
    ]
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn request(push: Push) -> Request<Body> {
    let Push { query, body } = push;
    let request = Request::post(format!("/weixin?{query}")).header(CONTENT_TYPE, "text/xml");
    request.header("content-length", body.len()).body(Body::from(body)).expect("a request")
}

/// As the layer hands it on.
fn request_with_message(push: Push) -> Request<Body> {
    let message = message(&push);
    let mut request = request(push);
    request.extensions_mut().insert(message);
    request
}

fn call(name: &'static str, route: MethodRouter, prepare: fn(Push) -> Request<Body>) -> Probe {
    let (runtime, app) = (runtime(), Router::new().route("/weixin", route).with_state::<()>(()));
    Probe::new(name, move |first| {
        let requests: Vec<_> = fresh_pushes(first).map(prepare).collect();
        let start = Instant::now();
        runtime.block_on(async {
            for request in requests {
                let status = black_box(app.clone().oneshot(request).await.expect("infallible")).status();
                // What leaves without the layer is a failure.
                assert!(status == StatusCode::OK || name == "extractor and handler");
            }
        });
        start.elapsed()
    })
}

fn serve(name: &'static str, route: MethodRouter) -> Probe {
    let (runtime, app) = (runtime(), Router::new().route("/weixin", route).with_state::<()>(()));
    Probe::new(name, move |first| {
        let pushes: Vec<_> = fresh_pushes(first).collect();
        in_memory::serve(&runtime, &app, &pushes)
    })
}
