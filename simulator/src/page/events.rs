//! What is sent to the browser as server-sent events: the complete state first, then each change.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::attack_status::AttackStatus;
use super::bot::BotView;
use super::menu::Menu;
use super::record::{Record, Summary};
use super::state::{FanState, HandshakeSummary, PageState};
use crate::attack::{self, Attack};
use crate::{AccountKind, DataFormat, FAILURE_NOTICE, LocalizedText, Mode};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum PageEvent<'a> {
    State(Snapshot<'a>),
    Exchange { exchange: Summary<'a> },
    Fans { fans: &'a [FanState] },
    Mode { mode: Mode },
    SplitCdata { split_cdata: bool },
    Menu { menu: &'a Menu },
    Attack { name: &'a str, status: &'a AttackStatus },
    Verified { verified: Option<&'a HandshakeSummary> },
    Bot { bot: &'a BotView },
    Cleared,
}

/// Everything that the page shows. It contains no secret.
#[derive(Serialize)]
pub(super) struct Snapshot<'a> {
    run: &'a str,
    bot_url: &'a str,
    in_process: bool,
    bot_follows: bool,
    bot_follows_kind: bool,
    bot: Option<&'a BotView>,
    app_id: &'a str,
    original_id: &'a str,
    kind: AccountKind,
    format: DataFormat,
    mode: Mode,
    account_kinds: Vec<KindView>,
    agent_id: &'a str,
    split_cdata: bool,
    rules: Rules,
    fans: &'a [FanState],
    menu: &'a Menu,
    exchanges: Vec<Summary<'a>>,
    attacks: &'static [Attack],
    attack_statuses: &'a BTreeMap<&'static str, AttackStatus>,
    verified: Option<&'a HandshakeSummary>,
}

/// A kind of account that the page can be switched to.
#[derive(Serialize)]
struct KindView {
    name: AccountKind,
    title: LocalizedText,
    formats: &'static [DataFormat],
    modes: &'static [Mode],
}

impl KindView {
    fn of(kind: AccountKind) -> Self {
        Self { name: kind, title: kind.title(), formats: kind.formats(), modes: kind.modes() }
    }
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
    pub(super) fn of(state: &'a PageState, bot: Option<&'a BotView>) -> Self {
        let (account, policy) = (state.wechat.account(), state.wechat.policy());
        Self {
            run: &state.run,
            bot_url: &state.bot_url,
            in_process: state.in_process,
            bot_follows: state.bot_follows,
            bot_follows_kind: state.bot_follows_kind,
            bot,
            app_id: account.app_id(),
            original_id: account.original_id(),
            kind: account.kind(),
            format: account.format(),
            mode: account.mode(),
            account_kinds: AccountKind::ALL.map(KindView::of).into(),
            agent_id: account.agent_id(),
            split_cdata: state.wechat.splits_cdata(),
            rules: Rules {
                timeout_ms: crate::deliver::millis(policy.timeout),
                interval_ms: crate::deliver::millis(policy.interval),
                deliveries: policy.deliveries,
                deliveries_after_bad_status: policy.deliveries_after_bad_status,
                max_text: account.kind().max_text(),
                failure_notice: FAILURE_NOTICE,
            },
            fans: &state.fans,
            menu: &state.menu,
            exchanges: state.records.iter().map(Record::summary).collect(),
            attacks: attack::all(),
            attack_statuses: &state.attack_statuses,
            verified: state.verified.as_ref(),
        }
    }
}

impl PageEvent<'_> {
    /// JSON on one line, as the data of an event has to be.
    pub(super) fn to_json(&self) -> Arc<str> {
        // It cannot fail: there are only strings, numbers and maps with string keys.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}
