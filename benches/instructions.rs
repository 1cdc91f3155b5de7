//! One operation many times, for callgrind to count its instructions: `.ci/instructions.py` runs it.
//!
//! ```text
//! python3 .ci/instructions.py
//! ```
//! Each operation has a twin of the raw primitives alone, whose instructions are subtracted: valgrind knows neither the SHA
//! nor the wide AES instructions, and would otherwise count little but their replacements.
//!
//! `--list` prints the operations, `--features` what the processor can do (under valgrind: as valgrind shows it), `NAME` runs
//! an operation, and `NAME --raw` its twin. Without a name each is run once.

#[path = "primitives/mod.rs"]
mod primitives;
mod push;

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use actix_web::dev::{HttpServiceFactory, Service};
use actix_web::test::TestRequest;
use actix_web::{App, HttpRequest, HttpResponse, web};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Uri, header::CONTENT_TYPE};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use primitives::{Example, Primitives};
use push::Push;
use tower::ServiceExt;
use wechat_actix::WechatMiddleware;
use wechat_callback::{Callback, OpenError, TextReply, WechatMessage};
use wechat_tower::WechatLayer;

/// One time, of an operation that is prepared.
type Work = Box<dyn FnMut()>;

/// An operation, how often it is counted, and how it and its twin are prepared for so many times.
struct Operation {
    name: &'static str,
    times: usize,
    ours: fn(usize) -> Work,
    raw: fn(usize) -> Work,
}

const OPERATIONS: [Operation; 10] = [
    Operation { name: "open, plain, 300 B", times: 200, ours: |_| open_plain(300), raw: |_| sign_plain() },
    Operation { name: "open, safe, 300 B", times: 200, ours: |_| open_safe(300), raw: |_| raw_open(300) },
    Operation {
        name: "open, safe, 2 KB",
        times: 100,
        ours: |_| open_safe(2 << 10),
        raw: |_| raw_open(2 << 10),
    },
    Operation {
        name: "open, safe, 64 KB",
        times: 10,
        ours: |_| open_safe(64 << 10),
        raw: |_| raw_open(64 << 10),
    },
    Operation { name: "seal, safe, 300 B", times: 200, ours: |_| seal(300), raw: |_| raw_seal(300) },
    Operation { name: "seal, safe, 2 KB", times: 100, ours: |_| seal(2 << 10), raw: |_| raw_seal(2 << 10) },
    Operation {
        name: "wrong signature, safe, 300 B",
        times: 200,
        ours: |_| wrong_signature(),
        raw: |_| raw_sign(),
    },
    Operation { name: "push, plain, 300 B", times: 1000, ours: push_plain, raw: raw_push_plain },
    Operation { name: "push, safe, 300 B", times: 1000, ours: push_safe, raw: raw_push_safe },
    Operation {
        name: "push, safe, 300 B, actix-web",
        times: 1000,
        ours: push_safe_actix,
        raw: raw_push_safe_actix,
    },
];

/// Times before it is counted.
const WARM_UP: usize = 500;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let is_asked = |flag: &str| args.iter().any(|arg| arg == flag);
    if is_asked("--list") {
        OPERATIONS.iter().for_each(|operation| println!("{}\t{}", operation.name, operation.times));
    } else if is_asked("--features") {
        println!("{}", features().join(" "));
    } else if let Some(Operation { times, ours, raw, .. }) =
        OPERATIONS.iter().find(|operation| is_asked(operation.name))
    {
        let prepare = if is_asked("--raw") { raw } else { ours };
        let mut work = prepare(WARM_UP + times);
        (0..WARM_UP).for_each(|_| work());
        counted(&mut work, *times);
    } else {
        for Operation { ours, raw, .. } in OPERATIONS {
            ours(1)();
            raw(1)();
        }
        println!("each operation runs; .ci/instructions.py counts their instructions");
    }
}

/// What callgrind counts: it knows it by its name.
#[inline(never)]
fn counted(work: &mut Work, times: usize) {
    for _ in 0..times {
        work();
    }
}

/// Of the features that the dependencies and the C library choose by, those that are there.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    macro_rules! detected {
        ($($feature:tt)*) => { [$(($feature, std::is_x86_feature_detected!($feature))),*] };
    }
    detected!["sse4.2" "ssse3" "avx" "avx2" "avx512f" "avx512bw" "aes" "vaes" "sha" "pclmulqdq" "bmi1" "bmi2" "popcnt" "lzcnt"]
        .into_iter()
        .filter_map(|(feature, is_there)| is_there.then_some(feature))
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    vec![std::env::consts::ARCH]
}

fn open_plain(length: usize) -> Work {
    let [plain, _] = push::callbacks();
    let push = Push::plain(&push::text_message(length), push::TOKEN);
    Box::new(move || open(&plain, &push))
}

fn sign_plain() -> Work {
    Box::new(|| {
        black_box(primitives::sign(black_box(b"")));
    })
}

fn open_safe(length: usize) -> Work {
    let [_, safe] = push::callbacks();
    let push = Push::safe(&push::text_message(length), push::TOKEN);
    Box::new(move || open(&safe, &push))
}

fn open(callback: &Callback, Push { query, body }: &Push) {
    let opened = callback.open_at(black_box(query), black_box(body.as_bytes()), push::NOW);
    assert!(black_box(opened).is_ok());
}

fn raw_open(length: usize) -> Work {
    let example = Example::of(length, push::reply);
    let mut primitives = Primitives::new(&example);
    Box::new(move || {
        black_box(primitives.open(black_box(example.push.body.as_bytes())));
    })
}

fn wrong_signature() -> Work {
    let [_, safe] = push::callbacks();
    let push = Push::safe(&push::text_message(300), "theTokenOfAnother");
    Box::new(move || {
        let opened = safe.open_at(black_box(&push.query), black_box(push.body.as_bytes()), push::NOW);
        assert!(matches!(black_box(opened), Err(OpenError::Signature { .. })));
    })
}

fn raw_sign() -> Work {
    let example = Example::of(300, push::reply);
    let primitives = Primitives::new(&example);
    Box::new(move || {
        black_box(primitives.sign(black_box(example.push.body.as_bytes())));
    })
}

fn seal(length: usize) -> Work {
    let [_, safe] = push::callbacks();
    let Push { query, body } = Push::safe(&push::text_message(length), push::TOKEN);
    let opened = safe.open_at(&query, body.as_bytes(), push::NOW).expect("rightly signed");
    let reply = push::reply(opened.message.text().expect("a text message"));
    let context = opened.context;
    Box::new(move || {
        let sealed = context.seal_at(black_box(reply.clone()), push::NOW, push::RANDOM);
        assert!(black_box(sealed).is_ok());
    })
}

/// With the reply copied, as it is above.
fn raw_seal(length: usize) -> Work {
    let example = Example::of(length, push::reply);
    let mut primitives = Primitives::new(&example);
    let mut sealed = example.reply.clone().into_bytes();
    let [_, safe] = push::callbacks();
    let opened = safe.open(&example.push.query, example.push.body.as_bytes()).expect("rightly signed");
    let reply = push::reply(opened.message.text().expect("a text message"));
    Box::new(move || {
        drop(black_box(reply.clone()));
        primitives.seal(black_box(&mut sealed));
    })
}

async fn echo(WechatMessage(message): WechatMessage) -> TextReply {
    TextReply::new(message.text().unwrap_or_default())
}

/// First deliveries of fresh pushes, through the layer on an axum route.
fn push_plain(times: usize) -> Work {
    let [plain, _] = push::callbacks();
    send(fresh_pushes(true, times), post(echo).layer(WechatLayer::new(plain)))
}

fn push_safe(times: usize) -> Work {
    let [_, safe] = push::callbacks();
    send(fresh_pushes(false, times), post(echo).layer(WechatLayer::new(safe)))
}

/// The same requests to an axum route that does what the protocol asks for, and answers with a body of the same size.
fn raw_push_plain(times: usize) -> Work {
    let example = Example::of(300, |text| TextReply::new(text).into());
    let route = post(move |uri: Uri, body: Bytes| {
        black_box((uri, body, primitives::sign(black_box(b""))));
        std::future::ready(([(CONTENT_TYPE, "text/xml; charset=utf-8")], example.reply_xml.clone()))
    });
    send(fresh_pushes(true, times), route)
}

fn raw_push_safe(times: usize) -> Work {
    let example = Example::of(300, |text| TextReply::new(text).into());
    let primitives = Arc::new(Mutex::new(Primitives::new(&example)));
    let route = post(move |uri: Uri, body: Bytes| {
        let (signature, reply) = primitives.lock().expect("no panic").answer(&body);
        black_box((uri, body, signature));
        std::future::ready(([(CONTENT_TYPE, "text/xml; charset=utf-8")], reply))
    });
    send(fresh_pushes(false, times), route)
}

fn fresh_pushes(is_plain: bool, times: usize) -> Vec<Push> {
    let numbers = 1_000_000_000..;
    let push = |number: u64| {
        let xml = push::numbered_text_message(300, 10_000_000_000_000_000 + number);
        if is_plain {
            Push::plain_with_nonce(&xml, push::TOKEN, &number.to_string())
        } else {
            Push::safe(&xml, push::TOKEN)
        }
    };
    numbers.take(times).map(push).collect()
}

fn send(pushes: Vec<Push>, route: MethodRouter) -> Work {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let app: Router = Router::new().route("/weixin", route).with_state(());
    let request = |push: Push| Request::post(format!("/weixin?{}", push.query)).body(Body::from(push.body));
    let requests: Vec<_> = pushes.into_iter().map(request).collect::<Result<_, _>>().expect("requests");
    let mut requests = requests.into_iter();
    Box::new(move || {
        let request = requests.next().expect("as many as times");
        let response = runtime.block_on(app.clone().oneshot(request)).expect("infallible");
        assert_eq!(black_box(response).status(), 200);
    })
}

/// The middleware around an actix-web resource.
fn push_safe_actix(times: usize) -> Work {
    let [_, safe] = push::callbacks();
    let resource = web::resource("/weixin").wrap(WechatMiddleware::new(safe)).route(web::post().to(echo));
    send_actix(fresh_pushes(false, times), resource)
}

/// The same requests to an actix-web resource that does what the protocol asks for.
fn raw_push_safe_actix(times: usize) -> Work {
    let example = Example::of(300, |text| TextReply::new(text).into());
    let primitives = Rc::new(RefCell::new(Primitives::new(&example)));
    let bare = move |request: HttpRequest, body: Bytes| {
        let (signature, reply) = primitives.borrow_mut().answer(&body);
        black_box((request, body, signature));
        std::future::ready(HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(reply))
    };
    send_actix(fresh_pushes(false, times), web::resource("/weixin").route(web::post().to(bare)))
}

fn send_actix(pushes: Vec<Push>, resource: impl HttpServiceFactory + 'static) -> Work {
    let system = actix_web::rt::System::new();
    let app = system.block_on(actix_web::test::init_service(App::new().service(resource)));
    let request = |Push { query, body }| {
        TestRequest::post().uri(&format!("/weixin?{query}")).set_payload(body).to_request()
    };
    let requests: Vec<_> = pushes.into_iter().map(request).collect();
    let mut requests = requests.into_iter();
    Box::new(move || {
        let request = requests.next().expect("as many as times");
        let response = system.block_on(app.call(request)).expect("no error");
        assert_eq!(black_box(response).status(), 200);
    })
}
