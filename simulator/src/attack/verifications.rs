//! Forged verifications of the URL.

use super::Probe;
use super::forge::{Forge, refuse};
use super::frames::another_id;
use crate::handshake::Handshake;
use crate::push::Stamp;
use crate::texts::forgery;
use crate::{Account, cipher};

const ECHOSTR: &str = "4375120948345356249";

pub(super) fn verification_bad_signature(forge: &Forge<'_>) -> Vec<Probe> {
    let request = Handshake::new(forge.account(), forge.url(), ECHOSTR).request().clone();
    let named = ["signature", "msg_signature"];
    let name = named.into_iter().find(|name| request.parameter(name).is_some()).unwrap_or("signature");
    let right = request.parameter(name).unwrap_or_default().to_owned();
    let other = Account::generate_as(forge.account().kind());
    let other = Handshake::new(&other, forge.url(), ECHOSTR).request().clone();
    vec![
        refuse(request.clone().with_parameter(name, &another_digit(&right)), forgery::another_digit(name)),
        refuse(request.without_parameter(name), forgery::missing(name)),
        refuse(other, forgery::another_token()),
    ]
}

/// As for an Official Account: WeCom encrypts the echostr.
pub(super) fn verification_clear_echostr(forge: &Forge<'_>) -> Vec<Probe> {
    let of_official = Handshake::plain(forge.account(), forge.url(), ECHOSTR);
    let signed = Handshake::encrypted(forge.account(), forge.url(), ECHOSTR, ECHOSTR);
    vec![
        refuse(of_official.request().clone(), forgery::verification_of_official()),
        refuse(signed.request().clone(), forgery::clear_echostr()),
    ]
}

/// The signature is right, and the echostr is for somebody else.
pub(super) fn verification_other_company(forge: &Forge<'_>) -> Vec<Probe> {
    let account = forge.account();
    let sealed = |account: &Account| {
        let random = Stamp::now().random;
        cipher::seal(account.key(), account.app_id(), ECHOSTR.as_bytes(), random)
    };
    let verification = |account: &Account| {
        let handshake = Handshake::encrypted(forge.account(), forge.url(), ECHOSTR, &sealed(account));
        handshake.request().clone()
    };
    let id_name = account.kind().id_name();
    let mut probes = vec![
        refuse(
            verification(&account.clone().with_app_id(&another_id(forge))),
            forgery::another_app_id(id_name),
        ),
        refuse(verification(&account.clone().with_another_key()), forgery::another_key()),
    ];
    if !account.app_id().is_empty() {
        let nobody = verification(&account.clone().with_app_id(""));
        probes.push(refuse(nobody, forgery::no_app_id(id_name)));
    }
    probes
}

/// The hexadecimal digits with another first one.
pub(super) fn another_digit(hex: &str) -> String {
    let first = if hex.starts_with('0') { '1' } else { '0' };
    std::iter::once(first).chain(hex.chars().skip(1)).collect()
}
