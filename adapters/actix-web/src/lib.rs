//! Answer WeChat (微信) callbacks in actix-web.
//!
//! WeChat posts each message of an Official Account (公众号/服务号), a mini-program or an app of WeCom to the owner's
//! server, signed and often encrypted, and takes the reply from the answer. [`WechatMiddleware`] verifies, decrypts and parses the push
//! before the handler, and signs and encrypts the reply after it. This crate re-exports the core,
//! `wechat-callback`, so it is the only one to depend on.
//!
//! # Example
//!
//! ```
//! use actix_web::{App, web};
//! use wechat_actix::{Callback, TextReply, WechatMessage, WechatMiddleware};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
//!     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
//! }
//!
//! let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
//!     .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
//!     .build()?;
//! let app = App::new().service(
//!     web::resource("/weixin").wrap(WechatMiddleware::new(callback)).route(web::post().to(chat)),
//! );
//! # Ok::<(), wechat_actix::ConfigError>(())
//! ```
//!
//! Customised:
//!
//! ```
//! use std::time::Duration;
//! use actix_web::{App, web};
//! use wechat_actix::{Callback, Reply, TextReply, WechatMessage, WechatMiddleware};
//!
//! async fn chat(WechatMessage(message): WechatMessage) -> Reply {
//!     message.text().map(TextReply::literal).into()
//! }
//!
//! let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
//!     .timestamp_tolerance(Duration::from_secs(60))
//!     .build()?;
//! let middleware = WechatMiddleware::new(callback).body_limit(16 * 1024).body_timeout(Duration::from_secs(2));
//! let app = App::new().service(web::resource("/weixin").wrap(middleware).route(web::post().to(chat)));
//! # Ok::<(), wechat_actix::ConfigError>(())
//! ```
//!
//! # What a handler takes
//!
//! [`WechatMessage`]; or one kind of message by its type, such as [`message::Text`] or [`message::event::Subscribe`], with
//! [`message::Head`] beside it: on any other kind the handler is not called and WeChat is answered `success`. And any
//! extractor of actix-web's. [`AccountId`] is the account, where there are [many](accounts). A `String` or `Bytes` body is the
//! decrypted message, in the account's [`DataFormat`].
//!
//! # What a handler returns
//!
//! - a reply: [`TextReply`], [`ImageReply`], [`VoiceReply`], [`VideoReply`], [`MusicReply`], [`NewsReply`],
//!   [`TransferReply`], [`UpdateButtonReply`], [`UpdateTaskCardReply`], [`UpdateTemplateCardReply`];
//! - a [`StreamReply`], whose text grows while the user reads it;
//! - a [`Reply`], which any of these, an `Option` of one and `()` turn into;
//! - an `Option` of a reply: `None` is answered `success`, and WeChat shows nothing;
//! - `Result<_, HandlerError>` of these or of nothing: an error is logged with its causes and answered `success`,
//!   so that one bug does not make WeChat block the account; with [`WechatMiddleware::on_error`] the user gets a reply;
//! - a text (`String`, `&str`: a 200 of `text/plain` up to 64 KiB): a reply, as [`TextReply::new`] makes it;
//! - XML of its own (`text/xml`, `application/xml`), or JSON where that is the account's format, which passes untouched.
//!   In an encrypted mode WeChat does not take it, and that is logged as an error;
//! - anything else, which passes untouched too, with an error in the log: of other JSON, HTML or any status but 200 WeChat
//!   makes its failure notice.
//!
//! A handler that blocks its thread holds up its whole worker, and no time-out ends it: put such work into
//! [`web::block`](actix_web::web::block).
//!
//! # Five seconds
//!
//! WeChat waits five seconds for the answer, and delivers a push up to three times. The handler runs once, and the first
//! delivery that finds its reply carries it. What becomes of a reply that is later than 14.5 seconds is set with
//! [`WechatMiddleware::late_reply`]; when WeChat delivers, with [`WechatMiddleware::retry_schedule`]; where the deliveries of
//! several processes meet, with [`WechatMiddleware::store`].
//!
//! # Where it is mounted
//!
//! | mounted as | |
//! |---|---|
//! | `web::resource(path).wrap(middleware).route(web::post().to(handler))` | works |
//! | `web::scope(path).wrap(middleware)` | works, and answers every path of the scope |
//! | `App::new().wrap(middleware)` | works, and answers every path of the app |
//! | `web::resource(path).route(web::post().to(handler).wrap(middleware))` | **answers WeChat's verification (GET) with 405**: actix-web chooses by method before it |
//!
//! # Slow clients
//!
//! [`WechatMiddleware`] bounds how long a body is, and how long it takes, and waits for none where the query is refused
//! anyway. A refusal closes its connection, also where the client goes on sending: at once with
//! `HttpServer::client_disconnect_timeout(Duration::ZERO)`, and after a second unless set. What actix-web does by
//! itself:
//!
//! - The headers of a connection's first request may take five seconds (`client_request_timeout`). Those of a second one
//!   may take for ever: `keep_alive(KeepAlive::Disabled)` leaves none.
//! - A worker takes 25,600 connections (`max_connections`), whatever the number of files that may be open.
//! - Outside of this middleware, where no route matched or a handler left its body unread, it reads a chunked body for
//!   as long as one comes, unless the response holds the payload. For the former:
//!
//! ```
//! use actix_web::body::SizedStream;
//! use actix_web::{App, HttpResponse, web};
//!
//! async fn not_found(rest: web::Payload) -> HttpResponse {
//!     HttpResponse::NotFound().body(SizedStream::new(0, rest))
//! }
//!
//! let app = App::new().default_service(web::to(not_found));
//! ```
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | adds |
//! |---|---|
//! | `metrics` | deliveries, refusals, handlers and late replies are counted through the crate `metrics`; `docs/deploying.md` lists the metrics |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod future;
mod handler;
mod middleware;
mod payload;
mod push;

pub use middleware::WechatMiddleware;
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
