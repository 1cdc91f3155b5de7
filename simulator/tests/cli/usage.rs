//! Mistakes in the usage, and commands without a bot.

use wechat_sim::{Account, Mode};

use crate::sim::{Done, account, sim};

#[test]
fn keys_are_an_account() {
    let done = Done::of(sim(&["keys"])).exits(0);
    let variable = |name: &str| {
        let mut lines = done.stdout.lines().filter_map(|line| line.split_once('='));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned()).expect("a variable")
    };
    let [app_id, token, key] = ["WECHAT_APP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY"].map(variable);
    Account::new(&app_id, &token, &key).expect("an account");
    assert_eq!(variable("WECHAT_MODE"), "safe");
    assert_ne!(done.stdout, Done::of(sim(&["keys"])).stdout);
}

#[test]
fn keys_are_json_for_machines_and_plain_mode_has_no_aes_key() {
    let keys = Done::of(sim(&["keys", "--json", "--mode", "plain"])).exits(0).json();
    assert_eq!(keys["WECHAT_MODE"], "plain");
    assert!(keys["WECHAT_TOKEN"].is_string() && keys["WECHAT_ENCODING_AES_KEY"].is_null(), "{keys}");
}

#[test]
fn a_mistake_in_the_usage_is_exit_code_2_and_says_what_is_wrong() {
    for (arguments, said) in [
        (&["send"] as &[&str], "KIND"),
        (&["send", "text"], "WECHAT_APP_ID"),
        (&["send", "text", "hi", "--within", "soon"], "4.5s"),
        (&["send", "text", "hi", "--field", "x"], "NAME=VALUE"),
        (&["send", "text", "hi", "--expect", "x", "--expect-nothing"], "cannot be used with"),
        (&["event", "CLICK", "--expect-kind", "sticker"], "transfer_to_ai"),
        (&["send", "location", "here"], "LATITUDE,LONGITUDE"),
        (&["raw", "/nowhere.xml"], "/nowhere.xml"),
        (&["attack", "all-of-it"], "bad-signature"),
        (&["run", "/nowhere.toml"], "/nowhere.toml"),
        (&["dev"], "COMMAND"),
        (&["verify", "127.0.0.1:3000", "--token", "abc"], "http://"),
        (&["keys", "--mode", "aes"], "compatible"),
        (&["frobnicate"], "frobnicate"),
    ] {
        let done = Done::of(sim(arguments)).exits(2).says(said);
        assert_eq!(done.stdout, "", "{arguments:?}");
    }
}

#[test]
fn wrong_credentials_are_told_and_not_repeated() {
    let account = account(Mode::Safe);
    let good = ["--app-id", account.app_id(), "--token", account.token()];
    for (arguments, said) in
        [(["--encoding-aes-key", "tooShortToBeOne"], "43"), (["--mode", "safe"], "WECHAT_ENCODING_AES_KEY")]
    {
        let done =
            Done::of(sim(&[&["send", "text", "hi"], &good[..], &arguments].concat())).exits(2).says(said);
        assert!(!done.stderr.contains(account.token()) && !done.stderr.contains("tooShort"), "{done:?}");
    }
}

#[test]
fn the_help_shows_no_secret_that_the_environment_holds() {
    let account = account(Mode::Safe);
    for arguments in [&["--help"] as &[&str], &["send", "--help"], &["attack", "-h"]] {
        let mut command = sim(arguments);
        command.envs(account.environment());
        let done = Done::of(command).exits(0).says("WECHAT_TOKEN");
        assert!(!done.stdout.contains(account.token()), "{done:?}");
        assert!(!done.stdout.contains(account.encoding_aes_key()), "{done:?}");
    }
}

#[test]
fn a_mistake_is_json_for_machines() {
    let done = Done::of(sim(&["--json", "send", "text", "hi"])).exits(2);
    let error = &done.json()["error"];
    assert_eq!(error["kind"], "usage");
    assert!(error["message"]["zh"].is_string() && error["message"]["en"].is_string(), "{error}");
}

#[test]
fn another_machine_is_not_pushed_to_unless_it_is_allowed() {
    // Reserved for documentation, so it is never in use.
    let url = "http://192.0.2.1/weixin";
    for arguments in [&["send", "text", "hi"] as &[&str], &["attack", "doctype"], &["verify"]] {
        Done::at(&account(Mode::Safe), url, arguments).exits(2).says("--allow-remote");
    }
}

#[test]
fn the_language_is_the_one_that_is_asked_for() {
    let said = |lang: &str, arguments: &[&str]| {
        let mut command = sim(&[&["attack", "no-such-attack"], arguments].concat());
        command.env("LANG", lang);
        Done::of(command).exits(2).stderr
    };
    assert!(said("zh_CN.UTF-8", &[]).contains("没有名为"));
    assert!(said("en_US.UTF-8", &[]).contains("there is no attack"));
    assert!(said("en_US.UTF-8", &["--lang", "zh"]).contains("没有名为"));
    assert!(said("zh_CN.UTF-8", &["--lang", "en"]).contains("there is no attack"));
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_build_without_tls_says_how_to_make_one_with_it() {
    let url = "https://127.0.0.1/weixin";
    for (lang, said) in [("en", "https needs the feature `tls`"), ("zh", "https 需要 feature“tls”")] {
        let done = Done::at(&account(Mode::Safe), url, &["send", "text", "hi", "--lang", lang]).exits(2);
        done.says(said).says("cargo install --path simulator --features tls");
    }
}
