//! The query string: whatever it is, each of WeChat's parameters is read at most once, decoded once, and out of its own
//! character set.
#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use wechat_callback::fuzzing::{Query, is_signed};
use wechat_callback::{OpenError, QueryError, SecurityMode, Timestamp};
use wechat_callback_fuzz::{callback, sign};

/// All values of a parameter, decoded; `None` where one is not UTF-8.
fn values(query: &str, name: &str) -> Vec<Option<String>> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned);
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let named = pairs.filter(|(found, _)| decoded(found).as_deref() == Some(name));
    named.map(|(_, value)| decoded(value)).collect()
}

/// The only value of a parameter.
fn value(query: &str, name: &str) -> Option<String> {
    match values(query, name).as_slice() {
        [] => None,
        [one] => Some(one.clone().expect("UTF-8")),
        _ => panic!("{name} is there more than once"),
    }
}

fn check_accepted(text: &str, query: &Query) {
    assert_eq!(value(text, "timestamp").as_ref(), Some(&query.timestamp_text));
    assert_eq!(query.timestamp.to_string(), query.timestamp_text);
    assert!((1..=9_999_999_999).contains(&query.timestamp));
    assert_eq!(value(text, "nonce").as_ref(), Some(&query.nonce));
    assert!((1..=64).contains(&query.nonce.len()));
    assert!(query.nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    assert_eq!(value(text, "signature"), query.signature);
    assert_eq!(value(text, "msg_signature"), query.msg_signature);
    assert_eq!(value(text, "echostr").filter(|echostr| !echostr.is_empty()), query.echostr);
    assert!(query.echostr.as_ref().is_none_or(|echostr| echostr.len() <= 1024));
}

fn check_refused(text: &str, error: &QueryError) {
    match error {
        QueryError::Missing(name) => assert!(values(text, name).is_empty(), "{name} is there"),
        QueryError::Doubled(name) => assert!(values(text, name).len() > 1, "{name} is there once"),
        QueryError::Malformed(name) => assert!(!values(text, name).is_empty(), "{name} is missing"),
        other => panic!("{other}"),
    }
    for mode in wechat_callback_fuzz::MODES {
        let refused = [
            callback(mode).check_query_at(text, Timestamp::from_secs(1)).expect_err("no query"),
            callback(mode).verify_url_at(text, Timestamp::from_secs(1)).expect_err("no query"),
        ];
        for refusal in refused {
            assert_eq!((refusal.status(), refusal), (400, OpenError::Query(error.clone())));
        }
    }
}

/// Verifies the URL with the signature that the query needs.
fn check_verification(text: &str, query: &Query) {
    let now = Timestamp::from_secs(query.timestamp);
    let right = sign(&[&query.timestamp_text, &query.nonce]);
    if query.signature.is_none() {
        let signed = format!("{text}&signature={right}");
        let verified = callback(SecurityMode::Safe).verify_url_at(&signed, now);
        assert_eq!(verified.ok(), query.echostr);
        assert_eq!(callback(SecurityMode::Plain).check_query_at(&signed, now), Ok(()));
    }
    let is_right = query.signature.as_ref() == Some(&right);
    let verified = callback(SecurityMode::Plain).verify_url_at(text, now);
    assert_eq!(verified.ok(), query.echostr.clone().filter(|_| is_right));
}

fuzz_target!(|text: &str| {
    let signed = !values(text, "signature").is_empty() || !values(text, "msg_signature").is_empty();
    assert_eq!(is_signed(text), signed);
    match Query::parse(text) {
        Ok(query) => {
            check_accepted(text, &query);
            check_verification(text, &query);
        }
        Err(error) => check_refused(text, &error),
    }
});
