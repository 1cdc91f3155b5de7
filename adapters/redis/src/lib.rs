//! Let many processes answer WeChat (微信) callbacks as one.
//!
//! WeChat pushes a message again while it has no answer, and a load balancer sends the second push to another process.
//! [`RedisStore`] is the store where the deliveries of one push meet even so: the handler runs in one process,
//! and whichever process WeChat asks when the answer is there delivers it. It goes to `.store(..)` of the
//! middleware of `wechat-tower` or `wechat-actix`. Any Redis from 5.0 on will do, also behind the proxy of a managed
//! one.
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
//! A handler runs **at least once** for each push, and once unless something breaks:
//!
//! - A process that dies while it runs a push loses it after four seconds. The next delivery, five seconds after the
//!   one before, runs it again. So does a process that stood still for as long.
//! - A push that Redis says nothing about within 200 milliseconds is run at once, and Redis is not asked to forget it:
//!   where it then says that the push is this process's, nobody runs it again. Where another process runs it too, both
//!   runs go on, and the first outcome stands. The log has a `DEBUG` with `duplicate=true` for each push that is known
//!   to have run twice, and one `WARN` a minute at most with their number.
//! - After five failures in a row, or a second in which Redis answers nothing, each process goes on by itself: of a
//!   push it runs the handler once, and joins the deliveries that reach it. One that reaches another process runs there
//!   once more. For a second Redis is left alone; then one question tries whether it is back. The log has one `WARN`
//!   when an outage begins and one `INFO` when it ends. What was running or completed meanwhile is told to Redis when it
//!   is back.
//! - A connection that died without a word is found dead when another one is answered sooner, within about half a
//!   second. Whoever waits for an outcome over one has it a second late at most.
//! - With [`fail_closed`](RedisStore::fail_closed) pushes are answered 503 in place of that.
//!
//! # What it costs when Redis forgets
//!
//! `FLUSHALL`, an eviction, a restart without persistence, a first delivery during an outage:
//!
//! | what is lost | what becomes of it | cost |
//! |---|---|---|
//! | a push that runs | its owner writes it again each second, with the age that it knows on its own clock. Who runs it again before that is told the age and the first outcome | one run at most, no answer |
//! | the reply of a completed push | a later delivery runs it again in a process that did not take part | one run |
//! | which answers a user is owed | the word that fetches one is a message like any other | that answer |
//! | the body of a signature of plain mode | each process keeps those that it saw; in another the signature opens one more body while it is fresh | see `timestamp_tolerance` of the callback |
//!
//! Ages and leases count on clocks that only go on: nobody believes the clock of Redis further than it can be checked.
//! Where it is set, by however much, that costs what forgetting costs; set back it also keeps keys longer by as much.
//!
//! //! # What stands in Redis
//!
//! | key | what | how long |
//! |---|---|---|
//! | `wechat:{hash}` | a push: how often it was delivered, how old it is, who runs it, the reply | 60 s; 10 min where it is kept for the user |
//! | `wechat:{hash}:user` | which answers a user is owed | an hour |
//! | `wechat:{hash}:body` | the hash of the body that a signature of plain mode came with | twice the freshness window |
//!
//! Keys name no user and no message: they are hashes. **Replies stand there in plain text** for as long as they are
//! kept, and are published to the processes that wait for them: whoever can read this Redis can read them. Give it a password, let it listen on an internal address only, use
//! `rediss://` (feature `tls`) where the network is not your own, and keep a Redis that others read for other things.
//!
//! Where Redis has users with rights (ACL), this one needs
//! `~wechat:* &wechat:* +@read +@write +@scripting +@pubsub +ping +time`, with another [`prefix`] in place of `wechat`
//! where one is set. A push that others wait for has a channel, named as its key; without the right to `&wechat:*` they
//! look for its outcome twice a second instead.
//!
//! [`prefix`]: RedisStore::prefix
//!
//! Each key is a hash slot of its own and no command touches two, so a cluster behind a proxy will do. A cluster that
//! redirects its clients (`MOVED`) will not.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod breaker;
mod clock;
mod connection;
mod error;
mod lease;
mod leases;
mod link;
mod remote;
mod run;
mod scripts;
mod store;
mod subscriber;
mod waiters;

pub use error::ConnectError;
pub use store::RedisStore;
