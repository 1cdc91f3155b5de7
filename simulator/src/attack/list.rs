//! The list of attacks, and those on the query and on the way that a request is sent.

use std::sync::LazyLock;
use std::time::Duration;

use super::documents::{broken_json, broken_xml, deep_json, doctype, doubled_keys, other_format};
use super::forge::{Forge, refuse, refuse_or_hang_up};
use super::frames::{
    bad_length, bad_padding, cut_ciphertext, empty_app_id, flipped_ciphertext, other_app_id, other_key,
    other_platform,
};
use super::verifications::{
    another_digit, verification_bad_signature, verification_clear_echostr, verification_other_company,
};
use super::{Attack, Probe};
use crate::push::now;
use crate::texts::{attack as texts, forgery};
use crate::{AccountKind, DataFormat, LocalizedText, Mode, Pace};

const EVERY: &[Mode] = &Mode::ALL;
const ENCRYPTED: &[Mode] = &[Mode::Compatible, Mode::Safe];
const XML: &[DataFormat] = &[DataFormat::Xml];
const JSON: &[DataFormat] = &[DataFormat::Json];
const OF_WECOM: &[AccountKind] = &[AccountKind::WeCom, AccountKind::AiBot];
const AIBOT: &[AccountKind] = &[AccountKind::AiBot];
/// An AI bot's receive id is empty.
const WITH_ID: &[AccountKind] = &[
    AccountKind::Official,
    AccountKind::MiniProgram,
    AccountKind::Store,
    AccountKind::WeCom,
    AccountKind::Platform,
];
const PLATFORM: &[AccountKind] = &[AccountKind::Platform];

pub(super) static ALL: LazyLock<Vec<Attack>> = LazyLock::new(|| {
    vec![
        attack("bad-signature", texts::bad_signature(), bad_signature),
        attack("missing-signature", texts::missing_signature(), missing_signature),
        attack("swapped-signatures", texts::swapped_signatures(), swapped_signatures),
        attack("old-timestamp", texts::old_timestamp(), old_timestamp),
        attack("future-timestamp", texts::future_timestamp(), future_timestamp),
        attack("replay-with-another-body", texts::replay_with_another_body(), replay_with_another_body),
        attack("other-app-id", texts::other_app_id(), other_app_id).only_in(ENCRYPTED),
        attack("empty-app-id", texts::empty_app_id(), empty_app_id).only_in(ENCRYPTED).only_for(WITH_ID),
        attack("other-platform", texts::other_platform(), other_platform).only_for(PLATFORM),
        attack("other-key", texts::other_key(), other_key).only_in(ENCRYPTED),
        attack("plaintext-downgrade", texts::plaintext_downgrade(), plaintext_downgrade).only_in(ENCRYPTED),
        attack("cut-ciphertext", texts::cut_ciphertext(), cut_ciphertext).only_in(ENCRYPTED),
        attack("flipped-ciphertext", texts::flipped_ciphertext(), flipped_ciphertext).only_in(ENCRYPTED),
        attack("bad-padding", texts::bad_padding(), bad_padding).only_in(ENCRYPTED),
        attack("bad-length", texts::bad_length(), bad_length).only_in(ENCRYPTED),
        attack("doubled-parameters", texts::doubled_parameters(), doubled_parameters),
        attack("oversize", texts::oversize(), oversize),
        attack("slow-body", texts::slow_body(), slow_body),
        attack("other-format", texts::other_format(), other_format),
        attack("broken-xml", texts::broken_xml(), broken_xml).only_as(XML),
        attack("doctype", texts::doctype(), doctype).only_as(XML),
        attack("broken-json", texts::broken_json(), broken_json).only_as(JSON),
        attack("deep-json", texts::deep_json(), deep_json).only_as(JSON),
        attack("doubled-keys", texts::doubled_keys(), doubled_keys).only_as(JSON),
        attack("verification-bad-signature", texts::verification_bad_signature(), verification_bad_signature),
        attack("verification-clear-echostr", texts::verification_clear_echostr(), verification_clear_echostr)
            .only_for(OF_WECOM),
        attack("verification-other-company", texts::verification_other_company(), verification_other_company)
            .only_for(OF_WECOM),
        attack("unknown-stream", texts::unknown_stream(), unknown_stream).only_for(AIBOT),
    ]
});

/// An attack on every account.
fn attack(name: &'static str, title: LocalizedText, make: fn(&Forge<'_>) -> Vec<Probe>) -> Attack {
    Attack { name, title, kinds: &AccountKind::ALL, formats: &DataFormat::ALL, modes: EVERY, make }
}

impl Attack {
    fn only_for(self, kinds: &'static [AccountKind]) -> Self {
        Self { kinds, ..self }
    }

    fn only_as(self, formats: &'static [DataFormat]) -> Self {
        Self { formats, ..self }
    }

    fn only_in(self, modes: &'static [Mode]) -> Self {
        Self { modes, ..self }
    }
}

/// Whoever refuses it is asked for six minutes.
fn unknown_stream(forge: &Forge<'_>) -> Vec<Probe> {
    vec![forge.refresh("0123456789abcdef")]
}

fn bad_signature(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    let changed = forge.deciding_signatures().iter().map(|name| {
        let right = request.parameter(name).unwrap_or_default();
        refuse(request.clone().with_parameter(name, &another_digit(right)), forgery::another_digit(name))
    });
    changed.collect()
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
    let values = ["signature", "msg_signature"].map(|name| request.parameter(name).map(str::to_owned));
    let swapped = match values {
        [Some(signature), Some(other)] => refuse(
            request.with_parameter("signature", &other).with_parameter("msg_signature", &signature),
            forgery::swapped(),
        ),
        // WeCom's, as an Official Account in plain mode has it.
        [None, Some(other)] => refuse(
            request.without_parameter("msg_signature").with_parameter("signature", &other),
            forgery::renamed("msg_signature", "signature"),
        ),
        [signature, None] => refuse(
            request
                .without_parameter("signature")
                .with_parameter("msg_signature", signature.as_deref().unwrap_or_default()),
            forgery::renamed("signature", "msg_signature"),
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
    let other = forge.with_field("Attacked", "1").replace("你好", "转账");
    let body = forge.request_of(&other).body;
    let replayed = genuine.request.clone().with_body(body);
    vec![genuine, refuse(replayed, forgery::another_body())]
}

fn plaintext_downgrade(forge: &Forge<'_>) -> Vec<Probe> {
    let encrypted = forge.request();
    // A query that an observer recorded while the account was in plain mode. WeCom has none, but one of an Official
    // Account with the same Token is signed like this.
    let signed = forge.plain();
    let plain = forge.xml.clone();
    vec![
        refuse(signed.clone(), forgery::plain()),
        refuse(signed.with_parameter("encrypt_type", "raw"), forgery::plain_as_encrypt_type()),
        refuse(encrypted.with_body(plain), forgery::plain_body()),
    ]
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
    let request = forge.request_of(&forge.with_field("Long", &"x".repeat(1024 * 1024)));
    let chunked = request.clone().with_pace(Pace::Chunked);
    vec![refuse_or_hang_up(request, forgery::long()), refuse_or_hang_up(chunked, forgery::long_and_chunked())]
}

fn slow_body(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request().with_pace(Pace::Drip { every: Duration::from_secs(1) });
    vec![refuse_or_hang_up(request, forgery::dripped())]
}
