//! Attacks with a wrong document as the message or as the envelope; signature and encryption are right.

use super::Probe;
use super::forge::{Forge, refuse};
use crate::texts::forgery;
use crate::{AccountKind, DataFormat, json};

/// Only the XML is wrong.
pub(super) fn broken_xml(forge: &Forge<'_>) -> Vec<Probe> {
    let broken = ["<xml><ToUserName>", "", "{}", "<xml></xml><xml></xml>", "<xml><a></b></xml>"];
    with_xml(forge, &broken)
}

pub(super) fn doctype(forge: &Forge<'_>) -> Vec<Probe> {
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
        probes.push(message_is(forge, document));
        if !forge.mode().is_encrypted() {
            continue;
        }
        let right = forge.genuine_encrypt();
        let broken = match document.split_once("<xml>") {
            Some((before, _)) if !before.is_empty() => format!("{before}{}", forge.envelope(&right)),
            _ => forge.envelope(&right).replace("</xml>", document),
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

/// The document as the message.
fn message_is(forge: &Forge<'_>, document: &str) -> Probe {
    let said = match forge.mode().is_encrypted() {
        true => forgery::decrypted_message_is(start(document)),
        false => forgery::message_is(start(document)),
    };
    refuse(forge.sealed(document), said)
}

/// Only the JSON is wrong.
pub(super) fn broken_json(forge: &Forge<'_>) -> Vec<Probe> {
    let cut = forge.xml.get(..forge.xml.len() / 2).unwrap_or("{");
    // A comma before the end is in WeChat's own examples, so a bot may take it.
    let broken = ["{", "", "[]", "null", "{}{}", "{\"a\":01}", "{'a':1}", cut];
    let mut probes: Vec<_> = broken.iter().map(|document| message_is(forge, document)).collect();
    if forge.mode().is_encrypted() {
        let right = forge.genuine_encrypt();
        let envelope = forge.envelope(&right);
        let broken = [
            (envelope.trim_end_matches('}').to_owned(), forgery::open_json_envelope()),
            (format!("{envelope}{envelope}"), forgery::envelope_twice()),
            (format!("[{envelope}]"), forgery::envelope_in_a_list()),
        ];
        probes
            .extend(broken.map(|(document, said)| refuse(forge.encrypted(&right).with_body(document), said)));
    }
    probes
}

pub(super) fn deep_json(forge: &Forge<'_>) -> Vec<Probe> {
    const DEPTH: usize = 5_000;
    let deep = [
        ("[", format!("{}1{}", "[".repeat(DEPTH), "]".repeat(DEPTH))),
        ("{", format!("{}1{}", "{\"a\":".repeat(DEPTH), "}".repeat(DEPTH))),
    ];
    let inside = |object: &str, value: &str| {
        format!("{},\"Deep\":{value}}}", object.strip_suffix('}').unwrap_or_default())
    };
    let right = forge.genuine_encrypt();
    let mut probes = Vec::new();
    for (bracket, value) in &deep {
        probes.push(refuse(forge.sealed(&inside(&forge.xml, value)), forgery::deep_message(bracket)));
        if forge.mode().is_encrypted() {
            let document = inside(&forge.envelope(&right), value);
            probes.push(refuse(forge.encrypted(&right).with_body(document), forgery::deep_envelope(bracket)));
        }
    }
    probes
}

/// A key twice, also in another case: one reader takes the first, another one the last.
pub(super) fn doubled_keys(forge: &Forge<'_>) -> Vec<Probe> {
    let mut probes = Vec::new();
    let names = match forge.account().kind() {
        AccountKind::AiBot => ["msgid", "MsgId", "msgtype"],
        _ => ["FromUserName", "fromusername", "MsgType"],
    };
    for name in names {
        let doubled = forge.with_field(name, "attacker");
        probes.push(refuse(forge.sealed(&doubled), forgery::doubled_in_message(name)));
    }
    if forge.mode().is_encrypted() {
        let right = forge.genuine_encrypt();
        let [right_json, other] = [right.as_str(), "AAAA"].map(json::quoted);
        for (first, second) in [("Encrypt", "Encrypt"), ("Encrypt", "encrypt"), ("encrypt", "Encrypt")] {
            let envelope = format!("{{\"{first}\":{right_json},\"{second}\":{other}}}");
            let request = forge.encrypted(&right).with_body(envelope);
            probes.push(refuse(request, forgery::doubled_in_envelope(first, second)));
        }
    }
    probes
}

/// A message, or an envelope, in the format that is not the account's.
pub(super) fn other_format(forge: &Forge<'_>) -> Vec<Probe> {
    let other = match forge.account().format() {
        DataFormat::Xml => DataFormat::Json,
        DataFormat::Json => DataFormat::Xml,
    };
    let mut probes = vec![refuse(forge.sealed(&forge.message_in(other)), forgery::message_in(other.title()))];
    if forge.mode().is_encrypted() {
        let right = forge.genuine_encrypt();
        let request = forge.encrypted(&right).with_body(forge.envelope_in(other, &right));
        probes.push(refuse(request, forgery::envelope_in(other.title())));
    }
    probes
}

/// The start of a document, to tell it from the others.
fn start(document: &str) -> &str {
    document.get(..60).unwrap_or(document)
}
