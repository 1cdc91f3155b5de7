//! Let many processes answer WeChat (微信) callbacks as one.
//!
//! WeChat retries a push until it is answered, and a load balancer may send the retry to another process.
//! [`RedisStore`] is the store that such processes share: the handler runs in one of them, and whichever of them gets
//! the delivery after the handler has finished sends the reply. Pass it to `.store(..)` of the middleware of
//! `wechat-tower` or `wechat-actix`. It needs Redis 5.0 or later; the proxy of a managed Redis works too.
//!
//! # Example
//!
//! ```
//! use axum::{Router, routing::post};
//! use wechat_redis::RedisStore;
//! use wechat_tower::{Callback, TextReply, WechatLayer, WechatMessage};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
//!     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
//! }
//!
//! # fn app() -> Result<Router, Box<dyn std::error::Error>> {
//! let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
//! let store = RedisStore::connect("redis://127.0.0.1/")?;
//! let layer = WechatLayer::new(callback).store(store);
//! let app: Router = Router::new().route("/weixin", post(chat).layer(layer));
//! # Ok(app)
//! # }
//! # app().expect("an app");
//! ```
//!
//! Customised:
//!
//! ```
//! # use wechat_redis::RedisStore;
//! let store = RedisStore::connect("redis://:password@redis.internal/1")?.prefix("bot").fail_closed();
//! # Ok::<(), wechat_redis::ConnectError>(())
//! ```
//!
//! # What it promises
//!
//! A handler runs **at least once** for each push, and exactly once unless something breaks:
//!
//! - A process that dies or stalls while it runs a push loses the push after four seconds. The next delivery, which
//!   comes five seconds after the last, runs it again.
//! - If Redis does not answer within 200 milliseconds, the push is run at once, and the question is not withdrawn: if
//!   the late answer gives the push to this process, no other process runs it. If another process runs it too, both go
//!   on and the first outcome is kept. The log has a `DEBUG` with `duplicate=true` for each push known to have run
//!   twice, and at most one `WARN` a minute with their number.
//! - After five failures in a row, or a second in which Redis answers nothing, each process goes on alone: it runs the
//!   handler once for each push, however many of the deliveries reach it, but a delivery that reaches another process
//!   runs the push there too. Redis is left alone for a second; then one question at a time tries whether it is back.
//!   The log has one `WARN` when an outage begins and one `INFO` when it ends. Redis then gets what was running or was
//!   completed during the outage.
//! - A connection that has died silently is detected, usually within half a second, when a second connection is
//!   answered sooner. An outcome that was waited for on it arrives at most a second late.
//! - What a reply that streams says so far is exact in the process that produces it, whatever Redis does. Other processes
//!   read it from Redis, where it is at most 250 milliseconds and a round trip old. If Redis cannot be asked they say so,
//!   rather than that there is nothing; the text is whole again about a second after Redis is back.
//! - With [`fail_closed`](RedisStore::fail_closed), pushes are answered 503 instead.
//!
//! # What it costs when Redis forgets
//!
//! `FLUSHALL`, an eviction, a restart without persistence, a first delivery during an outage:
//!
//! | lost | consequence | cost |
//! |---|---|---|
//! | a running push | the process that runs it writes it again each second, with the age by its own clock. A process that runs it a second time before that takes over the age and the first outcome | at most one run, no reply |
//! | the reply of a completed push | a later delivery runs the push again in a process that did not take part | one run |
//! | the text so far of a reply that streams | other processes do not know it until the next write or renewal | at most a second |
//! | which replies are kept for a user | the word that fetches one is a message like any other | that reply |
//! | the body of a signature in plain mode | each process keeps those that it saw; another process accepts one more body with the signature while its timestamp is fresh | see `timestamp_tolerance` of the callback |
//!
//! Ages and leases are measured with monotonic clocks; the clock of Redis is believed only as far as it can be checked.
//! Setting it costs what forgetting costs, and setting it back also keeps keys longer by as much.
//!
//! # What is stored in Redis
//!
//! | key | value | time to live |
//! |---|---|---|
//! | `wechat:{hash}` | a push: its deliveries, its age, the process that runs it, the reply, or what it says so far while it streams | 60 s; 10 min where it streams, or the reply is kept for the user |
//! | `wechat:{hash}:user` | which replies are kept for a user | an hour |
//! | `wechat:{hash}:body` | the hash of the body that a signature of plain mode came with | twice the timestamp tolerance |
//!
//! Keys are hashed: they name no user and no message. **Replies are stored in plain text**, also while they grow, and
//! published to the processes that wait for them, so whoever can read this Redis can read them. Set a password, listen on
//! an internal address only, use `rediss://` (feature `tls`) on a network that is not your own, and do not use a Redis
//! that others read for other purposes.
//!
//! With access control lists (ACL) the store needs `~wechat:* &wechat:* +@read +@write +@scripting +@pubsub +ping
//! +time`, with your [`prefix`] in place of `wechat`. A push that is waited for has a channel named as its key; without
//! the right to `&wechat:*` processes look for its outcome twice a second instead.
//!
//! [`prefix`]: RedisStore::prefix
//!
//! Each command uses one key, so a cluster behind a proxy works. A cluster that redirects its clients (`MOVED`) does
//! not.
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | adds |
//! |---|---|
//! | `tls` | `rediss://` URLs |
//! | `metrics` | outages, errors and duplicate runs are counted through the crate `metrics`, beside what the core counts; `docs/deploying.md` lists the metrics |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod breaker;
mod clock;
mod connection;
mod error;
mod lease;
mod leases;
mod link;
mod metrics;
mod remote;
mod run;
mod scripts;
mod store;
mod stream;
mod subscriber;
mod waiters;

pub use error::ConnectError;
pub use store::RedisStore;

/// The snippet of the registry page compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
