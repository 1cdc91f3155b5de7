//! Under what a store knows things. All of it is hashed, so that no identity and no content stands in a store.

use std::fmt;
use std::str::FromStr;

use crate::Message;
use crate::message::{Fields, Id};
use crate::signature::{self, Prefix, Signature, digest};

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

        /// Reads forty lower-case hexadecimal digits, as a store in another process wrote them.
        impl FromStr for $key {
            type Err = ParseKeyError;

            fn from_str(hex: &str) -> Result<Self, ParseKeyError> {
                Signature::from_hex(hex).map(|bytes| Self(bytes.bytes())).ok_or(ParseKeyError)
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
    /// What the deliveries of one push have in common: the app id (of a platform that answers
    /// [on behalf](crate::Callback::on_behalf_of) of others its own, and the receiver) and, of a message with a MsgId, MsgId, FromUserName
    /// and CreateTime; of a push to an AI bot with a msgid, msgid and aibotid; of all others, every element with all that it says. The first four bytes are the same in all keys of
    /// an account.
    ///
    /// MsgId alone is not enough: messages of different users were seen to share one. Nor are FromUserName and
    /// CreateTime: two events of one user can fall into one second.
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
    /// The key of a push that nothing tells from another: no other delivery has it.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn random(account: &KeyPrefix, message: &Message) -> Self {
        Self(account.tagged(message, rand::random()))
    }

    /// The key of no push: under it a reply to this one is kept that is not its outcome.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn of_kept(self) -> Self {
        Self(tagged(self.tag(), digest(&[b"kept", &self.0])))
    }

    /// The key of a message to the account `app_id`. `None` where nothing tells it from another: it has neither
    /// MsgId nor CreateTime, nor the TimeStamp that a suite's push has instead. (WeChat's ids are above zero, or texts.)
    #[must_use]
    pub fn of(app_id: &str, message: &Message) -> Option<Self> {
        Self::with(&KeyPrefix::new(app_id), message)
    }

    /// What the keys of all messages to an account have in common.
    #[cfg(feature = "tokio-1")]
    pub(crate) const fn tag(&self) -> [u8; TAG] {
        let [a, b, c, d, ..] = self.0;
        [a, b, c, d]
    }

    /// As [`of`](Self::of) the account whose `prefix` it is.
    pub(crate) fn with(account: &KeyPrefix, message: &Message) -> Option<Self> {
        let digest = |rest: &[&[u8]]| Some(Self(account.tagged(message, account.prefix.digest(rest))));
        let head = &message.head;
        if message.is_aibots() {
            let id = head.id.as_ref().map(Id::as_str).unwrap_or_default();
            let key = Self::of_aibot(account, head.to.as_deref().unwrap_or_default(), id);
            if key.is_some() {
                return key;
            }
        }
        let is_event = message.event().is_some();
        let created = head.created.map_or(0, crate::Timestamp::as_secs).to_be_bytes();
        if let Some(id) = head.id.as_ref().filter(|id| !is_event && id.is_distinct()) {
            let from = head.from.as_deref().unwrap_or_default().as_bytes();
            // Of an ordinary message it all fits into one block of SHA-1.
            return match id.to_decimal() {
                Some(number) => digest(&[b"n", &number.to_be_bytes(), &created, from]),
                None => {
                    let id = id.as_str().as_bytes();
                    digest(&[b"t", &(id.len() as u64).to_be_bytes(), id, &created, from])
                }
            };
        }
        head.created?;
        let mut said = Vec::new();
        say(message.fields(), &mut said);
        digest(&[b"c", &said])
    }
}

impl DeliveryKey {
    /// The key of a push to an AI bot, whose messages and events all have an id. `None` if there is none.
    pub(crate) fn of_aibot(account: &KeyPrefix, bot: &str, id: &str) -> Option<Self> {
        let length = |text: &str| (text.len() as u64).to_be_bytes();
        let of_push =
            account.prefix.digest(&[b"b", &length(bot), bot.as_bytes(), &length(id), id.as_bytes()]);
        Id::from(id).is_distinct().then(|| Self(account.tagged_to(bot, of_push)))
    }

    /// The key of no push: for the stream in answer to a message without an id.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(digest(&[b"text", text.as_bytes()]))
    }
}

/// How many bytes at the beginning of a key say which account it is of.
const TAG: usize = 4;

/// What the keys of an account's deliveries are made with. They begin with a tag of the account, so that a store can count
/// each account's. Two accounts may have the same tag, and then count as one.
#[derive(Clone)]
pub(crate) struct KeyPrefix {
    prefix: Prefix,
    tag: [u8; TAG],
    /// Whether it is of all accounts of a platform, which their receivers tell apart.
    is_of_platform: bool,
}

impl KeyPrefix {
    pub(crate) fn new(account_id: &str) -> Self {
        let [a, b, c, d, ..] = digest(&[b"account", account_id.as_bytes()]);
        let prefix = Prefix::new(&[b"delivery", account_id.as_bytes()]);
        Self { prefix, tag: [a, b, c, d], is_of_platform: false }
    }

    /// For the accounts that a platform answers for. Which of them it is stands in the message, in its receiver: what the URL
    /// says is not signed, and whoever sends a push again to another URL sends the same push.
    pub(crate) fn of_platform(app_id: &str) -> Self {
        Self { is_of_platform: true, ..Self::new(app_id) }
    }

    fn tagged(&self, message: &Message, of_push: [u8; 20]) -> [u8; 20] {
        self.tagged_to(message.head.to.as_deref().unwrap_or_default(), of_push)
    }

    fn tagged_to(&self, to: &str, of_push: [u8; 20]) -> [u8; 20] {
        if !self.is_of_platform {
            return tagged(self.tag, of_push);
        }
        let [a, b, c, d, ..] = digest(&[b"account", &self.tag, to.as_bytes()]);
        tagged([a, b, c, d], of_push)
    }
}

const fn tagged(tag: [u8; TAG], mut digest: [u8; 20]) -> [u8; 20] {
    [digest[0], digest[1], digest[2], digest[3]] = tag;
    digest
}

/// Everything that stands in the elements, and how many there are, so that nothing moves from one to the next.
fn say(fields: Fields<'_>, said: &mut Vec<u8>) {
    let number = said.len();
    said.extend_from_slice(&[0; 8]);
    let mut count = 0_u64;
    for field in fields {
        count += 1;
        for part in [field.name(), field.text()] {
            said.extend_from_slice(&(part.len() as u64).to_be_bytes());
            said.extend_from_slice(part.as_bytes());
        }
        say(field.fields(), said);
    }
    said[number..number + 8].copy_from_slice(&count.to_be_bytes());
}

/// No key: not forty lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is forty lower-case hexadecimal digits")]
#[non_exhaustive]
pub struct ParseKeyError;

impl UserKey {
    /// The key of the user `openid` of the account `app_id`.
    #[must_use]
    pub fn of(app_id: &str, openid: &str) -> Self {
        Self(digest(&[b"user", app_id.as_bytes(), openid.as_bytes()]))
    }
}

impl SignatureKey {
    /// The digest of a body that a signature is bound to, for stores that compare bodies without keeping them: forty
    /// hexadecimal digits.
    #[must_use]
    pub fn body_digest(body: &[u8]) -> String {
        let mut hex = String::with_capacity(40);
        signature::push_hex(&digest(&[b"body", body]), &mut hex);
        hex
    }
}

impl From<Signature> for SignatureKey {
    /// It is a hash already, and of secrets.
    fn from(signature: Signature) -> Self {
        Self(signature.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(xml: &str) -> Option<DeliveryKey> {
        DeliveryKey::of("wx1", &Message::from_xml(&format!("<xml>{xml}</xml>")).expect("a message"))
    }

    fn text(id: impl fmt::Display, from: &str, created: u64) -> Option<DeliveryKey> {
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
    fn an_id_that_is_no_number_of_64_bits_counts_as_well() {
        for id in ["CAEQ+/oD==", "CAEQ+/oE==", "9223372036854775808"] {
            assert_eq!(text(id, "o1", 1), text(id, "o1", 1));
            let said =
                |said| key(&format!("<MsgId>{id}</MsgId><MsgType>text</MsgType><Content>{said}</Content>"));
            assert!(said("一").is_some());
            assert_eq!(said("一"), said("二"), "{id}");
        }
        assert_ne!(text("CAEQ+/oD==", "o1", 1), text("CAEQ+/oE==", "o1", 1));
        assert_ne!(text("9223372036854775808", "o1", 1), text("9223372036854775809", "o1", 1));
    }

    /// `device_event` and platform events have none, and two of one user fall into one second.
    #[test]
    fn what_has_no_msgid_is_told_apart_by_all_that_it_says() {
        let device = |event, id| {
            key(&format!(
                "<FromUserName>o1</FromUserName><CreateTime>1</CreateTime><MsgType>device_event</MsgType>\
                 <Event>{event}</Event><DeviceID>{id}</DeviceID>"
            ))
        };
        assert!(device("bind", "1").is_some());
        assert_eq!(device("bind", "1"), device("bind", "1"));
        assert_ne!(device("bind", "1"), device("unbind", "1"));
        assert_ne!(device("bind", "1"), device("bind", "2"));
        let platform = |kind, app| {
            key(&format!(
                "<AppId>wx1</AppId><CreateTime>1</CreateTime><InfoType>{kind}</InfoType>\
                 <AuthorizerAppid>{app}</AuthorizerAppid>"
            ))
        };
        assert_ne!(platform("authorized", "wx2"), platform("authorized", "wx3"));
        assert_ne!(platform("authorized", "wx2"), platform("unauthorized", "wx2"));
        for id in ["", "<MsgId></MsgId>", "<MsgId>0</MsgId>", "<MsgId>-1</MsgId>"] {
            let text = |said| {
                key(&format!(
                    "<FromUserName>o1</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType>\
                     <Content>{said}</Content>{id}"
                ))
            };
            assert_ne!(text("一"), text("二"), "{id}");
        }
        let nested = |inside| key(&format!("<CreateTime>1</CreateTime><MsgType>x</MsgType>{inside}"));
        assert_ne!(nested("<A><B>1</B><C>2</C></A>"), nested("<A><B>1</B></A><C>2</C>"));
    }

    /// It has neither MsgId nor sender.
    #[test]
    fn two_pushes_of_customer_service_in_one_second_are_told_apart_by_their_token() {
        let pushed = |created: u64, token: &str| {
            key(&format!(
                "<ToUserName>ww1</ToUserName><CreateTime>{created}</CreateTime><MsgType>event</MsgType>\
                 <Event>kf_msg_or_event</Event><Token>{token}</Token><OpenKfId>wk1</OpenKfId>"
            ))
        };
        assert!(pushed(1, "a").is_some());
        assert_eq!(pushed(1, "a"), pushed(1, "a"));
        assert_ne!(pushed(1, "a"), pushed(1, "b"));
        assert_ne!(pushed(1, "a"), pushed(2, "a"));
    }

    #[test]
    fn a_suites_push_is_dated_by_its_time_stamp_and_a_ticket_pushed_again_is_another_push() {
        let suite = |time: u64, info: &str| {
            key(&format!(
                "<SuiteId>ww1</SuiteId><InfoType>{info}</InfoType><TimeStamp>{time}</TimeStamp>\
                 <SuiteTicket>t</SuiteTicket>"
            ))
        };
        assert!(suite(1, "suite_ticket").is_some());
        assert_eq!(suite(1, "suite_ticket"), suite(1, "suite_ticket"));
        assert_ne!(suite(1, "suite_ticket"), suite(601, "suite_ticket"));
        assert_ne!(suite(1, "suite_ticket"), suite(1, "cancel_auth"));
        let platform = |time: u64| {
            key(&format!(
                "<AppId>wx1</AppId><CreateTime>{time}</CreateTime><InfoType>component_verify_ticket</InfoType>\
                 <ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket>"
            ))
        };
        assert_ne!(platform(1), platform(601));
        assert_eq!(key("<InfoType>suite_ticket</InfoType><SuiteTicket>t</SuiteTicket>"), None);
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
    fn a_push_to_an_ai_bot_is_known_by_its_id_and_the_bots() {
        let pushed = |bot: &str, id: &str, more: &str| {
            let json = format!(r#"{{"msgid":"{id}","aibotid":"{bot}"{more}}}"#);
            DeliveryKey::of("", &Message::from_json(&json).expect("a message"))
        };
        let event = r#","msgtype":"event","create_time":1,"event":{"eventtype":"enter_chat"}"#;
        for more in [r#","msgtype":"text","text":{"content":"x"}"#, event] {
            assert!(pushed("b", "1", more).is_some());
            assert_eq!(pushed("b", "1", more), pushed("b", "1", r#","response_url":"u""#));
            for other in [pushed("b", "2", more), pushed("c", "1", more), pushed("b1", "", event)] {
                assert_ne!(pushed("b", "1", more), other);
            }
        }
        // An event without an id is known by all that it says, and a message by nothing.
        assert!(pushed("b", "", event).is_some());
        assert_eq!(pushed("b", "", ""), None);
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
        assert_eq!("x".parse::<DeliveryKey>(), Err(ParseKeyError));
        assert_eq!(format!("{key:?}"), format!("DeliveryKey({key})"));
    }
}
