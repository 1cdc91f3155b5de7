//! The chat page: a phone with several fans in the browser, next to it the requests and answers.
//!
//! ```no_run
//! use tokio::net::TcpListener;
//! use wechat_sim::{Account, page::Page};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let page = Page::new(Account::generate(), "http://127.0.0.1:3000/weixin".to_owned());
//! page.serve(TcpListener::bind("127.0.0.1:8788").await?).await
//! # }
//! ```
//!
//! It is for one person on one machine: it listens only on loopback addresses, accepts requests only for their names and
//! only from its own pages, and keeps everything in memory.

mod assets;
mod attack_status;
mod bot;
mod bot_log;
mod bubble;
mod checks;
mod command;
mod draft;
mod events;
mod guard;
mod job;
mod menu;
mod menu_error;
mod record;
mod refusal;
mod routes;
mod scenario;
mod shared;
mod state;
mod work;

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::{Account, Mode, Policy, Target, Wechat};
use bot::Supervision;
pub use bot::{BotReporter, BotRequest, BotState, BuildState, Printer};
use guard::Guard;
pub use menu::{Button, Menu};
pub use menu_error::{ButtonPosition, MenuError};
use shared::{Followers, OnAccount, Shared};
use state::PageState;
use work::Worker;

/// The chat page of one account and its bot.
#[must_use = "a page does nothing until it is served"]
pub struct Page {
    account: Account,
    policy: Policy,
    split_cdata: bool,
    menu: Menu,
    bot: BotLocation,
    on_mode: Option<Box<dyn Fn(Mode) + Send + Sync>>,
    on_account: Option<OnAccount>,
    supervision: Option<Supervision>,
}

enum BotLocation {
    Url { url: String, allow_remote: bool },
    InProcess(Box<dyn Worker>),
}

impl Page {
    /// The page of `account`, whose bot is at `bot_url`.
    pub fn new(account: Account, bot_url: String) -> Self {
        Self::of(account, BotLocation::Url { url: bot_url, allow_remote: false })
    }

    /// The page of `account`, whose bot is in this process. The bot runs on its own thread.
    ///
    /// ```no_run
    /// use axum::{Router, routing::post};
    /// use wechat_sim::{Account, ServiceTarget, page::Page};
    ///
    /// let bot = Router::new().route("/weixin", post(async || "success"));
    /// let page = Page::for_target(Account::generate(), ServiceTarget::new(bot, "/weixin"));
    /// ```
    pub fn for_target<T: Target + Send + 'static>(account: Account, target: T) -> Self {
        Self::of(account, BotLocation::InProcess(work::worker(target)))
    }

    fn of(account: Account, bot: BotLocation) -> Self {
        let (policy, menu) = (Policy::default(), Menu::default());
        Self {
            account,
            policy,
            split_cdata: false,
            menu,
            bot,
            on_mode: None,
            on_account: None,
            supervision: None,
        }
    }

    /// Allows a bot on another machine.
    pub fn allow_remote(mut self) -> Self {
        if let BotLocation::Url { allow_remote, .. } = &mut self.bot {
            *allow_remote = true;
        }
        self
    }

    /// Another policy for timeouts and retries.
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Whether texts that contain `]]>` are split into two CDATA sections, as with [`Wechat::with_split_cdata`]. It can
    /// also be switched on the page.
    pub fn with_split_cdata(self, split_cdata: bool) -> Self {
        Self { split_cdata, ..self }
    }

    /// The custom menu (自定义菜单) below the chat. By default there is a sample.
    pub fn with_menu(self, menu: Menu) -> Self {
        Self { menu, ..self }
    }

    /// Calls `on_mode` when the mode is switched on the page. A bot in this process has to follow, since the mode is set on
    /// both sides.
    pub fn on_mode(self, on_mode: impl Fn(Mode) + Send + Sync + 'static) -> Self {
        Self { on_mode: Some(Box::new(on_mode)), ..self }
    }

    /// Calls `on_account` when the mode, the kind or the data format of the account is switched on the page, with the account
    /// as it is then. Its credentials stay. A bot in this process has to follow, since both sides have these settings.
    ///
    /// ```
    /// use wechat_sim::{Account, page::Page};
    ///
    /// let page = Page::new(Account::generate(), "http://127.0.0.1:3000/weixin".to_owned())
    ///     .on_account(|account| println!("{} {} {}", account.kind(), account.format(), account.mode()));
    /// ```
    pub fn on_account(self, on_account: impl Fn(&Account) + Send + Sync + 'static) -> Self {
        Self { on_account: Some(Box::new(on_account)), ..self }
    }

    /// Shows the state of a bot that this program starts and stops. The program reports through the [`BotReporter`], and
    /// does what is requested on the page: to start the bot again, or to start it in another mode or for
    /// another kind of account.
    ///
    /// Until the bot [listens](BotState::Listening) nothing is pushed, and its URL then takes the place of the one that
    /// the page was made with. It is for a bot with a URL, as in [`Page::new`].
    ///
    /// ```no_run
    /// # use wechat_sim::{Account, page::Page};
    /// use wechat_sim::page::{BotState, Printer};
    ///
    /// let url = "http://127.0.0.1:3000/weixin".to_owned();
    /// let (page, bot, mut requests) = Page::new(Account::generate(), url.clone()).supervised();
    /// bot.line(Printer::Bot, "listening on 127.0.0.1:3000");
    /// bot.state(BotState::Listening { url });
    /// let restart = async move { while let Some(request) = requests.recv().await { /* … */ } };
    /// ```
    pub fn supervised(self) -> (Self, BotReporter, mpsc::Receiver<BotRequest>) {
        let (supervision, reporter, requests) = Supervision::new();
        (Self { supervision: Some(supervision), ..self }, reporter, requests)
    }

    /// Serves the page until the future is dropped.
    ///
    /// # Errors
    ///
    /// If `listener` is not on a loopback address, the bot's URL is not valid, or a thread cannot be started.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            let error = format!("{address} is not a loopback address: the page is for this machine only");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let in_process = matches!(self.bot, BotLocation::InProcess(_));
        let allow_remote = matches!(self.bot, BotLocation::Url { allow_remote: true, .. });
        let worker = match self.bot {
            BotLocation::InProcess(worker) => worker,
            BotLocation::Url { url, allow_remote } if self.supervision.is_some() => {
                work::http_target(&url, allow_remote).map_err(invalid)?;
                work::moving_worker(url, allow_remote)
            }
            BotLocation::Url { url, allow_remote } => {
                work::worker(work::http_target(&url, allow_remote).map_err(invalid)?)
            }
        };
        let (jobs, receiver) = mpsc::unbounded_channel();
        let wechat = Wechat::new(self.account).with_policy(self.policy).with_split_cdata(self.split_cdata);
        let mut state = PageState::new(wechat, self.menu, worker.url(), in_process);
        state.command.allow_remote = allow_remote;
        let shared = Arc::new(Shared::new(
            state,
            jobs,
            Followers { on_mode: self.on_mode, on_account: self.on_account },
            self.supervision,
        ));
        work::start(worker, Arc::downgrade(&shared), receiver)?;
        // A supervised bot is verified when it listens.
        if shared.supervision().is_none() {
            let _ = shared.verify();
        }
        let guard = Guard::new(address.port());
        let router = routes::router(Arc::clone(&shared), guard);
        tokio::select! {
            served = async { axum::serve(listener, router).await } => served,
            () = bot::follow(&shared) => Ok(()),
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("account", &self.account).finish_non_exhaustive()
    }
}
