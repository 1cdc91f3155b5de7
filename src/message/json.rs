//! How a message is read from JSON, or any other format of serde.

use serde::Deserialize;

use super::{Content, Head, Message};
use crate::AccountId;
use crate::format::Tree;

#[derive(Deserialize)]
#[serde(rename = "Message")]
pub(super) struct Written {
    head: Head,
    content: Content,
    #[serde(default)]
    account: Option<AccountId>,
    fields: Tree,
}

/// What is equal to what the elements say shares their memory.
impl From<Written> for Message {
    fn from(Written { head, content, account, fields }: Written) -> Self {
        let mut message = Self { account, ..Self::from_tree(fields) };
        if message.head != head {
            message.head = head;
        }
        if message.content != content {
            message.content = content;
        }
        message
    }
}
