//! The attacks.

use std::sync::LazyLock;
use std::time::Duration;

use super::forge::{Forge, refuse, refuse_or_hang_up};
use super::{Attack, Attempt};
use crate::handshake::Handshake;
use crate::push::{envelope, now};
use crate::{Account, Mode, Pace, Sentence, cipher};

const EVERY: &[Mode] = &Mode::ALL;
const ENCRYPTED: &[Mode] = &[Mode::Compatible, Mode::Safe];

pub(super) static ALL: LazyLock<Vec<Attack>> = LazyLock::new(|| {
    let attack = |name, modes, (zh, en): (&str, &str), make| Attack {
        name,
        title: Sentence::new(zh, en),
        modes,
        make,
    };
    vec![
        attack(
            "bad-signature",
            EVERY,
            ("签名改了一位", "one digit of the signature is another"),
            bad_signature,
        ),
        attack("missing-signature", EVERY, ("没有签名", "the signature is missing"), missing_signature),
        attack(
            "swapped-signatures",
            EVERY,
            ("signature 与 msg_signature 对调", "signature and msg_signature are swapped"),
            swapped_signatures,
        ),
        attack("old-timestamp", EVERY, ("一小时前的请求", "the request is an hour old"), |forge| {
            vec![refuse(forge.request_at(now() - 3600))]
        }),
        attack(
            "future-timestamp",
            EVERY,
            ("一小时后的请求", "the request is an hour early"),
            |forge| vec![refuse(forge.request_at(now() + 3600))],
        ),
        attack(
            "replay-with-another-body",
            EVERY,
            ("真实请求的签名配上另一条消息", "a genuine request's query with another message"),
            replay_with_another_body,
        ),
        attack(
            "other-app-id",
            ENCRYPTED,
            ("为另一个 AppID 加密", "encrypted for another AppID"),
            |forge| vec![refuse(forge.request_as(&forge.account().clone().with_another_app_id()))],
        ),
        attack("other-key", ENCRYPTED, ("用另一个密钥加密", "encrypted with another key"), |forge| {
            vec![refuse(forge.request_as(&forge.account().clone().with_another_key()))]
        }),
        attack(
            "plaintext-downgrade",
            ENCRYPTED,
            ("加密模式下发送明文", "a plain message where it must be encrypted"),
            plaintext_downgrade,
        ),
        attack("cut-ciphertext", ENCRYPTED, ("密文被截断", "the ciphertext is cut"), cut_ciphertext),
        attack(
            "flipped-ciphertext",
            ENCRYPTED,
            ("密文翻转一位", "a bit of the ciphertext is flipped"),
            flipped_ciphertext,
        ),
        attack("bad-padding", ENCRYPTED, ("填充不正确", "the padding is wrong"), bad_padding),
        attack("bad-length", ENCRYPTED, ("长度字段不正确", "the length field is wrong"), bad_length),
        attack(
            "doubled-parameters",
            EVERY,
            ("参数出现两次", "a parameter is there twice"),
            doubled_parameters,
        ),
        attack("oversize", EVERY, ("超大的请求（1 MiB）", "a message of one mebibyte"), oversize),
        attack("slow-body", EVERY, ("一秒一个字节", "one byte a second"), |forge| {
            vec![refuse_or_hang_up(forge.request().with_pace(Pace::Drip { every: Duration::from_secs(1) }))]
        }),
        attack("broken-xml", EVERY, ("XML 不完整", "the XML breaks off"), broken_xml),
        attack("doctype", EVERY, ("DOCTYPE 与实体炸弹", "document types and entity bombs"), doctype),
        attack(
            "verification-bad-signature",
            EVERY,
            ("签名错误的 URL 验证", "a URL verification whose signature is wrong"),
            verification_bad_signature,
        ),
    ]
});

fn bad_signature(forge: &Forge<'_>) -> Vec<Attempt> {
    let request = forge.request();
    let changed = forge.deciding_signatures().iter().map(|name| {
        let right = request.parameter(name).unwrap_or_default();
        refuse(request.clone().with_parameter(name, &another_digit(right)))
    });
    changed.collect()
}

fn another_digit(hex: &str) -> String {
    let first = if hex.starts_with('0') { '1' } else { '0' };
    std::iter::once(first).chain(hex.chars().skip(1)).collect()
}

fn missing_signature(forge: &Forge<'_>) -> Vec<Attempt> {
    let request = forge.request();
    let missing = forge.deciding_signatures().iter().flat_map(|name| {
        let request = request.clone();
        [refuse(request.clone().without_parameter(name)), refuse(request.with_parameter(name, ""))]
    });
    missing.collect()
}

fn swapped_signatures(forge: &Forge<'_>) -> Vec<Attempt> {
    let request = forge.request();
    let signature = request.parameter("signature").unwrap_or_default().to_owned();
    let swapped = match request.parameter("msg_signature").map(str::to_owned) {
        Some(other) => {
            request.with_parameter("signature", &other).with_parameter("msg_signature", &signature)
        }
        None => request.without_parameter("signature").with_parameter("msg_signature", &signature),
    };
    vec![refuse(swapped)]
}

fn replay_with_another_body(forge: &Forge<'_>) -> Vec<Attempt> {
    let genuine = forge.genuine();
    let other = forge.xml.replace("</xml>", "<Attacked>1</Attacked></xml>").replace("你好", "转账");
    let body = forge.request_of(&other).body;
    let replayed = genuine.request.clone().with_body(body);
    vec![genuine, refuse(replayed)]
}

fn plaintext_downgrade(forge: &Forge<'_>) -> Vec<Attempt> {
    let request = forge.request();
    // A query that an observer saw while the account was in plain mode.
    let signed = request.clone().without_parameter("msg_signature").without_parameter("encrypt_type");
    let plain = forge.xml.clone();
    vec![
        refuse(signed.clone().with_body(plain.clone())),
        refuse(signed.with_parameter("encrypt_type", "raw").with_body(plain.clone())),
        refuse(request.with_body(plain)),
    ]
}

fn cut_ciphertext(forge: &Forge<'_>) -> Vec<Attempt> {
    let right = forge.right_encrypt();
    let cut = |length: usize| right.get(..right.len().saturating_sub(length)).unwrap_or_default().to_owned();
    // One character, whole groups of base64, all of it; and the last block of 16 bytes.
    let mut cuts = vec![cut(1), cut(4), cut(64), String::new()];
    let mut frame = cipher::pad(forge.right_frame());
    frame.truncate(frame.len() - 16);
    cuts.push(cipher::seal_frame(forge.account().key(), frame));
    cuts.iter().map(|encrypt| refuse(forge.encrypted(encrypt))).collect()
}

fn flipped_ciphertext(forge: &Forge<'_>) -> Vec<Attempt> {
    let request = forge.request();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let encrypt = body.split("<Encrypt><![CDATA[").nth(1).and_then(|rest| rest.split("]]>").next());
    let right = encrypt.unwrap_or_default();
    // As an attacker can: under the signature that covers the right one.
    let unsigned = [0, right.len() / 2, right.len().saturating_sub(8)].map(|at| {
        let flipped = flip(right, at);
        refuse(request.clone().with_body(body.replace(right, &flipped)))
    });
    // As not even someone with the Token should get through: the end holds the app id and the padding.
    let right = forge.right_encrypt();
    let signed = refuse(forge.encrypted(&flip(&right, right.len().saturating_sub(8))));
    unsigned.into_iter().chain([signed]).collect()
}

/// Another character of base64 in that place.
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

fn bad_padding(forge: &Forge<'_>) -> Vec<Attempt> {
    let right = cipher::pad(forge.right_frame());
    let with_last = |last: u8| {
        let mut frame = right.clone();
        if let Some(byte) = frame.last_mut() {
            *byte = last;
        }
        refuse(forge.frame(frame))
    };
    let padding = right.last().copied().unwrap_or_default();
    // Zero, beyond a block of 32, beyond the frame; and one that the bytes before it do not repeat.
    let uneven = if padding == 2 { 3 } else { 2 };
    vec![with_last(0), with_last(33), with_last(255), with_last(uneven)]
}

fn bad_length(forge: &Forge<'_>) -> Vec<Attempt> {
    let right = forge.right_frame();
    let length = u32::try_from(forge.xml.len()).unwrap_or_default();
    let lengths =
        [0, 1, length.saturating_sub(1), length + 1, 0x7fff_ffff, 0x8000_0000, u32::MAX - 20, u32::MAX];
    let with_length = |length: u32| {
        let mut frame = right.clone();
        frame.splice(16..20, length.to_be_bytes());
        refuse(forge.frame(cipher::pad(frame)))
    };
    lengths.map(with_length).into()
}

fn doubled_parameters(forge: &Forge<'_>) -> Vec<Attempt> {
    let request = forge.request();
    let names = ["signature", "timestamp", "nonce", "msg_signature"];
    let there = names.iter().filter_map(|name| Some((*name, request.parameter(name)?)));
    // The right value last: a bot that reads one and checks the other takes it.
    let doubled = there.flat_map(|(name, value)| {
        let first = request.clone().with_parameter(name, "1").with_another_parameter(name, value);
        [refuse(first), refuse(request.clone().with_another_parameter(name, "1"))]
    });
    doubled.collect()
}

fn oversize(forge: &Forge<'_>) -> Vec<Attempt> {
    let long = format!("<Long>{}</Long></xml>", "x".repeat(1024 * 1024));
    let request = forge.request_of(&forge.xml.replace("</xml>", &long));
    let chunked = request.clone().with_pace(Pace::Chunked);
    vec![refuse_or_hang_up(request), refuse_or_hang_up(chunked)]
}

/// Rightly signed and encrypted: the XML alone is wrong.
fn broken_xml(forge: &Forge<'_>) -> Vec<Attempt> {
    let broken = ["<xml><ToUserName>", "", "{}", "<xml></xml><xml></xml>", "<xml><a></b></xml>"];
    with_xml(forge, &broken)
}

fn doctype(forge: &Forge<'_>) -> Vec<Attempt> {
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

/// Each as the message; in the encrypted modes as the envelope, too.
fn with_xml(forge: &Forge<'_>, documents: &[&str]) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for document in documents {
        if !forge.mode().is_encrypted() {
            attempts.push(refuse(forge.request_of(document)));
            continue;
        }
        let sealed = cipher::seal(
            forge.account().key(),
            forge.account().app_id(),
            document.as_bytes(),
            *b"0123456789abcdef",
        );
        attempts.push(refuse(forge.encrypted(&sealed)));
        let right = forge.right_encrypt();
        let broken = match document.split_once("<xml>") {
            Some((before, _)) if !before.is_empty() => {
                format!("{before}{}", envelope(forge.account().original_id(), &right))
            }
            _ => envelope(forge.account().original_id(), &right).replace("</xml>", document),
        };
        // A document that is empty makes an envelope without an end.
        attempts.push(refuse(forge.encrypted(&right).with_body(broken)));
    }
    attempts
}

fn verification_bad_signature(forge: &Forge<'_>) -> Vec<Attempt> {
    let request = Handshake::new(forge.account(), forge.url(), "4375120948345356249").request().clone();
    let right = request.parameter("signature").unwrap_or_default().to_owned();
    let other = Handshake::new(&Account::generate(), forge.url(), "4375120948345356249").request().clone();
    vec![
        refuse(request.clone().with_parameter("signature", &another_digit(&right))),
        refuse(request.without_parameter("signature")),
        refuse(other),
    ]
}
