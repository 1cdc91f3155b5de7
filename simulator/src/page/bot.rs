//! A bot that the page's program starts and stops: its state, what it prints, and what is requested for it on the page.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::bot_log::BotLog;
use super::shared::Shared;
use crate::{AccountKind, DataFormat, LocalizedText, Mode};

/// How many lines are shown of a bot that has stopped, and of a build that has failed.
const LAST_LINES: usize = 60;
/// The browsers are told of changes at most this often: a bot can print a lot.
const PACE: Duration = Duration::from_millis(50);
/// How many requests wait for the program. More clicks have no effect.
const MAX_REQUESTS: usize = 16;

/// The state of a bot that the page's program starts and stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BotState {
    /// It was started and does not listen yet. It may have to be compiled first.
    Starting,
    /// It is being stopped, to be started again.
    Restarting,
    /// It accepts connections.
    Listening {
        /// Its URL.
        url: String,
    },
    /// It has ended, or could not be started.
    Stopped {
        /// The exit status, or why it could not be started.
        reason: LocalizedText,
    },
}

/// The state of a build beside the bot, which goes on meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BuildState {
    /// There was none, or the last one succeeded.
    #[default]
    Succeeded,
    /// It is running.
    Running,
    /// The last one failed.
    Failed,
}

/// What printed a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Printer {
    /// The bot.
    Bot,
    /// The build beside it.
    Build,
}

/// What is requested on the page for the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BotRequest {
    /// To start it again, whether it is running or not.
    Restart,
    /// To start it again in this mode.
    Mode(Mode),
    /// To start it again for an account with the same credentials and these settings.
    Account {
        /// The kind.
        kind: AccountKind,
        /// The data format.
        format: DataFormat,
        /// The mode.
        mode: Mode,
    },
}

/// Tells the page what becomes of the bot. See [`Page::supervised`](super::Page::supervised).
///
/// The page shows the last lines of a bot that has stopped, and beside a push those that were printed meanwhile. It keeps
/// a bounded number of lines.
#[derive(Clone, Debug)]
pub struct BotReporter(watch::Sender<SupervisedBot>);

impl BotReporter {
    /// The bot has another state.
    pub fn state(&self, state: BotState) {
        self.0.send_modify(|bot| bot.enter(state));
    }

    /// The build beside the bot has another state.
    pub fn build(&self, build: BuildState) {
        self.0.send_modify(|bot| {
            if build == BuildState::Running {
                bot.log.forget(Printer::Build);
            }
            bot.build = build;
        });
    }

    /// What can be done about a bot that does not listen, until it has another state.
    pub fn hint(&self, hint: LocalizedText) {
        self.0.send_modify(|bot| bot.hint = Some(hint));
    }

    /// A line was printed. Escape sequences and the end of a long line are left out.
    pub fn line(&self, printer: Printer, line: &str) {
        self.0.send_modify(|bot| bot.log.push(printer, line));
    }
}

/// The bot, as it is shared by the page and the program.
#[derive(Debug)]
pub(super) struct SupervisedBot {
    state: BotState,
    build: BuildState,
    hint: Option<LocalizedText>,
    /// When it was started last.
    started: Instant,
    /// How often it has listened.
    starts: u64,
    log: BotLog,
}

impl SupervisedBot {
    fn enter(&mut self, state: BotState) {
        match state {
            BotState::Starting => self.started = Instant::now(),
            BotState::Listening { .. } => self.starts += 1,
            BotState::Restarting | BotState::Stopped { .. } => {}
        }
        (self.state, self.hint) = (state, None);
    }

    fn view(&self) -> BotView {
        let is_listening = matches!(self.state, BotState::Listening { .. });
        let lines = match &self.state {
            BotState::Listening { .. } => 0,
            BotState::Stopped { .. } => LAST_LINES,
            BotState::Starting | BotState::Restarting => 1,
        };
        let build_lines = match self.build {
            BuildState::Succeeded => 0,
            BuildState::Running => 1,
            BuildState::Failed => LAST_LINES,
        };
        BotView {
            state: self.state.clone(),
            build: self.build,
            starts: if is_listening { self.starts } else { 0 },
            hint: self.hint.clone(),
            lines: self.log.last(Printer::Bot, Some(self.started), lines),
            build_lines: self.log.last(Printer::Build, None, build_lines),
        }
    }
}

/// What the page shows of the bot. It does not change while the bot listens and only prints.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(super) struct BotView {
    #[serde(flatten)]
    pub(super) state: BotState,
    build: BuildState,
    #[serde(skip)]
    starts: u64,
    hint: Option<LocalizedText>,
    lines: Vec<String>,
    build_lines: Vec<String>,
}

/// The page's side of a supervised bot.
pub(super) struct Supervision {
    bot: watch::Sender<SupervisedBot>,
    requests: mpsc::Sender<BotRequest>,
}

impl Supervision {
    pub(super) fn new() -> (Self, BotReporter, mpsc::Receiver<BotRequest>) {
        let bot = SupervisedBot {
            state: BotState::Starting,
            build: BuildState::default(),
            hint: None,
            started: Instant::now(),
            starts: 0,
            log: BotLog::default(),
        };
        let bot = watch::Sender::new(bot);
        let (requests, receiver) = mpsc::channel(MAX_REQUESTS);
        (Self { bot: bot.clone(), requests }, BotReporter(bot), receiver)
    }

    /// Passes the request on. The bot counts as down from now on: what is pushed before it has stopped would be pushed to
    /// a bot that is about to break it off.
    pub(super) fn request(&self, request: BotRequest) {
        if self.requests.try_send(request).is_ok() {
            self.bot.send_modify(|bot| bot.enter(BotState::Restarting));
        }
    }

    pub(super) fn state(&self) -> (BotState, BuildState) {
        let bot = self.bot.borrow();
        (bot.state.clone(), bot.build)
    }

    pub(super) fn view(&self) -> BotView {
        self.bot.borrow().view()
    }

    /// The lines of the bot, from which those of a push are chosen.
    pub(super) fn with_log<T>(&self, read: impl FnOnce(&BotLog) -> T) -> T {
        read(&self.bot.borrow().log)
    }
}

/// Tells the browsers what changes, until the future is dropped.
pub(super) async fn follow(shared: &Shared) {
    let Some(mut changes) = shared.supervision().map(|supervision| supervision.bot.subscribe()) else {
        return std::future::pending().await;
    };
    let mut shown: Option<BotView> = None;
    loop {
        let view = changes.borrow_and_update().view();
        let before = shown.replace(view.clone());
        if before.as_ref() != Some(&view) {
            let is_new = view.starts > 0 && before.is_none_or(|before| before.starts != view.starts);
            shared.bot_changed(&view, is_new);
        }
        sleep(PACE).await;
        // The page has a sender of its own, so this does not fail.
        let _ = changes.changed().await;
    }
}
