//! The cipher: each frame is opened, or refused for the same reason, as a plain reading of it says.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use wechat_callback::DecryptError;
use wechat_callback::fuzzing::Cipher;
use wechat_callback_fuzz::{APP_ID, KEY, encrypt_frame};

static CIPHER: LazyLock<Cipher> = LazyLock::new(|| Cipher::new(KEY).expect("a key"));

/// What stands in a frame, read step by step.
fn read(frame: &[u8]) -> Result<String, DecryptError> {
    let padding = *frame.last().ok_or(DecryptError::Length)?;
    let count = usize::from(padding);
    if count == 0 || count > 32 || count > frame.len() {
        return Err(DecryptError::Padding);
    }
    let (frame, padded) = frame.split_at(frame.len() - count);
    if padded.iter().any(|byte| *byte != padding) {
        return Err(DecryptError::Padding);
    }
    if frame.len() < 20 {
        return Err(DecryptError::Frame);
    }
    let length =
        usize::try_from(u32::from_be_bytes([frame[16], frame[17], frame[18], frame[19]])).expect("64 bits");
    if length > frame.len() - 20 {
        return Err(DecryptError::Frame);
    }
    let (message, app_id) = frame[20..].split_at(length);
    if app_id != APP_ID.as_bytes() {
        let is_plausible = app_id.iter().all(u8::is_ascii_alphanumeric) && (1..=64).contains(&app_id.len());
        let found = is_plausible.then(|| String::from_utf8_lossy(app_id).into_owned());
        return Err(DecryptError::ReceiveId { expected: APP_ID.to_owned(), found });
    }
    String::from_utf8(message.to_vec()).map_err(|_| DecryptError::Utf8)
}

/// The input as a frame, cut to whole blocks.
fn open_as_frame(frame: &[u8]) {
    let blocks = &frame[..frame.len() / 16 * 16];
    let sealed = encrypt_frame(blocks.to_vec());
    assert_eq!(CIPHER.open(&sealed, APP_ID), read(blocks));
}

/// A frame that is right but for its length, the number of its bytes of padding, and their value.
fn open_as_message(input: &[u8]) {
    let Some((&[length, count, value], message)) = input.split_first_chunk() else { return };
    let said = (message.len() as u32).wrapping_add_signed(i32::from(length.cast_signed()));
    let mut frame = [&[b'r'; 16], &said.to_be_bytes()[..], message, APP_ID.as_bytes()].concat();
    let missing = 16 - frame.len() % 16;
    let padding = if count < 2 { missing + 16 * usize::from(count) } else { missing };
    let value = if value == 0 { padding as u8 } else { value };
    frame.resize(frame.len() + padding, value);
    assert_eq!(CIPHER.open(&encrypt_frame(frame.clone()), APP_ID), read(&frame));
}

/// The input as base64.
fn open_as_text(text: &str) {
    let opened = CIPHER.open(text, APP_ID);
    match STANDARD.decode(text) {
        Err(_) => assert_eq!(opened, Err(DecryptError::Base64)),
        Ok(bytes) if bytes.is_empty() || bytes.len() % 16 != 0 => {
            assert_eq!(opened, Err(DecryptError::Length));
        }
        Ok(_) => assert!(!matches!(opened, Err(DecryptError::Base64 | DecryptError::Length))),
    }
}

/// What is sealed opens with its own app id alone.
fn seal_and_open(text: &str) {
    let (app_id, message) = text.split_once('\n').unwrap_or((APP_ID, text));
    for room in [0, message.len()] {
        let sealed = CIPHER.seal(app_id, *b"0123456789abcdef", room, message);
        assert_eq!(CIPHER.open(&sealed, app_id).as_deref(), Ok(message));
        let frame = STANDARD.decode(&sealed).expect("base64");
        assert_eq!(frame.len() % 32, 0);
        let other = format!("{app_id}x");
        let refused = CIPHER.open(&sealed, &other).expect_err("another account's");
        assert!(matches!(&refused, DecryptError::ReceiveId { expected, .. } if *expected == other));
    }
}

fuzz_target!(|input: &[u8]| {
    open_as_frame(input);
    open_as_message(input);
    if let Ok(text) = str::from_utf8(input) {
        open_as_text(text);
        seal_and_open(text);
    }
});
