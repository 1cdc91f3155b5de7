//! Under what a store knows things. All of it is hashed, so that no identity and no content stands in a store.

use std::fmt;
use std::str::FromStr;

use crate::Message;
use crate::message::{Event, Fields};
use crate::signature::{self, Signature, digest};

macro_rules! key {
    ($(#[$docs:meta])* $key:ident) => {
        $(#[$docs])*
        ///
        /// Written as forty hexadecimal digits.
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $key(pub(super) [u8; 20]);

        impl $key {
            /// The twenty bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }
        }

        /// From the bytes of another, as a store kept them.
        impl From<[u8; 20]> for $key {
            fn from(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut hex = String::with_capacity(40);
                signature::push_hex(&self.0, &mut hex);
                f.write_str(&hex)
            }
        }

        impl fmt::Debug for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($key), "({})"), self)
            }
        }
    };
}

key! {
    /// What the deliveries of one push have in common: the app id and, of a message, MsgId, FromUserName and CreateTime;
    /// of an event, FromUserName, CreateTime, Event, EventKey and MsgID, and where it has neither of the last two all
    /// that it says.
    ///
    /// MsgId alone is not enough (messages of different users were seen to share one), nor is FromUserName with
    /// CreateTime for an event: two events of one user can fall into one second.
    DeliveryKey
}

key! {
    /// A user of an account: the app id and the openid.
    UserKey
}

key! {
    /// The `signature` of a push in plain mode.
    SignatureKey
}

impl DeliveryKey {
    /// The key of a message to the account `app_id`. `None` where nothing tells it from another: it has neither
    /// MsgId nor CreateTime.
    #[must_use]
    pub fn of(app_id: &str, message: &Message) -> Option<Self> {
        let head = &message.head;
        let id = head.id.map_or(0, crate::message::Id::get).to_be_bytes();
        let created = head.created.map_or(0, crate::Timestamp::as_secs).to_be_bytes();
        if head.id.is_none() && head.created.is_none() {
            return None;
        }
        let from = head.from.as_deref().unwrap_or_default();
        let field = |name| message.fields().get(name).unwrap_or_default().as_bytes();
        let event = message.event().map_or("", Event::name);
        let mut said = Vec::new();
        if !event.is_empty() && field("EventKey").is_empty() && field("MsgID").is_empty() {
            // Two cards that one user gets in one second differ in their codes alone.
            say(message.fields(), &mut said);
        }
        Some(Self(match (head.id, event) {
            (Some(_), "") => digest(&[b"message", app_id.as_bytes(), &id, from.as_bytes(), &created]),
            _ => digest(&[
                b"event",
                app_id.as_bytes(),
                from.as_bytes(),
                &created,
                message.content.kind().as_bytes(),
                event.as_bytes(),
                field("EventKey"),
                field("MsgID"),
                &id,
                &said,
            ]),
        }))
    }
}

/// Everything that stands in the elements.
fn say(fields: Fields<'_>, said: &mut Vec<u8>) {
    for field in fields {
        for part in [field.name(), field.text()] {
            said.extend_from_slice(&(part.len() as u64).to_be_bytes());
            said.extend_from_slice(part.as_bytes());
        }
        say(field.fields(), said);
    }
}

/// Reads forty lower-case hexadecimal digits, as a store in another process wrote them.
impl FromStr for DeliveryKey {
    type Err = DeliveryKeyError;

    fn from_str(hex: &str) -> Result<Self, DeliveryKeyError> {
        Signature::from_hex(hex).map(|bytes| Self(bytes.bytes())).ok_or(DeliveryKeyError)
    }
}

/// No [`DeliveryKey`]: not forty lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delivery key is forty lower-case hexadecimal digits")]
#[non_exhaustive]
pub struct DeliveryKeyError;

impl UserKey {
    /// The key of the user `openid` of the account `app_id`.
    #[must_use]
    pub fn of(app_id: &str, openid: &str) -> Self {
        Self(digest(&[b"user", app_id.as_bytes(), openid.as_bytes()]))
    }
}

impl From<Signature> for SignatureKey {
    /// It is a hash already, and of secrets.
    fn from(signature: Signature) -> Self {
        Self(signature.bytes())
    }
}

/// A digest of a body, for stores that compare bodies without keeping them: forty hexadecimal digits.
#[must_use]
pub fn body_digest(body: &[u8]) -> String {
    let mut hex = String::with_capacity(40);
    signature::push_hex(&digest(&[b"body", body]), &mut hex);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(xml: &str) -> Option<DeliveryKey> {
        DeliveryKey::of("wx1", &Message::from_xml(&format!("<xml>{xml}</xml>")).expect("a message"))
    }

    fn text(id: u64, from: &str, created: u64) -> Option<DeliveryKey> {
        key(&format!(
            "<FromUserName>{from}</FromUserName><CreateTime>{created}</CreateTime><MsgType>text</MsgType>\
             <Content>x</Content><MsgId>{id}</MsgId>"
        ))
    }

    fn event(from: &str, created: u64, event: &str, more: &str) -> Option<DeliveryKey> {
        key(&format!(
            "<FromUserName>{from}</FromUserName><CreateTime>{created}</CreateTime><MsgType>event</MsgType>\
             <Event>{event}</Event>{more}"
        ))
    }

    #[test]
    fn a_message_is_known_by_msgid_sender_and_time() {
        assert!(text(1, "o1", 1).is_some());
        assert_eq!(text(1, "o1", 1), text(1, "o1", 1));
        for other in [text(2, "o1", 1), text(1, "o2", 1), text(1, "o1", 2)] {
            assert_ne!(text(1, "o1", 1), other);
        }
    }

    #[test]
    fn an_event_is_known_by_sender_time_name_key_and_msgid() {
        let click = |more| event("o1", 1, "CLICK", more);
        assert_eq!(click("<EventKey>a</EventKey>"), click("<EventKey>a</EventKey>"));
        let others = [
            click(""),
            click("<EventKey>b</EventKey>"),
            click("<EventKey>a</EventKey><MsgID>1</MsgID>"),
            event("o2", 1, "CLICK", "<EventKey>a</EventKey>"),
            event("o1", 2, "CLICK", "<EventKey>a</EventKey>"),
            event("o1", 1, "VIEW", "<EventKey>a</EventKey>"),
        ];
        let card = |code| event("o1", 1, "user_get_card", &format!("<UserCardCode>{code}</UserCardCode>"));
        assert_eq!(card("1"), card("1"));
        assert_ne!(card("1"), card("2"));
        for other in others {
            assert_ne!(click("<EventKey>a</EventKey>"), other);
        }
    }

    #[test]
    fn two_accounts_do_not_meet() {
        let message = Message::from_xml("<xml><MsgId>1</MsgId></xml>").expect("a message");
        assert_ne!(DeliveryKey::of("wx1", &message), DeliveryKey::of("wx2", &message));
        assert_ne!(UserKey::of("wx1", "o1"), UserKey::of("wx2", "o1"));
    }

    #[test]
    fn nothing_moves_from_one_part_to_the_next() {
        assert_ne!(UserKey::of("wx1o", "1"), UserKey::of("wx1", "o1"));
    }

    #[test]
    fn what_nothing_tells_from_another_has_no_key() {
        assert_eq!(key("<MsgType>text</MsgType><Content>x</Content>"), None);
    }

    #[test]
    fn a_key_reads_back() {
        let key = text(1, "o1", 1).expect("a key");
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!("x".parse::<DeliveryKey>(), Err(DeliveryKeyError));
        assert_eq!(format!("{key:?}"), format!("DeliveryKey({key})"));
    }
}
