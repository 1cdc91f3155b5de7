use super::Content;
use crate::xml::Writer;

/// Hands the message to the account's human agents (转发到客服). For messages of users; WeChat takes none in
/// answer to an event.
#[derive(Clone, PartialEq, Eq, Default)]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct TransferReply {
    agent: Option<String>,
}

impl TransferReply {
    /// To whichever agent is free.
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// To the agent `account` (`KfAccount`, `name@account`), even if he is offline.
    ///
    /// ```
    /// # use wechat_callback::TransferReply;
    /// let reply = TransferReply::to_agent("test1@kftest");
    /// ```
    pub fn to_agent(account: impl Into<String>) -> Self {
        Self { agent: Some(account.into()) }
    }
}

impl Content for TransferReply {
    fn kind(&self) -> &'static str {
        "transfer_customer_service"
    }

    fn write(&self, xml: &mut Writer<'_>) {
        if let Some(agent) = &self.agent {
            xml.element("TransInfo", |xml| xml.text("KfAccount", agent));
        }
    }

    fn room(&self) -> usize {
        self.agent.as_ref().map_or(0, |agent| agent.len() + 64)
    }
}
