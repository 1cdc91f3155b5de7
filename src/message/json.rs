//! A message as JSON, or any other format of serde that describes itself.
//!
//! `fields` is what a message is read from. `head` and `content` are for whoever reads the JSON: they are written, but not
//! read again, because many small texts in types of their own take a multiple of the message's memory. They are read only
//! if a program has changed them, so that the fields do not say the same. Then `altered` is written first.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Content, Head, Message};
use crate::AccountId;
use crate::format::Tree;

impl Message {
    /// Whether the head or the content is another than the fields say.
    fn is_altered(&self) -> bool {
        let read = Self::from_tree(self.tree.clone());
        read.head != self.head || read.content != self.content
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_altered = self.is_altered();
        let account = self.account.as_ref();
        let length = 3_usize.saturating_add(usize::from(is_altered)).saturating_add(account.iter().count());
        let mut message = serializer.serialize_struct("Message", length)?;
        if is_altered {
            message.serialize_field("altered", &true)?;
        }
        message.serialize_field("head", &self.head)?;
        message.serialize_field("content", &self.content)?;
        if let Some(account) = account {
            message.serialize_field("account", account)?;
        }
        message.serialize_field("fields", &self.tree)?;
        message.end()
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Written)
    }
}

/// Reads what was written.
struct Written;

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Altered,
    Head,
    Content,
    Account,
    Fields,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for Written {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let (mut is_altered, mut skipped) = (false, false);
        let (mut head, mut content, mut tree) = (None::<Head>, None::<Content>, None::<Tree>);
        let mut account = None::<AccountId>;
        while let Some(key) = map.next_key()? {
            match key {
                Key::Altered => {
                    is_altered = map.next_value()?;
                    if is_altered && skipped {
                        return Err(Error::custom("`altered` comes before `head` and `content`"));
                    }
                }
                Key::Head if is_altered => head = Some(map.next_value()?),
                Key::Content if is_altered => content = Some(map.next_value()?),
                Key::Account => account = map.next_value()?,
                Key::Fields => tree = Some(map.next_value()?),
                Key::Head | Key::Content => {
                    skipped = true;
                    map.next_value::<IgnoredAny>()?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let mut message = Message::from_tree(tree.ok_or_else(|| Error::missing_field("fields"))?);
        message.account = account;
        if let Some(head) = head {
            message.head = head;
        }
        if let Some(content) = content {
            message.content = content;
        }
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Text;

    fn message() -> Message {
        Message::new(Text::default().content("你好")).sent_by("o1")
    }

    fn through_json(message: &Message) -> (String, Message) {
        let json = serde_json::to_string(message).expect("JSON");
        let again = serde_json::from_str(&json).expect("a message");
        (json, again)
    }

    #[test]
    fn a_message_is_read_from_its_fields() {
        let (json, again) = through_json(&message());
        assert!(again == message() && !json.contains("altered"), "{json}");
        let without = r#"{"fields":[["MsgType","text"],["Content","你好"],["FromUserName","o1"]]}"#;
        assert!(serde_json::from_str::<Message>(without).expect("a message") == message());
        // Its time is not that of the fields that other messages are dated by.
        let ticket = "<xml><InfoType>suite_ticket</InfoType><TimeStamp>7</TimeStamp></xml>";
        let ticket = Message::from_xml(ticket).expect("a message");
        let (json, again) = through_json(&ticket);
        assert!(again == ticket && again.head.created.is_some() && !json.contains("altered"), "{json}");
        assert!(serde_json::from_str::<Message>(r#"{"head":{},"content":{"type":"text"}}"#).is_err());
    }

    #[test]
    fn the_account_goes_with_it() {
        let message = message().to_account("wx5823bf96d3bd56c7");
        let (json, again) = through_json(&message);
        assert!(again == message && json.contains(r#""account":"wx5823bf96d3bd56c7""#), "{json}");
    }

    #[test]
    fn what_a_program_changed_is_kept() {
        let mut altered = message();
        altered.content = Text::default().content("再见").into();
        altered.head.from = Some("o2".into());
        let (json, again) = through_json(&altered);
        assert!(again == altered && again.text() == Some("再见"), "{json}");
        let value = serde_json::to_value(&altered).expect("JSON");
        assert!(serde_json::from_value::<Message>(value).expect("a message") == altered);
    }

    /// Otherwise the change would be lost without a word.
    #[test]
    fn a_change_that_is_announced_too_late_is_an_error() {
        let json = r#"{"head":{},"content":{"type":"text","content":"x"},"fields":[],"altered":true}"#;
        assert!(serde_json::from_str::<Message>(json).is_err());
    }
}
