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

use crate::{Account, HttpTarget, Mode, Policy, Target, Wechat};
use guard::Guard;
pub use menu::{Button, Menu};
pub use menu_error::{ButtonPosition, MenuError};
use shared::Shared;
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
        Self { account, policy, split_cdata: false, menu, bot, on_mode: None }
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
        let in_process = matches!(self.bot, BotLocation::InProcess(_));
        let worker = match self.bot {
            BotLocation::InProcess(worker) => worker,
            BotLocation::Url { url, allow_remote } => {
                let target = HttpTarget::new(&url);
                let target = target.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
                work::worker(if allow_remote { target.allow_remote() } else { target })
            }
        };
        let (jobs, receiver) = mpsc::unbounded_channel();
        let wechat = Wechat::new(self.account).with_policy(self.policy).with_split_cdata(self.split_cdata);
        let state = PageState::new(wechat, self.menu, worker.url(), in_process);
        let shared = Arc::new(Shared::new(state, jobs, self.on_mode));
        work::start(worker, Arc::downgrade(&shared), receiver)?;
        shared.verify();
        let guard = Guard::new(address.port());
        axum::serve(listener, routes::router(shared, guard)).await
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("account", &self.account).finish_non_exhaustive()
    }
}
