//! How a test makes a message without XML.

use super::{Content, Id, Message};
use crate::format::{Draft, Tree};
use crate::{AccountId, Timestamp};

/// To make a message in a test.
impl Message {
    /// A message or event with this content, without a sender, a receiver, a time or an id.
    ///
    /// Its [`fields`](Self::fields) are the elements that WeChat would write, except empty ones. A message has at most
    /// 4,096 elements; lists that do not fit are left out of the content too.
    ///
    /// ```
    /// use wechat_callback::Message;
    /// use wechat_callback::message::{Text, event::Click};
    ///
    /// let message = Message::new(Text::default().content("你好")).sent_by("openid");
    /// assert_eq!((message.text(), message.openid()), (Some("你好"), Some("openid")));
    ///
    /// let message = Message::new(Click::default().event_key("V1001"));
    /// assert_eq!(message.menu_key(), Some("V1001"));
    /// assert_eq!(message.fields().get("EventKey"), Some("V1001"));
    /// ```
    #[must_use]
    pub fn new(content: impl Into<Content>) -> Self {
        let mut elements = Vec::new();
        content.into().write_into(&mut elements);
        Self::from_tree(Tree::of_fitting(elements))
    }

    /// Sets the sender (`FromUserName`), by the user's openid.
    ///
    /// ```
    /// # use wechat_callback::{Message, message::Text};
    /// let message = Message::new(Text::default().content("你好")).sent_by("openid");
    /// assert_eq!(message.head.from.as_deref(), Some("openid"));
    /// ```
    #[must_use]
    pub fn sent_by(self, openid: &str) -> Self {
        self.with_field("FromUserName", openid)
    }

    /// Sets the receiver (`ToUserName`), by the account's original id (原始ID).
    ///
    /// ```
    /// # use wechat_callback::{Message, message::Text};
    /// let message = Message::new(Text::default().content("你好")).sent_to("gh_7f083739789a");
    /// assert_eq!(message.head.to.as_deref(), Some("gh_7f083739789a"));
    /// ```
    #[must_use]
    pub fn sent_to(self, original_id: &str) -> Self {
        self.with_field("ToUserName", original_id)
    }

    /// Sets the [account](Self::account) that it was pushed to.
    ///
    /// ```
    /// # use wechat_callback::{Message, message::Text};
    /// let message = Message::new(Text::default().content("你好")).to_account("wx5823bf96d3bd56c7");
    /// assert_eq!(message.account().map(|id| id.as_str()), Some("wx5823bf96d3bd56c7"));
    /// ```
    #[must_use]
    pub fn to_account(mut self, account: impl Into<AccountId>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Sets the time (`CreateTime`; of a suite's system event `TimeStamp`).
    ///
    /// ```
    /// # use wechat_callback::{Message, Timestamp, message::Text};
    /// let message = Message::new(Text::default().content("你好")).sent_at(Timestamp::now());
    /// assert!(message.head.created.is_some());
    /// ```
    #[must_use]
    pub fn sent_at(self, time: Timestamp) -> Self {
        let is_suites = self.system().is_some() && self.fields().field("SuiteId").is_some();
        self.with_field(if is_suites { "TimeStamp" } else { "CreateTime" }, &time.to_string())
    }

    /// Sets the id (`MsgId`).
    ///
    /// ```
    /// # use wechat_callback::{Message, message::Text};
    /// let message = Message::new(Text::default().content("你好")).with_id(7);
    /// assert_eq!(message.head.id, Some(7.into()));
    /// ```
    #[must_use]
    pub fn with_id(self, id: impl Into<Id>) -> Self {
        self.with_field("MsgId", id.into().as_str())
    }

    /// Sets the element `name`, for elements that have no method here. It replaces all elements of exactly that name,
    /// and the message is read again.
    ///
    /// ```
    /// # use wechat_callback::{Message, message::Event};
    /// let message = Message::new(Event::Unknown { name: "some_future_event".into() }).with_field("Foo", "bar");
    /// assert_eq!(message.fields().get("Foo"), Some("bar"));
    /// ```
    #[must_use]
    pub fn with_field(self, name: &str, text: &str) -> Self {
        let mut elements = Draft::all_of(self.tree.root());
        elements.retain(|element| element.name() != name);
        elements.push(Draft::text(name, text));
        Self { account: self.account, ..Self::from_tree(Tree::of_fitting(elements)) }
    }
}
