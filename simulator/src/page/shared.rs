//! The state of the page behind a lock, and the browsers that watch it. Each change is sent to all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;
use tokio::sync::mpsc::UnboundedSender;

use super::bot::{BotRequest, BotState, BotView, BuildState, Supervision};
use super::command::CommandContext;
use super::draft::Draft;
use super::events::{PageEvent, Snapshot};
use super::job::Job;
use super::menu::Menu;
use super::record::Record;
use super::refusal::Refusal;
use super::scenario::Scenario;
use super::state::{FanState, PageState};
use crate::{
    Account, AccountKind, Conversation, ConversationError, DataFormat, Mode, Progress, Push, Shown, Stamp,
    Step,
};

const MAX_FANS: usize = 30;
const MAX_WATCHERS: usize = 32;

pub(super) struct Shared {
    state: Mutex<PageState>,
    events: broadcast::Sender<Arc<str>>,
    jobs: UnboundedSender<Job>,
    followers: Followers,
    supervision: Option<Supervision>,
}

/// What is called with an account when the page is switched to it.
pub(super) type OnAccount = Box<dyn Fn(&Account) + Send + Sync>;

/// What is called when the account is switched, for a bot in this process.
pub(super) struct Followers {
    pub(super) on_mode: Option<Box<dyn Fn(Mode) + Send + Sync>>,
    pub(super) on_account: Option<OnAccount>,
}

impl Followers {
    fn tell(&self, account: &Account) {
        if let Some(on_account) = &self.on_account {
            on_account(account);
        }
    }
}

impl Shared {
    pub(super) fn new(
        mut state: PageState,
        jobs: UnboundedSender<Job>,
        followers: Followers,
        supervision: Option<Supervision>,
    ) -> Self {
        state.bot_follows_kind = followers.on_account.is_some() || supervision.is_some();
        state.bot_follows = followers.on_mode.is_some() || state.bot_follows_kind;
        Self { state: Mutex::new(state), events: broadcast::Sender::new(256), jobs, followers, supervision }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, PageState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the event to all browsers. The state stays locked meanwhile, so that none gets an event twice or misses one.
    pub(super) fn notify(&self, _locked: &PageState, event: &PageEvent<'_>) {
        // It fails if there is no browser, which is not an error.
        let _ = self.events.send(event.to_json());
    }

    /// The complete state and a receiver of the events after it; `None` if there are too many browsers.
    pub(super) fn watch(&self) -> Option<(Arc<str>, broadcast::Receiver<Arc<str>>)> {
        let mut state = self.state();
        if self.events.receiver_count() >= MAX_WATCHERS {
            return None;
        }
        let bot = self.supervision.as_ref().map(Supervision::view);
        self.follow_bot(&mut state);
        Some((PageEvent::State(Snapshot::of(&state, bot.as_ref())).to_json(), self.events.subscribe()))
    }

    pub(super) fn detail(&self, id: u64) -> Option<String> {
        let mut state = self.state();
        let record = state.record(id)?;
        self.collect_log(record);
        serde_json::to_string(&record.detail()).ok()
    }

    /// Adds what the bot has printed meanwhile, as long as it is still kept.
    fn collect_log(&self, record: &mut Record) {
        if let Some(supervision) = &self.supervision {
            supervision.with_log(|log| record.collect(log));
        }
    }

    pub(super) fn account(&self) -> Account {
        self.state().wechat.account().clone()
    }

    pub(super) fn send(&self, draft: Draft) -> Result<u64, Refusal> {
        let draft = Draft { account: self.state().wechat.account().kind(), ..draft };
        let message = draft.message()?;
        self.bot_is_up()?;
        let mut state = self.state();
        state.check_room()?;
        let fan = state.fans.iter_mut().find(|fan| fan.name == draft.fan).ok_or(Refusal::NoSuchFan)?;
        let followed = fan.following;
        match draft.event.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("subscribe") => fan.following = true,
            Some("unsubscribe") => fan.following = false,
            _ => {}
        }
        let (openid, changed) = (fan.openid.clone(), fan.following != followed);
        if changed {
            self.notify(&state, &PageEvent::Fans { fans: &state.fans });
        }
        let push = state.wechat.push(&message, &openid);
        if push.head.event.is_none() {
            state.check_in_progress(&draft.fan)?;
        }
        let record = self.record(&mut state, draft, &push);
        Ok(self.deliver(&mut state, record, push))
    }

    /// The same fan sends the same once more: a new message.
    pub(super) fn resend(&self, id: u64) -> Result<u64, Refusal> {
        let draft = self.state().record(id).ok_or(Refusal::NoSuchExchange)?.draft().clone();
        self.send(draft)
    }

    /// The same message once more, like a retry. It is signed anew, because the first signature may be too old by now.
    pub(super) fn repeat(&self, id: u64) -> Result<u64, Refusal> {
        self.bot_is_up()?;
        let mut state = self.state();
        state.check_room()?;
        let repeated = state.record(id).ok_or(Refusal::NoSuchExchange)?;
        let (draft, xml) = (repeated.draft().clone(), repeated.xml().to_owned());
        let push = state.wechat.push_xml(&xml, &Stamp::now());
        let record = self.record(&mut state, draft, &push).repeating(id);
        Ok(self.deliver(&mut state, record, push))
    }

    fn record(&self, state: &mut PageState, draft: Draft, push: &Push) -> Record {
        self.follow_bot(state);
        let context = CommandContext { split_cdata: state.wechat.splits_cdata(), ..state.command.clone() };
        let command = context.command(&draft, &push.xml);
        Record::new(state.next_id(), draft, state.wechat.account().mode(), push, command)
    }

    fn deliver(&self, state: &mut PageState, record: Record, push: Push) -> u64 {
        let id = record.id;
        self.notify(state, &PageEvent::Exchange { exchange: record.summary() });
        state.records.push_back(record);
        state.trim();
        self.start(Job::Deliver { id, wechat: state.wechat.clone(), push: Box::new(push) });
        id
    }

    /// The conversation with this fan, or with all of them.
    pub(super) fn scenario(&self, fan: Option<&str>) -> Scenario {
        let state = self.state();
        let is_wanted = |record: &&Record| fan.is_none_or(|fan| record.draft().fan == fan);
        Scenario::of(
            state.wechat.account(),
            fan.unwrap_or("conversation"),
            state.records.iter().filter(is_wanted),
        )
    }

    pub(super) fn start(&self, job: Job) {
        // The worker runs as long as `self` exists.
        let _ = self.jobs.send(job);
    }

    pub(super) fn progress(&self, id: u64, progress: &Progress<'_>) {
        self.change(id, |record| record.progress(progress));
    }

    pub(super) fn step(&self, id: u64, step: &Step<'_>) {
        // That a refresh was started is not shown.
        if !matches!(step, Step::Delivery { is_refresh: true, progress: Progress::Started { .. } }) {
            self.change(id, |record| record.step(step));
        }
    }

    pub(super) fn conversed(&self, id: u64, conversation: Result<Conversation, ConversationError>) {
        self.change(id, |record| match conversation {
            Ok(conversation) => record.conversed(conversation),
            Err(_) => record.done(Shown::FailureNotice),
        });
        self.state().trim();
    }

    pub(super) fn delivered(&self, id: u64, shown: Shown) {
        self.change(id, |record| record.done(shown));
        self.state().trim();
    }

    /// Collects the lines of the push, when none of them can still be on its way.
    pub(super) fn settled(&self, id: u64) {
        if self.supervision.is_some() {
            self.change(id, |record| self.collect_log(record));
        }
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Record)) {
        let mut state = self.state();
        let Some(record) = state.record(id) else { return };
        change(record);
        if let Some(record) = state.records.iter().find(|record| record.id == id) {
            self.notify(&state, &PageEvent::Exchange { exchange: record.summary() });
        }
    }

    pub(super) fn add_fan(&self, name: &str) -> Result<(), Refusal> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 20 || name.chars().any(char::is_control) {
            return Err(Refusal::BadFanName);
        }
        let mut state = self.state();
        if state.fans.len() >= MAX_FANS || state.fans.iter().any(|fan| fan.name == name) {
            return Err(Refusal::BadFanName);
        }
        let fan = FanState::new(&state.wechat, name);
        state.fans.push(fan);
        self.notify(&state, &PageEvent::Fans { fans: &state.fans });
        Ok(())
    }

    pub(super) fn set_mode(&self, mode: Mode) -> Result<(), Refusal> {
        let mut state = self.state();
        let account = state.wechat.account().clone();
        account.kind().check(account.format(), mode).map_err(|_| Refusal::NoSuchAccount)?;
        let account = account.with_mode(mode);
        if let Some(on_mode) = &self.followers.on_mode {
            on_mode(mode);
        }
        self.followers.tell(&account);
        state.wechat = state.wechat.clone().with_account(account);
        state.attack_statuses.clear();
        self.notify(&state, &PageEvent::Mode { mode });
        drop(state);
        self.follow(BotRequest::Mode(mode));
        Ok(())
    }

    /// Another kind of account, or another data format. The conversations are those of another account, so they are
    /// forgotten. Without a format it is the one that an account of the kind has first.
    pub(super) fn set_kind(&self, kind: AccountKind, format: Option<DataFormat>) -> Result<(), Refusal> {
        let mut state = self.state();
        let account = state.wechat.account().clone().with_kind(kind);
        let format = format.or(kind.formats().first().copied()).unwrap_or(account.format());
        kind.check(format, account.mode()).map_err(|_| Refusal::NoSuchAccount)?;
        let account = account.with_format(format);
        let mode = account.mode();
        self.followers.tell(&account);
        state.play(account);
        let bot = self.supervision.as_ref().map(Supervision::view);
        self.notify(&state, &PageEvent::State(Snapshot::of(&state, bot.as_ref())));
        drop(state);
        self.follow(BotRequest::Account { kind, format, mode });
        Ok(())
    }

    /// The bot follows, or it is verified whether it has.
    fn follow(&self, request: BotRequest) {
        match &self.supervision {
            // It is verified when it listens again.
            Some(supervision) => supervision.request(request),
            None => drop(self.verify()),
        }
    }

    pub(super) const fn supervision(&self) -> Option<&Supervision> {
        self.supervision.as_ref()
    }

    pub(super) fn restart(&self) -> Result<(), Refusal> {
        self.supervision.as_ref().ok_or(Refusal::NotSupervised)?.request(BotRequest::Restart);
        Ok(())
    }

    /// Fails while the bot is down: what is pushed would say less about the cause.
    pub(super) fn bot_is_up(&self) -> Result<(), Refusal> {
        match self.supervision.as_ref().map(Supervision::state) {
            None | Some((BotState::Listening { .. }, _)) => Ok(()),
            Some((BotState::Starting, BuildState::Failed)) => Err(Refusal::NotBuilt),
            Some((BotState::Starting | BotState::Restarting, _)) => Err(Refusal::BotStarting),
            Some((BotState::Stopped { reason }, _)) => Err(Refusal::BotStopped(reason)),
        }
    }

    /// The bot has another state, or what is shown of its output has changed. `started` says that it listens anew.
    pub(super) fn bot_changed(&self, bot: &BotView, started: bool) {
        let mut state = self.state();
        if !matches!(bot.state, BotState::Listening { .. }) && state.verified.take().is_some() {
            self.notify(&state, &PageEvent::Verified { verified: None });
        }
        self.notify(&state, &PageEvent::Bot { bot });
        drop(state);
        if started {
            let _ = self.verify();
        }
    }

    /// Where the bot is, or was last.
    pub(super) fn bot_url(&self) -> String {
        let mut state = self.state();
        self.follow_bot(&mut state);
        state.bot_url.clone()
    }

    /// The program has said where the bot listens before the browsers are told.
    pub(super) fn follow_bot(&self, state: &mut PageState) {
        if let Some((BotState::Listening { url }, _)) = self.supervision.as_ref().map(Supervision::state) {
            state.command.url = Some(url.clone());
            state.bot_url = url;
        }
    }

    pub(super) fn set_split_cdata(&self, split_cdata: bool) {
        let mut state = self.state();
        state.wechat = state.wechat.clone().with_split_cdata(split_cdata);
        self.notify(&state, &PageEvent::SplitCdata { split_cdata });
    }

    pub(super) fn set_menu(&self, menu: Menu) {
        let mut state = self.state();
        state.menu = menu;
        self.notify(&state, &PageEvent::Menu { menu: &state.menu });
    }

    /// Forgets the conversations, including the deliveries that are still running.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        state.records.clear();
        self.notify(&state, &PageEvent::Cleared);
    }
}
