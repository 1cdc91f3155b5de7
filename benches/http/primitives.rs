//! The least that the protocol asks of a server: one SHA-1, base64 and AES-256-CBC in each direction, with the key
//! schedules at hand, and nothing parsed: every part is where it stood in the first push.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes256Dec, Aes256Enc};
use base64::engine::Engine;
use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;
use sha1::{Digest, Sha1};

use crate::push::{self, Push};

pub(crate) struct Primitives {
    encrypt: Aes256Enc,
    decrypt: Aes256Dec,
    iv: [u8; 16],
    base64: Simd,
    /// Where `Encrypt` stands in a push's body.
    encrypted: std::ops::Range<usize>,
    /// What is decrypted.
    buffer: Vec<u8>,
    /// A reply before it is encrypted.
    frame: Vec<u8>,
    /// A reply's body. `Encrypt` and the signature are put in.
    reply: String,
    reply_encrypted: std::ops::Range<usize>,
    reply_signature: std::ops::Range<usize>,
}

impl Primitives {
    /// For pushes like `push`, and replies like `reply`, which says `reply_xml` in safe mode.
    pub(crate) fn new(push: &Push, reply: String, reply_xml: &str) -> Self {
        let key = push::aes_key().into();
        let encrypted = within(&push.body, "<Encrypt><![CDATA[", "]]>");
        let frame = push::frame(reply_xml);
        Self {
            encrypt: Aes256Enc::new(&key),
            decrypt: Aes256Dec::new(&key),
            iv: push::iv(),
            base64: Simd::standard(PAD),
            buffer: vec![0; encrypted.len() / 4 * 3],
            encrypted,
            frame,
            reply_encrypted: within(&reply, "<Encrypt><![CDATA[", "]]>"),
            reply_signature: within(&reply, "<MsgSignature><![CDATA[", "]]>"),
            reply,
        }
    }

    /// Reads the push of `body` and writes a reply. The signature is what `body` should be signed with.
    pub(crate) fn answer(&mut self, body: &[u8]) -> ([u8; 20], Vec<u8>) {
        let encrypted = &body[self.encrypted.clone()];
        let signature = sign(encrypted);
        let length = self.base64.decode_slice(encrypted, &mut self.buffer).expect("base64");
        cbc::Decryptor::inner_iv_init(&self.decrypt, &self.iv.into())
            .decrypt_padded::<NoPadding>(&mut self.buffer[..length])
            .expect("whole blocks");

        let frame = &mut self.buffer[..self.frame.len()];
        cbc::Encryptor::inner_iv_init(&self.encrypt, &self.iv.into())
            .encrypt_padded_b2b::<NoPadding>(&self.frame, frame)
            .expect("whole blocks");
        let mut reply = self.reply.clone().into_bytes();
        self.base64.encode_slice(frame, &mut reply[self.reply_encrypted.clone()]).expect("room for it");
        let reply_signature = sign(&reply[self.reply_encrypted.clone()]);
        for (digits, byte) in reply[self.reply_signature.clone()].chunks_exact_mut(2).zip(reply_signature) {
            digits.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        (signature, reply)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn sign(encrypted: &[u8]) -> [u8; 20] {
    let mut parts = [push::NONCE.as_bytes(), push::TIMESTAMP.as_bytes(), push::TOKEN.as_bytes(), encrypted];
    parts.sort_unstable();
    let mut sha1 = Sha1::new();
    for part in parts {
        sha1.update(part);
    }
    sha1.finalize().into()
}

fn within(text: &str, before: &str, after: &str) -> std::ops::Range<usize> {
    let start = text.find(before).expect("it is there") + before.len();
    let length = text[start..].find(after).expect("it ends");
    start..start + length
}
