use std::fmt;

use serde::{Deserialize, Serialize};

use super::SealError;
use super::{ReplyContent, filled};
use crate::channel::{Channel, PushKind, ReplyTo};
use crate::format::Writer;

/// A transfer of the user's message to the account's human agents (转发到客服) or to WeChat's AI (转发到智能回复).
///
/// A mini-program has the transfer to agents alone, and WeCom none.
///
/// `#[non_exhaustive]`: WeChat may add parts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct TransferReply {
    /// Who takes over.
    pub to: TransferTarget,
}

/// Who takes over from the bot in a [`TransferReply`].
///
/// `#[non_exhaustive]`: WeChat may add others.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransferTarget {
    /// Any human agent.
    AnyAgent,
    /// The human agent with this account (`KfAccount`).
    Agent(String),
    /// WeChat's AI reply.
    Ai,
}

/// Shows the variant alone.
impl fmt::Debug for TransferTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnyAgent => "AnyAgent",
            Self::Agent(_) => "Agent(..)",
            Self::Ai => "Ai",
        })
    }
}

impl TransferReply {
    /// To any human agent: `transfer_customer_service`, the only reply that a mini-program has. In reply to an event it is
    /// a [`SealError`], and so it is in WeCom.
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::to_any_agent();
    /// ```
    pub const fn to_any_agent() -> Self {
        Self { to: TransferTarget::AnyAgent }
    }

    /// To the human agent `account` (`KfAccount`, `name@account`), even if they are offline. In reply to an event it is
    /// a [`SealError`].
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::to_agent("test1@kftest");
    /// ```
    pub fn to_agent(account: impl Into<String>) -> Self {
        Self { to: TransferTarget::Agent(account.into()) }
    }

    /// To WeChat's AI reply (智能回复): `transfer_biz_ai_ivr`. It must be switched on and trained in the console, and once
    /// a server is configured it answers only what is transferred to it.
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::to_ai();
    /// ```
    pub const fn to_ai() -> Self {
        Self { to: TransferTarget::Ai }
    }

    /// The account of the human agent who takes over, if one is named.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        match &self.to {
            TransferTarget::Agent(agent) => Some(agent),
            TransferTarget::AnyAgent | TransferTarget::Ai => None,
        }
    }
}

impl ReplyContent for TransferReply {
    fn kind(&self) -> &'static str {
        match self.to {
            TransferTarget::AnyAgent | TransferTarget::Agent(_) => "transfer_customer_service",
            TransferTarget::Ai => "transfer_biz_ai_ivr",
        }
    }

    fn is_for(&self, channel: Channel) -> bool {
        match self.to {
            TransferTarget::AnyAgent | TransferTarget::Agent(_) => channel != Channel::WeCom,
            TransferTarget::Ai => channel == Channel::OfficialAccount,
        }
    }

    fn check(&self, to: ReplyTo) -> Result<(), SealError> {
        match &self.to {
            TransferTarget::AnyAgent | TransferTarget::Agent(_) if to.push != PushKind::Message => {
                Err(SealError::TransferToEvent)
            }
            TransferTarget::Agent(agent) => filled("KfAccount", agent),
            TransferTarget::AnyAgent | TransferTarget::Ai => Ok(()),
        }
    }

    fn write(&self, writer: &mut Writer<'_>) {
        if let TransferTarget::Agent(agent) = &self.to {
            writer.element("TransInfo", |writer| writer.text("KfAccount", agent));
        }
    }

    fn room(&self) -> usize {
        match &self.to {
            TransferTarget::Agent(agent) => agent.len() + 64,
            TransferTarget::AnyAgent | TransferTarget::Ai => 0,
        }
    }
}
