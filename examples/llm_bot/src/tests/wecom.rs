//! WeCom as it talks to an AI bot, from the primitives up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tower::ServiceExt;
use wechat_callback::Callback;

const TOKEN: &str = "QDG6eKxyrqUnkq3M";
const ENCODING_AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

pub(super) fn callback() -> Callback {
    Callback::aibot(TOKEN, ENCODING_AES_KEY).build().expect("a bot")
}

pub(super) fn message(text: &str) -> Value {
    push("text", json!({"content": text}))
}

pub(super) fn refresh(id: &str) -> Value {
    push("stream", json!({"id": id}))
}

fn push(kind: &str, content: Value) -> Value {
    let mut push = json!({
        "msgid": format!("CAIQ{}", fresh()),
        "aibotid": "AIBOTID",
        "chattype": "single",
        "from": {"userid": "zhangsan"},
        "msgtype": kind,
    });
    push[kind] = content;
    push
}

/// What the bot at `/aibot` answers.
pub(super) async fn ask(app: &Router, message: &Value) -> Value {
    let encrypt = encrypt(&message.to_string());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs().to_string();
    let nonce = fresh().to_string();
    let signature = sign(&[&now, &nonce, &encrypt]);
    let request = Request::post(format!("/aibot?msg_signature={signature}&timestamp={now}&nonce={nonce}"))
        .body(Body::from(json!({ "encrypt": encrypt }).to_string()))
        .expect("a request");
    let response = app.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), 200);
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    let envelope: Value = serde_json::from_slice(&body).expect("JSON");
    serde_json::from_str(&decrypt(envelope["encrypt"].as_str().expect("a text"))).expect("JSON")
}

fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1_000_000_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn sign(parts: &[&str]) -> String {
    let mut sorted = [parts, &[TOKEN]].concat();
    sorted.sort_unstable();
    Sha1::digest(sorted.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key() -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let lenient = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    lenient.decode(ENCODING_AES_KEY).expect("a key")
}

/// The receive id at the end of the frame is empty.
fn encrypt(message: &str) -> String {
    let key = key();
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    let mut frame = [b"0123456789abcdef", &length[..], message.as_bytes()].concat();
    let missing = 32 - frame.len() % 32;
    frame.resize(frame.len() + missing, u8::try_from(missing).expect("32 at most"));
    let length = frame.len();
    cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &key[..16])
        .expect("a key")
        .encrypt_padded::<NoPadding>(&mut frame, length)
        .expect("whole blocks");
    STANDARD.encode(frame)
}

fn decrypt(encrypt: &str) -> String {
    let key = key();
    let mut frame = STANDARD.decode(encrypt).expect("base64");
    cbc::Decryptor::<aes::Aes256>::new_from_slices(&key, &key[..16])
        .expect("a key")
        .decrypt_padded::<NoPadding>(&mut frame)
        .expect("whole blocks");
    let length = u32::from_be_bytes(frame[16..20].try_into().expect("four bytes")) as usize;
    String::from_utf8(frame[20..20 + length].to_vec()).expect("UTF-8")
}
