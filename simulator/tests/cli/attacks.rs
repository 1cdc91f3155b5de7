//! `attack`, against bots with and without a vulnerability.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use wechat_sim::{Mode, attack};

use crate::bots::{Example, serve};
use crate::sim::{Done, account};

/// The result of `attack all` against the weak bot with these holes.
fn attacked(mode: Mode, holes: &[&str], code: i32) -> Value {
    let account = account(mode);
    let bot = Example::start("weak_bot", &account, holes);
    Done::at(&account, &bot.url, &["attack", "all", "--json"]).exits(code).json()
}

fn accepted(json: &Value) -> Vec<&str> {
    json["accepted"].as_array().expect("names").iter().map(|name| name.as_str().expect("a name")).collect()
}

/// The attack with the name of the hole finds it.
#[track_caller]
fn is_found(hole: &str, mode: Mode) {
    let json = attacked(mode, &[hole], 4);
    assert!(accepted(&json).contains(&hole), "{hole}: {json}");
    assert_eq!((&json["passed"], &json["genuine_taken"]), (&false.into(), &true.into()));
}

/// The same, and no other attack is accepted.
#[track_caller]
fn alone_is_found(hole: &str, mode: Mode) {
    assert_eq!(accepted(&attacked(mode, &[hole], 4)), [hole]);
}

macro_rules! holes {
    ($($promise:ident: $check:ident($hole:literal, $mode:ident);)+) => {
        $(
            #[test]
            fn $promise() {
                $check($hole, Mode::$mode);
            }
        )+

        #[test]
        fn every_attack_has_a_hole_to_find() {
            let mut holes = vec![$($hole),+];
            // The weak bot is of an Official Account.
            let of_official = attack::all().iter().filter(|attack| {
                Mode::ALL.into_iter().any(|mode| attack.applies_to(&account(mode)))
            });
            let mut attacks: Vec<_> = of_official.map(|attack| attack.name).collect();
            holes.sort_unstable();
            attacks.sort_unstable();
            assert_eq!(holes, attacks);
        }
    };
}
holes! {
    a_signature_that_is_compared_in_part_is_found: alone_is_found("bad-signature", Safe);
    a_signature_that_may_be_missing_is_found: alone_is_found("missing-signature", Safe);
    a_signature_that_may_be_the_other_one_is_found: alone_is_found("swapped-signatures", Safe);
    old_requests_that_are_taken_are_found: alone_is_found("old-timestamp", Compatible);
    early_requests_that_are_taken_are_found: alone_is_found("future-timestamp", Plain);
    a_signature_for_any_body_is_found: alone_is_found("replay-with-another-body", Plain);
    // One flipped ciphertext in some 256 has a valid padding, and then nothing but the app id is wrong.
    another_app_id_that_is_taken_is_found: is_found("other-app-id", Safe);
    an_empty_app_id_that_is_taken_is_found: alone_is_found("empty-app-id", Safe);
    json_that_is_taken_is_found: alone_is_found("other-format", Safe);
    another_key_that_is_taken_is_found: is_found("other-key", Safe);
    plaintext_in_safe_mode_is_found: alone_is_found("plaintext-downgrade", Safe);
    cut_ciphertext_that_is_taken_is_found: alone_is_found("cut-ciphertext", Compatible);
    flipped_ciphertext_that_is_taken_is_found: is_found("flipped-ciphertext", Safe);
    padding_that_is_not_looked_at_is_found: is_found("bad-padding", Safe);
    a_length_that_is_not_looked_at_is_found: alone_is_found("bad-length", Safe);
    parameters_that_may_be_there_twice_are_found: alone_is_found("doubled-parameters", Plain);
    a_body_without_a_limit_is_found: alone_is_found("oversize", Safe);
    a_body_without_a_deadline_is_found: alone_is_found("slow-body", Safe);
    xml_that_is_searched_and_not_read_is_found: is_found("broken-xml", Safe);
    document_types_that_are_taken_are_found: alone_is_found("doctype", Compatible);
    a_verification_of_anything_is_found: alone_is_found("verification-bad-signature", Plain);
}

#[test]
fn without_a_hole_everything_is_refused_and_the_exit_code_is_0() {
    for mode in Mode::ALL {
        let json = attacked(mode, &[], 0);
        assert_eq!((&json["passed"], &json["mode"]), (&true.into(), &mode.name().into()));
        let attacks = json["attacks"].as_array().expect("attacks");
        assert_eq!(attacks.len(), attack::all().len());
        for (told, attack) in attacks.iter().zip(attack::all()) {
            assert_eq!(told["name"], attack.name);
            let verdict = if attack.applies_to(&account(mode)) { "refused" } else { "not_applicable" };
            assert_eq!(told["verdict"], verdict, "{told}");
        }
    }
}

#[test]
fn a_hole_is_told_in_a_row_and_its_request_in_the_json() {
    let account = account(Mode::Safe);
    let bot = Example::start("weak_bot", &account, &["doctype"]);
    let done = Done::at(&account, &bot.url, &["attack", "doctype", "bad-length"]).exits(4);
    done.says("✗ ACCEPTED")
        .says("the decrypted message is \"<!DOCTYPE xml>")
        .says("accepted with 200")
        .says("1 refused, 1 accepted");
    let json = Done::at(&account, &bot.url, &["attack", "doctype", "--json"]).exits(4).json();
    let attempt = &json["attacks"][0]["attempts"][0];
    assert_eq!((&attempt["passed"], &attempt["status"]), (&false.into(), &200.into()));
    assert_eq!(attempt["request"]["method"], "POST");
    assert!(attempt["forgery"]["en"].as_str().is_some_and(|forgery| forgery.contains("DOCTYPE")));
}

#[test]
fn an_attack_on_the_encryption_does_not_apply_in_plain_mode() {
    let account = account(Mode::Plain);
    let bot = Example::start("weak_bot", &account, &[]);
    Done::at(&account, &bot.url, &["attack", "bad-padding"]).exits(0).says("not applicable");
}

#[test]
fn a_bot_that_refuses_everything_is_not_praised() {
    let url = serve(axum::Router::new());
    let done = Done::at(&account(Mode::Safe), &url, &["attack", "bad-signature", "--json"]).exits(1);
    assert_eq!(done.json()["genuine_taken"], false);
    done.says("a genuine message was not taken");
    let done = Done::at(&account(Mode::Safe), &url, &["attack", "bad-signature"]).exits(1);
    assert!(
        done.stdout.ends_with(
            "1 refused, 0 accepted\n✗ a genuine message was not taken (refused with 404): are the credentials and the \
             mode the same on both sides? Or is the path (--path) wrong?\n"
        ),
        "{done:?}"
    );
    let done = Done::at(&account(Mode::Safe), &url, &["attack", "bad-signature", "--lang", "zh"]).exits(1);
    assert!(done.stdout.ends_with("AppID、密钥和模式一致吗？或路径不对（--path）\n"), "{done:?}");
}

#[test]
fn refusals_that_say_why_are_counted_once() {
    let url = serve(Router::new().route("/weixin", post(async || (StatusCode::FORBIDDEN, "wrong AppID"))));
    let done = Done::at(&account(Mode::Safe), &url, &["attack", "other-key", "other-app-id"]).exits(1);
    done.says("refusals with a body: 2. Do not tell an attacker what was wrong\n2 refused, 0 accepted\n");
}

#[test]
fn an_attack_can_be_left_out() {
    let account = account(Mode::Safe);
    let bot = Example::start("weak_bot", &account, &["doctype"]);
    let arguments = ["attack", "other-key", "doctype", "--except", "doctype"];
    Done::at(&account, &bot.url, &arguments).exits(0).says("1 refused, 0 accepted");
    let arguments = ["attack", "other-key", "doctype", "broken-xml", "--except", "doctype,broken-xml"];
    Done::at(&account, &bot.url, &arguments).exits(0).says("1 refused, 0 accepted");
    Done::at(&account, &bot.url, &["attack", "--except", "doctypes"])
        .exits(2)
        .says("there is no attack doctypes: did you mean doctype?");
    let done = Done::at(&account, &bot.url, &["attack", "--except", "nonsense"]).exits(2);
    done.says("the attacks are: bad-signature,");
    let done = Done::at(&account, &bot.url, &["attack", "nonsense"]).exits(2);
    done.says("the attacks are: all, bad-signature,");
}

#[test]
fn a_refusal_by_an_error_of_the_server_shows_its_status() {
    let failing = async || (StatusCode::INTERNAL_SERVER_ERROR, "");
    let url = serve(Router::new().route("/weixin", post(failing)));
    for (lang, row) in [
        ("en", "✓ refused (500: did it crash?)  other-key "),
        ("zh", "✓ 已拒绝（500：是不是崩溃了？）  other-key "),
    ] {
        let arguments = ["attack", "other-key", "--lang", lang];
        let done = Done::at(&account(Mode::Safe), &url, &arguments).exits(1);
        assert!(done.stdout.starts_with(row), "{done:?}");
    }
    let json = Done::at(&account(Mode::Safe), &url, &["attack", "other-key", "--json"]).exits(1).json();
    assert_eq!(json["attacks"][0]["verdict"], "refused");
}
