//! `verify`, with a small broken server for each diagnosis.

use std::io::Read;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::RawQuery;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::Value;
use wechat_sim::{Account, Mode};

use crate::bots::{bot, nowhere, serve};
use crate::sim::{Done, account, sim};

/// `verify` of this URL has this exit code and this diagnosis, with an explanation.
#[track_caller]
fn is_diagnosed(url: &str, code: i32, diagnosis: &str) {
    let account = account(Mode::Safe);
    let done = Done::at(&account, "http://127.0.0.1:9/", &["verify", url, "--json"]).exits(code);
    let json = done.json();
    assert_eq!(json["diagnosis"], diagnosis, "{json}");
    assert_eq!(json["verified"], code == 0);
    assert!(json["took_ms"].is_u64() && json["request"]["url"].is_string(), "{json}");
    let sentence = json["sentence"]["en"].as_str().expect("a sentence");
    assert!(done.stderr.contains(sentence), "{done:?}");
    assert_eq!(done.stderr.contains("token验证失败"), code != 0, "{done:?}");
}

/// A server whose answer is made from the echostr.
fn answers<R: IntoResponse + Send + 'static>(make: fn(&str) -> R) -> String {
    let answer = async move |RawQuery(query): RawQuery| {
        let query = query.unwrap_or_default();
        let echostr = query.split('&').find_map(|pair| pair.strip_prefix("echostr="));
        make(echostr.unwrap_or_default()).into_response()
    };
    serve(Router::new().route("/weixin", get(answer)))
}

macro_rules! diagnoses {
    ($($promise:ident: $diagnosis:literal, |$echostr:pat_param| $make:expr;)+) => {$(
        #[test]
        fn $promise() {
            is_diagnosed(&answers(|$echostr: &str| $make), 1, $diagnosis);
        }
    )+};
}
diagnoses! {
    quotes_are_told: "quoted", |echostr| format!("{echostr:?}");
    a_byte_order_mark_is_told: "byte_order_mark", |echostr| format!("\u{feff}{echostr}");
    a_line_end_is_told: "blanks", |echostr| format!("{echostr}\n");
    a_web_page_is_told: "html", |echostr| Html(format!("<p>{echostr}</p>"));
    an_empty_answer_is_told: "empty", |_| "";
    another_word_is_told: "other", |_| "error";
    another_token_is_told: "wrong_token", |_| StatusCode::FORBIDDEN;
    a_query_that_may_not_arrive_is_told: "no_query", |_| StatusCode::BAD_REQUEST;
    compression_is_told: "compressed", |_| ([(header::CONTENT_ENCODING, "gzip")], [0x1f, 0x8b]);
    https_is_told: "https_redirect", |_| location("https://127.0.0.1/weixin");
    a_login_is_told: "login", |_| Html("<input type=\"password\">");
    a_status_is_told: "status", |_| StatusCode::INTERNAL_SERVER_ERROR;
    a_redirect_is_told: "redirect", |_| Redirect::to("/login");
    a_slash_is_told: "trailing_slash", |_| location("/weixin/");
}

fn location(url: &'static str) -> Response {
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, url)]).into_response()
}

#[test]
fn a_right_bot_is_verified_in_every_mode() {
    for account in Mode::ALL.map(account) {
        let done = Done::at(&account, &bot(&account), &["verify"]).exits(0);
        assert!(done.stdout.starts_with("✓ verified"), "{done:?}");
        let zh = Done::at(&account, &bot(&account), &["verify", "--lang", "zh"]).exits(0);
        zh.says(&format!("（VIEW，{}）", account.mode().title().zh));
        let json = Done::at(&account, &bot(&account), &["verify", "--json"]).exits(0).json();
        assert_eq!(json["push"]["diagnosis"]["diagnosis"], "accepted", "{json}");
        assert_eq!(json["push"]["exchange"]["kind"], "VIEW", "{json}");
    }
}

/// A bot with another account that has the same Token, in this mode.
fn bot_of_another(account: &Account, mode: Mode) -> String {
    let other = Account::generate();
    let other =
        Account::new(account.app_id(), account.token(), other.encoding_aes_key()).expect("an account");
    bot(&other.with_mode(mode))
}

#[test]
fn a_wrong_key_is_told_by_the_push_after_the_handshake() {
    let account = account(Mode::Safe);
    let done = Done::at(&account, &bot_of_another(&account, Mode::Safe), &["verify"]).exits(1);
    done.says("✗ the URL is verified (the Token is the same on both sides), but the push after it was refused (403)")
        .says("are the EncodingAESKey and the AppID the same, too? (It was pushed in safe mode;")
        .says("answered: HTTP 403")
        .says("the console would accept this URL, but messages would not get through");
    let json =
        Done::at(&account, &bot_of_another(&account, Mode::Safe), &["verify", "--json"]).exits(1).json();
    assert_eq!((&json["verified"], &json["diagnosis"]), (&false.into(), &"refused".into()), "{json}");
}

#[test]
fn another_mode_is_told_by_the_push_after_the_handshake() {
    for (here, there) in [(Mode::Safe, Mode::Plain), (Mode::Plain, Mode::Safe)] {
        let account = account(here);
        let url = bot(&account.clone().with_mode(there));
        let done = Done::at(&account, &url, &["verify", "--mode", here.name(), "--lang", "zh"]).exits(1);
        done.says("✗ URL 验证通过了").says("模式").says("公众平台后台会接受这个 URL");
    }
}

/// A bot that decrypts what says that it is encrypted, with another key, and believes the rest.
fn credulous_bot() -> String {
    let push = async |RawQuery(query): RawQuery| match query.unwrap_or_default().contains("encrypt_type=aes")
    {
        true => (StatusCode::FORBIDDEN, ""),
        false => (StatusCode::OK, "success"),
    };
    let echo = async |RawQuery(query): RawQuery| {
        let query = query.unwrap_or_default();
        query.split('&').find_map(|pair| pair.strip_prefix("echostr=")).unwrap_or_default().to_owned()
    };
    serve(Router::new().route("/weixin", get(echo).post(push)))
}

#[test]
fn a_bot_that_believes_encrypt_type_is_told_of_its_key_and_of_the_attack() {
    for (lang, said) in [
        (
            "en",
            "the bot refuses an encrypted push and accepts a plain one: another EncodingAESKey, another AppID, or the \
             bot's mode is plain. (If it is not plain, it accepts plaintext-downgrade: see `wechat-sim attack`.)",
        ),
        (
            "zh",
            "机器人拒绝加密的推送，却接受明文：EncodingAESKey 或 AppID 不一致，或者机器人是明文模式。\
             （如果不是明文模式，说明它会被 plaintext-downgrade 攻击。）",
        ),
    ] {
        let account = account(Mode::Safe);
        Done::at(&account, &credulous_bot(), &["verify", "--lang", lang]).exits(1).says(said);
    }
}

#[test]
fn a_mode_that_needs_a_key_is_not_verified_without_one() {
    let account = account(Mode::Safe);
    let url = bot(&account);
    let arguments =
        ["verify", &url, "--app-id", account.app_id(), "--token", account.token(), "--mode", "safe"];
    let with = |more: &[&str]| Done::of(sim(&[&arguments, more].concat()));
    with(&[]).exits(2).says("safe mode needs WECHAT_ENCODING_AES_KEY");
    with(&["--lang", "zh"]).exits(2).says("安全模式需要 WECHAT_ENCODING_AES_KEY");
    with(&["--handshake-only"]).exits(0).says("✓ verified\n");
}

#[test]
fn without_the_push_a_wrong_key_is_not_found() {
    let account = account(Mode::Safe);
    let url = bot_of_another(&account, Mode::Safe);
    let json = Done::at(&account, &url, &["verify", "--handshake-only", "--json"]).exits(0).json();
    assert_eq!((&json["verified"], &json["push"]), (&true.into(), &Value::Null), "{json}");
}

#[test]
fn a_path_that_is_not_there_is_told() {
    is_diagnosed(&serve(Router::new()), 1, "not_found");
}

#[test]
fn a_url_that_takes_post_alone_is_told() {
    is_diagnosed(&serve(Router::new().route("/weixin", post(async || "success"))), 1, "get_not_allowed");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    is_diagnosed(&nowhere(), 3, "unreachable");
}

#[test]
fn a_slow_server_is_told() {
    let slow = get(async || tokio::time::sleep(Duration::from_secs(8)).await);
    is_diagnosed(&serve(Router::new().route("/weixin", slow)), 1, "slow");
}

#[test]
fn a_server_that_hangs_up_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/weixin", listener.local_addr().expect("bound"));
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.read(&mut [0; 64]).expect("a request")
    });
    is_diagnosed(&url, 1, "broken");
    server.join().expect("hung up");
}

#[test]
fn the_token_alone_is_enough() {
    let account = account(Mode::Safe);
    let done = Done::of(sim(&["verify", &bot(&account), "--token", account.token()]));
    done.exits(0).says("✓ verified\n").says("only the Token was verified");
    let done = Done::of(sim(&["verify", &bot(&account), "--token", "anotherToken", "--lang", "zh"]));
    done.exits(1).says("两边的 Token 一致吗");
}
