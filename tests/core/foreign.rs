//! Every vector of `fixtures/vectors/`: what other implementations, and Tencent itself, send to each kind of account, what
//! becomes of it, and how a reply has to be sealed. `tests/peer/run vectors` makes them again.

use crate::support::text_of;

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wechat_callback::{Callback, DataFormat, OpenError, Opened, Timestamp};

/// The files, and how many vectors each has: none gets lost.
const FILES: [(&str, usize); 4] =
    [("tencent.json", 10), ("wechatpy.json", 90), ("algorithm.json", 164), ("node.json", 102)];

struct Vector(Value);

impl Vector {
    fn all() -> Vec<Self> {
        FILES.into_iter().flat_map(Self::of).collect()
    }

    fn of((file, count): (&str, usize)) -> Vec<Self> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/vectors");
        let text = std::fs::read_to_string(format!("{folder}/{file}")).expect("the fixture");
        let vectors: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(vectors.len(), count, "{file}");
        vectors.into_iter().map(Self).collect()
    }

    fn text(&self, pointer: &str) -> &str {
        self.get(pointer).unwrap_or_else(|| panic!("{} has no {pointer}", self.0["name"]))
    }

    fn get(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }

    fn time(&self, pointer: &str) -> Timestamp {
        Timestamp::from_secs(self.0.pointer(pointer).and_then(Value::as_i64).expect("a time"))
    }

    fn callback(&self) -> Callback {
        let [id, token, key, mode, format] =
            ["id", "token", "key", "mode", "format"].map(|name| self.text(&format!("/account/{name}")));
        let builder = match self.text("/account/kind") {
            "wecom" => Callback::wecom(id, token, key),
            "aibot" => Callback::aibot(token, key),
            "official" | "platform" | "mini-program" => {
                let format: DataFormat = format.parse().expect("a format");
                let builder = Callback::builder(id, token).format(format).mode(mode.parse().expect("a mode"));
                if mode == "plain" { builder } else { builder.encoding_aes_key(key) }
            }
            other => panic!("no kind of account: {other}"),
        };
        let builder = match self.0.get("receive_ids").and_then(Value::as_array) {
            Some(ids) => builder.receive_ids(ids.iter().map(|id| id.as_str().expect("an id"))),
            None => builder,
        };
        builder.build().expect("an account")
    }

    fn query(&self) -> &str {
        self.text("/query")
    }

    fn body(&self) -> &[u8] {
        self.text("/body").as_bytes()
    }

    fn is_push(&self) -> bool {
        self.text("/method") == "POST"
    }

    /// How the reason of a refusal begins, as `Debug` shows it.
    fn refusal(&self) -> Option<&str> {
        self.get("/expect/refusal")
    }
}

/// What is wrong with each vector: all of them are told, not the first one.
fn assert_each(vectors: impl FnMut(&&Vector) -> bool, mut check: impl FnMut(&Vector) -> Result<(), String>) {
    let faults: Vec<_> = Vector::all()
        .iter()
        .filter(vectors)
        .filter_map(|vector| Some(format!("{}: {}", vector.text("/name"), check(vector).err()?)))
        .collect();
    assert!(faults.is_empty(), "{} vectors\n{}", faults.len(), faults.join("\n"));
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{found:?}, not {expected:?}")) }
}

/// Refused for the reason that the vector names, with its status, and without what is secret.
fn refused(vector: &Vector, refusal: &OpenError) -> Result<(), String> {
    let shown = format!("{refusal:?}");
    let is_expected = vector.refusal().is_some_and(|reason| shown.starts_with(reason));
    let status = vector.0.pointer("/expect/status").and_then(Value::as_u64);
    if !is_expected || status != Some(u64::from(refusal.status())) {
        return Err(format!("{} {shown}, not {}", refusal.status(), vector.0["expect"]));
    }
    let told = format!("{shown} {refusal}");
    let secret =
        ["/account/token", "/account/key"].into_iter().find(|secret| told.contains(vector.text(secret)));
    secret.map_or(Ok(()), |secret| Err(format!("{told} tells the {secret}")))
}

fn read(vector: &Vector, opened: &Opened) -> Result<(), String> {
    let message = &opened.message;
    same(&vector.refusal(), &None)?;
    same(&*opened.plaintext, vector.text("/expect/plaintext"))?;
    if let Some(kind) = vector.get("/expect/kind") {
        same(message.content.kind(), kind)?;
    }
    if let Some(text) = vector.get("/expect/text") {
        same(&message.text(), &Some(text))?;
    }
    if let Some(system) = vector.get("/expect/system") {
        same(&message.fields().get("InfoType"), &Some(system))?;
        same(&(message.openid(), message.event()), &(None, None))?;
    }
    Ok(())
}

#[test]
fn every_push_of_another_implementation_is_opened_or_refused_as_it_says() {
    assert_each(
        |vector| vector.is_push(),
        |vector| match vector.callback().open_at(vector.query(), vector.body(), vector.time("/now")) {
            Ok(opened) => read(vector, &opened),
            Err(refusal) => refused(vector, &refusal),
        },
    );
}

/// What only the reader of the message would find is no reason for `open_raw`.
#[test]
fn every_push_of_another_implementation_opens_raw_to_what_was_sealed() {
    assert_each(
        |vector| vector.is_push(),
        |vector| match vector.callback().open_raw_at(vector.query(), vector.body(), vector.time("/now")) {
            Ok(opened) => match vector.get("/expect/plaintext").or(vector.get("/expect/raw")) {
                Some(sealed) => same(&*opened.plaintext, sealed),
                None => same(&vector.refusal().is_some(), &true),
            },
            Err(refusal) => refused(vector, &refusal),
        },
    );
}

#[test]
fn every_verification_of_another_implementation_is_echoed_or_refused_as_it_says() {
    let is_verification = |vector: &&Vector| !vector.is_push();
    assert_each(is_verification, |vector| {
        match vector.callback().verify_url_at(vector.query(), vector.time("/now")) {
            Ok(echo) => same(&Some(&*echo), &vector.get("/expect/echo")),
            Err(refusal) => refused(vector, &refusal),
        }
    });
}

/// A push is no verification, and a verification no push.
#[test]
fn no_vector_is_taken_for_the_other_method() {
    assert_each(
        |_| true,
        |vector| {
            let (callback, now) = (vector.callback(), vector.time("/now"));
            let is_refused = if vector.is_push() {
                callback.verify_url_at(vector.query(), now).is_err()
            } else {
                callback.open_at(vector.query(), b"", now).is_err()
            };
            same(&is_refused, &true)
        },
    );
}

#[test]
fn no_good_vector_opens_with_another_token_key_or_receive_id() {
    for (secret, other) in [("token", "anotherToken1234"), ("id", "wx0000000000000000"), ("key", OTHER_KEY)] {
        let is_protected = |vector: &&Vector| {
            let is_good = vector.refusal().is_none();
            // The ids that are listed stand for the account's own, and a bot has none.
            let has_id = vector.0.get("receive_ids").is_none() && vector.text("/account/kind") != "aibot";
            let counts = secret != "id" || has_id;
            is_good && counts && (secret == "token" || is_encrypted(vector))
        };
        assert_each(is_protected, |vector| {
            let mut vector = Vector(vector.0.clone());
            vector.0["account"][secret] = other.into();
            let (callback, now) = (vector.callback(), vector.time("/now"));
            let is_refused = if vector.is_push() {
                callback.open_at(vector.query(), vector.body(), now).is_err()
            } else {
                callback.verify_url_at(vector.query(), now).is_err()
            };
            same(&is_refused, &true)
        });
    }
}

const OTHER_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Whether the id and the key count: where nothing is encrypted the Token alone does.
fn is_encrypted(vector: &Vector) -> bool {
    match vector.text("/account/kind") {
        "wecom" | "aibot" => true,
        _ => vector.is_push() && vector.text("/account/mode") != "plain",
    }
}

/// Files for an AI bot, which no frame says for whom they are.
#[test]
fn every_file_of_another_implementation_is_decrypted_and_with_no_other_key() {
    for file in [("files-python.json", 34), ("files-node.json", 34)] {
        for vector in Vector::of(file) {
            let encrypted = STANDARD.decode(vector.text("/encrypted")).expect("base64");
            let decrypted = vector.callback().decrypt_media(&encrypted).expect("the same key");
            let hex: String = decrypted.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, vector.text("/file"), "{} {}", vector.text("/by"), vector.text("/name"));
            let other = Callback::aibot(vector.text("/account/token"), OTHER_KEY).build().expect("a bot");
            assert_ne!(other.decrypt_media(&encrypted), Ok(decrypted));
        }
    }
}

#[test]
fn every_reply_is_sealed_to_what_the_other_implementation_seals() {
    let mut compared = 0;
    assert_each(
        |vector| vector.0.get("reply").is_some(),
        |vector| {
            compared += 1;
            let opened = vector.callback().open_raw_at(vector.query(), vector.body(), vector.time("/now"));
            let context = opened.map_err(|refusal| format!("{refusal:?}"))?.context;
            let random = vector.text("/reply/random").as_bytes().try_into().expect("16 bytes");
            let (at, plaintext) = (vector.time("/reply/timestamp"), vector.text("/reply/plaintext"));
            same_reply(vector, &context.seal_raw_at(plaintext, at, random).body, vector.text("/reply/body"))
        },
    );
    assert_eq!(compared, REPLIES);
}

const REPLIES: usize = 12;

fn same_reply(vector: &Vector, sealed: &str, expected: &str) -> Result<(), String> {
    if vector.text("/account/format") == "json" {
        // `Value` tells the number of TimeStamp from a string, and the string of Nonce from a number.
        let read = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
        same(&read(sealed)?, &read(expected)?)
    } else if vector.get("/reply/nonce").is_some() {
        // Tencent's page answers with another nonce than the push's, so that the signature is another, too.
        same(&encrypt_of(sealed), &encrypt_of(expected))
    } else {
        same(sealed, expected)
    }
}

fn encrypt_of(envelope: &str) -> String {
    text_of(&roxmltree::Document::parse(envelope).expect("well-formed"), "Encrypt")
}
