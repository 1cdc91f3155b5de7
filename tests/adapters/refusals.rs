//! What an attacker may try, and what becomes of it: one table for both adapters. The numbers are those of SECURITY.md.

use crate::support;

use support::both::{Request, assert_answered, assert_refused, send};
use support::{ENCRYPTED_MODES, MODES, Push, Wechat, envelope, now, text, unsplit};
use wechat_callback::{OpenError, SecurityMode, Timestamp};

fn post(query: impl Into<String>, body: impl Into<Vec<u8>>) -> Request {
    Request::post(query, body)
}

/// The parameter that must be right in this mode.
fn deciding_signature(wechat: &Wechat) -> &'static str {
    if wechat.mode == SecurityMode::Plain { "signature" } else { "msg_signature" }
}

/// `query` with another value of `name`.
fn with(query: &str, name: &str, value: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((found, _)) if found == name => format!("{name}={value}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn without(query: &str, name: &str) -> String {
    let kept: Vec<_> = query.split('&').filter(|pair| pair.split('=').next() != Some(name)).collect();
    kept.join("&")
}

fn value<'a>(query: &'a str, name: &str) -> &'a str {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(found, _)| *found == name)
        .expect("there")
        .1
}

#[test]
fn a_right_push_is_answered_in_every_mode() {
    for wechat in MODES.map(Wechat::new) {
        assert_answered(&wechat, wechat.push(&text("你好")), "你好");
    }
}

#[test]
fn t1_a_wrong_missing_cut_or_extended_signature_is_403() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("你好"));
        let name = deciding_signature(&wechat);
        let right = value(&query, name).to_owned();
        assert_refused(&wechat, post(without(&query, name), body.clone()), 403);
        let other = Wechat { token: "anotherToken1234".to_owned(), ..wechat.clone() };
        assert_refused(&wechat, other.push(&text("你好")), 403);
        for wrong in
            ["", &right[..1], &right[..39], &format!("{right}0"), &right.to_uppercase(), &"0".repeat(40)]
        {
            assert_refused(&wechat, post(with(&query, name, wrong), body.clone()), 403);
        }
    }
}

#[test]
fn t1_every_prefix_and_every_one_bit_flip_of_a_signature_is_refused() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("你好"));
        let name = deciding_signature(&wechat);
        let right = value(&query, name).to_owned();
        let bytes: Vec<u8> =
            (0..20).map(|at| u8::from_str_radix(&right[2 * at..2 * at + 2], 16).expect("hex")).collect();
        let flips = (0..160).map(|bit| {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            wrong.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        });
        let prefixes = (0..40).map(|length| right[..length].to_owned());
        for wrong in flips.chain(prefixes) {
            let refusal = wechat.callback().open(&with(&query, name, &wrong), &body).err();
            assert_eq!(refusal, Some(OpenError::Signature { parameter: name }), "{wrong}");
        }
    }
}

#[test]
fn t1_the_expected_signature_appears_nowhere() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("你好"));
        let name = deciding_signature(&wechat);
        let right = value(&query, name);
        let refusal =
            wechat.callback().open(&with(&query, name, &"0".repeat(40)), &body).expect_err("refused");
        assert!(!format!("{refusal} {refusal:?}").contains(right));
        let outcome = send(&wechat, post(with(&query, name, &"0".repeat(40)), body.clone()));
        assert!(!format!("{outcome:?}").contains(right));
    }
}

#[test]
fn t1_a_verification_with_a_wrong_signature_echoes_nothing() {
    for wechat in MODES.map(Wechat::new) {
        let query = wechat.verification("4375120948345356249");
        for wrong in [without(&query, "signature"), with(&query, "signature", &"0".repeat(40))] {
            assert_refused(&wechat, Request::get(wrong), 403);
        }
    }
}

#[test]
fn t4_an_old_or_future_request_is_403() {
    for wechat in MODES.map(Wechat::new) {
        for offset in [-310, 310, -1_000_000, 1_000_000] {
            assert_refused(&wechat, wechat.push_at(&text("你好"), now() + offset, "1"), 403);
            assert_refused(
                &wechat,
                Request::get(format!("{}&echostr=1", wechat.signed_query(now() + offset, "1"))),
                403,
            );
        }
        for offset in [-290, 290] {
            assert_answered(&wechat, wechat.push_at(&text("你好"), now() + offset, "1"), "你好");
        }
    }
}

#[test]
fn t4_the_window_ends_to_the_second_and_extreme_times_do_not_overflow() {
    let sent = 1_714_036_504;
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push_at(&text("你好"), sent, "1");
        let open = |now| wechat.callback().open_at(&query, &body, Timestamp::from_secs(now)).err();
        for fresh in [-300, -299, 0, 299, 300] {
            assert_eq!(open(sent + fresh), None, "{fresh}");
        }
        for stale in [-301, 301] {
            assert!(matches!(open(sent + stale), Some(OpenError::Stale { .. })), "{stale}");
        }
        for extreme in [i64::MIN, -1, 0, i64::MAX] {
            assert!(matches!(open(extreme), Some(OpenError::Stale { .. })), "{extreme}");
        }
    }
}

#[test]
fn t6_plaintext_is_403_in_an_encrypted_mode_whatever_the_query_says() {
    for wechat in ENCRYPTED_MODES.map(Wechat::new) {
        let now = now();
        let Push { query, body } = wechat.push_at(&text("你好"), now, "1514711492");
        let plain = Wechat { mode: SecurityMode::Plain, ..wechat.clone() };
        let plain = plain.push_at(&text("你好"), now, "1514711492");
        let msg_signatures = [
            String::new(),
            format!("&msg_signature={}", value(&query, "msg_signature")),
            format!("&msg_signature={}", "0".repeat(40)),
            // What it would be if an absent Encrypt were an empty one.
            format!("&msg_signature={}", value(&plain.query, "signature")),
        ];
        let foreign = envelope(&wechat.encrypt(&text("别的")));
        for encrypt_type in ["", "&encrypt_type=raw", "&encrypt_type=aes", "&encrypt_type=x"] {
            for msg_signature in &msg_signatures {
                let query = format!("{}{encrypt_type}{msg_signature}", plain.query);
                assert_refused(&wechat, post(&query, plain.body.clone()), 403);
                assert_refused(&wechat, post(&query, foreign.clone()), 403);
                assert_refused(&wechat, post(&query, envelope("")), 403);
            }
            let right = format!("{}{encrypt_type}{}", plain.query, msg_signatures[1]);
            assert_answered(&wechat, post(right, body.clone()), "你好");
        }
    }
}

#[test]
fn t6_an_encrypted_push_is_403_in_plain_mode() {
    let safe = Wechat::new(SecurityMode::Safe);
    let plain = Wechat::new(SecurityMode::Plain);
    assert_refused(&plain, safe.push(&text("你好")), 403);
    // In compatible mode the plain message stands beside it, and WeChat takes a plain reply.
    assert_answered(&plain, Wechat::new(SecurityMode::Compatible).push(&text("你好")), "你好");
}

#[test]
fn t7_only_the_decrypted_message_counts() {
    for wechat in ENCRYPTED_MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("里面"));
        let body = String::from_utf8(body).expect("UTF-8");
        let outer =
            "<FromUserName>attacker</FromUserName><MsgType>event</MsgType><Content>外面</Content><Encrypt>";
        let lying = match wechat.mode {
            SecurityMode::Safe => body.replace("<Encrypt>", outer).replace("gh_1ea4fc76af61", "gh_other"),
            _ => body.replace("里面", "外面").replace("o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "attacker"),
        };
        assert_ne!(lying, body);
        assert_answered(&wechat, post(with(&query, "openid", "attacker"), lying), "里面");
    }
}

#[test]
fn t8_malformed_and_doubled_parameters_are_400() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("你好"));
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let doubled = post(format!("{query}&{name}={value}"), body.clone());
            // The owner's own URL may have these two, and nothing hangs on them.
            if ["openid", "encrypt_type"].contains(&name) {
                assert_answered(&wechat, doubled, "你好");
            } else {
                assert_refused(&wechat, doubled, 400);
            }
        }
        for (name, wrong) in [
            ("timestamp", "0"),
            ("timestamp", "01714036504"),
            ("timestamp", "17140365041"),
            ("timestamp", "1714036504%20"),
            ("nonce", ""),
            ("nonce", "a%2Bb"),
            ("nonce", "a%3D"),
        ] {
            assert_refused(&wechat, post(with(&query, name, wrong), body.clone()), 400);
        }
        assert_refused(&wechat, post(with(&query, "nonce", &"1".repeat(65)), body.clone()), 400);
        for name in ["timestamp", "nonce"] {
            assert_refused(&wechat, post(without(&query, name), body.clone()), 400);
        }
        assert_refused(&wechat, post("", body.clone()), 400);
    }
}

/// Every other way to cut what was signed into a timestamp and a nonce.
#[test]
fn t8_no_other_cut_of_a_signed_query_is_accepted() {
    let wechat = Wechat::new(SecurityMode::Plain);
    let callback = wechat.callback();
    let body = text("你好");
    let mut tried = 0;
    for seed in 0..500_u64 {
        let timestamp = 1_714_036_504 + i64::try_from(seed * 7919).expect("small");
        let nonce = (seed.wrapping_mul(6_364_136_223_846_793_005) >> 33).to_string();
        let signature = wechat.sign(&[&timestamp.to_string(), &nonce]);
        let mut sorted = [timestamp.to_string(), nonce.clone(), wechat.token.clone()];
        sorted.sort_unstable();
        let (before, after) = sorted
            .concat()
            .split_once(&wechat.token)
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("the token");
        let cuts =
            |text: String| (0..=text.len()).map(move |at| (text[..at].to_owned(), text[at..].to_owned()));
        for (one, two) in cuts(before).chain(cuts(after)) {
            for (other_timestamp, other_nonce) in [(&one, &two), (&two, &one)] {
                if *other_timestamp == timestamp.to_string() && *other_nonce == nonce {
                    continue;
                }
                tried += 1;
                let query = format!("signature={signature}&timestamp={other_timestamp}&nonce={other_nonce}");
                let opened = callback.open_at(&query, body.as_bytes(), Timestamp::from_secs(timestamp));
                assert!(opened.is_err(), "{query}");
            }
        }
        let right = format!("signature={signature}&timestamp={timestamp}&nonce={nonce}");
        assert!(callback.open_at(&right, body.as_bytes(), Timestamp::from_secs(timestamp)).is_ok());
    }
    assert!(tried > 10_000, "{tried}");
}

/// Everything that can be wrong behind a right `msg_signature`.
fn undecryptable(wechat: &Wechat) -> Vec<String> {
    let frame = |last: u8| {
        let mut frame = vec![0; 64];
        frame[63] = last;
        frame
    };
    let mut too_long = vec![32; 64];
    too_long[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
    let other_account =
        |app_id: &str| Wechat { app_id: app_id.to_owned(), ..wechat.clone() }.encrypt(&text("你好"));
    let other_key =
        Wechat { encoding_aes_key: wechat.encoding_aes_key.chars().rev().collect(), ..wechat.clone() };
    let right = wechat.encrypt(&text("你好"));
    vec![
        String::new(),
        "!".to_owned(),
        right.replacen('A', " ", 1),
        right[..right.len() - 4].to_owned(),
        "AAAA".to_owned(),
        wechat.encrypt_frame(frame(0)),
        wechat.encrypt_frame(frame(33)),
        wechat.encrypt_frame(frame(2)),
        wechat.encrypt_frame(too_long),
        wechat.encrypt_frame(vec![32; 32]),
        other_key.encrypt(&text("你好")),
        other_account("wx5823bf96d3bd56c8"),
        other_account("wx5823bf96d3bd56c"),
        other_account("wx5823bf96d3bd56c77"),
        other_account(""),
        wechat.encrypt_with(b"<xml><Content>\xff</Content></xml>", [0; 16]),
        wechat.encrypt("not XML"),
        wechat.encrypt("<!DOCTYPE xml><xml></xml>"),
        wechat.encrypt("<xml><MsgType>text</MsgType><MsgType>event</MsgType></xml>"),
    ]
}

#[test]
fn t9_whatever_fails_behind_the_signature_is_one_answer_to_the_byte() {
    for wechat in ENCRYPTED_MODES.map(Wechat::new) {
        let callback = wechat.callback();
        let mut reasons = std::collections::HashSet::new();
        let mut answers = Vec::new();
        for encrypt in undecryptable(&wechat) {
            let Push { query, body } = wechat.push_encrypted(&encrypt, now(), "1");
            let refusal = callback.open(&query, &body).expect_err("refused");
            assert!(matches!(refusal, OpenError::Decrypt(_)), "{refusal:?}");
            reasons.insert(refusal.to_string());
            let request = post(query, body);
            assert_refused(&wechat, request.clone(), 403);
            answers
                .push((support::both::axum(&callback, &request), support::both::actix(&callback, &request)));
        }
        assert!(reasons.len() >= 8, "the log tells them apart: {reasons:?}");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "the caller does not");
    }
}

#[test]
fn t10_hostile_lengths_are_refused() {
    for wechat in ENCRYPTED_MODES.map(Wechat::new) {
        for length in [1, 43, 44, 45, 76, 0x7fff_ffff, 0x8000_0000, u32::MAX - 20, u32::MAX] {
            let mut frame = vec![32; 96];
            frame[16..20].copy_from_slice(&length.to_be_bytes());
            assert_refused(&wechat, wechat.push_encrypted(&wechat.encrypt_frame(frame), now(), "1"), 403);
        }
    }
}

#[test]
fn t11_a_message_for_another_account_is_403() {
    for wechat in ENCRYPTED_MODES.map(Wechat::new) {
        for app_id in ["wx5823bf96d3bd56c8", "wx5823bf96d3bd56c", "wx5823bf96d3bd56c77", ""] {
            let other = Wechat { app_id: app_id.to_owned(), ..wechat.clone() };
            assert_refused(&wechat, other.push_encrypted(&other.encrypt(&text("你好")), now(), "1"), 403);
        }
    }
}

/// In plain mode, and in the envelope, broken XML is told apart: it says nothing about the key.
#[test]
fn t12_document_types_and_entities_are_400() {
    let bombs = [
        "<!DOCTYPE xml SYSTEM \"file:///etc/passwd\"><xml></xml>",
        "<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><xml><Content>&a;</Content></xml>",
        "<!DOCTYPE xml [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><xml><Content>&b;</Content></xml>",
        "<?xml version=\"1.0\"?><!DOCTYPE xml [<!ENTITY % a SYSTEM \"http://127.0.0.1/\"> %a;]><xml></xml>",
        "<xml><Content>&undefined;</Content></xml>",
    ];
    for wechat in MODES.map(Wechat::new) {
        for bomb in bombs {
            assert_refused(&wechat, post(wechat.signed_query(now(), "1"), bomb), 400);
        }
    }
}

#[test]
fn t14_doubled_head_fields_are_400() {
    let plain = Wechat::new(SecurityMode::Plain);
    for name in ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId"] {
        let doubled = text("你好").replace("</xml>", &format!("<{name}>1</{name}></xml>"));
        assert_refused(&plain, plain.push(&doubled), 400);
    }
    for wechat in ENCRYPTED_MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("你好"));
        let body = String::from_utf8(body).expect("UTF-8");
        for doubled in ["<Encrypt>AAAA</Encrypt>", "<ToUserName>gh</ToUserName><ToUserName>gh</ToUserName>"] {
            assert_refused(&wechat, post(&query, body.replace("</xml>", &format!("{doubled}</xml>"))), 400);
            assert_refused(&wechat, post(&query, body.replacen("<xml>", &format!("<xml>{doubled}"), 1)), 400);
        }
    }
}

#[test]
fn t15_bad_utf8_and_other_charsets_are_400() {
    for wechat in MODES.map(Wechat::new) {
        let query = wechat.signed_query(now(), "1");
        let utf16: Vec<u8> = text("你好").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let declared =
            text("hello").replacen("<xml>", "<?xml version=\"1.0\" encoding=\"GBK\"?><xml>", 1).into_bytes();
        let gbk =
            text("x").replace('x', "\u{1}").bytes().map(|byte| if byte == 1 { 0xc4 } else { byte }).collect();
        for body in [utf16, declared, gbk] {
            assert_refused(&wechat, post(query.clone(), body), 400);
        }
    }
}

#[test]
fn t15_control_characters_in_a_text_reach_the_handler() {
    for wechat in MODES.map(Wechat::new) {
        // The reply cannot hold them.
        assert_answered(&wechat, wechat.push(&text("a\u{8}b\u{1f}c")), "abc");
    }
}

#[test]
fn t16_a_reply_is_well_formed_whatever_it_says() {
    for wechat in MODES.map(Wechat::new) {
        for (said, seen) in [
            ("a]]>b", "a]]>b"),
            ("]]>]]>", "]]>]]>"),
            ("]\u{fffe}]>", "]]>"),
            ("a]]\u{2}></Content><X>", "a]]></Content><X>"),
            ("<xml>&amp;</xml>", "<xml>&amp;</xml>"),
            ("\u{0}\u{fffe}\u{ffff}😀", "😀"),
        ] {
            assert_answered(&wechat, wechat.push(&text(said)), seen);
            assert_answered(&wechat, wechat.push(&unsplit(said)), seen);
        }
    }
}

#[test]
fn t33_a_text_of_a_user_is_only_text_whichever_way_it_is_written() {
    for wechat in MODES.map(Wechat::new) {
        for said in [
            "<root><status><![CDATA[1]]></status></root>",
            "x]]></Content><bizmsgmenuid>101</bizmsgmenuid><Content><![CDATA[y",
            "]]></FromUserName><FromUserName><![CDATA[oSomebodyElse]]></FromUserName>",
            "]]></Content><Encrypt><![CDATA[AAAA]]></Encrypt>",
            "]]></Content></xml><!DOCTYPE xml>&undefined;",
        ] {
            assert_answered(&wechat, wechat.push(&text(said)), said);
            assert_answered(&wechat, wechat.push(&unsplit(said)), said);
        }
    }
}

#[test]
fn t17_an_oversize_body_is_413_with_and_without_a_content_length() {
    for wechat in MODES.map(Wechat::new) {
        for content_length in [true, false] {
            let body = |length| Request {
                content_length,
                ..post(wechat.signed_query(now(), "1"), vec![b' '; length])
            };
            assert_refused(&wechat, body(64 * 1024 + 1), 413);
            assert_refused(&wechat, body(1024 * 1024), 413);
            // The limit itself is read, and then is no XML.
            assert_refused(&wechat, body(64 * 1024), 400);
        }
    }
}

#[test]
fn t28_an_echostr_is_echoed_exactly_as_text_that_is_not_sniffed() {
    for wechat in MODES.map(Wechat::new) {
        for (echostr, echoed) in [("4375120948345356249", "4375120948345356249"), ("%3Cb%3E+", "<b>+")] {
            let outcome = send(&wechat, Request::get(wechat.verification(echostr)));
            assert_eq!((outcome.calls, outcome.answer.status), (0, 200));
            assert_eq!(outcome.answer.body, echoed);
            assert_eq!(outcome.answer.header("content-type"), Some("text/plain; charset=utf-8"));
            assert_eq!(outcome.answer.header("x-content-type-options"), Some("nosniff"));
        }
    }
}

#[test]
fn t28_an_echostr_over_a_kibibyte_and_a_get_without_one_are_400() {
    for wechat in MODES.map(Wechat::new) {
        assert_refused(&wechat, Request::get(wechat.verification(&"1".repeat(1025))), 400);
        assert_refused(&wechat, Request::get(wechat.verification("")), 400);
        assert_refused(&wechat, Request::get(wechat.signed_query(now(), "1")), 400);
        assert_refused(&wechat, Request::get(""), 400);
    }
}

/// What is told before the body is there is no other verdict than with it.
#[test]
fn what_the_query_check_refuses_is_refused_with_the_same_reason_and_a_right_query_passes() {
    for wechat in MODES.map(Wechat::new) {
        let callback = wechat.callback();
        let Push { query, body } = wechat.push(&text("你好"));
        assert_eq!(callback.check_query(&query), Ok(()));
        let name = deciding_signature(&wechat);
        let other = Wechat { token: "anotherToken1234".to_owned(), ..wechat.clone() };
        for refused in [
            String::new(),
            without(&query, "nonce"),
            format!("{query}&nonce=1"),
            without(&query, name),
            with(&query, name, "0"),
            wechat.push_at(&text("你好"), now() - 1000, "1").query,
            with(&other.push(&text("你好")).query, "msg_signature", "0"),
        ] {
            let told = callback.check_query(&refused).expect_err("refused");
            let now = Timestamp::now();
            assert_eq!(
                callback.check_query_at(&refused, now).err().map(|told| told.status()),
                Some(told.status())
            );
            let opened = callback.open_at(&refused, &body, now).map(|_| ()).expect_err("refused");
            assert_eq!(std::mem::discriminant(&told), std::mem::discriminant(&opened), "{refused}");
        }
        // In safe mode the body decides.
        let foreign = with(&query, name, &"0".repeat(40));
        assert_eq!(callback.check_query(&foreign).is_ok(), wechat.mode != SecurityMode::Plain, "{foreign}");
    }
}

#[test]
fn another_method_is_405() {
    for wechat in MODES.map(Wechat::new) {
        let Push { query, body } = wechat.push(&text("你好"));
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let outcome = send(&wechat, Request { method, ..post(&query, body.clone()) });
            assert_eq!((outcome.calls, outcome.answer.status), (0, 405), "{method}");
            assert_eq!(outcome.answer.header("allow"), Some("GET, POST"));
            assert_eq!(outcome.answer.body, "");
        }
    }
}
