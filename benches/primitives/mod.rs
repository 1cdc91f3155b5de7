//! The least that the protocol asks for: one SHA-1, base64 and AES-256-CBC in each direction, with the key schedules and the
//! buffers at hand. Nothing is parsed: every part is where it stood in the first push.
#![allow(dead_code, reason = "each benchmark uses a part")]

use std::ops::Range;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes256Dec, Aes256Enc};
use base64::engine::Engine;
use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;
use sha1::{Digest, Sha1};
use wechat_callback::{Callback, Reply};

use crate::push::{self, Push};

/// A push in safe mode, and what the library answers.
pub(crate) struct Example {
    pub(crate) push: Push,
    pub(crate) reply: String,
    /// The reply before it is encrypted.
    pub(crate) reply_xml: String,
}

impl Example {
    /// `answer` makes a reply of the text of a message of `length` bytes.
    pub(crate) fn of(length: usize, answer: impl Fn(&str) -> Reply) -> Self {
        let xml = push::text_message(length);
        let pushes = [Push::plain(&xml, push::TOKEN), Push::safe(&xml, push::TOKEN)];
        let [plain, safe] = push::callbacks();
        let sealed = |callback: &Callback, Push { query, body }: &Push| {
            let opened = callback.open(query, body.as_bytes()).expect("rightly signed");
            let reply = answer(opened.message.text().expect("a text message"));
            opened.context.seal_at(reply, push::NOW, push::RANDOM).expect("with a recipient").body
        };
        let (reply_xml, reply) = (sealed(&plain, &pushes[0]), sealed(&safe, &pushes[1]));
        let [_, push] = pushes;
        Self { push, reply, reply_xml }
    }
}

pub(crate) struct Primitives {
    encrypt: Aes256Enc,
    decrypt: Aes256Dec,
    iv: [u8; 16],
    base64: Simd,
    /// Where `Encrypt` stands in a push's body.
    encrypted: Range<usize>,
    /// What is decrypted.
    buffer: Vec<u8>,
    /// A reply before it is encrypted, and behind it.
    frame: Vec<u8>,
    encrypted_frame: Vec<u8>,
    /// A reply's body, where `Encrypt` and the signature are put in.
    reply: String,
    reply_encrypted: Range<usize>,
    reply_signature: Range<usize>,
}

impl Primitives {
    /// For pushes and replies like those of `example`.
    pub(crate) fn new(example: &Example) -> Self {
        let key = push::aes_key().into();
        let Example { push, reply, reply_xml } = example;
        let encrypted = within(&push.body, "<Encrypt><![CDATA[", "]]>");
        let frame = push::frame(reply_xml);
        let mut primitives = Self {
            encrypt: Aes256Enc::new(&key),
            decrypt: Aes256Dec::new(&key),
            iv: push::iv(),
            base64: Simd::standard(PAD),
            buffer: vec![0; encrypted.len() / 4 * 3],
            encrypted,
            encrypted_frame: vec![0; frame.len()],
            frame,
            reply_encrypted: within(reply, "<Encrypt><![CDATA[", "]]>"),
            reply_signature: within(reply, "<MsgSignature><![CDATA[", "]]>"),
            reply: reply.clone(),
        };
        primitives.check(example);
        primitives
    }

    /// That they do what the library does.
    fn check(&mut self, Example { push, reply, .. }: &Example) {
        let signature: String =
            self.open(push.body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(push.query.ends_with(&signature));
        let [_, safe] = push::callbacks();
        let opened = safe.open_raw(&push.query, push.body.as_bytes()).expect("rightly signed");
        assert_eq!(self.buffer[20..][..opened.plaintext.len()], *opened.plaintext.as_bytes());
        assert_eq!(self.answer(push.body.as_bytes()).1, reply.as_bytes());
    }

    /// Opens a push, and returns what it should be signed with.
    pub(crate) fn open(&mut self, body: &[u8]) -> [u8; 20] {
        let signature = self.sign(body);
        let length =
            self.base64.decode_slice(&body[self.encrypted.clone()], &mut self.buffer).expect("base64");
        cbc::Decryptor::inner_iv_init(&self.decrypt, &self.iv.into())
            .decrypt_padded::<NoPadding>(&mut self.buffer[..length])
            .expect("whole blocks");
        signature
    }

    /// What a push should be signed with.
    pub(crate) fn sign(&self, body: &[u8]) -> [u8; 20] {
        sign(&body[self.encrypted.clone()])
    }

    /// Seals the reply in the place of another.
    pub(crate) fn seal(&mut self, reply: &mut [u8]) {
        cbc::Encryptor::inner_iv_init(&self.encrypt, &self.iv.into())
            .encrypt_padded_b2b::<NoPadding>(&self.frame, &mut self.encrypted_frame)
            .expect("whole blocks");
        let encrypted = &mut reply[self.reply_encrypted.clone()];
        self.base64.encode_slice(&self.encrypted_frame, encrypted).expect("room for it");
        let signature = sign(encrypted);
        for (digits, byte) in reply[self.reply_signature.clone()].chunks_exact_mut(2).zip(signature) {
            digits.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }

    /// Opens a push, and returns its signature and a reply of its own.
    pub(crate) fn answer(&mut self, body: &[u8]) -> ([u8; 20], Vec<u8>) {
        let signature = self.open(body);
        let mut reply = self.reply.clone().into_bytes();
        self.seal(&mut reply);
        (signature, reply)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The signature of plain mode covers nothing else: `encrypted` is empty there.
pub(crate) fn sign(encrypted: &[u8]) -> [u8; 20] {
    let mut parts = [push::NONCE.as_bytes(), push::TIMESTAMP.as_bytes(), push::TOKEN.as_bytes(), encrypted];
    parts.sort_unstable();
    let mut sha1 = Sha1::new();
    for part in parts {
        sha1.update(part);
    }
    sha1.finalize().into()
}

fn within(text: &str, before: &str, after: &str) -> Range<usize> {
    let start = text.find(before).expect("it is there") + before.len();
    let length = text[start..].find(after).expect("it ends");
    start..start + length
}
