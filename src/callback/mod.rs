//! [`Callback`], the only way in: it verifies and opens what WeChat sends to an account's URL.

mod builder;
mod check;
mod config_error;
mod decrypt_media;
mod environment;
mod open_error;
mod verify;

// Behind `verify`, so that the docs have `verify_url` before `open`.
mod open;

use std::fmt;
use std::sync::Arc;

use crate::account::Account;
use crate::delivery::MemoryStore;
use crate::process::Process;
use crate::{AccountId, DataFormat, SecurityMode};

pub use builder::{CallbackBuilder, PreviousCredentials};
pub use config_error::ConfigError;
pub use open::{Opened, OpenedRaw};
pub use open_error::OpenError;
#[cfg(feature = "tokio-1")]
pub(crate) use verify::QuerySignature;

/// One account's callback (服务器配置): verifies and opens what WeChat sends to its URL.
///
/// A request with GET is WeChat's check of the URL, one with POST a message or an event:
///
/// ```
/// use wechat_callback::{Callback, SealError, TextReply};
///
/// /// The status and the body to answer a GET with.
/// fn get(callback: &Callback, query: &str) -> (u16, String) {
///     match callback.verify_url(query) {
///         Ok(echostr) => (200, echostr),
///         Err(refusal) => (refusal.status(), String::new()),
///     }
/// }
///
/// /// The status and the body to answer a POST with.
/// fn post(callback: &Callback, query: &str, body: &[u8]) -> Result<(u16, String), SealError> {
///     let push = match callback.open(query, body) {
///         Ok(push) => push,
///         Err(refusal) => return Ok((refusal.status(), String::new())),
///     };
///     let reply = push.message.text().map(TextReply::literal);
///     Ok((200, push.context.seal(reply)?.body))
/// }
/// ```
///
/// It is cheap to clone. Clones share the credentials, and the deliveries that this process remembers.
#[derive(Clone)]
pub struct Callback {
    pub(crate) account: Arc<Account>,
    pub(crate) process: Arc<Process>,
}

impl Callback {
    /// The AppID, or with WeCom the CorpID. An AI bot has none: it is empty.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.account.app_id
    }

    /// What tells the account from others: the AppID, or what [`on_behalf_of`](Self::on_behalf_of) was given.
    #[must_use]
    pub fn account_id(&self) -> &AccountId {
        &self.account.id
    }

    /// The same credentials for another account. An open platform (第三方平台) has one token and one key for all accounts
    /// that have authorised it, and takes the AppID of each out of the URL (`$APPID$`).
    ///
    /// The id is in the log, and in what a handler extracts ([`AccountId`]). **The URL is not
    /// signed**, so an id from there is as trustworthy as whoever sends the request; the message is, and with it its
    /// receiver (`ToUserName`). So deliveries are told apart by the receiver: a push that is sent again to the URL of another
    /// account is the same push, and its handler does not run again. (In WeCom the id tells them apart, because apps of one
    /// company may get the same event.)
    ///
    /// ```
    /// # use wechat_callback::Callback;
    /// let platform = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
    ///     .build()?;
    /// let callback = platform.on_behalf_of("wx570bc396a51b8ff8");
    /// assert_eq!((callback.account_id().as_str(), callback.app_id()), ("wx570bc396a51b8ff8", "wx5823bf96d3bd56c7"));
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    #[must_use]
    pub fn on_behalf_of(&self, account_id: impl Into<AccountId>) -> Self {
        let account = Arc::new(self.account.with_id(account_id.into()));
        Self { account, process: self.process.clone() }
    }

    /// The security mode.
    #[must_use]
    pub fn mode(&self) -> SecurityMode {
        self.account.mode
    }

    /// The data format.
    #[must_use]
    pub fn format(&self) -> DataFormat {
        self.account.format
    }

    /// The store of deliveries that is used unless another one is set.
    #[must_use]
    pub fn store(&self) -> &MemoryStore {
        &self.process.store
    }
}

/// Shows the app id and the mode.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("app_id", &self.app_id())
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}
