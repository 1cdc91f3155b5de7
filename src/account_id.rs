use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which account a message was pushed to: its AppID, or what [`Callback::on_behalf_of`](crate::Callback::on_behalf_of)
/// was given.
///
/// Where one endpoint answers for many accounts, a handler takes it beside the message. It implements
/// `FromRequestParts` of axum and `FromRequest` of actix-web, and [`Message::account`](crate::Message::account) is the
/// same.
///
/// ```
/// use wechat_callback::{AccountId, TextReply, WechatMessage};
///
/// async fn chat(account: AccountId, WechatMessage(message): WechatMessage) -> TextReply {
///     tracing::info!(account = account.as_str(), kind = message.content.kind(), "a push");
///     TextReply::literal(message.text().unwrap_or("（不是文字）"))
/// }
/// ```
///
/// It is cheap to clone, and derefs to `str`. Where it comes from the URL, whoever sends the request chooses it: log it as a
/// text or by `Debug`, which escape what could begin a line of its own, and not by `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// The id as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// For tests that call a handler directly.
impl From<&str> for AccountId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

/// As from a `&str`.
impl From<String> for AccountId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

/// A copy of the text.
impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.as_str().to_owned()
    }
}

impl Deref for AccountId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for AccountId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// So that a map with it as the key is asked with a `&str`.
impl Borrow<str> for AccountId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for AccountId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for AccountId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id: it is no secret.
impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccountId").field(&&*self.0).finish()
    }
}
