//! What the page knows, and who is told of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;
use tokio::sync::mpsc::UnboundedSender;

use super::command;
use super::events::{Event, Snapshot};
use super::menu::Menu;
use super::record::Record;
use super::routes::{Draft, Refusal};
use super::work::Job;
use crate::attack::{self, Attack, Expected, Outcome, Verdict};
use crate::handshake::Verified;
use crate::{Account, Mode, Progress, Sentence, Shown, Wechat};

const MAX_RECORDS: usize = 300;
const MAX_WEIGHT: usize = 32 * 1024 * 1024;
const MAX_RUNNING: usize = 32;
const MAX_FANS: usize = 30;

pub(super) struct Shared {
    state: Mutex<State>,
    events: broadcast::Sender<Arc<str>>,
    jobs: UnboundedSender<Job>,
    on_mode: Option<Box<dyn Fn(Mode) + Send + Sync>>,
}

pub(super) struct State {
    pub(super) wechat: Wechat,
    pub(super) bot_url: String,
    pub(super) in_process: bool,
    /// Whether the bot is told of a switch of the mode.
    pub(super) bot_follows: bool,
    /// Another one for each start of the server, so that the browser knows what is of an old one.
    pub(super) run: String,
    pub(super) fans: Vec<Fan>,
    pub(super) menu: Menu,
    pub(super) records: VecDeque<Record>,
    pub(super) attacks: BTreeMap<&'static str, Tried>,
    pub(super) verified: Option<Verification>,
    last_id: u64,
}

#[derive(Clone, Serialize)]
pub(super) struct Fan {
    pub(super) name: String,
    pub(super) openid: String,
    pub(super) following: bool,
}

/// What came of an attack; while it is tried there is no verdict.
#[derive(Clone, Default, Serialize)]
pub(super) struct Tried {
    verdict: Option<Verdict>,
    silent: bool,
    attempts: Vec<Attempt>,
}

#[derive(Clone, Serialize)]
struct Attempt {
    expected: Expected,
    passed: bool,
    detail: Sentence,
}

#[derive(Clone, Serialize)]
pub(super) struct Verification {
    right: bool,
    took_ms: u64,
    sentence: Sentence,
}

impl State {
    pub(super) fn new(wechat: Wechat, menu: Menu, bot_url: String, in_process: bool) -> Self {
        let fans = ["小明", "阿花"].map(|name| Fan::new(&wechat, name)).into();
        Self {
            wechat,
            bot_url,
            in_process,
            bot_follows: false,
            run: crate::account::random_hex::<8>(),
            fans,
            menu,
            records: VecDeque::new(),
            attacks: BTreeMap::new(),
            verified: None,
            last_id: 0,
        }
    }

    fn record(&mut self, id: u64) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| record.id == id)
    }

    /// Forgets the oldest, as far as they are done.
    fn trim(&mut self) {
        let mut weight: usize = self.records.iter().map(Record::weight).sum();
        while self.records.len() > MAX_RECORDS || weight > MAX_WEIGHT {
            let Some(oldest) = self.records.iter().position(Record::is_done) else { return };
            weight -= self.records.remove(oldest).map_or(0, |record| record.weight());
        }
    }
}

impl Fan {
    fn new(wechat: &Wechat, name: &str) -> Self {
        Self { name: name.to_owned(), openid: wechat.openid(name), following: false }
    }
}

impl Shared {
    pub(super) fn new(
        mut state: State,
        jobs: UnboundedSender<Job>,
        on_mode: Option<Box<dyn Fn(Mode) + Send + Sync>>,
    ) -> Self {
        state.bot_follows = on_mode.is_some();
        Self { state: Mutex::new(state), events: broadcast::Sender::new(256), jobs, on_mode }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever looks on is told. The state is locked meanwhile, so that nobody hears of it twice or never.
    fn tell(&self, _locked: &State, event: &Event<'_>) {
        // That nobody looks on is no error.
        let _ = self.events.send(event.to_json());
    }

    /// All there is, and what comes after it.
    pub(super) fn watch(&self) -> Option<(Arc<str>, broadcast::Receiver<Arc<str>>)> {
        const MAX_WATCHERS: usize = 32;
        let state = self.state();
        if self.events.receiver_count() >= MAX_WATCHERS {
            return None;
        }
        Some((Event::State(Snapshot::of(&state)).to_json(), self.events.subscribe()))
    }

    pub(super) fn detail(&self, id: u64) -> Option<String> {
        let mut state = self.state();
        serde_json::to_string(&state.record(id)?.detail()).ok()
    }

    pub(super) fn account(&self) -> Account {
        self.state().wechat.account().clone()
    }

    pub(super) fn send(&self, draft: &Draft) -> Result<u64, Refusal> {
        let message = draft.message()?;
        let mut state = self.state();
        if state.records.iter().filter(|record| !record.is_done()).count() >= MAX_RUNNING {
            return Err(Refusal::Busy);
        }
        let fan = state.fans.iter_mut().find(|fan| fan.name == draft.fan).ok_or(Refusal::NoFan)?;
        let followed = fan.following;
        match draft.event.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("subscribe") => fan.following = true,
            Some("unsubscribe") => fan.following = false,
            _ => {}
        }
        let (openid, changed) = (fan.openid.clone(), fan.following != followed);
        let push = state.wechat.push(&message, &openid);
        state.last_id += 1;
        let (id, mode) = (state.last_id, state.wechat.account().mode());
        let record = Record::new(id, &draft.fan, mode, &push, command::of(draft));
        if changed {
            self.tell(&state, &Event::Fans { fans: &state.fans });
        }
        self.tell(&state, &Event::Exchange { exchange: record.summary() });
        state.records.push_back(record);
        state.trim();
        self.give(Job::Deliver { id, wechat: state.wechat.clone(), push: Box::new(push) });
        Ok(id)
    }

    fn give(&self, job: Job) {
        // The worker lives as long as this does.
        let _ = self.jobs.send(job);
    }

    pub(super) fn progress(&self, id: u64, progress: &Progress<'_>) {
        self.change(id, |record| record.progress(progress));
    }

    pub(super) fn delivered(&self, id: u64, shown: Shown) {
        self.change(id, |record| record.done(shown));
        self.state().trim();
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Record)) {
        let mut state = self.state();
        let Some(record) = state.record(id) else { return };
        change(record);
        if let Some(record) = state.records.iter().find(|record| record.id == id) {
            self.tell(&state, &Event::Exchange { exchange: record.summary() });
        }
    }

    pub(super) fn add_fan(&self, name: &str) -> Result<(), Refusal> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 20 || name.chars().any(char::is_control) {
            return Err(Refusal::FanName);
        }
        let mut state = self.state();
        if state.fans.len() >= MAX_FANS || state.fans.iter().any(|fan| fan.name == name) {
            return Err(Refusal::FanName);
        }
        let fan = Fan::new(&state.wechat, name);
        state.fans.push(fan);
        self.tell(&state, &Event::Fans { fans: &state.fans });
        Ok(())
    }

    pub(super) fn set_mode(&self, mode: Mode) {
        let mut state = self.state();
        let account = state.wechat.account().clone().with_mode(mode);
        state.wechat = state.wechat.clone().with_account(account);
        state.attacks.clear();
        if let Some(tell) = &self.on_mode {
            tell(mode);
        }
        self.tell(&state, &Event::Mode { mode });
        drop(state);
        self.verify();
    }

    pub(super) fn set_split_cdata(&self, split_cdata: bool) {
        let mut state = self.state();
        state.wechat = state.wechat.clone().with_split_cdata(split_cdata);
        self.tell(&state, &Event::Writing { split_cdata });
    }

    pub(super) fn set_menu(&self, menu: Menu) {
        let mut state = self.state();
        state.menu = menu;
        self.tell(&state, &Event::Menu { menu: &state.menu });
    }

    /// Forgets the conversations. What is still being delivered goes on, and is forgotten as well.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        state.records.clear();
        self.tell(&state, &Event::Cleared);
    }

    pub(super) fn attack(&self, name: &str) -> Result<(), Refusal> {
        let attack: &'static Attack = attack::named(name).ok_or(Refusal::NoAttack)?;
        let mut state = self.state();
        if !attack.applies_to(state.wechat.account().mode()) {
            return Err(Refusal::NoAttack);
        }
        if state.attacks.get(attack.name).is_some_and(|tried| tried.verdict.is_none()) {
            return Err(Refusal::Busy);
        }
        state.attacks.insert(attack.name, Tried::default());
        self.tell(&state, &Event::Attack { name: attack.name, tried: &Tried::default() });
        self.give(Job::Attack { attack, wechat: state.wechat.clone() });
        Ok(())
    }

    pub(super) fn attacked(&self, outcome: &Outcome, mode: Mode) {
        let mut state = self.state();
        if state.wechat.account().mode() != mode {
            return;
        }
        let attempts = outcome.attempts.iter().map(|attempted| Attempt {
            expected: attempted.expected,
            passed: attempted.passed,
            detail: attempted.detail.clone(),
        });
        let (verdict, silent) = (Some(outcome.verdict), outcome.silent());
        let tried = Tried { verdict, silent, attempts: attempts.collect() };
        self.tell(&state, &Event::Attack { name: outcome.name, tried: &tried });
        state.attacks.insert(outcome.name, tried);
    }

    pub(super) fn verify(&self) {
        let mut state = self.state();
        state.verified = None;
        self.tell(&state, &Event::Verified { verified: None });
        self.give(Job::Verify { wechat: state.wechat.clone() });
    }

    pub(super) fn verified(&self, verified: &Verified) {
        let mut state = self.state();
        state.verified = Some(Verification {
            right: verified.diagnosis.is_verified(),
            took_ms: verified.took_ms,
            sentence: verified.diagnosis.sentence(),
        });
        self.tell(&state, &Event::Verified { verified: state.verified.as_ref() });
    }
}
