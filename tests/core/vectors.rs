//! Every vector of `fixtures/vectors.json`: made by one independent implementation, re-read by another.

use crate::support;

use serde_json::Value;
use wechat_callback::{Callback, SecurityMode, Timestamp};

struct Vector(Value);

impl Vector {
    fn all() -> Vec<Self> {
        let file =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/vectors.json"));
        let vectors: Vec<Value> = serde_json::from_str(&file.expect("the fixture")).expect("JSON");
        assert_eq!(vectors.len(), 119);
        vectors.into_iter().map(Self).collect()
    }

    fn field(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("{} has no {name}", self.name()))
    }

    fn name(&self) -> &str {
        self.0["name"].as_str().expect("a name")
    }

    fn is_good(&self) -> bool {
        self.field("expect") == "ok"
    }

    fn callback(&self, mode: SecurityMode) -> Callback {
        Callback::builder(self.field("app_id"), self.field("token"))
            .encoding_aes_key(self.field("encoding_aes_key"))
            .mode(mode)
            .build()
            .expect("an account")
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::from_secs(self.field("timestamp").parse().expect("a number"))
    }

    fn query(&self) -> String {
        let [signature, timestamp, nonce, msg_signature] =
            ["signature", "timestamp", "nonce", "msg_signature"].map(|name| self.field(name));
        format!(
            "signature={signature}&timestamp={timestamp}&nonce={nonce}&encrypt_type=aes&msg_signature={msg_signature}"
        )
    }

    fn random(&self) -> [u8; 16] {
        let hex = self.field("random_hex");
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex"))
    }
}

#[test]
fn open_agrees_with_every_vector() {
    for vector in Vector::all() {
        for mode in support::ENCRYPTED_MODES {
            let body = support::envelope(vector.field("encrypt"));
            let callback = vector.callback(mode);
            let opened = callback.open_raw_at(&vector.query(), body.as_bytes(), vector.timestamp());
            match opened {
                Ok(opened) if vector.is_good() => {
                    assert_eq!(opened.plaintext, vector.field("message"), "{}", vector.name());
                }
                Err(refusal) if !vector.is_good() => {
                    assert_eq!(refusal.status(), 403, "{}: {refusal}", vector.name());
                    // What is refused before it is read is refused by `open` as well, with the same answer.
                    let typed = callback.open_at(&vector.query(), body.as_bytes(), vector.timestamp());
                    assert_eq!(typed.err(), Some(refusal), "{}", vector.name());
                }
                other => panic!("{}: {other:?}", vector.name()),
            }
        }
    }
}

#[test]
fn every_good_vector_is_sealed_to_the_same_bytes() {
    for vector in Vector::all().iter().filter(|vector| vector.is_good()) {
        let body = support::envelope(vector.field("encrypt"));
        let callback = vector.callback(SecurityMode::Safe);
        let opened =
            callback.open_raw_at(&vector.query(), body.as_bytes(), vector.timestamp()).expect("good");
        let sealed = opened.context.seal_raw_at(vector.field("message"), vector.timestamp(), vector.random());
        if vector.name() == "padded_to_16_only" {
            // Readers may take it; writers always pad to 32.
            continue;
        }
        let [encrypt, signature, timestamp, nonce] =
            ["encrypt", "msg_signature", "timestamp", "nonce"].map(|name| vector.field(name));
        let expected = format!(
            "<xml>\n<Encrypt><![CDATA[{encrypt}]]></Encrypt>\n<MsgSignature><![CDATA[{signature}]]></MsgSignature>\n\
             <TimeStamp>{timestamp}</TimeStamp>\n<Nonce><![CDATA[{nonce}]]></Nonce>\n</xml>"
        );
        assert_eq!(sealed.body, expected, "{}", vector.name());
    }
}
