//! Attacks on what is encrypted: the ciphertext, the frame in it, and whom it is for.

use super::Probe;
use super::forge::{Forge, refuse};
use crate::account::random_hex;
use crate::texts::forgery;
use crate::{Message, cipher};

pub(super) fn other_app_id(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request_as(&forge.account().clone().with_app_id(&another_id(forge)));
    vec![refuse(request, forgery::another_app_id(forge.account().kind().id_name()))]
}

/// An id like the account's own.
pub(super) fn another_id(forge: &Forge<'_>) -> String {
    let start = if forge.account().kind().is_of_wecom() { "ww" } else { "wx" };
    format!("{start}{}", random_hex::<8>())
}

pub(super) fn empty_app_id(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request_as(&forge.account().clone().with_app_id(""));
    vec![refuse(request, forgery::no_app_id(forge.account().kind().id_name()))]
}

/// Another platform's system event, and a message that is encrypted for the account and not for its platform.
pub(super) fn other_platform(forge: &Forge<'_>) -> Vec<Probe> {
    let other = forge.account().clone().with_app_id(&another_id(forge));
    let event = forge.event_as(&other, &Message::event("component_verify_ticket"));
    let authorizer = forge.account().clone().with_app_id(AUTHORIZER);
    vec![
        refuse(event, forgery::event_of_another_platform()),
        refuse(forge.request_as(&authorizer), forgery::for_the_authorizer()),
    ]
}

/// The AppID of the catalogue's authorised account.
const AUTHORIZER: &str = "wxf8b4f85f3a794e77";

pub(super) fn other_key(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request_as(&forge.account().clone().with_another_key());
    vec![refuse(request, forgery::another_key())]
}

pub(super) fn cut_ciphertext(forge: &Forge<'_>) -> Vec<Probe> {
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

pub(super) fn flipped_ciphertext(forge: &Forge<'_>) -> Vec<Probe> {
    let request = forge.request();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let right = forge.encrypt_in(&body);
    // As an attacker can: the signature covers the genuine one.
    let unsigned = [0, right.len() / 2, right.len().saturating_sub(8)].map(|at| {
        let flipped = flip(&right, at);
        refuse(request.clone().with_body(body.replace(&right, &flipped)), forgery::flipped(at + 1))
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

pub(super) fn bad_padding(forge: &Forge<'_>) -> Vec<Probe> {
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

pub(super) fn bad_length(forge: &Forge<'_>) -> Vec<Probe> {
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
