//! An API that answers as it is told to, over a real socket.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::model::{Api, Model};

pub(super) const KEY: &str = "sk-secret-of-the-tests";
/// How long the fake API may be silent.
pub(super) const SILENCE: Duration = Duration::from_millis(300);

/// How its answers end.
#[derive(Clone, Copy)]
pub(super) enum End {
    Complete,
    /// The connection is closed within the answer.
    Broken,
    /// Nothing more comes, and the connection stays open.
    Silent,
}

#[derive(Clone)]
pub(super) struct Script {
    pub(super) status: StatusCode,
    pub(super) chunks: Vec<Bytes>,
    pub(super) end: End,
}

impl Script {
    /// An answer in events, one chunk of the connection for each.
    pub(super) fn events(pieces: &[&str], end: End) -> Self {
        let mut chunks: Vec<_> = pieces.iter().map(|piece| event(piece)).collect();
        if let End::Complete = end {
            chunks.push(finish());
            chunks.push("data: [DONE]\n\n".to_owned());
        }
        Self { status: StatusCode::OK, chunks: chunks.into_iter().map(Bytes::from).collect(), end }
    }

    pub(super) fn complete(body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, chunks: vec![body.into()], end: End::Complete }
    }

    pub(super) fn refusal(status: u16, body: &Value) -> Self {
        let status = StatusCode::from_u16(status).expect("a status");
        Self { status, ..Self::complete(body.to_string()) }
    }
}

pub(super) fn event(piece: &str) -> String {
    let chunk = json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

pub(super) fn finish() -> String {
    let chunk = json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    format!("data: {chunk}\n\n")
}

/// A request that it got.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) authorization: String,
    pub(super) body: Value,
}

impl Asked {
    /// The messages without the instructions, as role and content.
    pub(super) fn messages(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let messages = self.body["messages"].as_array().expect("messages").iter();
        let messages = messages.map(|message| (text(&message["role"]), text(&message["content"])));
        messages.filter(|(role, _)| role != "system").collect()
    }
}

pub(super) struct FakeApi {
    pub(super) base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// One for each answer that ended, or that nobody reads any more.
    pub(super) ended: mpsc::UnboundedReceiver<()>,
}

#[derive(Clone)]
struct Served {
    script: Script,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: mpsc::UnboundedSender<()>,
}

impl FakeApi {
    pub(super) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}/v1/", listener.local_addr().expect("an address"));
        let (ended, receiver) = mpsc::unbounded_channel();
        let asked = Arc::default();
        let served = Served { script, asked: Arc::clone(&asked), ended };
        let route = axum::routing::post(answer);
        let app = Router::new().route("/v1/chat/completions", route).with_state(served);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base_url, asked, ended: receiver }
    }

    pub(super) fn model(&self) -> Model {
        let api = Api::new(&self.base_url, Some(KEY), "tiny".to_owned(), SILENCE);
        Model::Api(api.expect("an API"))
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// Tells when it is dropped.
struct Ended(mpsc::UnboundedSender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

async fn answer(
    State(served): State<Served>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Body>, Infallible> {
    let authorization =
        headers.get(header::AUTHORIZATION).map(|value| value.to_str().expect("text").to_owned());
    let body = serde_json::from_slice(&body).expect("JSON");
    let asked = Asked { authorization: authorization.unwrap_or_default(), body };
    served.asked.lock().expect("no panic").push(asked);

    let Script { status, chunks, end } = served.script;
    let ended = Ended(served.ended);
    let end = match end {
        End::Complete => stream::empty().boxed(),
        End::Broken => stream::iter([Err(io::Error::other("broken"))]).boxed(),
        End::Silent => stream::pending().boxed(),
    };
    let body = stream::iter(chunks).map(Ok).chain(end).then(move |chunk| {
        let _ended = &ended;
        async {
            // So that each chunk is written by itself.
            tokio::time::sleep(Duration::from_millis(1)).await;
            chunk
        }
    });
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "text/event-stream");
    // Where a redirect leads if it is followed: here again.
    let response = response.header(header::LOCATION, "/v1/chat/completions");
    Ok(response.body(Body::from_stream(body)).expect("a response"))
}
