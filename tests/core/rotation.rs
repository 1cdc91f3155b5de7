//! A change of Token and EncodingAESKey in the console takes effect while pushes arrive.

use crate::support;

use support::{ENCRYPTED_MODES, MODES, Wechat, assert_text_reply, text};
use wechat_callback::{Callback, OpenError, PreviousCredentials, SecurityMode, TextReply};

const TOKENS: [&str; 3] = ["currentToken1234", "previousToken123", "wrongToken123456"];
const KEYS: [&str; 3] = [
    "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "0123456789ABCDEFGabcdefghijklmnopqrstuvwxyz",
];

fn callback(mode: SecurityMode) -> Callback {
    Callback::builder("wx5823bf96d3bd56c7", TOKENS[0])
        .encoding_aes_key(KEYS[0])
        .previous(PreviousCredentials::new().token(TOKENS[1]).encoding_aes_key(KEYS[1]))
        .mode(mode)
        .build()
        .expect("an account")
}

#[test]
fn current_and_previous_are_accepted_in_any_pairing_and_answered_with_what_fitted() {
    for mode in ENCRYPTED_MODES {
        for (t, token) in TOKENS.into_iter().enumerate() {
            for (k, key) in KEYS.into_iter().enumerate() {
                let wechat =
                    Wechat { token: token.to_owned(), encoding_aes_key: key.to_owned(), ..Wechat::new(mode) };
                let push = wechat.push(&text("你好"));
                match callback(mode).open(&push.query, &push.body) {
                    Ok(opened) if t < 2 && k < 2 => {
                        assert_eq!(opened.message.text(), Some("你好"));
                        let sealed = opened.context.seal(TextReply::new("好")).expect("a recipient");
                        // Read with the same pair: its signature and its encryption must fit.
                        assert_text_reply(&wechat.read(&sealed.body), "好");
                    }
                    Err(OpenError::Signature { .. }) if t == 2 => {}
                    Err(OpenError::Decrypt(_)) if t < 2 && k == 2 => {}
                    other => panic!("token {t}, key {k} in {mode} mode: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn without_a_previous_pair_the_old_one_is_refused() {
    for mode in MODES {
        let old = Wechat { token: TOKENS[1].to_owned(), ..Wechat::new(mode) };
        let push = old.push(&text("你好"));
        assert!(matches!(
            Wechat::new(mode).callback().open(&push.query, &push.body),
            Err(OpenError::Signature { .. })
        ));
    }
}

#[test]
fn a_verification_signed_with_the_previous_token_is_echoed() {
    for mode in MODES {
        let old = Wechat { token: TOKENS[1].to_owned(), ..Wechat::new(mode) };
        assert_eq!(callback(mode).verify_url(&old.verification("42")), Ok("42".to_owned()));
    }
}

/// The console is in compatible mode while the server goes from plain to safe mode: `docs/security-modes.md`.
#[test]
fn a_console_in_compatible_mode_serves_a_plain_and_a_safe_server() {
    let console = Wechat::new(SecurityMode::Compatible);
    for mode in [SecurityMode::Plain, SecurityMode::Compatible, SecurityMode::Safe] {
        let server = Wechat { mode, ..console.clone() };
        let push = console.push(&text("你好"));
        let callback = server.callback();
        let opened = callback.open(&push.query, &push.body).expect("a push in both forms");
        assert_eq!(opened.message.text(), Some("你好"));
        let sealed = opened.context.seal(TextReply::new("好")).expect("a recipient");
        // A console in compatible mode takes plain and encrypted replies.
        assert_text_reply(&server.read(&sealed.body), "好");
    }
}
