use serde::{Deserialize, Serialize};

use super::{Content, filled};
use crate::SealError;
use crate::xml::Writer;

/// Hands the user's message on: to the account's human agents (转发到客服), or to WeChat's AI (转发到智能回复).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct TransferReply {
    to: Target,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Target {
    AnyAgent,
    Agent(String),
    Ai,
}

impl TransferReply {
    /// To whichever agent is free: `transfer_customer_service`. Not in answer to an event ([`SealError`]).
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::to_any_agent();
    /// ```
    pub const fn to_any_agent() -> Self {
        Self { to: Target::AnyAgent }
    }

    /// To the agent `account` (`KfAccount`, `name@account`), even if he is offline. Not in answer to an event
    /// ([`SealError`]).
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::to_agent("test1@kftest");
    /// ```
    pub fn to_agent(account: impl Into<String>) -> Self {
        Self { to: Target::Agent(account.into()) }
    }

    /// To WeChat's AI reply (智能回复), which is silent otherwise once a server is configured:
    /// `transfer_biz_ai_ivr`. It must be switched on and trained in the console.
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::to_ai();
    /// ```
    pub const fn to_ai() -> Self {
        Self { to: Target::Ai }
    }
}

impl Content for TransferReply {
    fn kind(&self) -> &'static str {
        match self.to {
            Target::AnyAgent | Target::Agent(_) => "transfer_customer_service",
            Target::Ai => "transfer_biz_ai_ivr",
        }
    }

    fn check(&self, to_event: bool) -> Result<(), SealError> {
        match &self.to {
            Target::AnyAgent | Target::Agent(_) if to_event => Err(SealError::TransferToEvent),
            Target::Agent(agent) => filled("KfAccount", agent),
            Target::AnyAgent | Target::Ai => Ok(()),
        }
    }

    fn write(&self, xml: &mut Writer<'_>) {
        if let Target::Agent(agent) = &self.to {
            xml.element("TransInfo", |xml| xml.text("KfAccount", agent));
        }
    }

    fn room(&self) -> usize {
        match &self.to {
            Target::Agent(agent) => agent.len() + 64,
            Target::AnyAgent | Target::Ai => 0,
        }
    }
}
