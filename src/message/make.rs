//! Messages without XML, for tests.

use super::{Content, Id, Message};
use crate::Timestamp;
use crate::xml::{Draft, Tree};

/// To make a message in a test.
impl Message {
    /// A message or event with this content, from nobody and without a time.
    ///
    /// Its [`fields`](Self::fields) are the elements that WeChat would write, without those that are empty. At most
    /// 4,096 fit; whatever is beyond is left out, of the content as well.
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

    /// With the user `openid` as its sender (`FromUserName`).
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

    /// With the account whose original id this is as its receiver (`ToUserName`).
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

    /// With this time (`CreateTime`).
    ///
    /// ```
    /// # use wechat_callback::{Message, Timestamp, message::Text};
    /// let message = Message::new(Text::default().content("你好")).sent_at(Timestamp::now());
    /// assert!(message.head.created.is_some());
    /// ```
    #[must_use]
    pub fn sent_at(self, time: Timestamp) -> Self {
        self.with_field("CreateTime", &time.to_string())
    }

    /// With this id (`MsgId`).
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

    /// With an element `name` that holds `text`, in the place of those of exactly that name, and read anew: for what
    /// has no type here.
    ///
    /// ```
    /// # use wechat_callback::{Message, message::Event};
    /// let message = Message::new(Event::Other { name: "some_future_event".into() }).with_field("Foo", "bar");
    /// assert_eq!(message.fields().get("Foo"), Some("bar"));
    /// ```
    #[must_use]
    pub fn with_field(self, name: &str, text: &str) -> Self {
        let mut elements = Draft::all_of(self.tree.root());
        elements.retain(|element| element.name() != name);
        elements.push(Draft::text(name, text));
        Self::from_tree(Tree::of_fitting(elements))
    }
}
