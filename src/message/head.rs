use serde::{Deserialize, Serialize};

use super::{Fields, Id, debug_without_content};
use crate::Timestamp;

/// What every message has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// `ToUserName`: the account's original id (原始ID), `gh_…`. A few events have none.
    pub to: Option<String>,
    /// `FromUserName`: the user's openid. A few events have none.
    pub from: Option<String>,
    /// `CreateTime`. `None` where it is no number.
    pub created: Option<Timestamp>,
    /// `MsgId`, by which repeats of a message are known. Events have none.
    pub id: Option<Id>,
    /// `MsgDataId`: which article the message was written under, if it was.
    pub msg_data_id: Option<String>,
    /// `Idx`: which article of a mass message, from 1, the message was written under.
    pub idx: Option<i64>,
    /// `BusinessId`. What it means is not documented.
    pub business_id: Option<Id>,
}

impl Head {
    /// By their exact names: the `MsgID` of a sending job is another thing than the `MsgId` of a message.
    pub(super) fn read(fields: Fields<'_>) -> Self {
        let exactly = |name| fields.get_exactly(name).filter(|text| !text.is_empty());
        let text = |name| exactly(name).map(str::to_owned);
        let number = |name| exactly(name).and_then(|text| text.trim().parse::<i64>().ok());
        Self {
            to: text("ToUserName"),
            from: text("FromUserName"),
            created: number("CreateTime").map(Timestamp::from_secs),
            id: number("MsgId").map(Id::new),
            msg_data_id: text("MsgDataId"),
            idx: number("Idx"),
            business_id: number("BusinessId").map(Id::new),
        }
    }
}

debug_without_content!(Head);
