//! The routes of the page and of its API.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use futures_util::stream::{self, Stream, StreamExt};
use serde::{Deserialize, Serialize};

use super::assets;
use super::draft::Draft;
use super::guard::{self, Guard};
use super::menu::Menu;
use super::refusal::Refusal;
use super::scenario::Scenario;
use super::shared::Shared;
use crate::{Account, AccountKind, DataFormat, Mode, catalogue};

/// The longest request body that is read, in bytes. It has room for raw XML that is too long for a bot.
const MAX_BODY: usize = 160 * 1024;

pub(super) fn router(shared: Arc<Shared>, guard: Guard) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{name}", get(assets::asset))
        .route("/api/events", get(events))
        .route("/api/kinds", get(async || Json(catalogue::kinds())))
        .route("/api/exchanges/{id}", get(exchange))
        .route("/api/attacks/{name}", get(attack_detail))
        .route("/api/send", post(send))
        .route("/api/resend", post(resend))
        .route("/api/repeat", post(repeat))
        .route("/api/fans", post(add_fan))
        .route("/api/mode", post(set_mode))
        .route("/api/account", post(set_kind))
        .route("/api/split-cdata", post(set_split_cdata))
        .route("/api/menu", post(set_menu))
        .route("/api/attack", post(attack))
        .route("/api/scenario", post(scenario))
        .route("/api/verify", post(verify))
        .route("/api/restart", post(restart))
        .route("/api/clear", post(clear))
        .route("/api/secrets", post(secrets))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(shared)
}

/// All events from now on, after one with the complete state. It ends if the browser is too slow to receive each event;
/// the browser then connects again.
async fn events(
    State(shared): State<Arc<Shared>>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, StatusCode> {
    let (first, receiver) = shared.watch().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let changes =
        stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await.ok()?, receiver)));
    let events = stream::once(async { first }).chain(changes);
    let events = events.map(|json| Ok(sse::Event::default().data(&*json)));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

async fn exchange(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Response {
    json_or_not_found(shared.detail(id))
}

async fn attack_detail(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    json_or_not_found(shared.attack_detail(&name))
}

fn json_or_not_found(json: Option<String>) -> Response {
    match json {
        Some(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Serialize)]
struct Sent {
    id: u64,
}

async fn send(State(shared): State<Arc<Shared>>, Json(draft): Json<Draft>) -> Result<Json<Sent>, Refusal> {
    shared.send(draft).map(|id| Json(Sent { id }))
}

#[derive(Deserialize)]
struct IdRequest {
    id: u64,
}

async fn resend(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<IdRequest>,
) -> Result<Json<Sent>, Refusal> {
    shared.resend(request.id).map(|id| Json(Sent { id }))
}

async fn repeat(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<IdRequest>,
) -> Result<Json<Sent>, Refusal> {
    shared.repeat(request.id).map(|id| Json(Sent { id }))
}

#[derive(Deserialize)]
struct NameRequest {
    name: String,
}

async fn add_fan(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<NameRequest>,
) -> Result<StatusCode, Refusal> {
    shared.add_fan(&request.name).map(|()| StatusCode::NO_CONTENT)
}

async fn attack(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<NameRequest>,
) -> Result<StatusCode, Refusal> {
    shared.attack(&request.name).map(|()| StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct ScenarioRequest {
    /// All of them if there is none.
    fan: Option<String>,
}

async fn scenario(State(shared): State<Arc<Shared>>, Json(request): Json<ScenarioRequest>) -> Json<Scenario> {
    Json(shared.scenario(request.fan.as_deref()))
}

#[derive(Deserialize)]
struct ModeRequest {
    mode: Mode,
}

async fn set_mode(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<ModeRequest>,
) -> Result<StatusCode, Refusal> {
    shared.set_mode(request.mode).map(|()| StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct KindRequest {
    kind: AccountKind,
    format: Option<DataFormat>,
}

async fn set_kind(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<KindRequest>,
) -> Result<StatusCode, Refusal> {
    shared.set_kind(request.kind, request.format).map(|()| StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct SplitCdataRequest {
    split_cdata: bool,
}

async fn set_split_cdata(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<SplitCdataRequest>,
) -> StatusCode {
    shared.set_split_cdata(request.split_cdata);
    StatusCode::NO_CONTENT
}

/// The menu is read here, and not by an extractor, so that the place of a mistake is reported.
async fn set_menu(State(shared): State<Arc<Shared>>, json: String) -> Result<StatusCode, Refusal> {
    shared.set_menu(Menu::from_json(&json).map_err(Refusal::BadMenu)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn verify(State(shared): State<Arc<Shared>>) -> Result<StatusCode, Refusal> {
    shared.verify().map(|()| StatusCode::NO_CONTENT)
}

async fn restart(State(shared): State<Arc<Shared>>) -> Result<StatusCode, Refusal> {
    shared.restart().map(|()| StatusCode::NO_CONTENT)
}

async fn clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.clear();
    StatusCode::NO_CONTENT
}

/// The account's secrets, and a line for a shell that exports them. They are sent only on a click, and in no other answer.
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
        environment: format!("export {}", environment.join(" ")),
    })
}
