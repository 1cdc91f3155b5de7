//! WeChat (微信) on a laptop: its side of the Official Account (公众号) callback, for tests of bots.
//!
//! [`FakeWechat`] pushes what fans say and do to a bot, at a URL or in this process, always signed and encrypted as
//! the account's [`Mode`] asks for, repeats as WeChat does, and reads the replies as WeChat does. Everything is
//! written from the primitives up and shares no code with any library that a bot is made with.
//!
//! ```
//! use axum::{Router, routing::post};
//! use wechat_sim::{Account, FakeWechat, ServiceTarget};
//! use wechat_tower::{Callback, TextReply, WechatLayer, WechatMessage};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
//!     match message.text() {
//!         Some(text) => TextReply::new(format!("你说：{text}")),
//!         None => TextReply::new("欢迎"),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::generate();
//! let callback = Callback::builder(account.app_id(), account.token())
//!     .encoding_aes_key(account.encoding_aes_key())
//!     .build()?;
//! let app: Router = Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback)));
//!
//! let wechat = FakeWechat::new(account, ServiceTarget::new(app, "/weixin"));
//! let mut fan = wechat.fan("小明");
//! fan.follow().await?.expect_text("欢迎");
//! fan.text("你好").await?.expect_text("你说：你好");
//! # Ok(())
//! # }
//! ```
//!
//! | to | there is |
//! |---|---|
//! | test a bot | [`FakeWechat`] and its [`Fan`]s |
//! | push anything, look at every step | [`Wechat`], [`Message`], [`Exchange`] |
//! | know what can be pushed | [`catalogue`] |
//! | do the URL verification and learn why it fails | [`handshake`] |
//! | see that a bot refuses what it should | [`attack`] |
//!
//! The same from the command line: `wechat-sim --help`.
//!
//! # Features
//!
//! Tests of bots need none: `default-features = false`.
//!
//! | feature | adds |
//! |---|---|
//! | `cli` (on by default) | the command line, `wechat-sim`; turns on `tls` |
//! | `page` (on by default) | the chat page: a server on this machine, for a browser |
//! | `actix-web` | an actix-web app as the target, in process |
//! | `tls` | targets with https |
//!
//! # Records and time
//!
//! Records ([`Exchange`], [`Reading`], …) serialize to JSON, and hold no secret of the account.
//! Time is tokio's, so that under a paused clock nothing waits.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
pub mod attack;
mod body;
pub mod catalogue;
mod check;
mod cipher;
mod deliver;
mod expect;
mod fan;
pub mod handshake;
mod message;
mod mode;
#[cfg(feature = "page")]
pub mod page;
mod push;
mod reading;
mod reply;
mod request;
mod sentence;
mod signature;
mod target;
mod wechat;
mod xml;

pub use account::{Account, AccountError};
pub use body::{Body, Pace};
pub use check::{Check, CheckName};
pub use deliver::{Delivery, Ending, Exchange, FAILURE_NOTICE, Policy, Progress, Shown};
pub use fan::{FakeWechat, Fan};
pub use message::Message;
pub use mode::Mode;
pub use push::{Push, Stamp};
pub use reading::Reading;
pub use reply::{Article, MAX_TEXT, Reply};
pub use request::Request;
pub use sentence::Sentence;
pub use signature::{Signature, SignedPart};
#[cfg(feature = "actix-web")]
pub use target::ActixTarget;
pub use target::{Answer, HttpTarget, MAX_ANSWER, SendError, ServiceTarget, Target};
pub use wechat::Wechat;
