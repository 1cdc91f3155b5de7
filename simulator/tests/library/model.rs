//! The model for tests of bots.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wechat_sim::model::{FakeModel, ModelServer};

/// The raw answer to a question.
async fn ask(model: &ModelServer, path: &str, body: &str) -> String {
    let host = model.base_url().replace("http://", "").replace("/v1", "");
    let mut stream = TcpStream::connect(&host).await.expect("connected");
    let request =
        format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.expect("written");
    stream.shutdown().await.expect("shut down");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("read");
    String::from_utf8(answer).expect("UTF-8")
}

const COMPLETIONS: &str = "/v1/chat/completions";
const QUESTION: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

/// The texts of the events, without the chunks around them.
fn said(answer: &str) -> Vec<String> {
    let events = answer.lines().filter_map(|line| line.strip_prefix("data: {"));
    let parsed = events.map(|event| serde_json::from_str(&format!("{{{event}")).expect("JSON"));
    let content =
        |event: serde_json::Value| event["choices"][0]["delta"]["content"].as_str().map(str::to_owned);
    parsed.filter_map(content).filter(|content| !content.is_empty()).collect()
}

#[tokio::test]
async fn a_text_is_said_word_by_word_and_ends_with_done() {
    let model = FakeModel::new("你好 big world").start().await.expect("a port");
    let answer = ask(&model, COMPLETIONS, QUESTION).await;
    assert_eq!(said(&answer), ["你", "好", " ", "big ", "world"]);
    assert!(answer.contains("text/event-stream") && answer.contains("data: [DONE]"), "{answer}");
    assert!(answer.ends_with("0\r\n\r\n"), "{answer}");
    assert_eq!(model.requests()[0]["messages"][0]["content"], "hi");
}

#[tokio::test]
async fn the_words_keep_the_pace() {
    let model = FakeModel::new("a b c d").pace(Duration::from_millis(20)).start().await.expect("a port");
    let begun = std::time::Instant::now();
    ask(&model, COMPLETIONS, QUESTION).await;
    assert!(begun.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn what_goes_wrong_with_models_goes_wrong() {
    let text = "one two three";
    let busy = FakeModel::new(text).error_status(429).start().await.expect("a port");
    let answer = ask(&busy, COMPLETIONS, QUESTION).await;
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("\"error\""), "{answer}");

    let broken = FakeModel::new(text).breaks_after(2).start().await.expect("a port");
    let answer = ask(&broken, COMPLETIONS, QUESTION).await;
    assert_eq!(said(&answer), ["one ", "two "]);
    assert!(!answer.ends_with("0\r\n\r\n") && !answer.contains("[DONE]"), "{answer}");

    let endless = FakeModel::new(text).without_done().start().await.expect("a port");
    let answer = ask(&endless, COMPLETIONS, QUESTION).await;
    assert!(answer.ends_with("0\r\n\r\n") && !answer.contains("[DONE]"), "{answer}");

    assert!(ask(&busy, "/v1/models", QUESTION).await.starts_with("HTTP/1.1 404"));
    assert!(ask(&busy, COMPLETIONS, "{").await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn a_character_is_split_over_two_chunks() {
    let model = FakeModel::new("你好🙂").splitting_characters().start().await.expect("a port");
    let host = model.base_url().replace("http://", "").replace("/v1", "");
    let mut stream = TcpStream::connect(&host).await.expect("connected");
    let request =
        format!("POST {COMPLETIONS} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{QUESTION}", QUESTION.len());
    stream.write_all(request.as_bytes()).await.expect("written");
    stream.shutdown().await.expect("shut down");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("read");
    assert!(str::from_utf8(&answer).is_err(), "the head of a chunk is in a character");
    let (_, mut rest) = split_once(&answer, b"\r\n\r\n");
    let mut body = Vec::new();
    while !rest.starts_with(b"0\r\n") {
        let (length, behind) = split_once(rest, b"\r\n");
        let length = usize::from_str_radix(str::from_utf8(length).expect("digits"), 16).expect("a length");
        body.extend_from_slice(&behind[..length]);
        rest = &behind[length + 2..];
    }
    assert_eq!(said(str::from_utf8(&body).expect("UTF-8")), ["你", "好", "🙂"]);
}

fn split_once<'b>(bytes: &'b [u8], at: &[u8]) -> (&'b [u8], &'b [u8]) {
    let place = bytes.windows(at.len()).position(|window| window == at).expect("there");
    (&bytes[..place], &bytes[place + at.len()..])
}

#[tokio::test]
async fn a_question_without_a_stream_gets_the_text_at_once() {
    let model = FakeModel::new("你好").start().await.expect("a port");
    let answer = ask(&model, COMPLETIONS, r#"{"messages":[]}"#).await;
    assert!(answer.contains(r#""content":"你好""#) && answer.contains("application/json"), "{answer}");
}
