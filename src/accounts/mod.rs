//! Many accounts behind one endpoint.
//!
//! An [`AccountLookup`] says whose [`Callback`] answers a request. [`Accounts`] is one that needs no code: a table, keyed
//! by a part of the URL, that may change while it is used. A [`Callback`] is one too, and so is every closure that takes
//! an [`AccountRequest`] and returns an `Option<Callback>`.
//!
//! ```
//! use wechat_callback::accounts::Accounts;
//! use wechat_callback::server::Engine;
//! use wechat_callback::Callback;
//!
//! // https://…/weixin/wx5823bf96d3bd56c7
//! let accounts = Accounts::by_path_segment();
//! accounts.insert(
//!     "wx5823bf96d3bd56c7",
//!     Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
//!         .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
//!         .build()?,
//! );
//! let engine = Engine::new(accounts.clone());
//! // Later, while it answers.
//! accounts.remove("wx5823bf96d3bd56c7");
//! # Ok::<(), wechat_callback::ConfigError>(())
//! ```
//!
//! # What is trusted
//!
//! What a look-up reads is not authenticated: neither the path nor the query, nor the elements beside `Encrypt`. They only
//! choose the credentials. A request is answered after these credentials have proven it, so a push to one account that is
//! sent to the URL of another is refused.

mod request;
mod table;

pub use request::{AccountRequest, Envelope};
pub use table::{Accounts, ParameterError};

use crate::Callback;

/// Whose [`Callback`] answers a request.
///
/// It is asked for each request, and must not wait: credentials that have to be loaded are loaded elsewhere, and put into
/// [`Accounts`], or into whatever the closure reads.
///
/// ```
/// use std::collections::HashMap;
/// use wechat_callback::accounts::AccountRequest;
/// use wechat_callback::server::Engine;
/// use wechat_callback::Callback;
///
/// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
/// let by_original_id = HashMap::from([("gh_1ea4fc76af61".to_owned(), callback)]);
/// let engine = Engine::new(move |request: &AccountRequest<'_>| {
///     by_original_id.get(request.parameter("account")?.as_ref()).cloned()
/// });
/// # Ok::<(), wechat_callback::ConfigError>(())
/// ```
///
/// What a process shares (the memory of deliveries, the limits of log lines, the handlers that a shutdown waits for) is
/// the [`Callback`]'s, or that of the [`Accounts`]. With a closure each `Engine::new`, `WechatLayer::new` and
/// `WechatMiddleware::new` has its own: make one, and clone it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which account answers a request",
    note = "a `Callback` does, and so do `Accounts` and every `Fn(&AccountRequest<'_>) -> Option<Callback>`; write out \
            the type of a closure's parameter: `|request: &AccountRequest<'_>| …`"
)]
pub trait AccountLookup: Send + Sync + 'static {
    /// The account that `request` is for. `None` is answered 404.
    ///
    /// It may be asked twice for one request: before the body is read and after.
    fn find(&self, request: &AccountRequest<'_>) -> Option<Callback>;

    /// Whether [`find`](Self::find) needs the [envelope](AccountRequest::envelope), which is a part of the body. Where
    /// it does not, a request is refused before its body is read if its account is not known or its query not right.
    fn needs_envelope(&self) -> bool {
        true
    }
}

/// It answers every request.
impl AccountLookup for Callback {
    fn find(&self, _: &AccountRequest<'_>) -> Option<Callback> {
        Some(self.clone())
    }

    fn needs_envelope(&self) -> bool {
        false
    }
}

impl<F> AccountLookup for F
where
    F: Fn(&AccountRequest<'_>) -> Option<Callback> + Send + Sync + 'static,
{
    fn find(&self, request: &AccountRequest<'_>) -> Option<Callback> {
        self(request)
    }
}
