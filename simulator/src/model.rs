//! A language model for tests of bots: a server on this machine that says one text, word by word.
//!
//! It answers `POST /v1/chat/completions` as OpenAI's API does, with `stream: true` as server-sent events. Its switches
//! are what goes wrong with real ones.
//!
//! ```
//! use wechat_sim::model::FakeModel;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let model = FakeModel::new("今天晴，明天有雨。").start().await?;
//! println!("OPENAI_BASE_URL={}", model.base_url());
//! # Ok(())
//! # }
//! ```

mod http;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use http::{Connection, Request};

/// What the model says, and how.
#[derive(Clone, Debug)]
#[must_use = "a model answers nothing until it is started"]
pub struct FakeModel {
    text: String,
    pace: Duration,
    error_status: Option<u16>,
    breaks_after: Option<usize>,
    has_done: bool,
    splits_characters: bool,
}

impl FakeModel {
    /// A model that says this text, all words at once.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            pace: Duration::ZERO,
            error_status: None,
            breaks_after: None,
            has_done: true,
            splits_characters: false,
        }
    }

    /// It waits so long before each word.
    ///
    /// ```
    /// # use wechat_sim::model::FakeModel;
    /// let model = FakeModel::new("一二三").pace(std::time::Duration::from_millis(50));
    /// ```
    pub fn pace(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }

    /// It answers every question with this status and an error.
    ///
    /// ```
    /// # use wechat_sim::model::FakeModel;
    /// let busy = FakeModel::new("").error_status(429);
    /// ```
    pub fn error_status(self, status: u16) -> Self {
        Self { error_status: Some(status), ..self }
    }

    /// The connection breaks after so many words.
    ///
    /// ```
    /// # use wechat_sim::model::FakeModel;
    /// let model = FakeModel::new("one two three").breaks_after(2);
    /// ```
    pub fn breaks_after(self, words: usize) -> Self {
        Self { breaks_after: Some(words), ..self }
    }

    /// The stream ends without `[DONE]`.
    ///
    /// ```
    /// # use wechat_sim::model::FakeModel;
    /// let model = FakeModel::new("one two three").without_done();
    /// ```
    pub fn without_done(self) -> Self {
        Self { has_done: false, ..self }
    }

    /// Each character of more than one byte is sent in two pieces, a moment apart.
    ///
    /// ```
    /// # use wechat_sim::model::FakeModel;
    /// let model = FakeModel::new("你好").splitting_characters();
    /// ```
    pub fn splitting_characters(self) -> Self {
        Self { splits_characters: true, ..self }
    }

    /// Starts the server, on a free port of this machine. It stops when it is dropped.
    ///
    /// # Errors
    ///
    /// If there is no port.
    pub async fn start(self) -> io::Result<ModelServer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let requests = Arc::<Mutex<Vec<Value>>>::default();
        let model = Arc::new(Model { says: self, requests: requests.clone() });
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let model = model.clone();
                connections.spawn(async move { model.serve(stream).await });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(ModelServer { address, requests, serving })
    }
}

/// A model that was started.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Value>>>,
    serving: JoinHandle<()>,
}

impl ModelServer {
    /// The base URL of its API, as in `OPENAI_BASE_URL`: `http://127.0.0.1:12345/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The body of each question so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Model {
    says: FakeModel,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Model {
    /// Answers the questions of a connection until it ends.
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let _ = stream.set_nodelay(true);
        let mut connection = Connection::new(stream);
        while let Some(request) = connection.request().await? {
            let is_kept = self.answer(&mut connection, &request).await?;
            if !is_kept {
                break;
            }
        }
        Ok(())
    }

    /// Answers one question. Returns whether the connection can be used for another.
    async fn answer(&self, connection: &mut Connection, request: &Request) -> io::Result<bool> {
        let body = serde_json::from_slice::<Value>(&request.body).ok();
        let refusal = match (request.path.as_str(), request.method.as_str(), &body) {
            ("/v1/chat/completions", "POST", Some(_)) => self.says.error_status,
            ("/v1/chat/completions", "POST", None) => Some(400),
            ("/v1/chat/completions", ..) => Some(405),
            _ => Some(404),
        };
        let is_streamed = body.as_ref().and_then(|body| body.get("stream")?.as_bool()) == Some(true);
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).extend(body);
        if let Some(status) = refusal {
            let error = json!({ "error": { "message": "refused by the fake model", "type": "fake_error" } });
            connection.json(status, &error).await?;
            return Ok(true);
        }
        if !is_streamed {
            let message = json!({ "role": "assistant", "content": self.says.text });
            let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
            connection.json(200, &completion("chat.completion", &choice)).await?;
            return Ok(true);
        }
        self.stream(connection).await
    }

    async fn stream(&self, connection: &mut Connection) -> io::Result<bool> {
        connection.begin_events().await?;
        self.event(connection, &delta(&json!({ "role": "assistant", "content": "" }), None)).await?;
        for (number, word) in words(&self.says.text).into_iter().enumerate() {
            if self.says.breaks_after == Some(number) {
                return Ok(false);
            }
            sleep(self.says.pace).await;
            self.event(connection, &delta(&json!({ "content": word }), None)).await?;
        }
        if self.says.breaks_after.is_some() {
            return Ok(false);
        }
        self.event(connection, &delta(&json!({}), Some("stop"))).await?;
        if self.says.has_done {
            connection.chunk(b"data: [DONE]\n\n").await?;
        }
        connection.end_chunks().await?;
        Ok(true)
    }

    async fn event(&self, connection: &mut Connection, value: &Value) -> io::Result<()> {
        let event = format!("data: {value}\n\n");
        let mut rest = event.as_bytes();
        while self.says.splits_characters
            && let Some(at) = rest.iter().skip(1).position(|byte| byte & 0xc0 == 0x80)
        {
            // Behind the first byte of the first character that has several.
            let (piece, behind) = rest.split_at(at + 1);
            connection.chunk(piece).await?;
            // So that the pieces are read one by one.
            sleep(Duration::from_millis(2)).await;
            let end = behind.iter().position(|byte| byte & 0xc0 != 0x80).unwrap_or(behind.len());
            let (piece, behind) = behind.split_at(end);
            connection.chunk(piece).await?;
            rest = behind;
        }
        connection.chunk(rest).await
    }
}

fn completion(object: &str, choice: &Value) -> Value {
    json!({ "id": "chatcmpl-fake", "object": object, "created": 1_700_000_000, "model": "fake", "choices": [choice] })
}

fn delta(delta: &Value, finish_reason: Option<&str>) -> Value {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish_reason });
    completion("chat.completion.chunk", &choice)
}

/// The words, each with the blanks behind it. In Chinese each character is one.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut last: Option<char> = None;
    for (at, char) in text.char_indices() {
        let ends = |before: char| !before.is_ascii() || (before.is_whitespace() && !char.is_whitespace());
        let begins = last.is_some_and(|before| ends(before) || !char.is_ascii());
        if begins {
            words.extend(text.get(start..at));
            start = at;
        }
        last = Some(char);
    }
    words.extend(text.get(start..).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_the_text_and_chinese_has_one_a_character() {
        assert_eq!(words("one two  三四 x"), ["one ", "two  ", "三", "四", " ", "x"]);
        for text in ["", " ", "a", "你好", "a\nb 中 c，🙂!"] {
            assert_eq!(words(text).concat(), text);
        }
    }
}
