//! What the browser is told, as server-sent events: everything once, then what changes.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::sse::{KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;

use super::menu::Menu;
use super::record::Summary;
use super::state::{Fan, Shared, State, Tried, Verification};
use crate::attack::{self, Attack};
use crate::{FAILURE_NOTICE, MAX_TEXT, Mode};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event<'a> {
    State(Snapshot<'a>),
    Exchange { exchange: Summary<'a> },
    Fans { fans: &'a [Fan] },
    Mode { mode: Mode },
    Writing { split_cdata: bool },
    Menu { menu: &'a Menu },
    Attack { name: &'a str, tried: &'a Tried },
    Verified { verified: Option<&'a Verification> },
    Cleared,
}

/// All that the page shows. No secret is in it.
#[derive(Serialize)]
pub(super) struct Snapshot<'a> {
    run: &'a str,
    bot_url: &'a str,
    in_process: bool,
    bot_follows: bool,
    app_id: &'a str,
    original_id: &'a str,
    mode: Mode,
    split_cdata: bool,
    rules: Rules,
    fans: &'a [Fan],
    menu: &'a Menu,
    exchanges: Vec<Summary<'a>>,
    attacks: &'static [Attack],
    tried: &'a BTreeMap<&'static str, Tried>,
    verified: Option<&'a Verification>,
}

#[derive(Serialize)]
struct Rules {
    timeout_ms: u64,
    interval_ms: u64,
    deliveries: u32,
    deliveries_after_bad_status: u32,
    max_text: usize,
    failure_notice: &'static str,
}

impl<'a> Snapshot<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        let (account, policy) = (state.wechat.account(), state.wechat.policy());
        Self {
            run: &state.run,
            bot_url: &state.bot_url,
            in_process: state.in_process,
            bot_follows: state.bot_follows,
            app_id: account.app_id(),
            original_id: account.original_id(),
            mode: account.mode(),
            split_cdata: state.wechat.splits_cdata(),
            rules: Rules {
                timeout_ms: crate::deliver::millis(policy.timeout),
                interval_ms: crate::deliver::millis(policy.interval),
                deliveries: policy.deliveries,
                deliveries_after_bad_status: policy.deliveries_after_bad_status,
                max_text: MAX_TEXT,
                failure_notice: FAILURE_NOTICE,
            },
            fans: &state.fans,
            menu: &state.menu,
            exchanges: state.records.iter().map(super::record::Record::summary).collect(),
            attacks: attack::all(),
            tried: &state.attacks,
            verified: state.verified.as_ref(),
        }
    }
}

impl Event<'_> {
    /// On one line, as an event's data has to be.
    pub(super) fn to_json(&self) -> Arc<str> {
        // Strings and numbers alone: it does not fail.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

/// Ends where the browser is too slow to be told of each change; it then asks again, and is told everything.
pub(super) async fn stream(
    Extract(shared): Extract<Arc<Shared>>,
) -> Result<Sse<impl Stream<Item = Result<axum::response::sse::Event, Infallible>>>, StatusCode> {
    let (first, receiver) = shared.watch().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let changes =
        stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await.ok()?, receiver)));
    let events = stream::once(async { first }).chain(changes);
    let events = events.map(|json| Ok(axum::response::sse::Event::default().data(&*json)));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}
