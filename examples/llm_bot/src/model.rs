//! A language model behind an OpenAI-compatible API, or one of its own that needs no network.

use std::env;
use std::error::Error;
use std::time::Duration;

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::{Deserialize, Serialize};
use sse_stream::SseByteStream;
use thiserror::Error;

/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the API may be silent: before its answer, and between two pieces of it.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the API's answer may be on the wire, in bytes. Of the text itself, `StreamReply` takes 64 KiB.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;

/// How much of a refusal is read, in chunks of the connection.
const MAX_REFUSAL_CHUNKS: usize = 4;

/// A text, piece by piece.
pub(crate) type Pieces = BoxStream<'static, Result<String, ModelError>>;

/// What answers.
pub(crate) enum Model {
    /// An OpenAI-compatible API.
    Api(Api),
    /// A model that only says what it was asked, word by word.
    Parrot,
}

impl Model {
    /// Reads `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `OPENAI_MODEL`. Without the first it needs no network.
    pub(crate) fn from_env() -> Result<Self, Box<dyn Error>> {
        let Ok(base_url) = env::var("OPENAI_BASE_URL") else {
            tracing::info!("OPENAI_BASE_URL is not set: the answers come from a model that runs offline");
            return Ok(Self::Parrot);
        };
        let model = env::var("OPENAI_MODEL").map_err(|_| "OPENAI_MODEL is not set")?;
        let key = env::var("OPENAI_API_KEY").ok();
        Ok(Self::Api(Api::new(&base_url, key.as_deref(), model, READ_TIMEOUT)?))
    }

    /// What the model says after `messages`.
    pub(crate) fn answer(&self, messages: Vec<ChatMessage>) -> Pieces {
        match self {
            Self::Api(api) => api.answer(messages),
            Self::Parrot => parrot(messages),
        }
    }
}

/// A message as the API takes it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChatMessage {
    role: &'static str,
    content: String,
}

impl ChatMessage {
    pub(crate) fn system(content: impl Into<String>) -> Self {
        Self { role: "system", content: content.into() }
    }

    pub(crate) fn user(content: impl Into<String>) -> Self {
        Self { role: "user", content: content.into() }
    }

    pub(crate) fn assistant(content: impl Into<String>) -> Self {
        Self { role: "assistant", content: content.into() }
    }
}

/// Says what it was asked, in markdown and without haste.
fn parrot(messages: Vec<ChatMessage>) -> Pieces {
    let questions = messages.iter().filter(|message| message.role == "user").count();
    let question = messages.last().map(|message| message.content.as_str()).unwrap_or_default();
    let text = format!(
        "你问的是：**{question}**\n\n这是你的第 {questions} 个问题。我不是真的模型，只会一个词一个词地说：\n\n\
         - 设好 `OPENAI_BASE_URL`，我就去问真的模型；\n- 发“清空”，我就忘掉之前说的。\n"
    );
    let words: Vec<String> =
        text.split_inclusive([' ', '，', '：', '；', '。', '\n']).map(str::to_owned).collect();
    let words = stream::iter(words).then(|word| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(word)
    });
    words.boxed()
}

/// An OpenAI-compatible API: `POST {base_url}/chat/completions` with `stream: true`.
pub(crate) struct Api {
    client: Client,
    url: Url,
    authorization: Option<HeaderValue>,
    model: String,
}

impl Api {
    /// It may be silent for `read_timeout`.
    pub(crate) fn new(
        base_url: &str,
        key: Option<&str>,
        model: String,
        read_timeout: Duration,
    ) -> Result<Self, Box<dyn Error>> {
        let url = endpoint(base_url).ok_or("OPENAI_BASE_URL is no URL of http or https")?;
        // Fails where the process has chosen one before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(read_timeout)
            // The key is for this server alone.
            .redirect(redirect::Policy::none());
        // `HTTPS_PROXY` is not meant for a model on this machine.
        if let Some("localhost" | "127.0.0.1" | "[::1]") = url.host_str() {
            client = client.no_proxy();
        }
        let authorization = key.map(authorization).transpose()?;
        Ok(Self { client: client.build()?, url, authorization, model })
    }

    fn answer(&self, messages: Vec<ChatMessage>) -> Pieces {
        let mut request =
            self.client.post(self.url.clone()).json(&Request { model: &self.model, messages, stream: true });
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        stream::once(start(request)).try_flatten().boxed()
    }
}

async fn start(request: RequestBuilder) -> Result<Pieces, ModelError> {
    let response = request.send().await?;
    match response.status() {
        status if status.is_success() => Ok(pieces(response)),
        status => Err(ModelError::Refused { status, code: code(response).await }),
    }
}

fn endpoint(base_url: &str) -> Option<Url> {
    let mut url = Url::parse(base_url).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(["chat", "completions"]);
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// `Debug` of a request shows no sensitive header.
fn authorization(key: &str) -> Result<HeaderValue, Box<dyn Error>> {
    let mut value = HeaderValue::try_from(format!("Bearer {key}"))
        .map_err(|_| "OPENAI_API_KEY has a character that no key has")?;
    value.set_sensitive(true);
    Ok(value)
}

/// The API's own word for what is wrong, such as `model_not_found`. Its sentences may repeat the key, or what the user wrote.
async fn code(response: Response) -> Option<String> {
    let body = response.bytes_stream().map_ok(|bytes| bytes.to_vec());
    let body = body.take(MAX_REFUSAL_CHUNKS).try_concat().await.ok()?;
    let Refusal { error } = serde_json::from_slice(&body).ok()?;
    let is_word =
        |code: &String| code.len() <= 64 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    error.code.into_iter().chain(error.kind).find(is_word)
}

/// The texts of the events, until the API says that it is done.
fn pieces(response: Response) -> Pieces {
    let mut room = MAX_RESPONSE;
    let bytes = response.bytes_stream().map_err(ModelError::from).and_then(move |bytes| {
        let left = room.checked_sub(bytes.len());
        room = left.unwrap_or_default();
        std::future::ready(left.map(|_| bytes).ok_or(ModelError::TooLong))
    });
    let events = SseByteStream::new(Box::pin(bytes));
    stream::try_unfold((events, false), next_piece).boxed()
}

async fn next_piece<S>(
    (mut events, mut is_complete): (S, bool),
) -> Result<Option<(String, (S, bool))>, ModelError>
where
    S: Stream<Item = Result<sse_stream::Sse, sse_stream::Error>> + Unpin,
{
    while let Some(event) = events.try_next().await? {
        let data = event.data.unwrap_or_default();
        if data == "[DONE]" {
            return Ok(None);
        }
        let chunk: Chunk = serde_json::from_str(&data).map_err(|_| ModelError::Unreadable)?;
        if chunk.error.is_some() {
            return Err(ModelError::Reported);
        }
        let Some(choice) = chunk.choices.into_iter().next() else { continue };
        is_complete |= choice.finish_reason.is_some();
        if let Some(piece) = choice.delta.content.filter(|piece| !piece.is_empty()) {
            return Ok(Some((piece, (events, is_complete))));
        }
    }
    // Some servers leave `[DONE]` out.
    if is_complete { Ok(None) } else { Err(ModelError::Interrupted) }
}

/// `{"error": {"code": "…", "type": "…", "message": "…"}}`
#[derive(Deserialize)]
struct Refusal {
    error: RefusalError,
}

#[derive(Deserialize)]
struct RefusalError {
    code: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<ChatMessage>,
    stream: bool,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

/// Why there is no answer, or no more of it. It holds neither the key nor what anybody wrote.
#[derive(Debug, Error)]
pub(crate) enum ModelError {
    #[error("the model's API cannot be reached, or is silent")]
    Http(#[source] reqwest::Error),
    #[error("the model's API answered {status} ({})", code.as_deref().unwrap_or("without a code"))]
    Refused { status: StatusCode, code: Option<String> },
    #[error("the model's API reported an error within its answer")]
    Reported,
    #[error("the answer of the model's API is no stream of events")]
    Events(#[source] sse_stream::Error),
    #[error("the model's API sent an event that is no chunk of a chat completion")]
    Unreadable,
    #[error("the answer of the model's API broke off")]
    Interrupted,
    #[error("the answer of the model's API has more than {MAX_RESPONSE} bytes")]
    TooLong,
}

/// A URL may hold a key.
impl From<reqwest::Error> for ModelError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl From<sse_stream::Error> for ModelError {
    fn from(error: sse_stream::Error) -> Self {
        Self::Events(error)
    }
}
