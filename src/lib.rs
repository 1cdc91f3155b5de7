//! Answer WeChat (微信) callbacks: verify, decrypt, type and reply.
//!
//! Deterministic and without IO: no socket, no runtime, no web framework. The clock and the randomness can be passed in
//! ([`Callback::open_at`], [`ReplyContext::seal_at`]); [`Callback::open`] and [`ReplyContext::seal`] use the system's.
//!
//! For axum, hyper or any tower stack use `wechat-tower`, for actix-web `wechat-actix`; both re-export everything here.
//! For any other server use this crate: pass it the query string and the body, and send back what it returns. On tokio,
//! `server::Engine` (feature `tokio-1`) also answers WeChat's retries; without it each of them runs your handler again.
//!
//! ```
//! use wechat_callback::{Callback, TextReply};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
//!     .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
//!     .build()?;
//!
//! # fn get(callback: &Callback, query: &str) -> Result<String, Box<dyn std::error::Error>> {
//! // GET, when the URL is saved in the console: answer 200 with the echostr
//! let echostr = callback.verify_url(query)?;
//! # Ok(echostr)
//! # }
//!
//! # fn post(callback: &Callback, query: &str, body: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
//! // POST, with the query string and the body as received
//! let push = callback.open(query, body)?;
//! let text = push.message.text().unwrap_or("（不是文字）");
//! let sealed = push.context.seal(TextReply::literal(&format!("你说：{text}")))?;
//! // → 200, Content-Type: sealed.content_type, sealed.body
//! # Ok(sealed.body)
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! A refused request is answered with [`OpenError::status`] and an empty body. [`message`] lists all messages and
//! events, [`reply`] all replies.
//!
//! # Features
//!
//! None is on by default. Features only add.
//!
//! | feature | adds |
//! |---|---|
//! | `tokio-1` | `server::Engine`, which answers WeChat's retries and late replies, with the timers of tokio 1 |
//! | `axum-core-0_5` | the extractors and responses of axum 0.8 |
//! | `actix-web-4` | the extractors and responders of actix-web 4 |
//! | `metrics` | deliveries, refusals, handlers and late replies are counted through the crate `metrics`; `docs/deploying.md` lists the metrics |
//! | `markdown` | `markdown::to_text`, which makes markdown, as language models write it, readable in WeChat's chat |
//!
//! The adapters turn on what they need.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod account_id;
#[cfg(feature = "tokio-1")]
pub mod accounts;
mod callback;
mod channel;
mod cipher;
mod contain;
pub mod delivery;
mod format;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod handler_error;
mod interop;
#[cfg(feature = "tokio-1")]
pub mod late_reply;
mod log;
#[cfg(feature = "markdown")]
pub mod markdown;
pub mod media;
pub mod message;
mod metrics;
mod mode;
mod process;
mod query;
mod receive_id;
mod refusal;
pub mod reply;
mod reveal;
mod sealing;
mod secret;
#[cfg(feature = "tokio-1")]
pub mod server;
mod signature;
mod swar;
mod timestamp;

pub use account_id::AccountId;
/// The attribute for implementations of [`DeliveryStore`](delivery::DeliveryStore) and `ReplySender`.
#[doc(no_inline)]
pub use async_trait::async_trait;
pub use callback::{
    Callback, CallbackBuilder, ConfigError, OpenError, Opened, OpenedRaw, PreviousCredentials,
};
pub use channel::{DataFormat, ParseFormatError};
pub use cipher::DecryptError;
pub use format::{JsonError, SharedStr, XmlError};
pub use handler_error::HandlerError;
#[doc(inline)]
pub use message::{FieldsError, Message, MessageRejection, WechatMessage};
pub use mode::{ParseModeError, SecurityMode};
pub use query::QueryError;
pub use refusal::Refusal;
#[doc(inline)]
pub use reply::{
    Article, ImageReply, MusicReply, NewsReply, RawReplyContext, Reply, ReplyContext, SealError, Sealed,
    StreamContent, StreamReply, StreamSender, TemplateCardReply, TextReply, TransferReply, UpdateButtonReply,
    UpdateTaskCardReply, UpdateTemplateCardReply, VideoReply, VoiceReply,
};
pub use reveal::Revealed;
pub use timestamp::Timestamp;

/// The snippets of the README and of `docs/` compile. Those of the Chinese pages are the same, which `.ci/pages.py` checks.
/// (`docs/other-servers.md` is compiled by `docs/salvo`.)
#[cfg(doctest)]
mod pages {
    macro_rules! compile {
        ($($name:ident = $page:literal,)+) => {$(
            #[doc = include_str!(concat!("../", $page))]
            struct $name;
        )+};
    }
    compile! {
        Readme = "README.md",
        GettingStarted = "docs/getting-started.md",
        Handler = "docs/handler.md",
        FiveSeconds = "docs/five-seconds.md",
        Streaming = "docs/streaming.md",
        SecurityModes = "docs/security-modes.md",
        Testing = "docs/testing.md",
        Deploying = "docs/deploying.md",
        Store = "docs/store.md",
        Accounts = "docs/accounts.md",
        Channels = "docs/channels.md",
        Migrating = "docs/migrating.md",
        MigratingWerobot = "docs/migrating-werobot.md",
    }
}
