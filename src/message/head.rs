use serde::{Deserialize, Serialize};

use super::read::{id, number};
use super::{Fields, Id, debug_without_content};
use crate::format::Name;
use crate::{SharedStr, Timestamp};

/// Who sent a message to whom, and when: the elements that every kind of message may have. It is an extractor too.
///
/// `#[non_exhaustive]`: WeChat adds elements. In a test it is set on the message:
/// [`Message::sent_by`](super::Message::sent_by) and the methods beside it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// `ToUserName`: the account's original id (原始ID), `gh_…`; in WeCom (企业微信) the corp id, to an AI bot
    /// its id (`aibotid`). A few events have none.
    pub to: Option<SharedStr>,
    /// `FromUserName`: the user's openid; in WeCom the member's UserID, or `sys` for what WeCom itself reports; to an
    /// AI bot `from.userid`. A few events have none.
    pub from: Option<SharedStr>,
    /// `CreateTime`: when the message was sent; for a [`SystemEvent`](super::SystemEvent) without one its `TimeStamp`.
    /// `None` where it is not a number.
    pub created: Option<Timestamp>,
    /// `MsgId`, which is the same in every delivery of a message. Events have none,
    /// but those of AI bots.
    pub id: Option<Id>,
    /// `MsgDataId`: the article under which the message was written, if it was written under one.
    pub msg_data_id: Option<SharedStr>,
    /// `Idx`: the number of that article in its mass message, from 1.
    pub idx: Option<i64>,
    /// `BusinessId`. What it means is not documented.
    pub business_id: Option<Id>,
}

impl Head {
    /// Reads exact names: the `MsgID` of a sending job is not the `MsgId` of a message. Sets `has_aibotid` if there is
    /// one.
    #[inline]
    pub(super) fn read(fields: Fields<'_>, has_aibotid: &mut bool) -> Self {
        let mut head = Self::default();
        for field in fields {
            match field.known() {
                Name::ToUserName => head.to = field.filled(),
                Name::FromUserName => head.from = field.filled(),
                Name::CreateTime => head.created = number(field.text()).map(Timestamp::from_secs),
                Name::MsgId => head.id = id(field.text()),
                Name::MsgDataId => head.msg_data_id = field.filled(),
                Name::Idx => head.idx = number(field.text()),
                Name::BusinessId => head.business_id = id(field.text()),
                Name::AibotId => *has_aibotid = true,
                Name::MsgType | Name::Encrypt | Name::Content | Name::Other => {}
            }
        }
        head
    }
}

debug_without_content!(Head);
