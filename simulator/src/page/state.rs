//! What the page shows, as one value without locks.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::attack_status::AttackStatus;
use super::bot_log::Printed;
use super::command::{self, CommandContext};
use super::menu::Menu;
use super::record::Record;
use super::refusal::Refusal;
use crate::handshake::Verification;
use crate::{Account, AccountKind, DEFAULT_FAN, LocalizedText, Wechat};

const MAX_RECORDS: usize = 300;
const MAX_RUNNING: usize = 32;
/// How many messages of one user `WeCom` pushes to an AI bot before one of them is answered to the end.
const MAX_IN_PROGRESS: usize = 3;
const MAX_WEIGHT: usize = 32 * 1024 * 1024;

pub(super) struct PageState {
    pub(super) wechat: Wechat,
    pub(super) bot_url: String,
    /// What the copied commands name. The text style is [`Wechat`]'s, since it can be switched.
    pub(super) command: CommandContext,
    pub(super) in_process: bool,
    /// Whether the bot switches its mode with the page.
    pub(super) bot_follows: bool,
    /// Whether the bot also switches the kind of its account with the page.
    pub(super) bot_follows_kind: bool,
    /// Unique for each start of the server, so that the browser can tell that its ids are outdated.
    pub(super) run: String,
    pub(super) fans: Vec<FanState>,
    pub(super) menu: Menu,
    pub(super) records: VecDeque<Record>,
    pub(super) attack_statuses: BTreeMap<&'static str, AttackStatus>,
    pub(super) verified: Option<HandshakeSummary>,
    last_id: u64,
}

#[derive(Clone, Serialize)]
pub(super) struct FanState {
    pub(super) name: String,
    pub(super) openid: String,
    pub(super) following: bool,
}

/// The result of a URL verification and of the push after it.
#[derive(Clone, Serialize)]
pub(super) struct HandshakeSummary {
    passed: bool,
    took_ms: u64,
    explanation: LocalizedText,
    /// What the bot printed meanwhile, if it failed.
    log: Vec<Printed>,
}

impl HandshakeSummary {
    pub(super) fn of(verification: &Verification) -> Self {
        Self {
            passed: verification.is_verified(),
            took_ms: verification.handshake.took_ms,
            explanation: verification.explanation(),
            log: Vec::new(),
        }
    }

    /// The same with the bot's lines; `None` if it needs no explanation.
    pub(super) fn with_log(&self, log: Vec<Printed>) -> Option<Self> {
        (!self.passed && !log.is_empty()).then(|| Self { log, ..self.clone() })
    }
}

impl PageState {
    pub(super) fn new(wechat: Wechat, menu: Menu, bot_url: String, in_process: bool) -> Self {
        let url = (!in_process).then(|| bot_url.clone());
        let command = CommandContext { program: command::program(), url, ..CommandContext::default() };
        let fans = [DEFAULT_FAN, "阿花"].map(|name| FanState::new(&wechat, name)).into();
        Self {
            wechat,
            bot_url,
            command,
            in_process,
            bot_follows: false,
            bot_follows_kind: false,
            run: crate::account::random_hex::<8>(),
            fans,
            menu,
            records: VecDeque::new(),
            attack_statuses: BTreeMap::new(),
            verified: None,
            last_id: 0,
        }
    }

    /// Plays another account, with the same fans, and without what was said to the one before.
    pub(super) fn play(&mut self, account: Account) {
        self.wechat = self.wechat.clone().with_account(account);
        self.fans = self.fans.iter().map(|fan| FanState::new(&self.wechat, &fan.name)).collect();
        self.records.clear();
        self.attack_statuses.clear();
        self.verified = None;
    }

    pub(super) fn record(&mut self, id: u64) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| record.id == id)
    }

    pub(super) const fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Whether another push can be started.
    pub(super) fn check_room(&self) -> Result<(), Refusal> {
        let running = self.records.iter().filter(|record| !record.is_done()).count();
        (running < MAX_RUNNING).then_some(()).ok_or(Refusal::Busy)
    }

    /// Whether an AI bot gets another message of this fan.
    pub(super) fn check_in_progress(&self, fan: &str) -> Result<(), Refusal> {
        let running = self.records.iter().filter(|record| record.is_in_progress(fan)).count();
        let is_bounded = self.wechat.account().kind() == AccountKind::AiBot;
        (!is_bounded || running < MAX_IN_PROGRESS).then_some(()).ok_or(Refusal::ThreeInProgress)
    }

    /// Forgets the oldest records that are done, until the rest is within the limits.
    pub(super) fn trim(&mut self) {
        let mut weight: usize = self.records.iter().map(Record::weight).sum();
        while self.records.len() > MAX_RECORDS || weight > MAX_WEIGHT {
            let Some(oldest) = self.records.iter().position(Record::is_done) else { return };
            weight -= self.records.remove(oldest).map_or(0, |record| record.weight());
        }
    }
}

impl FanState {
    pub(super) fn new(wechat: &Wechat, name: &str) -> Self {
        Self { name: name.to_owned(), openid: wechat.openid(name), following: false }
    }
}
