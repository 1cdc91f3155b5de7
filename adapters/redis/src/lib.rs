//! Let many processes answer WeChat (微信) callbacks as one.
//!
//! WeChat pushes a message again while it has no answer, and a load balancer sends the second push to another process.
//! [`RedisDeliveries`] is the store where the deliveries of one push meet even so: the handler runs in one process,
//! and whichever process WeChat asks when the answer is there delivers it. It goes to `.deliveries(..)` of the
//! middleware of `wechat-tower` or `wechat-actix`. Any Redis from 5.0 on will do, also behind the proxy of a managed
//! one.
//!
//! # Example
//!
//! ```
//! use axum::{Router, routing::post};
//! use wechat_redis::RedisDeliveries;
//! use wechat_tower::{Callback, TextReply, WechatLayer, WechatMessage};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
//!     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
//! }
//!
//! # fn app() -> Result<Router, Box<dyn std::error::Error>> {
//! let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
//! let store = RedisDeliveries::connect("redis://127.0.0.1/")?;
//! let layer = WechatLayer::new(callback).deliveries(store);
//! let app: Router = Router::new().route("/weixin", post(chat).layer(layer));
//! # Ok(app)
//! # }
//! # app().expect("an app");
//! ```
//!
//! Customised:
//!
//! ```
//! # use wechat_redis::RedisDeliveries;
//! let store = RedisDeliveries::connect("redis://:password@redis.internal/1")?.prefix("bot").fail_closed();
//! # Ok::<(), wechat_redis::ConnectError>(())
//! ```
//!
//! # What it promises
//!
//! A handler runs **at least once** for each push, and once unless something breaks:
//!
//! - A process that dies while it runs a push loses it after four seconds. The next delivery, five seconds after the
//!   one before, runs it again. So does a process that stood still for as long.
//! - While Redis is down, or takes more than 200 milliseconds for an answer, each process goes on by itself: of a push
//!   it runs the handler once, and joins the deliveries that reach it. One that reaches another process runs there
//!   once more.
//!   After a failure Redis is left alone for a second; then one question tries whether it is back. The log has one
//!   `WARN` when an outage begins and one `INFO` when it ends. What was running or settled meanwhile is told to Redis
//!   when it is back.
//! - With [`fail_closed`](RedisDeliveries::fail_closed) pushes are answered 503 in place of that.
//!
//! # What stands in Redis
//!
//! | key | what | how long |
//! |---|---|---|
//! | `wechat:{hash}` | a push: how often it was delivered, who runs it, the reply | 60 s; 10 min where it is kept for the user |
//! | `wechat:{hash}:user` | which answers a user is owed | an hour |
//! | `wechat:{hash}:body` | the hash of the body that a signature of plain mode came with | twice the freshness window |
//!
//! Keys name no user and no message: they are hashes. **Replies stand there in plain text** for as long as they are
//! kept: whoever can read this Redis can read them. Give it a password, let it listen on an internal address only, use
//! `rediss://` (feature `tls`) where the network is not your own, and keep a Redis that others read for other things.
//!
//! Where Redis has users with rights (ACL), this one needs `~wechat:* &wechat:* +@read +@write +@scripting +@pubsub +ping`.
//! Without the channels, `&wechat:*`, other processes learn of an outcome up to four seconds late.
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
pub use store::RedisDeliveries;
