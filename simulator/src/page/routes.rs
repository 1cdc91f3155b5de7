//! What the browser may ask for.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};

use super::guard::{self, Guard};
use super::menu::{Menu, MenuError};
use super::state::Shared;
use super::{assets, events};
use crate::{Account, Message, Mode, Sentence, catalogue};

/// The longest order that is read, in bytes: room for raw XML beyond what a bot should take.
const MAX_BODY: usize = 160 * 1024;

pub(super) fn router(shared: Arc<Shared>, guard: Guard) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{name}", get(assets::asset))
        .route("/api/events", get(events::stream))
        .route("/api/kinds", get(async || Json(catalogue::kinds())))
        .route("/api/exchanges/{id}", get(exchange))
        .route("/api/send", post(send))
        .route("/api/fans", post(add_fan))
        .route("/api/mode", post(set_mode))
        .route("/api/writing", post(set_writing))
        .route("/api/menu", post(set_menu))
        .route("/api/attack", post(attack))
        .route("/api/verify", post(verify))
        .route("/api/clear", post(clear))
        .route("/api/secrets", post(secrets))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(shared)
}

/// What a fan sends: a message or an event with its fields, or raw XML.
#[derive(Deserialize)]
pub(super) struct Draft {
    #[serde(default)]
    pub(super) fan: String,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) event: Option<String>,
    #[serde(default)]
    pub(super) fields: Vec<(String, String)>,
    pub(super) raw: Option<String>,
}

impl Draft {
    pub(super) fn message(&self) -> Result<Message, Refusal> {
        let message = match (&self.raw, &self.event, &self.kind) {
            (Some(xml), None, None) => return Ok(Message::raw(xml)),
            (None, Some(event), None) if is_name(event) => Message::event(event),
            (None, None, Some(kind)) if is_name(kind) => Message::of_type(kind),
            _ => return Err(Refusal::Kind),
        };
        if self.fields.len() > 64 || !self.fields.iter().all(|(path, _)| path.split('.').all(is_name)) {
            return Err(Refusal::Field);
        }
        Ok(self.fields.iter().fold(message, |message, (path, value)| message.field(path, value)))
    }
}

/// Whether it can be an element's name: it stands in XML as it is.
fn is_name(text: &str) -> bool {
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(of_name)
}

async fn exchange(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Response {
    match shared.detail(id) {
        Some(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Serialize)]
struct Sent {
    id: u64,
}

async fn send(State(shared): State<Arc<Shared>>, Json(draft): Json<Draft>) -> Result<Json<Sent>, Refusal> {
    shared.send(&draft).map(|id| Json(Sent { id }))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn add_fan(State(shared): State<Arc<Shared>>, Json(fan): Json<Named>) -> Result<StatusCode, Refusal> {
    shared.add_fan(&fan.name).map(|()| StatusCode::NO_CONTENT)
}

async fn attack(State(shared): State<Arc<Shared>>, Json(attack): Json<Named>) -> Result<StatusCode, Refusal> {
    shared.attack(&attack.name).map(|()| StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Switched {
    mode: Mode,
}

async fn set_mode(State(shared): State<Arc<Shared>>, Json(switched): Json<Switched>) -> StatusCode {
    shared.set_mode(switched.mode);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Written {
    split_cdata: bool,
}

async fn set_writing(State(shared): State<Arc<Shared>>, Json(written): Json<Written>) -> StatusCode {
    shared.set_split_cdata(written.split_cdata);
    StatusCode::NO_CONTENT
}

async fn set_menu(State(shared): State<Arc<Shared>>, Json(menu): Json<Menu>) -> Result<StatusCode, Refusal> {
    menu.check().map_err(Refusal::Menu)?;
    shared.set_menu(menu);
    Ok(StatusCode::NO_CONTENT)
}

async fn verify(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.verify();
    StatusCode::NO_CONTENT
}

async fn clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.clear();
    StatusCode::NO_CONTENT
}

/// The account's secrets, for whoever owns this machine: sent on a click, and in no other answer.
#[derive(Serialize)]
struct Secrets {
    token: String,
    encoding_aes_key: String,
    environment: String,
}

async fn secrets(State(shared): State<Arc<Shared>>) -> Json<Secrets> {
    let account: Account = shared.account();
    let environment: Vec<_> =
        account.environment().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Json(Secrets {
        token: account.token().to_owned(),
        encoding_aes_key: account.encoding_aes_key().to_owned(),
        environment: environment.join(" "),
    })
}

/// Why an order was not carried out.
#[derive(Debug)]
pub(super) enum Refusal {
    Kind,
    Field,
    NoFan,
    FanName,
    NoAttack,
    Busy,
    Menu(MenuError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, zh, en) = match self {
            Self::Kind => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "要么是消息，要么是事件，要么是原始 XML".to_owned(),
                "it is a message, an event or raw XML".to_owned(),
            ),
            Self::Field => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "字段名只能是 XML 元素名".to_owned(),
                "a field's name is an element's name".to_owned(),
            ),
            Self::NoFan => {
                (StatusCode::NOT_FOUND, "没有这位粉丝".to_owned(), "there is no such fan".to_owned())
            }
            Self::FanName => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "名字要有 1 到 20 个字，不能重复，最多 30 位粉丝".to_owned(),
                "a name has 1 to 20 characters and is there once; 30 fans at most".to_owned(),
            ),
            Self::NoAttack => (
                StatusCode::NOT_FOUND,
                "此模式下没有这种攻击".to_owned(),
                "there is no such attack in this mode".to_owned(),
            ),
            Self::Busy => (
                StatusCode::TOO_MANY_REQUESTS,
                "还在进行中，请稍候".to_owned(),
                "it is still going on".to_owned(),
            ),
            Self::Menu(error) => {
                (StatusCode::UNPROCESSABLE_ENTITY, format!("菜单不正确：{error}"), error.to_string())
            }
        };
        (status, Json(Sentence::new(zh, en))).into_response()
    }
}
