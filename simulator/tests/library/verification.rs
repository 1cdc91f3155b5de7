//! The push after a good URL verification, with a diagnosis of each failure.

use std::time::Duration;

use crate::support::{account, callback, chat};
use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use wechat_sim::handshake::{PushDiagnosis, Verification, verify};
use wechat_sim::{Account, CheckName, Message, Mode, ServiceTarget, Wechat};
use wechat_tower::WechatLayer;

/// The echostr, which is right for the verification.
async fn echo(RawQuery(query): RawQuery) -> String {
    let query = query.unwrap_or_default();
    query.split('&').find_map(|pair| pair.strip_prefix("echostr=")).unwrap_or_default().to_owned()
}

async fn verification(account: &Account, bot: Router) -> Verification {
    verify(&Wechat::new(account.clone()), &ServiceTarget::new(bot, "/weixin")).await
}

/// The diagnosis of the push to a bot that is right but for its answer to a push.
async fn diagnosis(mode: Mode, answer: fn() -> Response<String>) -> PushDiagnosis {
    let bot = Router::new().route("/weixin", get(echo).post(async move |_: Bytes| answer()));
    let verification = verification(&account(mode), bot).await;
    assert!(verification.handshake.diagnosis.is_verified());
    let push = verification.push.expect("a push");
    assert_eq!(push.exchange.deliveries.len(), 1, "a bad status is not retried");
    push.diagnosis
}

fn with(status: u16, header: (&str, &str), body: &str) -> Response<String> {
    let response = Response::builder().status(status).header(header.0, header.1);
    response.body(body.to_owned()).expect("a response")
}

macro_rules! diagnoses {
    ($($promise:ident: $mode:ident, ($status:literal, $header:expr, $body:expr) => $diagnosis:pat,)+) => {$(
        #[tokio::test]
        async fn $promise() {
            let found = diagnosis(Mode::$mode, || with($status, $header, $body)).await;
            assert!(matches!(found, $diagnosis), "{found:?}");
        }
    )+};
}
diagnoses! {
    success_is_accepted: Safe, (200, NONE, "success") => PushDiagnosis::Accepted,
    nothing_is_accepted: Plain, (200, NONE, "") => PushDiagnosis::Accepted,
    a_refusal_is_told: Safe, (403, NONE, "") => PushDiagnosis::Refused { status: 403 },
    a_bad_request_is_told: Plain, (400, NONE, "") => PushDiagnosis::Refused { status: 400 },
    a_missing_route_is_told: Safe, (404, NONE, "") => PushDiagnosis::NotFound,
    a_missing_method_is_told: Safe, (405, NONE, "") => PushDiagnosis::PostNotAllowed,
    another_media_type_is_told: Safe, (415, NONE, "") => PushDiagnosis::MediaType,
    a_failing_bot_is_told: Safe, (500, NONE, "") => PushDiagnosis::Failed { status: 500 },
    a_gateway_is_told: Safe, (502, NONE, "") => PushDiagnosis::Gateway { status: 502 },
    another_status_is_told: Safe, (201, NONE, "success") => PushDiagnosis::Status { status: 201 },
    a_redirect_is_told: Safe, (302, ("location", "/login"), "") => PushDiagnosis::Redirect { .. },
    compression_is_told: Safe, (200, ("content-encoding", "gzip"), "x") => PushDiagnosis::Compressed { .. },
    a_web_page_is_told: Safe, (200, ("content-type", "text/html"), "<html></html>") => PushDiagnosis::Html,
    quotes_are_told: Safe, (200, NONE, "\"success\"") => PushDiagnosis::NotAccepted {
        check: CheckName::Acknowledgement, ..
    },
    a_plain_reply_is_told: Safe, (200, NONE, PLAIN) => PushDiagnosis::PlainReply,
    an_encrypted_reply_is_told: Plain, (200, NONE, ENVELOPE) => PushDiagnosis::EncryptedReply,
    a_reply_with_another_key_is_told: Safe, (200, NONE, ENVELOPE) => PushDiagnosis::WrongKey,
}

const NONE: (&str, &str) = ("x-none", "");
const PLAIN: &str = "<xml><MsgType>text</MsgType><Content>x</Content></xml>";
const ENVELOPE: &str = "<xml><Encrypt>AAAAAAAAAAAAAAAAAAAAAA==</Encrypt><MsgSignature>x</MsgSignature>\
                        <TimeStamp>1</TimeStamp><Nonce>1</Nonce></xml>";

/// The library's bot of an account with the same Token as `here`, but for what `change` changes.
fn bot(here: &Account, there: &Account) -> Router {
    let there = Account::new(there.app_id(), here.token(), there.encoding_aes_key()).expect("an account");
    let layer = WechatLayer::new(callback(&there.with_mode(here.mode())));
    Router::new().route("/weixin", axum::routing::post(chat).layer(layer))
}

#[tokio::test]
async fn another_key_another_app_id_and_another_mode_are_told_by_the_push_alone() {
    let other = Account::generate();
    for mode in [Mode::Compatible, Mode::Safe] {
        let here = account(mode);
        let right = verification(&here, bot(&here, &here)).await;
        assert!(right.is_verified(), "{:?}", right.explanation());
        let key = Account::new(here.app_id(), here.token(), other.encoding_aes_key()).expect("an account");
        let app_id = Account::new(other.app_id(), here.token(), here.encoding_aes_key()).expect("an account");
        for there in [key, app_id] {
            let found = verification(&here, bot(&here, &there)).await;
            assert!(found.handshake.diagnosis.is_verified() && !found.is_verified());
            let text = found.explanation();
            for part in ["EncodingAESKey", "AppID"] {
                assert!(text.zh.contains(part) && text.en.contains(part), "{text:?}");
            }
            assert!(text.zh.contains(&mode.title().zh) && text.en.contains(&mode.title().en), "{text:?}");
        }
    }
    for (here, there, expected) in [
        (Mode::Safe, Mode::Plain, PushDiagnosis::BotIsPlain),
        (Mode::Plain, Mode::Safe, PushDiagnosis::BotIsEncrypted),
        (Mode::Plain, Mode::Compatible, PushDiagnosis::BotIsEncrypted),
    ] {
        let here = account(here);
        let layer = WechatLayer::new(callback(&here.clone().with_mode(there)));
        let bot = Router::new().route("/weixin", axum::routing::post(chat).layer(layer));
        let found = verification(&here, bot).await;
        assert!(!found.is_verified() && found.explanation().zh.contains("模式"), "{:?}", found.explanation());
        assert_eq!(found.push.expect("a push").diagnosis, expected, "{here:?}");
    }
}

/// A bot that replies with an envelope of this account's, and with this `MsgSignature` if there is one.
fn sealed_by(account: Account, signature: Option<&str>) -> Router {
    let push = Wechat::new(account).push(&Message::text("x"), "o1");
    let request = push.request("http://127.0.0.1/");
    let [right, timestamp, nonce] =
        ["msg_signature", "timestamp", "nonce"].map(|name| request.parameter(name).expect("a parameter"));
    let encrypt = push.body.split("CDATA[").nth(2).and_then(|text| text.split(']').next());
    let envelope = format!(
        "<xml><Encrypt>{}</Encrypt><MsgSignature>{}</MsgSignature><TimeStamp>{timestamp}</TimeStamp>\
         <Nonce>{nonce}</Nonce></xml>",
        encrypt.expect("an envelope"),
        signature.unwrap_or(right),
    );
    Router::new().route("/weixin", get(echo).post(async move || envelope))
}

#[tokio::test]
async fn a_reply_for_another_app_id_and_one_with_a_wrong_signature_are_told() {
    let here = account(Mode::Safe);
    let other = Account::generate();
    let other = Account::new(other.app_id(), here.token(), here.encoding_aes_key()).expect("an account");
    for (bot, expected) in [
        (sealed_by(other, None), PushDiagnosis::WrongAppId),
        (sealed_by(here.clone(), Some("0")), PushDiagnosis::WrongSignature),
    ] {
        assert_eq!(verification(&here, bot).await.push.expect("a push").diagnosis, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_answers_a_later_delivery_is_accepted_and_one_that_answers_none_is_slow() {
    let slow = |seconds| {
        let answer = async move || {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            "success".into_response()
        };
        Router::new().route("/weixin", get(echo).post(answer))
    };
    let account = account(Mode::Safe);
    assert!(verification(&account, slow(4)).await.is_verified());
    let push = verification(&account, slow(6)).await.push.expect("a push");
    assert_eq!((push.diagnosis, push.exchange.deliveries.len()), (PushDiagnosis::Slow, 3));
}

#[tokio::test]
async fn nothing_is_pushed_where_the_url_is_not_verified() {
    let bot = Router::new().route("/weixin", get(async || StatusCode::FORBIDDEN));
    let verification = verification(&account(Mode::Safe), bot).await;
    assert!(!verification.is_verified() && verification.push.is_none());
}
