//! What the model's API says, and what becomes of it.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::StreamExt;
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::fake_api::{End, FakeApi, KEY, SILENCE, Script, event, finish};
use crate::model::{Api, ChatMessage, Model, ModelError};

fn question() -> Vec<ChatMessage> {
    vec![ChatMessage::user("你好")]
}

/// The text, and the error that ended it.
async fn said(model: &Model) -> (String, Option<ModelError>) {
    let mut pieces = model.answer(question());
    let mut text = String::new();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => text.push_str(&piece),
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

async fn said_by(script: Script) -> (String, Option<ModelError>) {
    said(&FakeApi::start(script).await.model()).await
}

#[tokio::test]
async fn an_answer_comes_piece_by_piece() {
    let api = FakeApi::start(Script::events(&["春眠", "不觉晓，", "处处闻啼鸟。"], End::Complete)).await;
    let pieces: Vec<_> = api.model().answer(question()).map(|piece| piece.expect("a piece")).collect().await;
    assert_eq!(pieces, ["春眠", "不觉晓，", "处处闻啼鸟。"]);
}

#[tokio::test]
async fn the_api_is_asked_for_a_stream_with_the_key() {
    let api = FakeApi::start(Script::events(&["好"], End::Complete)).await;
    said(&api.model()).await;
    let asked = &api.asked()[0];
    assert_eq!(asked.authorization, format!("Bearer {KEY}"));
    let expected =
        json!({"model": "tiny", "messages": [{"role": "user", "content": "你好"}], "stream": true});
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn characters_are_whole_where_chunks_split_them() {
    let body = [event("春眠不觉晓🐦"), finish()].concat();
    let chunks = body.bytes().map(|byte| Bytes::from(vec![byte])).collect();
    let (text, error) = said_by(Script { chunks, ..Script::complete("") }).await;
    assert_eq!(text, "春眠不觉晓🐦");
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn an_answer_may_end_without_done() {
    let (text, error) = said_by(Script::complete([event("好"), finish()].concat())).await;
    assert_eq!(text, "好");
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn nothing_is_said_after_done() {
    let body = format!("{}data: [DONE]\n\n{}", event("好"), event("坏"));
    let (text, error) = said_by(Script::complete(body)).await;
    assert_eq!(text, "好");
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn comments_and_chunks_without_text_are_skipped() {
    let role = r#"data: {"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
    let usage = r#"data: {"choices":[],"usage":{"total_tokens":7}}"#;
    let body = format!(": keep-alive\n\n{role}\n\n{}{}{usage}\n\n", event("好"), finish());
    let (text, error) = said_by(Script::complete(body)).await;
    assert_eq!(text, "好");
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn a_broken_answer_is_an_error_after_its_text() {
    let (text, error) = said_by(Script::events(&["春眠", "不觉"], End::Broken)).await;
    assert_eq!(text, "春眠不觉");
    assert!(matches!(error, Some(ModelError::Events(_))), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_ends_without_saying_so_is_an_error() {
    let (text, error) = said_by(Script::complete(event("春眠"))).await;
    assert_eq!(text, "春眠");
    assert!(matches!(error, Some(ModelError::Interrupted)), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_an_error() {
    let (text, error) = said_by(Script::complete("<html>Welcome to the proxy</html>")).await;
    assert_eq!(text, "");
    assert!(matches!(error, Some(ModelError::Interrupted)), "{error:?}");
}

#[tokio::test]
async fn an_event_that_is_no_chunk_is_an_error() {
    let (text, error) = said_by(Script::complete(format!("{}data: {{]\n\n", event("春眠")))).await;
    assert_eq!(text, "春眠");
    assert!(matches!(error, Some(ModelError::Unreadable)), "{error:?}");
}

#[tokio::test]
async fn an_error_within_the_answer_is_an_error_after_its_text() {
    let error = json!({"error": {"message": format!("overloaded {KEY}"), "code": "overloaded"}});
    let (text, error) = said_by(Script::complete(format!("{}data: {error}\n\n", event("春眠")))).await;
    assert_eq!(text, "春眠");
    let error = error.expect("an error");
    assert!(matches!(error, ModelError::Reported), "{error:?}");
    assert!(!format!("{error:?} {error}").contains(KEY));
}

#[tokio::test]
async fn a_refusal_is_named_by_its_code_and_without_the_key() {
    let body =
        json!({"error": {"message": format!("wrong key: {KEY}"), "type": "auth", "code": "invalid_api_key"}});
    let (_, error) = said_by(Script::refusal(401, &body)).await;
    let error = error.expect("an error");
    assert_eq!(error.to_string(), "the model's API answered 401 Unauthorized (invalid_api_key)");
    assert!(!format!("{error:?}").contains(KEY));
}

#[tokio::test]
async fn a_code_that_is_no_word_is_left_out() {
    for code in [json!(KEY), json!("a".repeat(65)), json!(42), json!(null)] {
        let (_, error) = said_by(Script::refusal(500, &json!({"error": {"code": code}}))).await;
        let error = error.expect("an error").to_string();
        assert_eq!(error, "the model's API answered 500 Internal Server Error (without a code)");
    }
}

/// The key would go along.
#[tokio::test]
async fn redirects_are_not_followed() {
    let api = FakeApi::start(Script::refusal(307, &json!({}))).await;
    let (_, error) = said(&api.model()).await;
    assert!(matches!(error, Some(ModelError::Refused { .. })), "{error:?}");
    assert_eq!(api.asked().len(), 1);
}

#[tokio::test]
async fn an_api_that_falls_silent_is_given_up() {
    let began = Instant::now();
    let (text, error) = said_by(Script::events(&["春眠"], End::Silent)).await;
    assert_eq!(text, "春眠");
    assert!(matches!(error, Some(ModelError::Events(_))), "{error:?}");
    assert!(began.elapsed() >= SILENCE);
}

#[tokio::test]
async fn an_api_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let api = Api::new(&base_url, None, "tiny".to_owned(), SILENCE).expect("an API");
    let (_, error) = timeout(Duration::from_secs(10), said(&Model::Api(api))).await.expect("an end");
    assert!(matches!(error, Some(ModelError::Http(_))), "{error:?}");
}

#[tokio::test]
async fn an_error_does_not_show_the_url() {
    let base_url = "http://127.0.0.1:1/v1?key=SECRET";
    let api = Api::new(base_url, Some(KEY), "tiny".to_owned(), SILENCE).expect("an API");
    let (_, error) = said(&Model::Api(api)).await;
    let error = format!("{:?}", error.expect("nobody listens there"));
    assert!(!error.contains("SECRET") && !error.contains(KEY), "{error}");
}

#[tokio::test]
async fn an_endless_answer_is_given_up() {
    let comment = Bytes::from(format!(":{}\n", "x".repeat(1024 * 1024)));
    let script = Script { chunks: vec![comment; 17], ..Script::complete("") };
    let (_, error) = said_by(script).await;
    assert!(error.is_some_and(|error| format!("{error:?}").contains("TooLong")));
}

#[tokio::test]
async fn an_answer_that_nobody_wants_is_asked_for_no_longer() {
    let mut api = FakeApi::start(Script::events(&["春眠"], End::Silent)).await;
    let mut pieces = api.model().answer(question());
    assert_eq!(pieces.next().await.expect("a piece").expect("no error"), "春眠");
    assert!(api.ended.try_recv().is_err());
    drop(pieces);
    timeout(Duration::from_secs(10), api.ended.recv()).await.expect("the connection is closed");
}

#[test]
fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
    let refused = Api::new("http://127.0.0.1/v1", Some("sk-\n"), "tiny".to_owned(), SILENCE).err();
    assert_eq!(refused.expect("an error").to_string(), "OPENAI_API_KEY has a character that no key has");
}

#[test]
fn an_address_that_is_no_url_is_refused() {
    for base_url in ["", "api.example.com/v1", "ftp://example.com/v1", "mailto:a@example.com"] {
        let refused = Api::new(base_url, None, "tiny".to_owned(), SILENCE).err();
        assert_eq!(refused.expect("an error").to_string(), "OPENAI_BASE_URL is no URL of http or https");
    }
}

#[tokio::test]
async fn the_address_may_have_a_query() {
    let mut api = FakeApi::start(Script::events(&["好"], End::Complete)).await;
    api.base_url.push_str("?api-version=1");
    assert_eq!(said(&api.model()).await.0, "好");
}
