//! WeChat's side of one push, written from the protocol and not with the crate's own code, so that the two check
//! each other.
#![allow(dead_code, reason = "each benchmark and test uses a part")]

use std::time::Duration;

use aes::Aes256Enc;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::engine::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha1::{Digest, Sha1};
use wechat_callback::{Article, Callback, NewsReply, Reply, Timestamp};

pub(crate) const APP_ID: &str = "wx5823bf96d3bd56c7";
pub(crate) const TOKEN: &str = "QDG6eKxyrqUnkq3M";
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_611_611_269);
pub(crate) const RANDOM: [u8; 16] = *b"a1b2c3d4e5f6g7h8";
/// `NOW` and a nonce, as they are signed.
pub(crate) const TIMESTAMP: &str = "1611611269";
pub(crate) const NONCE: &str = "1514711492";

const ENCODING_AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2A";
const ORIGINAL_ID: &str = "gh_91a0b5ce4284";
const OPENID: &str = "ojXb55rgGQkW2qJdsVaKGapN1wD5";

/// What the account's server has, in plain and in safe mode.
pub(crate) fn callbacks() -> [Callback; 2] {
    // The pushes are as old as their fixed timestamp.
    let builder = || Callback::builder(APP_ID, TOKEN).timestamp_tolerance(Duration::MAX);
    [builder(), builder().encoding_aes_key(ENCODING_AES_KEY)].map(|builder| builder.build().expect("valid"))
}

/// A reply that says `text` at any length. (A text reply ends at 2,047 bytes.)
pub(crate) fn reply(text: &str) -> Reply {
    NewsReply::from(Article::new("", "https://example.com/").description(text)).into()
}

/// A push as it arrives.
pub(crate) struct Push {
    pub(crate) query: String,
    pub(crate) body: String,
}

impl Push {
    pub(crate) fn plain(xml: &str, token: &str) -> Self {
        Self::plain_with_nonce(xml, token, NONCE)
    }

    pub(crate) fn plain_with_nonce(xml: &str, token: &str, nonce: &str) -> Self {
        let signature = sign([token, TIMESTAMP, nonce, ""]);
        let query = format!("signature={signature}&timestamp={TIMESTAMP}&nonce={nonce}&openid={OPENID}");
        Self { query, body: xml.to_owned() }
    }

    pub(crate) fn safe(xml: &str, token: &str) -> Self {
        let encrypted = STANDARD.encode(encrypt(frame(xml)));
        let msg_signature = sign([token, TIMESTAMP, NONCE, &encrypted]);
        let Self { query, .. } = Self::plain(xml, token);
        Self {
            query: format!("{query}&encrypt_type=aes&msg_signature={msg_signature}"),
            body: format!(
                "<xml>\n    <ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName>\n    \
                 <Encrypt><![CDATA[{encrypted}]]></Encrypt>\n</xml>\n"
            ),
        }
    }
}

/// A text message of exactly `length` bytes, half of its characters Chinese.
pub(crate) fn text_message(length: usize) -> String {
    numbered_text_message(length, 29_226_370_238_408_759)
}

/// A text message of exactly `length` bytes with a MsgId of its own, of 17 digits.
pub(crate) fn numbered_text_message(length: usize, id: u64) -> String {
    let around = |content: &str| {
        format!(
            "<xml><ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName>\n\
             <FromUserName><![CDATA[{OPENID}]]></FromUserName>\n\
             <CreateTime>{TIMESTAMP}</CreateTime>\n\
             <MsgType><![CDATA[text]]></MsgType>\n\
             <Content><![CDATA[{content}]]></Content>\n\
             <MsgId>{id}</MsgId>\n\
             </xml>"
        )
    };
    let room = length - around("").len();
    let mut content = String::with_capacity(room);
    for char in "似霰月水, 你好 WeChat! ".chars().cycle() {
        if content.len() + char.len_utf8() > room {
            break;
        }
        content.push(char);
    }
    // Where a character was too long for the rest.
    content.push_str(&"~".repeat(room - content.len()));
    around(&content)
}

/// `random(16) ‖ length(4, big-endian) ‖ message ‖ app id`, padded with PKCS#7 to a multiple of 32.
pub(crate) fn frame(xml: &str) -> Vec<u8> {
    let length = u32::try_from(xml.len()).expect("short").to_be_bytes();
    let mut frame = [&RANDOM, length.as_slice(), xml.as_bytes(), APP_ID.as_bytes()].concat();
    let missing = 32 - frame.len() % 32;
    frame.resize(frame.len() + missing, u8::try_from(missing).expect("at most 32"));
    frame
}

pub(crate) fn aes_key() -> [u8; 32] {
    let key = STANDARD_NO_PAD.decode(ENCODING_AES_KEY).expect("43 characters");
    key.try_into().expect("32 bytes")
}

/// The first half of the key.
pub(crate) fn iv() -> [u8; 16] {
    *aes_key().first_chunk().expect("32 bytes")
}

fn encrypt(mut frame: Vec<u8>) -> Vec<u8> {
    let length = frame.len();
    cbc::Encryptor::<Aes256Enc>::new(&aes_key().into(), &iv().into())
        .encrypt_padded::<NoPadding>(&mut frame, length)
        .expect("whole blocks");
    frame
}

fn sign(mut parts: [&str; 4]) -> String {
    parts.sort_unstable();
    Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}
