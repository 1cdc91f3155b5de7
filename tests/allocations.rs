//! How often the core allocates, exactly, and what it keeps. Unlike time it does not vary, so it shows a regression at
//! once.

#[path = "../benches/push/mod.rs"]
mod push;

use std::time::Duration;

use allocation_counter::measure;
use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::FutureExt;
use push::Push;
use tower_layer::Layer;
use tower_service::Service;
use wechat_callback::delivery::{
    ClaimState, DeliveryKey, MemoryStore, OutcomeStore, PendingReply, PendingStore, SignatureStore, UserKey,
};
use wechat_callback::{Callback, OpenError, Opened, Reply, ReplyContext, Sealed};
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

/// Just past the size at which a table doubles, which is where there is most room for each.
#[test]
fn a_signature_of_plain_mode_is_remembered_in_at_most_64_bytes() {
    let signatures = 7 * (1 << 17) / 8 + 1;
    let mut store = None;
    let counted = measure(|| {
        let made = MemoryStore::new();
        for number in 0..signatures {
            let mut signature = [0; 20];
            // As many bits differ as in a hash.
            signature[..8]
                .copy_from_slice(&(number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
            let bound = made.bind(signature.into(), b"body", Duration::from_secs(300));
            assert!(matches!(bound.now_or_never(), Some(Ok(true))));
        }
        store = Some(made);
    });
    let bytes = counted.bytes_current / i64::from(signatures);
    assert!(bytes <= 64, "{bytes} bytes each");
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

fn open<'b>(callback: &Callback, push: &'b Push) -> (Result<Opened, OpenError>, u64) {
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
