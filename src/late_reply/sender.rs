use std::error::Error;
use std::fmt;

use async_trait::async_trait;

use crate::Reply;

/// Sends a reply that was too late for its push, as a message of its own (客服消息).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot send late replies",
    note = "implement `ReplySender` for it, with `#[wechat_callback::async_trait]` above the `impl`"
)]
#[async_trait]
pub trait ReplySender: Send + Sync + 'static {
    /// Sends `reply`. It is ended after 30 seconds, as a temporary error; a shutdown waits for it.
    ///
    /// # Errors
    ///
    /// [`SendError`], which says whether it may work later. It is logged with its causes.
    async fn send(&self, to: &Recipient, reply: &Reply) -> Result<(), SendError>;

    /// Shows the user that a reply is being written (对方正在输入). Called when a delivery had to be answered without the
    /// reply, and dropped after five seconds. Nothing unless implemented.
    ///
    /// # Errors
    ///
    /// [`SendError`]. It is logged at debug level, and changes nothing.
    async fn typing(&self, to: &Recipient) -> Result<(), SendError> {
        let _ = to;
        Ok(())
    }
}

/// Who gets a message. `#[non_exhaustive]`: made with [`Recipient::new`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recipient {
    /// The account that sends it: its AppID or CorpID, or what
    /// [`Callback::on_behalf_of`](crate::Callback::on_behalf_of) was given.
    pub account: String,
    /// The user's openid; in WeCom (企业微信) the member's UserID.
    pub user: String,
    /// With an AI bot (企业微信智能机器人), where a message may be sent to the chat once, within an hour (`response_url`). **It is a
    /// secret**: whoever has it can speak as the bot. Check its host before you post to it.
    pub response_url: Option<String>,
}

impl Recipient {
    /// The `user` of an `account`, by their ids.
    ///
    /// ```
    /// # use wechat_callback::late_reply::Recipient;
    /// let to = Recipient::new("wx5823bf96d3bd56c7", "oLVPpjqs9BhvzwPj5A-vTYAX3GLc");
    /// ```
    pub fn new(account: impl Into<String>, user: impl Into<String>) -> Self {
        Self { account: account.into(), user: user.into(), response_url: None }
    }
}

/// The account. Not the user, who may not want to stand in a log, nor the secret.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Why a reply was not sent. The cause must not name what a user wrote or who they are: it is logged.
///
/// Exhaustive: whether it is worth trying again is all that matters.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It will not work later either: the account may not send messages, the user wrote more than 48 hours ago, the
    /// allowance for this user is used up.
    #[error("the message is refused for good")]
    Final(#[source] Box<dyn Error + Send + Sync>),
    /// It may work later: a time-out, a limit of calls per minute, an error inside WeChat. It is tried again three times,
    /// after one, two and four seconds, so a message that was sent although an error came back reaches the user twice.
    #[error("the message cannot be sent now")]
    Temporary(#[source] Box<dyn Error + Send + Sync>),
}
