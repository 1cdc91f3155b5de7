//! The list of attacks.

use std::sync::LazyLock;
use std::time::Duration;

use super::forge::{Forge, refuse, refuse_or_hang_up};
use super::{Attack, Probe};
use crate::handshake::Handshake;
use crate::push::{envelope, now};
use crate::texts::{attack as texts, forgery};
use crate::{Account, Mode, Pace, cipher};

const EVERY: &[Mode] = &Mode::ALL;
const ENCRYPTED: &[Mode] = &[Mode::Compatible, Mode::Safe];

pub(super) static ALL: LazyLock<Vec<Attack>> = LazyLock::new(|| {
    let attack = |name, modes, title, make| Attack { name, title, modes, make };
    vec![
        attack("bad-signature", EVERY, texts::bad_signature(), bad_signature),
        attack("missing-signature", EVERY, texts::missing_signature(), missing_signature),
        attack("swapped-signatures", EVERY, texts::swapped_signatures(), swapped_signatures),
        attack("old-timestamp", EVERY, texts::old_timestamp(), old_timestamp),
        attack("future-timestamp", EVERY, texts::future_timestamp(), future_timestamp),
        attack(
            "replay-with-another-body",
            EVERY,
            texts::replay_with_another_body(),
            replay_with_another_body,
        ),
        attack("other-app-id", ENCRYPTED, texts::other_app_id(), other_app_id),
        attack("other-key", ENCRYPTED, texts::other_key(), other_key),
        attack("plaintext-downgrade", ENCRYPTED, texts::plaintext_downgrade(), plaintext_downgrade),
        attack("cut-ciphertext", ENCRYPTED, texts::cut_ciphertext(), cut_ciphertext),
        attack("flipped-ciphertext", ENCRYPTED, texts::flipped_ciphertext(), flipped_ciphertext),
        attack("bad-padding", ENCRYPTED, texts::bad_padding(), bad_padding),
        attack("bad-length", ENCRYPTED, texts::bad_length(), bad_length),
        attack("doubled-parameters", EVERY, texts::doubled_parameters(), doubled_parameters),
        attack("oversize", EVERY, texts::oversize(), oversize),
        attack("slow-body", EVERY, texts::slow_body(), slow_body),
        attack("broken-xml", EVERY, texts::broken_xml(), broken_xml),
        attack("doctype", EVERY, texts::doctype(), doctype),
        attack(
            "verification-bad-signature",
            EVERY,
            texts::verification_bad_signature(),
            verification_bad_signature,
        ),
    ]
});

fn bad_signature(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    let changed = forge.deciding_signatures().iter().map(|name| {
        let right = request.parameter(name).unwrap_or_default();
        refuse(request.clone().with_parameter(name, &another_digit(right)), forgery::another_digit(name))
    });
    changed.collect()
}

fn another_digit(hex: &str) -> String {
    let first = if hex.starts_with('0') { '1' } else { '0' };
    std::iter::once(first).chain(hex.chars().skip(1)).collect()
}

fn missing_signature(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    let missing = forge.deciding_signatures().iter().flat_map(|name| {
        let (missing, empty) =
            (request.clone().without_parameter(name), request.clone().with_parameter(name, ""));
        [refuse(missing, forgery::missing(name)), refuse(empty, forgery::empty(name))]
    });
    missing.collect()
}

fn swapped_signatures(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    let signature = request.parameter("signature").unwrap_or_default().to_owned();
    let swapped = match request.parameter("msg_signature").map(str::to_owned) {
        Some(other) => refuse(
            request.with_parameter("signature", &other).with_parameter("msg_signature", &signature),
            forgery::swapped(),
        ),
        None => refuse(
            request.without_parameter("signature").with_parameter("msg_signature", &signature),
            forgery::renamed(),
        ),
    };
    vec![swapped]
}

fn old_timestamp(forge: &Forge<'_>) -> Vec<Probe> {
    vec![refuse(forge.request_at(now() - 3600), forgery::an_hour_old())]
}

fn future_timestamp(forge: &Forge<'_>) -> Vec<Probe> {
    vec![refuse(forge.request_at(now() + 3600), forgery::an_hour_ahead())]
}

fn replay_with_another_body(forge: &Forge<'_>) -> Vec<Probe> {
    let genuine = forge.genuine();
    let other = forge.xml.replace("</xml>", "<Attacked>1</Attacked></xml>").replace("你好", "转账");
    let body = forge.request_of(&other).body;
    let replayed = genuine.request.clone().with_body(body);
    vec![genuine, refuse(replayed, forgery::another_body())]
}

fn other_app_id(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request_as(&forge.account().clone().with_another_app_id());
    vec![refuse(request, forgery::another_app_id())]
}

fn other_key(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request_as(&forge.account().clone().with_another_key());
    vec![refuse(request, forgery::another_key())]
}

fn plaintext_downgrade(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    // A query that an observer recorded while the account was in plain mode.
    let signed = request.clone().without_parameter("msg_signature").without_parameter("encrypt_type");
    let plain = forge.xml.clone();
    vec![
        refuse(signed.clone().with_body(plain.clone()), forgery::plain()),
        refuse(
            signed.with_parameter("encrypt_type", "raw").with_body(plain.clone()),
            forgery::plain_as_encrypt_type(),
        ),
        refuse(request.with_body(plain), forgery::plain_body()),
    ]
}

fn cut_ciphertext(forge: &Forge<'_>) -> Vec<Probe> {
    let right = forge.genuine_encrypt();
    let cut = |length: usize| right.get(..right.len().saturating_sub(length)).unwrap_or_default().to_owned();
    // One character, whole base64 groups, everything; and the last block of 16 bytes.
    let mut cuts: Vec<_> = [1, 4, 64].map(|length| (cut(length), forgery::cut(length))).into();
    cuts.push((String::new(), forgery::no_ciphertext()));
    let mut frame = cipher::pad(forge.genuine_frame());
    frame.truncate(frame.len() - 16);
    cuts.push((cipher::seal_frame(forge.account().key(), frame), forgery::no_last_block()));
    cuts.into_iter().map(|(encrypt, forgery)| refuse(forge.encrypted(&encrypt), forgery)).collect()
}

fn flipped_ciphertext(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let encrypt = body.split("<Encrypt><![CDATA[").nth(1).and_then(|rest| rest.split("]]>").next());
    let right = encrypt.unwrap_or_default();
    // As an attacker can: the signature covers the genuine one.
    let unsigned = [0, right.len() / 2, right.len().saturating_sub(8)].map(|at| {
        let flipped = flip(right, at);
        refuse(request.clone().with_body(body.replace(right, &flipped)), forgery::flipped(at + 1))
    });
    // With a valid signature: even someone with the Token must be refused. The end holds the app id and the padding.
    let right = forge.genuine_encrypt();
    let at = right.len().saturating_sub(8);
    let signed = refuse(forge.encrypted(&flip(&right, at)), forgery::flipped_and_signed(at + 1));
    unsigned.into_iter().chain([signed]).collect()
}

/// Another base64 character at this position.
fn flip(base64: &str, at: usize) -> String {
    base64
        .chars()
        .enumerate()
        .map(|(place, char)| match char {
            'A' if place == at => 'B',
            _ if place == at => 'A',
            char => char,
        })
        .collect()
}

fn bad_padding(forge: &Forge<'_>) -> Vec<Probe> {
    let right = cipher::pad(forge.genuine_frame());
    let with_last = |last: u8| {
        let mut frame = right.clone();
        if let Some(byte) = frame.last_mut() {
            *byte = last;
        }
        refuse(forge.frame(frame), forgery::padding(last))
    };
    let padding = right.last().copied().unwrap_or_default();
    // Zero, more than a block of 32, more than the frame; and one that differs from the bytes before it.
    let uneven = if padding == 2 { 3 } else { 2 };
    vec![with_last(0), with_last(33), with_last(255), with_last(uneven)]
}

fn bad_length(forge: &Forge<'_>) -> Vec<Probe> {
    let right = forge.genuine_frame();
    let length = u32::try_from(forge.xml.len()).unwrap_or_default();
    let lengths =
        [0, 1, length.saturating_sub(1), length + 1, 0x7fff_ffff, 0x8000_0000, u32::MAX - 20, u32::MAX];
    let with_length = |length: u32| {
        let mut frame = right.clone();
        frame.splice(16..20, length.to_be_bytes());
        refuse(forge.frame(cipher::pad(frame)), forgery::length(length))
    };
    lengths.map(with_length).into()
}

fn doubled_parameters(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    let names = ["signature", "timestamp", "nonce", "msg_signature"];
    let there = names.iter().filter_map(|name| Some((*name, request.parameter(name)?)));
    // The right value last: a bot that reads one and checks the other accepts it.
    let doubled = there.flat_map(|(name, value)| {
        let first = request.clone().with_parameter(name, "1").with_another_parameter(name, value);
        let second = request.clone().with_another_parameter(name, "1");
        [refuse(first, forgery::doubled_first(name)), refuse(second, forgery::doubled_second(name))]
    });
    doubled.collect()
}

fn oversize(forge: &Forge<'_>) -> Vec<Probe> {
    let long = format!("<Long>{}</Long></xml>", "x".repeat(1024 * 1024));
    let request = forge.request_of(&forge.xml.replace("</xml>", &long));
    let chunked = request.clone().with_pace(Pace::Chunked);
    vec![refuse_or_hang_up(request, forgery::long()), refuse_or_hang_up(chunked, forgery::long_and_chunked())]
}

fn slow_body(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request().with_pace(Pace::Drip { every: Duration::from_secs(1) });
    vec![refuse_or_hang_up(request, forgery::dripped())]
}

/// Signature and encryption are right, only the XML is wrong.
fn broken_xml(forge: &Forge<'_>) -> Vec<Probe> {
    let broken = ["<xml><ToUserName>", "", "{}", "<xml></xml><xml></xml>", "<xml><a></b></xml>"];
    with_xml(forge, &broken)
}

fn doctype(forge: &Forge<'_>) -> Vec<Probe> {
    let laughs: String = (1..10)
        .map(|level| {
            let inner = format!("&l{};", level - 1).repeat(10);
            format!("<!ENTITY l{level} \"{inner}\">")
        })
        .collect();
    let laughs = format!("<!DOCTYPE xml [<!ENTITY l0 \"ha\">{laughs}]>");
    let types = [
        "<!DOCTYPE xml>",
        "<!DOCTYPE xml SYSTEM \"file:///etc/passwd\">",
        "<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>",
        &laughs,
    ];
    let entity = |types: &str| {
        if types.contains(" l9 ") {
            "&l9;"
        } else if types.contains(" a ") {
            "&a;"
        } else {
            ""
        }
    };
    let bombs = types.map(|types| {
        let inside = format!("<Bomb>{}</Bomb></xml>", entity(types));
        format!("{types}{}", forge.xml.replace("</xml>", &inside))
    });
    with_xml(forge, &bombs.each_ref().map(String::as_str))
}

/// Each document as the message and, in the encrypted modes, also as the envelope.
fn with_xml(forge: &Forge<'_>, documents: &[&str]) -> Vec<Probe> {
    let mut probes = Vec::new();
    for document in documents {
        if !forge.mode().is_encrypted() {
            probes.push(refuse(forge.request_of(document), forgery::message_is(start(document))));
            continue;
        }
        let sealed = cipher::seal(
            forge.account().key(),
            forge.account().app_id(),
            document.as_bytes(),
            *b"0123456789abcdef",
        );
        probes.push(refuse(forge.encrypted(&sealed), forgery::decrypted_message_is(start(document))));
        let right = forge.genuine_encrypt();
        let broken = match document.split_once("<xml>") {
            Some((before, _)) if !before.is_empty() => {
                format!("{before}{}", envelope(forge.account().original_id(), &right))
            }
            _ => envelope(forge.account().original_id(), &right).replace("</xml>", document),
        };
        // With an empty document the envelope has no end tag.
        let said = if document.is_empty() {
            forgery::open_envelope()
        } else {
            forgery::envelope_has(start(document))
        };
        probes.push(refuse(forge.encrypted(&right).with_body(broken), said));
    }
    probes
}

/// The start of a document, to tell it from the others.
fn start(document: &str) -> &str {
    document.get(..60).unwrap_or(document)
}

fn verification_bad_signature(forge: &Forge<'_>) -> Vec<Probe> {
    let request = Handshake::new(forge.account(), forge.url(), "4375120948345356249").request().clone();
    let right = request.parameter("signature").unwrap_or_default().to_owned();
    let other = Handshake::new(&Account::generate(), forge.url(), "4375120948345356249").request().clone();
    vec![
        refuse(
            request.clone().with_parameter("signature", &another_digit(&right)),
            forgery::another_digit("signature"),
        ),
        refuse(request.without_parameter("signature"), forgery::missing("signature")),
        refuse(other, forgery::another_token()),
    ]
}
