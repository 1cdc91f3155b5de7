//! A bot that is written by hand, without the library, for an account of any kind.

use std::collections::HashMap;
use std::sync::Arc;

use aes::Aes256;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use serde_json::Value;
use sha1::{Digest, Sha1};
use wechat_sim::{Account, AccountKind, DataFormat};

/// What it replies to a push, which is XML or JSON: a plaintext, or nothing for `success`.
type Handler = fn(&str) -> Option<String>;

struct Bot {
    account: Account,
    handler: Handler,
}

pub(crate) fn bot(account: &Account, handler: Handler) -> Router {
    let bot = Arc::new(Bot { account: account.clone(), handler });
    Router::new().route("/weixin", get(verify).post(receive)).with_state(bot)
}

type Answer = Result<String, StatusCode>;

async fn verify(State(bot): State<Arc<Bot>>, RawQuery(query): RawQuery) -> Answer {
    let query = parameters(&query.unwrap_or_default());
    let given = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (timestamp, nonce, echostr) = (given("timestamp"), given("nonce"), given("echostr"));
    if bot.account.kind() != AccountKind::WeCom {
        let right = sha1(&[bot.account.token(), &timestamp, &nonce]);
        return if given("signature") == right { Ok(echostr) } else { Err(StatusCode::FORBIDDEN) };
    }
    let right = sha1(&[bot.account.token(), &timestamp, &nonce, &echostr]);
    let opened = open(&bot.account, &echostr).filter(|_| given("msg_signature") == right);
    opened.map(|(echostr, _)| echostr).ok_or(StatusCode::FORBIDDEN)
}

async fn receive(State(bot): State<Arc<Bot>>, RawQuery(query): RawQuery, body: String) -> Answer {
    let query = parameters(&query.unwrap_or_default());
    let given = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (timestamp, nonce) = (given("timestamp"), given("nonce"));
    let encrypt = field(&bot.account, &body, "Encrypt");
    let right = sha1(&[bot.account.token(), &timestamp, &nonce, &encrypt]);
    if given("msg_signature") != right {
        return Err(StatusCode::FORBIDDEN);
    }
    let (message, receive_id) = open(&bot.account, &encrypt).ok_or(StatusCode::FORBIDDEN)?;
    let reply = (bot.handler)(&message);
    Ok(reply.map_or_else(|| "success".to_owned(), |reply| seal(&bot.account, &reply, &receive_id)))
}

/// An AI bot that is written by hand. `handler` has the message and returns the reply, or nothing for an empty answer.
pub(crate) fn aibot<F>(
    account: &Account,
    handler: impl Fn(Value) -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = Option<Value>> + Send + 'static,
{
    let account = account.clone();
    let receive = async move |RawQuery(query): RawQuery, body: String| -> Answer {
        let query = parameters(&query.unwrap_or_default());
        let given = |name: &str| query.get(name).cloned().unwrap_or_default();
        let (timestamp, nonce, encrypt) = (given("timestamp"), given("nonce"), json_field(&body, "encrypt"));
        if given("msg_signature") != sha1(&[account.token(), &timestamp, &nonce, &encrypt]) {
            return Err(StatusCode::FORBIDDEN);
        }
        let opened = open(&account, &encrypt).filter(|(_, receive_id)| receive_id.is_empty());
        let (message, _) = opened.ok_or(StatusCode::FORBIDDEN)?;
        let reply = handler(serde_json::from_str(&message).expect("JSON")).await;
        Ok(reply.map_or_else(String::new, |reply| {
            let encrypt = encrypted(&account, &reply.to_string(), "");
            let signature = sha1(&[account.token(), "1714036504", &nonce, &encrypt]);
            serde_json::json!({
                "encrypt": encrypt, "msgsignature": signature, "timestamp": 1_714_036_504, "nonce": nonce,
            })
            .to_string()
        }))
    };
    Router::new().route("/aibot", axum::routing::post(receive))
}

/// The field of a document in the account's format.
fn field(account: &Account, document: &str, name: &str) -> String {
    match account.format() {
        DataFormat::Json => json_field(document, name),
        DataFormat::Xml => xml_field(document, name),
    }
}

pub(crate) fn json_field(json: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    match &value[name] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(crate) fn xml_field(xml: &str, name: &str) -> String {
    let document = roxmltree::Document::parse(xml).expect("XML");
    let found = document.descendants().find(|node| node.has_tag_name(name));
    found.and_then(|node| node.text()).unwrap_or_default().to_owned()
}

fn parameters(query: &str) -> HashMap<String, String> {
    let decoded = |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

fn sha1(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(account: &Account) -> [u8; 32] {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    engine.decode(account.encoding_aes_key()).expect("base64").try_into().expect("32 bytes")
}

/// The message and whom it is for.
fn open(account: &Account, encrypt: &str) -> Option<(String, String)> {
    let mut bytes = STANDARD.decode(encrypt).ok()?;
    let key = key(account);
    let frame = cbc::Decryptor::<Aes256>::new_from_slices(&key, &key[..16]).ok()?;
    let frame = frame.decrypt_padded::<NoPadding>(&mut bytes).ok()?;
    let frame = &frame[..frame.len() - usize::from(*frame.last()?)];
    let length = u32::from_be_bytes(frame[16..20].try_into().ok()?) as usize;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    Some((text(&frame[20..20 + length])?, text(&frame[20 + length..])?))
}

fn encrypted(account: &Account, reply: &str, receive_id: &str) -> String {
    let length = u32::try_from(reply.len()).expect("short").to_be_bytes();
    let mut frame = [&[b'r'; 16], &length[..], reply.as_bytes(), receive_id.as_bytes()].concat();
    let missing = 32 - frame.len() % 32;
    frame.resize(frame.len() + missing, u8::try_from(missing).expect("at most 32"));
    let (key, length) = (key(account), frame.len());
    let sealed = cbc::Encryptor::<Aes256>::new_from_slices(&key, &key[..16]).expect("a key");
    STANDARD.encode(sealed.encrypt_padded::<NoPadding>(&mut frame, length).expect("padded"))
}

fn seal(account: &Account, reply: &str, receive_id: &str) -> String {
    let encrypt = encrypted(account, reply, receive_id);
    let (timestamp, nonce) = ("1714036504", "1514711492");
    let signature = sha1(&[account.token(), timestamp, nonce, &encrypt]);
    match account.format() {
        DataFormat::Json => format!(
            r#"{{"Encrypt":"{encrypt}","MsgSignature":"{signature}","TimeStamp":{timestamp},"Nonce":"{nonce}"}}"#
        ),
        DataFormat::Xml => format!(
            "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature>{signature}</MsgSignature>\
             <TimeStamp>{timestamp}</TimeStamp><Nonce>{nonce}</Nonce></xml>"
        ),
    }
}
