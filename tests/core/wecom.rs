//! WeCom's dialect: by Tencent's own published examples, and what differs from an Official Account.

use wechat_callback::message::Content;
use wechat_callback::{
    Callback, CallbackBuilder, ConfigError, DecryptError, OpenError, Opened, QueryError, SecurityMode,
    TextReply, Timestamp,
};

const CORP_ID: &str = "wx5823bf96d3bd56c7";
const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
/// Of the examples in Tencent's library (WXBizMsgCrypt).
const TOKEN: &str = "QDG6eK";

const ECHOSTR: &str = "msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780\
                       &echostr=P9nAzCzyDtyTWESHep1vC5X9xho%2FqYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp%2B4RPcs8TgAE7OaBO%2BFZXvnaqQ%3D%3D";
const VERIFIED_AT: Timestamp = Timestamp::from_secs(1_409_659_589);

const PUSH: &str =
    "msg_signature=477715d11cdb4164915debcba66cb864d751f3e6&timestamp=1409659813&nonce=1372623149";
const PUSHED_AT: Timestamp = Timestamp::from_secs(1_409_659_813);
const BODY: &str = "<xml>\n<ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>\
    <Encrypt><![CDATA[RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911\
    L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR\
    +LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4E\
    hzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyP\
    IGHBZZIs2pDBS8R07+qN+E7Q==]]></Encrypt>\n<AgentID><![CDATA[218]]></AgentID>\n</xml>";

fn builder() -> CallbackBuilder {
    Callback::wecom(CORP_ID, TOKEN, KEY)
}

fn app() -> Callback {
    builder().build().expect("an account")
}

fn open(callback: &Callback) -> Result<Opened, OpenError> {
    callback.open_at(PUSH, BODY.as_bytes(), PUSHED_AT)
}

#[test]
fn tencents_echostr_is_verified_and_decrypted() {
    assert_eq!(app().verify_url_at(ECHOSTR, VERIFIED_AT).as_deref(), Ok("1616140317555161061"));
}

#[test]
fn tencents_push_is_opened() {
    let push = open(&app()).expect("Tencent's example");
    assert_eq!(push.message.text(), Some("hello"));
    assert_eq!(push.message.openid(), Some("mycreate"));
    assert_eq!(push.message.head.id, Some(4_561_255_354_251_345_929_i64.into()));
    assert!(push.plaintext.starts_with("<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>"));
    assert!(matches!(push.message.content, Content::Text(_)));
    assert!(push.delivery_key().is_some());
}

#[test]
fn an_echostr_that_was_changed_is_refused() {
    for (from, to) in [("echostr=P9n", "echostr=Q9n"), ("nonce=2", "nonce=3"), ("fd3&", "fd4&")] {
        let refused = app().verify_url_at(&ECHOSTR.replace(from, to), VERIFIED_AT);
        assert_eq!(refused, Err(OpenError::Signature { parameter: "msg_signature" }), "{to}");
    }
    assert!(matches!(app().verify_url(ECHOSTR), Err(OpenError::Stale { .. })));
    let missing = app().verify_url_at(&ECHOSTR.replace("echostr", "other"), VERIFIED_AT);
    assert_eq!(missing, Err(QueryError::Missing("echostr").into()));
}

#[test]
fn an_official_accounts_verification_opens_nothing_here_and_the_other_way_round() {
    // sha1(sort(token, timestamp, nonce)): right for an Official Account.
    let query =
        "signature=93d1cec91cee4a4a8baada4c807ed13137622215&timestamp=1409659589&nonce=263014780&echostr=42";
    let refused = app().verify_url_at(query, VERIFIED_AT);
    assert_eq!(refused, Err(OpenError::SignatureMissing { parameter: "msg_signature" }));

    let official = Callback::builder(CORP_ID, TOKEN).encoding_aes_key(KEY).build().expect("an account");
    let refused = official.verify_url_at(ECHOSTR, VERIFIED_AT);
    assert_eq!(refused, Err(OpenError::SignatureMissing { parameter: "signature" }));
}

#[test]
fn only_the_listed_receive_ids_are_accepted_and_an_empty_one_is_a_value() {
    let with = |ids: &[&str]| builder().receive_ids(ids.iter().copied()).build().expect("an account");
    for accepted in [&[CORP_ID][..], &["", CORP_ID]] {
        assert!(open(&with(accepted)).is_ok(), "{accepted:?}");
        assert!(with(accepted).verify_url_at(ECHOSTR, VERIFIED_AT).is_ok());
    }
    for refused in [&[][..], &[""], &["wx5823bf96d3bd56c"], &["suite", ""]] {
        let error = open(&with(refused)).expect_err("another receive id");
        let found = Some(CORP_ID.to_owned());
        assert!(
            matches!(&error, OpenError::Decrypt(DecryptError::ReceiveId { found: is, .. }) if *is == found),
            "{error:?}"
        );
        assert_eq!(error.status(), 403);
        assert!(with(refused).verify_url_at(ECHOSTR, VERIFIED_AT).is_err());
    }
    let error = open(&with(&["suite", ""])).expect_err("another receive id").to_string();
    assert!(error.contains("not for suite or an empty one"), "{error}");
}

#[test]
fn a_predicate_decides_about_the_receive_ids_that_come_and_go() {
    let ending = |end: &'static str| builder().receive_id_matching(move |id| id.ends_with(end)).build();
    assert!(open(&ending("56c7").expect("an account")).is_ok());
    assert!(open(&ending("56c8").expect("an account")).is_err());
    let any = builder().receive_ids(["x"]).dangerously_accept_any_receive_id().build();
    assert!(open(&any.expect("an account")).is_ok());
}

#[test]
fn a_predicate_that_panics_accepts_nothing() {
    let panics = builder().receive_id_matching(|_| panic!("the set is gone")).build().expect("an account");
    let error = open(&panics).expect_err("nobody accepted it");
    assert_eq!(error.status(), 403);
    assert!(panics.verify_url_at(ECHOSTR, VERIFIED_AT).is_err());
}

/// An echostr is a number. Whatever else was sealed with the key is not read out to whoever caught it.
#[test]
fn no_push_and_no_reply_is_an_echostr_however_it_begins() {
    let push = open(&app()).expect("Tencent's example");
    let between = |text: &str, from: &str| {
        text.split_once(from).and_then(|(_, rest)| rest.split_once("]]>")).expect("an element").0.to_owned()
    };
    for sealed in [
        "<xml><Content>secret</Content></xml>",
        " \r\n<xml></xml>",
        "\u{feff}<xml></xml>",
        "<?xml version=\"1.0\"?><xml></xml>",
        "<!-- --><xml></xml>",
        "<XML></XML>",
        "{\"Content\":\"secret\"}",
        "\u{feff}{}",
    ] {
        let body = push.context.seal_raw_at(sealed, VERIFIED_AT, [7; 16]).body;
        let query = format!(
            "msg_signature={}&timestamp={}&nonce={}&echostr={}",
            between(&body, "<MsgSignature><![CDATA["),
            VERIFIED_AT.as_secs(),
            between(&body, "<Nonce><![CDATA["),
            between(&body, "<Encrypt><![CDATA["),
        );
        let refused = app().verify_url_at(&query, VERIFIED_AT);
        assert_eq!(refused, Err(DecryptError::Push.into()), "{sealed}");
    }
}

#[test]
fn the_reply_has_the_receive_id_of_its_push() {
    let suite =
        Callback::wecom("suite", TOKEN, KEY).receive_ids(["suite", CORP_ID]).build().expect("an account");
    let push = open(&suite).expect("a customer's push");
    let sealed = push.context.seal_at(TextReply::new("好"), PUSHED_AT, [7; 16]).expect("a reply");
    let between = |text: &str, from: &str, to: &str| {
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).expect("an element").0.to_owned()
    };
    let signature = between(&sealed.body, "<MsgSignature><![CDATA[", "]]>");
    let nonce = between(&sealed.body, "<Nonce><![CDATA[", "]]>");
    let query = format!("msg_signature={signature}&timestamp=1409659813&nonce={nonce}");
    let reply = app().open_raw_at(&query, sealed.body.as_bytes(), PUSHED_AT).expect("for the customer");
    assert!(reply.plaintext.contains("<Content><![CDATA[好]]></Content>"));
    assert!(reply.plaintext.contains("<ToUserName><![CDATA[mycreate]]></ToUserName>"));
}

#[test]
fn wecom_has_safe_mode_and_xml_alone() {
    for mode in [SecurityMode::Plain, SecurityMode::Compatible] {
        assert_eq!(builder().mode(mode).build().err(), Some(ConfigError::WeComMode { mode }));
    }
    let json = builder().format(wechat_callback::DataFormat::Json).build();
    assert_eq!(json.err(), Some(ConfigError::WeComJson));
}
