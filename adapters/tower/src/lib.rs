//! Answer WeChat (微信) callbacks in axum, or in any tower stack.
//!
//! WeChat posts each message of an Official Account (公众号/服务号), a mini-program or an app of WeCom to the owner's
//! server, signed and often encrypted, and takes the reply from the answer. [`WechatLayer`] verifies, decrypts and parses the push before
//! the handler, and signs and encrypts the reply after it. This crate re-exports the core, `wechat-callback`, so
//! it is the only one to depend on.
//!
//! It needs no axum, but a tokio runtime: bodies and handlers are timed by its clock.
//!
//! # Example
//!
//! ```
//! use axum::{Router, routing::post};
//! use wechat_tower::{Callback, TextReply, WechatLayer, WechatMessage};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
//!     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
//! }
//!
//! let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
//!     .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
//!     .build()?;
//! let app: Router = Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback)));
//! # Ok::<(), wechat_tower::ConfigError>(())
//! ```
//!
//! Customised:
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, routing::post};
//! use wechat_tower::{Callback, Reply, TextReply, WechatLayer, WechatMessage};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> Reply {
//!     message.text().map(TextReply::literal).into()
//! }
//!
//! let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
//!     .timestamp_tolerance(Duration::from_secs(60))
//!     .build()?;
//! let layer = WechatLayer::new(callback).body_limit(16 * 1024).body_timeout(Duration::from_secs(2));
//! let app: Router = Router::new().route("/weixin", post(chat)).route_layer(layer);
//! # Ok::<(), wechat_tower::ConfigError>(())
//! ```
//!
//! # What a handler takes
//!
//! [`WechatMessage`]; or one kind of message by its type, such as [`message::Text`] or [`message::event::Subscribe`], with
//! [`message::Head`] beside it: on any other kind the handler is not called and WeChat is answered `success`. And any
//! extractor of axum's. They stand beside each other in any order. [`AccountId`] is the account, where there are
//! [many](accounts). A `String` or `Bytes` body is the decrypted message, in the account's [`DataFormat`]. If axum rejects a
//! handler without saying why, put `#[axum::debug_handler]` above it. In a tower service without axum the [`Message`] stands
//! in the request's extensions.
//!
//! # What a handler returns
//!
//! - a reply: [`TextReply`], [`ImageReply`], [`VoiceReply`], [`VideoReply`], [`MusicReply`], [`NewsReply`],
//!   [`TransferReply`], [`UpdateButtonReply`], [`UpdateTaskCardReply`], [`UpdateTemplateCardReply`];
//! - a [`StreamReply`], whose text grows while the user reads it;
//! - a [`Reply`], which any of these, an `Option` of one and `()` turn into;
//! - nothing: WeChat is answered `success`, and shows nothing;
//! - `Result<_, HandlerError>` of a reply: an error is logged with its causes and answered `success`, so that one
//!   bug does not make WeChat block the account; with [`WechatLayer::on_error`] the user gets a reply;
//! - a text (`String`, `&str`: a 200 of `text/plain` up to 64 KiB): a reply, as [`TextReply::new`] makes it. So is the
//!   error of a `Result<_, String>`: the user reads it, so let it be a [`HandlerError`];
//! - XML of its own (`text/xml`, `application/xml`), or JSON where that is the account's format, which passes untouched.
//!   In an encrypted mode WeChat does not take it, and that is logged as an error;
//! - anything else, which passes untouched too, with an error in the log: of other JSON, HTML or any status but 200 WeChat
//!   makes its failure notice.
//!
//! In a tower service without axum the [`Reply`] (or [`HandlerError`]) goes into the response's extensions.
//!
//! A handler that blocks its thread holds up every other push of that thread, and no time-out ends it: put such work
//! into `tokio::task::spawn_blocking`.
//!
//! # Five seconds
//!
//! WeChat waits five seconds for the answer, and delivers a push up to three times. The handler runs once, and the first
//! delivery that finds its reply carries it. What becomes of a reply that is later than 14.5 seconds is set with
//! [`WechatLayer::late_reply`]; when WeChat delivers, with [`WechatLayer::retry_schedule`]; where the deliveries of
//! several processes meet, with [`WechatLayer::store`].
//!
//! # Where it is mounted
//!
//! | mounted as | |
//! |---|---|
//! | `post(handler).layer(layer)` | works: the layer sees every method |
//! | `Router::new().route(path, post(handler)).route_layer(layer)` | works |
//! | `Router::new().route(path, post(handler)).layer(layer)` | works, and answers every other path of that router too |
//! | `any(handler).layer(layer)` | works, without the `Allow: POST` that axum's `post` adds to every answer to a GET |
//! | around a tower service in hyper, with [`WechatBody`] | works |
//! | `post(handler).route_layer(layer)` | **answers WeChat's verification (GET) with 405**: axum puts the layer behind its choice of method |
//!
//! # What it is served by
//!
//! [`WechatLayer`] bounds how long a body is, and how long it takes. Headers and connections are the server's part:
//! [`serve`] bounds both, `axum::serve` neither, so that some thousand connections that send a header a second keep
//! everybody else out. With a server of your own set hyper's `timer` and `header_read_timeout`, and count connections.
//! No server bounds what a single address may open: a reverse proxy in front does.
//!
//! Over HTTP/1, a refusal closes its connection, and so does each answer while [draining](WechatLayer::drain).
//! What is refused for its query is refused before its body is waited for.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `axum` (on by default) | the extractors and responses of axum 0.8; the layer needs neither |
//! | `serve` (on by default) | [`serve`] |
//! | `metrics` | deliveries, refusals, handlers and late replies are counted through the crate `metrics`; `docs/deploying.md` lists the metrics |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod body;
mod future;
mod handler;
mod layer;
#[cfg(feature = "serve")]
mod patient;
mod push;
mod read;
#[cfg(feature = "serve")]
mod serve;
mod service;

pub use body::WechatBody;
pub use future::ResponseFuture;
pub use layer::WechatLayer;
#[cfg(feature = "serve")]
pub use serve::{Serve, serve};
pub use service::WechatService;
#[cfg(feature = "markdown")]
#[doc(inline)]
pub use wechat_callback::markdown;
#[doc(inline)]
pub use wechat_callback::{
    AccountId, Article, Callback, CallbackBuilder, ConfigError, DataFormat, DecryptError, FieldsError,
    HandlerError, ImageReply, JsonError, Message, MessageRejection, MusicReply, NewsReply, OpenError, Opened,
    OpenedRaw, ParseFormatError, ParseModeError, PreviousCredentials, QueryError, RawReplyContext, Refusal,
    Reply, ReplyContext, Revealed, SealError, Sealed, SecurityMode, SharedStr, StreamContent, StreamReply,
    StreamSender, TemplateCardReply, TextReply, Timestamp, TransferReply, UpdateButtonReply,
    UpdateTaskCardReply, UpdateTemplateCardReply, VideoReply, VoiceReply, WechatMessage, XmlError, accounts,
    async_trait, delivery, late_reply, media, message, reply, server,
};

/// The snippet of the registry page compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
