//! The cipher: AES-256-CBC over the frame `random(16) ‖ length(4, big-endian) ‖ message ‖ receive id`, padded to a
//! multiple of 32, in base64. Nothing else touches `aes` and `cbc`.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::cell::Cell;
use std::sync::Arc;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes256Dec, Aes256Enc, Block};
use base64::engine::Engine;
use zeroize::Zeroizing;

use crate::format::Text;
use crate::secret::EncodingAesKey;
use crate::{JsonError, XmlError};

/// The block of the padding. AES's own is 16, and a library's PKCS#7 stops there.
const PAD_BLOCK: usize = 32;
const RANDOM: usize = 16;
/// The random block and the length field.
const HEAD: usize = 20;

/// The largest buffer that a thread keeps, in bytes. A text reply takes some 2,400.
const MAX_FRAME: usize = 8 << 10;

thread_local! {
    /// The buffer that the thread's last frame was encrypted in, and which held nothing else. It is empty between two.
    static FRAME: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Uses vector instructions where base64 supports them: several times as fast, and as strict.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
static BASE64: std::sync::LazyLock<base64::engine::Simd> =
    std::sync::LazyLock::new(|| base64::engine::Simd::standard(base64::engine::general_purpose::PAD));
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
use base64::engine::general_purpose::STANDARD as BASE64;

/// Why a message with a right signature was not decrypted or not parsed.
///
/// The reason is for the log alone. All of these must look the same to the caller: with CBC, a caller who can
/// distinguish them can forge messages.
///
/// `#[non_exhaustive]`: more reasons may be distinguished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// `Encrypt` is not base64 (standard alphabet, with `=`, no blanks).
    #[error("Encrypt is not base64")]
    Base64,
    /// The ciphertext is empty or no multiple of 16 bytes.
    #[error("the ciphertext is not a positive multiple of 16 bytes")]
    Length,
    /// The padding is wrong: after a right signature this means another EncodingAESKey.
    #[error("the padding is wrong: is it another EncodingAESKey?")]
    Padding,
    /// The frame is shorter than its own length field says.
    #[error("the frame is shorter than its length field says")]
    Frame,
    /// The message is meant for another account: its receive id, at the end of the encrypted frame, is another AppID or
    /// CorpID, or is empty.
    #[error("the message is meant for another AppID or CorpID{}, not for {expected}: is the id the one in the console?", found.as_deref().map(|id| format!(" ({id})")).unwrap_or_default())]
    ReceiveId {
        /// The receive id that this callback accepts.
        expected: String,
        /// The one found, where it looks like one.
        found: Option<String>,
    },
    /// The message is not UTF-8.
    #[error("the message is not UTF-8")]
    Utf8,
    /// The decrypted `echostr` is a push, a reply or some other document. Only somebody who intercepted one sends it as an
    /// `echostr`, to have it decrypted.
    #[error("the echostr is the cipher text of a push or a reply")]
    Push,
    /// The decrypted message is not the XML of a push.
    #[error("the decrypted message is not the XML of a push")]
    Xml(#[source] XmlError),
    /// The decrypted message is not the JSON of a push.
    #[error("the decrypted message is not the JSON of a push")]
    Json(#[source] JsonError),
}

/// The cipher of one EncodingAESKey.
#[derive(Clone)]
pub(crate) struct Cipher {
    key: Zeroizing<[u8; 32]>,
    /// The first half of the key: WeChat uses no other.
    iv: Zeroizing<[u8; 16]>,
    /// Its key schedules, of some two thousand bytes. `None` where they are computed each time.
    schedules: Option<Arc<Schedules>>,
}

struct Schedules {
    encrypt: Aes256Enc,
    decrypt: Aes256Dec,
}

/// Compared with another cipher of its owner alone, so not in constant time.
impl PartialEq for Cipher {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Cipher {
    pub(crate) fn new(key: &EncodingAesKey) -> Self {
        let key = key.secret();
        let mut iv = Zeroizing::new([0; 16]);
        for (iv, key) in iv.iter_mut().zip(key) {
            *iv = *key;
        }
        let schedules =
            Schedules { encrypt: Aes256Enc::new(key.into()), decrypt: Aes256Dec::new(key.into()) };
        Self { key: Zeroizing::new(*key), iv, schedules: Some(Arc::new(schedules)) }
    }

    /// Forgets the key schedules: they are computed each time.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn compact(&mut self) {
        self.schedules = None;
    }

    fn iv(&self) -> &Block {
        (&*self.iv).into()
    }

    /// The message in `encrypted` (the base64 text of `Encrypt`), and what `check` makes of the receive id behind it.
    ///
    /// It uses one buffer, which is decoded into and decrypted in place, and of which the message is a part.
    pub(crate) fn open<T>(
        &self,
        encrypted: &str,
        check: impl FnOnce(&[u8]) -> Result<T, DecryptError>,
    ) -> Result<(Text, T), DecryptError> {
        let mut buffer = decode(encrypted).ok_or(DecryptError::Base64)?;
        self.decrypt(&mut buffer)?;
        let frame = unpad(&buffer).ok_or(DecryptError::Padding)?;
        let (head, rest) = frame.split_at_checked(HEAD).ok_or(DecryptError::Frame)?;
        let length = head
            .last_chunk()
            .map(|length| u32::from_be_bytes(*length) as usize)
            .ok_or(DecryptError::Frame)?;
        let (_, found) = rest.split_at_checked(length).ok_or(DecryptError::Frame)?;
        let checked = check(found)?;
        let end = HEAD.saturating_add(length);
        Text::part(buffer, HEAD, end).map(|text| (text, checked)).ok_or(DecryptError::Utf8)
    }

    /// Decrypts whole blocks in place.
    #[inline]
    fn decrypt(&self, buffer: &mut [u8]) -> Result<(), DecryptError> {
        if buffer.is_empty() || !buffer.len().is_multiple_of(RANDOM) {
            return Err(DecryptError::Length);
        }
        let computed;
        let schedule = match &self.schedules {
            Some(schedules) => &schedules.decrypt,
            None => {
                computed = Aes256Dec::new((&*self.key).into());
                &computed
            }
        };
        cbc::Decryptor::inner_iv_init(schedule, self.iv())
            .decrypt_padded::<NoPadding>(buffer)
            .map(|_| ())
            .map_err(|_| DecryptError::Length)
    }

    /// A file: encrypted as a message is, but without a frame around it.
    pub(crate) fn open_file(&self, encrypted: &[u8]) -> Result<Vec<u8>, DecryptError> {
        let mut file = encrypted.to_vec();
        self.decrypt(&mut file)?;
        let length = unpad(&file).ok_or(DecryptError::Padding)?.len();
        file.truncate(length);
        Ok(file)
    }

    /// `before` and the message, written by `write`, as base64. There is room for `behind` more bytes.
    ///
    /// `write` appends to the text that it is given. `room` is about how long the message will be.
    pub(crate) fn seal(
        &self,
        receive_id: &str,
        random: [u8; RANDOM],
        room: usize,
        write: impl FnOnce(&mut String),
        before: &str,
        behind: usize,
    ) -> String {
        let mut frame = String::from_utf8(FRAME.try_with(Cell::take).unwrap_or_default()).unwrap_or_default();
        frame.reserve(room.saturating_add(HEAD + PAD_BLOCK).saturating_add(receive_id.len()));
        frame.push_str(BLANK_HEAD);
        write(&mut frame);
        let length = frame.len().saturating_sub(HEAD);
        frame.push_str(receive_id);

        let mut frame = frame.into_bytes();
        if let Some(blank) = frame.first_chunk_mut() {
            *blank = random;
        }
        if let Some(blank) = frame.first_chunk_mut::<HEAD>().and_then(|head| head.last_chunk_mut()) {
            *blank = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        }
        pad(&mut frame);
        // After padding there are only whole blocks.
        let (blocks, _) = Block::slice_as_chunks_mut(&mut frame);
        let computed;
        let schedule = match &self.schedules {
            Some(schedules) => &schedules.encrypt,
            None => {
                computed = Aes256Enc::new((&*self.key).into());
                &computed
            }
        };
        cbc::Encryptor::inner_iv_init(schedule, self.iv()).encrypt_blocks(blocks);
        // No more than it takes: most replies are so short that this is a small allocation.
        let length = frame.len().div_ceil(3).saturating_mul(4);
        let mut out = String::with_capacity(length.saturating_add(before.len()).saturating_add(behind));
        out.push_str(before);
        BASE64.encode_string(&frame, &mut out);
        if frame.capacity() <= MAX_FRAME {
            frame.clear();
            // Where the thread ends it is dropped.
            let _ = FRAME.try_with(|kept| kept.set(frame));
        }
        out
    }
}

/// Decodes base64.
///
/// `Engine::decode` asks for memory that is zeroed. glibc has that for large buffers without writing it, but not among
/// the small ones that it has at hand.
pub(crate) fn decode(base64: &str) -> Option<Vec<u8>> {
    const SMALL: usize = 1024;
    let length = base64::decoded_len_estimate(base64.len());
    if length > SMALL {
        return BASE64.decode(base64).ok();
    }
    let mut buffer = Vec::with_capacity(length);
    BASE64.decode_vec(base64, &mut buffer).ok()?;
    Some(buffer)
}

/// Encodes base64.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Reserves the place of the random block and the length, which are filled in after the message is written.
const BLANK_HEAD: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const _: () = assert!(BLANK_HEAD.len() == HEAD);

/// Adds 1 to 32 bytes: a whole block where the frame fills its last one.
fn pad(frame: &mut Vec<u8>) {
    let filled = frame.len() % PAD_BLOCK;
    let missing = PAD_BLOCK.saturating_sub(filled);
    let whole = frame.len().saturating_add(missing);
    frame.resize(whole, u8::try_from(missing).unwrap_or_default());
}

/// Cuts 1 to 32 bytes, all of which must say how many they are. A frame that is padded to a multiple of 16 only
/// is taken: some senders do that.
fn unpad(frame: &[u8]) -> Option<&[u8]> {
    let last = *frame.last()?;
    let count = usize::from(last);
    if !(1..=PAD_BLOCK).contains(&count) {
        return None;
    }
    let (rest, padding) = frame.split_at_checked(frame.len().checked_sub(count)?)?;
    padding.iter().all(|byte| *byte == last).then_some(rest)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const APP_ID: &str = "wx5823bf96d3bd56c7";

    fn cipher(last: char) -> Cipher {
        let key = format!("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2{last}");
        Cipher::new(&EncodingAesKey::from_base64(&key).expect("a key"))
    }

    fn open(last: char, encrypted: &str, app_id: &str) -> Result<String, DecryptError> {
        let (text, found) = cipher(last).open(encrypted, |found| Ok(found.to_owned()))?;
        assert_eq!(found, app_id.as_bytes());
        Ok(text.to_string())
    }

    fn seal(message: &str) -> String {
        cipher('C').seal(APP_ID, [7; 16], message.len(), |frame| frame.push_str(message), "", 0)
    }

    /// Encrypts a frame as it is given.
    fn seal_frame(mut frame: Vec<u8>) -> String {
        let whole = frame.len();
        let cipher = cipher('C');
        let schedule = Aes256Enc::new((&*cipher.key).into());
        cbc::Encryptor::inner_iv_init(schedule, cipher.iv())
            .encrypt_padded::<NoPadding>(&mut frame, whole)
            .expect("whole blocks");
        STANDARD.encode(&frame)
    }

    #[test]
    fn what_is_sealed_opens_at_every_length_of_padding() {
        for length in 0..100 {
            let message = "好".repeat(length);
            assert_eq!(open('C', &seal(&message), APP_ID), Ok(message));
        }
    }

    #[test]
    fn the_ciphertext_is_always_a_multiple_of_32() {
        for length in 0..70 {
            let decoded = STANDARD.decode(seal(&"x".repeat(length))).expect("base64");
            assert_eq!(decoded.len() % 32, 0);
        }
    }

    #[test]
    fn the_spare_bits_of_a_key_do_not_count() {
        assert_eq!(open('B', &seal("x"), APP_ID), Ok("x".to_owned()));
    }

    #[test]
    fn base64_is_strict() {
        let sealed = seal("x");
        for wrong in [
            format!(" {sealed}"),
            sealed.replacen('=', "", 1),
            format!("{sealed}="),
            sealed.replace('=', "%3D"),
        ] {
            assert_eq!(open('C', &wrong, APP_ID), Err(DecryptError::Base64), "{wrong}");
        }
    }

    #[test]
    fn a_ciphertext_that_is_no_multiple_of_16_is_refused() {
        for length in [0, 1, 15, 17, 50] {
            let wrong = STANDARD.encode(vec![0; length]);
            assert_eq!(open('C', &wrong, APP_ID), Err(DecryptError::Length), "{length}");
        }
    }

    #[test]
    fn a_padding_of_0_or_over_32_or_of_different_bytes_is_refused() {
        for last in [0, 33, 255] {
            let mut frame = vec![last; 64];
            frame[31] = 1;
            assert_eq!(open('C', &seal_frame(frame), APP_ID), Err(DecryptError::Padding), "{last}");
        }
        let mut frame = vec![5; 32];
        frame[28] = 4;
        assert_eq!(open('C', &seal_frame(frame), APP_ID), Err(DecryptError::Padding));
    }

    #[test]
    fn a_length_beyond_the_frame_is_refused() {
        for length in [100u32, u32::MAX, u32::MAX - 20] {
            let mut frame = vec![0; 64];
            frame[16..20].copy_from_slice(&length.to_be_bytes());
            frame[32..].fill(32);
            assert_eq!(open('C', &seal_frame(frame), APP_ID), Err(DecryptError::Frame), "{length}");
        }
        assert_eq!(open('C', &seal_frame(vec![16; 32]), APP_ID), Err(DecryptError::Frame));
        assert_eq!(open('C', &seal_frame(vec![32; 32]), APP_ID), Err(DecryptError::Frame));
    }

    #[test]
    fn who_refuses_the_receive_id_gets_no_message() {
        let refused = cipher('C').open(&seal("x"), |_| Err::<(), _>(DecryptError::Length));
        assert_eq!(refused.err(), Some(DecryptError::Length));
    }
}
