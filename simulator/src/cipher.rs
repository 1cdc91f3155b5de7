//! The frame `random(16) ‖ length(4, big-endian) ‖ message ‖ app id`, padded to a multiple of 32, in
//! AES-256-CBC with the first half of the key as the IV, in base64. It shares no code with the library that it tests.

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

/// What an EncodingAESKey decodes to.
pub(crate) type Key = [u8; 32];

const BLOCK: usize = 32;

/// The key in the 43 characters of an EncodingAESKey. Their last two bits are dropped; often they are not zero.
pub(crate) fn key(encoding_aes_key: &str) -> Option<Key> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let lenient = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    lenient.decode(encoding_aes_key).ok()?.try_into().ok()
}

/// Encrypts `message` for the account `app_id`.
pub(crate) fn seal(key: &Key, app_id: &str, message: &[u8], random: [u8; 16]) -> String {
    seal_frame(key, pad(frame(app_id, message, random)))
}

/// The frame without its padding.
pub(crate) fn frame(app_id: &str, message: &[u8], random: [u8; 16]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&random[..], &length, message, app_id.as_bytes()].concat()
}

/// Appends 1 to 32 bytes, each with their number as its value.
pub(crate) fn pad(mut frame: Vec<u8>) -> Vec<u8> {
    let missing = BLOCK - frame.len() % BLOCK;
    frame.resize(frame.len() + missing, u8::try_from(missing).unwrap_or_default());
    frame
}

/// Encrypts a frame with any padding. What exceeds a multiple of 16 bytes is dropped.
pub(crate) fn seal_frame(key: &Key, mut frame: Vec<u8>) -> String {
    let length = frame.len() - frame.len() % 16;
    let (iv, _) = key.split_at(16);
    let sealed = cbc::Encryptor::<Aes256>::new_from_slices(key, iv)
        .ok()
        .and_then(|cipher| cipher.encrypt_padded::<NoPadding>(&mut frame, length).ok());
    STANDARD.encode(sealed.unwrap_or_default())
}

/// The content of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) message: Vec<u8>,
    pub(crate) app_id: Vec<u8>,
}

/// Why decryption failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CipherError {
    Base64,
    Blocks,
    Padding,
    Length,
}

pub(crate) fn open(key: &Key, encrypted: &str) -> Result<Opened, CipherError> {
    let mut frame = STANDARD.decode(encrypted).map_err(|_| CipherError::Base64)?;
    if frame.is_empty() {
        return Err(CipherError::Blocks);
    }
    let (iv, _) = key.split_at(16);
    cbc::Decryptor::<Aes256>::new_from_slices(key, iv)
        .map_err(|_| CipherError::Blocks)?
        .decrypt_padded::<NoPadding>(&mut frame)
        .map_err(|_| CipherError::Blocks)?;
    let padding = frame.last().copied().unwrap_or_default();
    let at = frame.len().checked_sub(usize::from(padding)).ok_or(CipherError::Padding)?;
    let (content, padded) = frame.split_at(at);
    if !(1..=BLOCK).contains(&padded.len()) || padded.iter().any(|byte| *byte != padding) {
        return Err(CipherError::Padding);
    }
    let (_, rest) = content.split_at_checked(16).ok_or(CipherError::Length)?;
    let (length, rest) = rest.split_first_chunk().ok_or(CipherError::Length)?;
    let (message, app_id) =
        rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(CipherError::Length)?;
    Ok(Opened { message: message.to_vec(), app_id: app_id.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    fn refusal(frame: Vec<u8>) -> Option<CipherError> {
        let key = key(KEY).expect("a key");
        open(&key, &seal_frame(&key, frame)).err()
    }

    #[test]
    fn what_is_sealed_opens_whatever_its_length() {
        let key = key(KEY).expect("a key");
        for length in 0..70 {
            let message = vec![b'x'; length];
            let opened = open(&key, &seal(&key, "wx1", &message, [7; 16])).expect("opened");
            assert_eq!((opened.message, opened.app_id), (message, b"wx1".to_vec()));
        }
    }

    #[test]
    fn a_key_whose_last_bits_are_not_zero_is_a_key() {
        assert_eq!(key(KEY), key(&KEY.replace("B2C", "B2D")));
        assert_eq!(key(&KEY[1..]), None);
    }

    #[test]
    fn each_fault_is_told_apart() {
        let key = key(KEY).expect("a key");
        assert_eq!(open(&key, "!").err(), Some(CipherError::Base64));
        assert_eq!(open(&key, "").err(), Some(CipherError::Blocks));
        assert_eq!(open(&key, "AAAA").err(), Some(CipherError::Blocks));
        assert_eq!(refusal(vec![0; 32]), Some(CipherError::Padding));
        assert_eq!(refusal(vec![33; 64]), Some(CipherError::Padding));
        assert_eq!(refusal(vec![32; 32]), Some(CipherError::Length));
        let mut long = frame("wx1", b"x", [7; 16]);
        long[16..20].fill(0xff);
        assert_eq!(refusal(pad(long)), Some(CipherError::Length));
    }
}
