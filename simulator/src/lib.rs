//! WeChat (微信) on your own machine: its side of the callback of Official Accounts (公众号), mini-programs (小程序), stores
//! (微信小店), `WeCom` apps and AI bots (企业微信) and third-party platforms (第三方平台), for testing bots.
//!
//! [`FakeWechat`] pushes the messages and events of fans to a bot, at a URL or in this process. It signs and encrypts
//! them as the account's [`Mode`] requires, retries like WeChat, and reads the replies like WeChat. All of it is written
//! from the primitives up and shares no code with the library that a bot uses.
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
//! An account of another [`AccountKind`] is made with [`Account::generate_as`], and everything else is the same:
//!
//! ```
//! use wechat_sim::{Account, AccountKind, Message, Wechat};
//!
//! let wechat = Wechat::new(Account::generate_as(AccountKind::WeCom));
//! let push = wechat.push(&Message::text("你好"), &wechat.openid("zhangsan"));
//! assert!(push.query.starts_with("msg_signature=") && push.xml.contains("<AgentID>"));
//! ```
//!
//! An AI bot (智能机器人) answers with a text that grows. `WeCom` asks for it once a second, and so does this:
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, routing::post};
//! use wechat_sim::{Account, AccountKind, FakeWechat, ServiceTarget};
//! use wechat_tower::{Callback, StreamReply, WechatLayer, WechatMessage};
//!
//! async fn think(WechatMessage(message): WechatMessage) -> StreamReply {
//!     StreamReply::from_fn(async move |out| {
//!         for word in ["你", "好"] {
//!             out.push(word).await;
//!             tokio::time::sleep(Duration::from_secs(3)).await;
//!         }
//!     })
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let account = Account::generate_as(AccountKind::AiBot);
//! let callback = Callback::aibot(account.token(), account.encoding_aes_key()).build()?;
//! let app: Router = Router::new().route("/aibot", post(think).layer(WechatLayer::new(callback)));
//!
//! let wechat = FakeWechat::new(account, ServiceTarget::new(app, "/aibot"));
//! let conversation = wechat.fan("zhangsan").send_text("在吗").await?;
//! conversation.expect_text("你好");
//! assert_eq!(conversation.texts(), ["你", "你好"]);
//! # Ok(())
//! # }
//! ```
//!
//! | to | use |
//! |---|---|
//! | test a bot | [`FakeWechat`] and its [`Fan`]s |
//! | push anything and inspect every step | [`Wechat`], [`Message`], [`Exchange`] |
//! | list what can be pushed | [`catalogue`] |
//! | verify a URL, push one event, and find out why either fails | [`handshake`] |
//! | check that a bot refuses forged requests | [`attack`] |
//!
//! The command line does the same: `wechat-sim --help`.
//!
//! # Features
//!
//! Tests of bots need none of them: `default-features = false`.
//!
//! | feature | adds |
//! |---|---|
//! | `cli` (on by default) | the command line, `wechat-sim` |
//! | `demo` (on by default) | a bot to try the page with, and `wechat-sim demo`; turns on `page` |
//! | `page` (on by default) | the chat page: a local server for a browser |
//! | `actix-web` | an actix-web app as the target, in process |
//! | `model` | [`model`]: a language model that says a text word by word, for tests of bots |
//! | `tls` | targets with https |
//!
//! # Records and time
//!
//! Records ([`Exchange`], [`Reading`], …) serialize to JSON and contain no secret of the account.
//! Time is tokio's, so nothing waits under a paused clock.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod account_kind;
pub mod attack;
mod body;
pub mod catalogue;
mod check;
mod cipher;
mod conversation;
mod deliver;
#[cfg(feature = "demo")]
pub mod demo;
mod expect;
mod fan;
pub mod handshake;
mod json;
mod localized_text;
mod message;
mod mode;
#[cfg(feature = "model")]
pub mod model;
#[cfg(feature = "page")]
pub mod page;
mod push;
mod reading;
mod reply;
mod request;
mod signature;
mod target;
mod texts;
mod wechat;
mod xml;
mod xml_error;

pub use account::{Account, AccountError};
pub use account_kind::{AccountKind, DataFormat};
pub use body::{Body, Pace};
pub use check::{Check, CheckName};
pub use conversation::{Conversation, ConversationError, Ended, MomentState, Step};
pub use deliver::{Delivery, Ending, Exchange, FAILURE_NOTICE, Policy, Progress, Shown};
pub use fan::{DEFAULT_FAN, FakeWechat, Fan};
pub use localized_text::LocalizedText;
pub use message::Message;
pub use mode::Mode;
pub use push::{Push, Stamp};
pub use reading::Reading;
pub use reply::{Article, MAX_TEXT, Reply, StreamState, TemplateCard};
pub use request::Request;
pub use signature::{Signature, SignedPart};
#[cfg(feature = "actix-web")]
pub use target::ActixTarget;
pub use target::{
    Answer, CertificateError, ConnectionError, HttpTarget, MAX_ANSWER, SendError, ServiceTarget, Target,
    UrlError,
};
pub use wechat::Wechat;

/// The snippet of the registry page compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
