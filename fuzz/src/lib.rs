//! WeChat's side of the protocol, for the targets. It shares no code with the library, whose mistakes would not show
//! otherwise.

use std::sync::LazyLock;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine};
use sha1::{Digest, Sha1};
use wechat_callback::{Callback, SecurityMode, Timestamp};

#[path = "../../tests/support/kinds.rs"]
#[allow(missing_docs, reason = "the tests have it too")]
pub mod kinds;

/// The account's AppID.
pub const APP_ID: &str = "wx5823bf96d3bd56c7";
/// Its Token.
pub const TOKEN: &str = "QDG6eKxyrqUnkq3M";
/// Its EncodingAESKey.
pub const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
/// When every request arrives. The seeds are signed for it.
pub const NOW: Timestamp = Timestamp::from_secs(1_714_036_504);

/// All modes.
pub const MODES: [SecurityMode; 3] = [SecurityMode::Plain, SecurityMode::Compatible, SecurityMode::Safe];

/// The account's callback in that mode.
///
/// # Panics
///
/// Never: the account is valid.
#[must_use]
pub fn callback(mode: SecurityMode) -> &'static Callback {
    static CALLBACKS: LazyLock<[Callback; 3]> = LazyLock::new(|| {
        MODES.map(|mode| {
            let builder = Callback::builder(APP_ID, TOKEN).mode(mode);
            let builder = if mode == SecurityMode::Plain { builder } else { builder.encoding_aes_key(KEY) };
            builder.build().expect("a valid account")
        })
    });
    let index = MODES.iter().position(|known| *known == mode).expect("one of the three");
    &CALLBACKS[index]
}

/// Signs the parts and the Token.
#[must_use]
pub fn sign(parts: &[&str]) -> String {
    let mut sorted = [parts, &[TOKEN]].concat();
    sorted.sort_unstable();
    Sha1::digest(sorted.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The query of a push that arrives now and holds `encrypt`.
#[must_use]
pub fn signed_query(encrypt: &str) -> String {
    let (timestamp, nonce) = (NOW.as_secs().to_string(), "1514711492");
    format!(
        "signature={}&timestamp={timestamp}&nonce={nonce}&openid=o1&encrypt_type=aes&msg_signature={}",
        sign(&[&timestamp, nonce]),
        sign(&[&timestamp, nonce, encrypt]),
    )
}

/// The body of a push as WeChat lays it out.
#[must_use]
pub fn envelope(encrypt: &str) -> String {
    format!(
        "<xml>\n    <ToUserName><![CDATA[gh_1ea4fc76af61]]></ToUserName>\n    <Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>\n"
    )
}

/// Encrypts a message as WeChat does.
///
/// # Panics
///
/// If the message is longer than 4 GiB.
#[must_use]
pub fn encrypt(message: &[u8]) -> String {
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    let mut frame = [b"0123456789abcdef", &length[..], message, APP_ID.as_bytes()].concat();
    let missing = 32 - frame.len() % 32;
    frame.resize(frame.len() + missing, u8::try_from(missing).expect("at most 32"));
    encrypt_frame(frame)
}

/// Encrypts a frame exactly as it is given.
///
/// # Panics
///
/// If its length is no multiple of 16.
#[must_use]
pub fn encrypt_frame(mut frame: Vec<u8>) -> String {
    let length = frame.len();
    cbc::Encryptor::<aes::Aes256>::new_from_slices(&AES_KEY, &AES_KEY[..16])
        .expect("a key")
        .encrypt_padded::<NoPadding>(&mut frame, length)
        .expect("whole blocks");
    STANDARD.encode(frame)
}

static AES_KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let lenient = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    lenient.decode(KEY).expect("a key")
});
