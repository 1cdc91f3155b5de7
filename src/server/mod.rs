//! For a server of your own: [`Engine`] answers what WeChat sends, whatever the server.
//!
//! [`Engine::handle`] is one call for a request. The middlewares of `wechat-tower` and `wechat-actix` are built on its
//! parts, because their handlers make responses of their own: [`Engine::verify_url`] for a GET; for a POST
//! [`Engine::open`], [`Engine::deliver`], and where the handler is to be run, [`HandlerTask::start`].
//!
//! The engine needs a tokio runtime.

// Of these files, `decide` has the decisions and no IO; `deliver` claims a push and waits for what another delivery runs;
// `task` runs the handler; `outcome` stores and sends what came out; `late` answers a delivery whose time has passed, and
// `pending` the word with which a user fetches a reply; `stream` produces a reply that streams, `messages` sends it while it
// grows, and `refresh` answers an AI bot that asks for more of it. `lookup` finds the account of a request.
mod contain;
mod decide;
mod deliver;
mod handle;
mod handlers;
mod late;
mod lookup;
mod messages;
mod outcome;
mod passthrough;
mod pending;
mod push;
mod refresh;
mod request;
mod response;
mod seal;
mod span;
mod store;
mod stream;
mod task;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use deliver::{Delivery, Undecided};
pub use handlers::HandlerOutput;
pub use passthrough::{OwnResponse, Passthrough};
pub use request::Request;
pub use response::Response;
pub use task::{Answer, Finished, HandlerRun, HandlerTask, HandlerWait, detach};

use self::decide::Policy;
use self::handlers::Handlers;
use self::lookup::Lookup;
use self::store::Store;
use crate::Reply;
use crate::accounts::AccountLookup;
use crate::delivery::DeliveryStore;
use crate::late_reply::{LateReply, RetrySchedule};
use crate::process::{Process, Shutdown};

/// Answers the requests of an account, or of many, whatever server they come from.
///
/// Cheap to clone; clones share what they know, and so do all engines of clones of one [`Callback`](crate::Callback), or of
/// one table of [`Accounts`](crate::accounts::Accounts).
///
/// ```
/// use wechat_callback::server::{Engine, Request, Response};
/// use wechat_callback::{Callback, TextReply};
///
/// async fn answer(engine: &Engine, method: &str, path: &str, query: &str, body: &[u8]) -> Response {
///     let request = Request::new(method, path, query, body);
///     engine
///         .handle(request, |message| async move {
///             Ok(TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）"))))
///         })
///         .await
/// }
///
/// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
/// let engine = Engine::new(callback);
/// # Ok::<(), wechat_callback::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "an engine does nothing until it is asked"]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    lookup: Lookup,
    /// What all engines of one callback, or of one table of accounts, share.
    process: Arc<Process>,
    store: Store,
    policy: Policy,
    handlers: Handlers,
}

impl Engine {
    /// The longest body that a server should read unless its owner sets another limit, in bytes: 64 KiB. WeChat's own
    /// stay far below.
    pub const BODY_LIMIT: usize = 64 * 1024;

    /// How long a server should wait for a whole body, unless its owner sets another time: five seconds.
    pub const BODY_TIMEOUT: Duration = Duration::from_secs(5);

    /// Answers for the account of a [`Callback`](crate::Callback), or for each that an
    /// [`AccountLookup`](crate::accounts) finds. Deliveries meet in the memory of this process.
    ///
    /// ```
    /// # use wechat_callback::{Callback, server::Engine};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let engine = Engine::new(callback);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn new(accounts: impl AccountLookup) -> Self {
        let (lookup, process) = Lookup::new(accounts);
        crate::metrics::describe();
        let store = Store::Memory(process.store.clone());
        let policy = Policy { late: LateReply::default(), schedule: RetrySchedule::new() };
        Self { shared: Arc::new(Shared { lookup, process, store, policy, handlers: Handlers::new() }) }
    }

    /// Where the deliveries of a push meet: unless set, in the memory of this process, which all engines of one
    /// [`Callback`](crate::Callback), or of one table of accounts, share. With a store such as
    /// `wechat-redis` has, many processes answer as one.
    ///
    /// ```
    /// # use wechat_callback::{Callback, delivery::MemoryStore, server::Engine};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let engine = Engine::new(callback).store(MemoryStore::new().capacity(10_000));
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn store(mut self, store: impl DeliveryStore) -> Self {
        let shared = self.set();
        shared.store = Store::new(store);
        if let (true, Store::Memory(store)) = (shared.lookup.is_many(), &shared.store) {
            store.share_among_accounts();
        }
        self
    }

    /// What becomes of a reply that no delivery can carry; [`LateReply::Drop`] unless set.
    ///
    /// ```
    /// # use wechat_callback::{Callback, TextReply, late_reply::LateReply, server::Engine};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let policy = LateReply::fetch("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
    /// let engine = Engine::new(callback).late_reply(policy);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn late_reply(mut self, policy: LateReply) -> Self {
        self.set().policy.late = policy;
        self
    }

    /// When WeChat delivers a push; [`RetrySchedule::new`] unless set.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::{Callback, late_reply::RetrySchedule, server::Engine};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let schedule = RetrySchedule::new().answer_within(Duration::from_secs(4));
    /// let engine = Engine::new(callback).retry_schedule(schedule);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn retry_schedule(mut self, schedule: RetrySchedule) -> Self {
        self.set().policy.schedule = schedule;
        self
    }

    /// The reply that the user gets when the handler fails (an error, a panic, the [time-out](Self::handler_timeout)), or when
    /// its reply is one that WeChat would not take; nothing unless set, and never where the push names no sender.
    ///
    /// All deliveries of the push get it. A failure that is too late for them goes where late replies go: see
    /// [`LateReply`]. If this reply cannot be sealed either, that is logged, and WeChat is answered `success`.
    ///
    /// ```
    /// # use wechat_callback::{Callback, TextReply, server::Engine};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let engine = Engine::new(callback).on_error(TextReply::new("出了点问题，请再发一次。"));
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn on_error(mut self, reply: impl Into<Reply>) -> Self {
        self.set().handlers.on_error = reply.into().into_shared();
        self
    }

    /// How long the handler may run; ten minutes unless set. One that takes longer is dropped and has failed, which is
    /// logged: without an end it would hold its place among the pushes that are remembered for ever.
    ///
    /// It is counted from when the handler first waits for something. One that never does, because it blocks its
    /// thread, cannot be ended, and holds up every other push of that thread: see `tokio::task::spawn_blocking`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::{Callback, server::Engine};
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let engine = Engine::new(callback).handler_timeout(Duration::from_secs(60));
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.set().handlers.timeout = timeout;
        self
    }

    /// For a graceful shutdown: waits until no handler of its account, or of its accounts, runs, those included whose
    /// connection is gone, and no push came for half a second, for ten seconds at most. What comes meanwhile is answered.
    /// After it returns, a push that needs a handler is answered 503, and WeChat retries it. Returns how many handlers
    /// still run.
    ///
    /// Keep listening until it returns, and take the process out of its load balancer before: what still waits in the
    /// system's queue when the listener is closed is reset. Over HTTP/1 a server adds `Connection: close` to each answer
    /// while it [drains](Self::is_draining), so that no other push is sent over that connection.
    ///
    /// Await the signal that your system sends: SIGTERM under systemd, Docker and Kubernetes. (`docker stop` kills after
    /// ten seconds; give it `-t 30`.)
    pub async fn drain(&self) -> usize {
        self.shutdown().drain().await
    }

    /// Whether [`drain`](Self::drain) was called.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shutdown().is_draining()
    }

    fn shutdown(&self) -> &Shutdown {
        &self.shared.process.shutdown
    }

    fn set(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.shared)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("accounts", &self.shared.lookup)
            .field("late_reply", &self.shared.policy.late)
            .finish_non_exhaustive()
    }
}
