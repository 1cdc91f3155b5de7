mod aibot;

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha1::{Digest, Sha1};

use crate::catalogue::{Kind, Sender};
use crate::check::{CheckName, Checks};
use crate::conversation::InProgress;
use crate::message::{Content, Fields};
use crate::push::{Push, Stamp, now};
use crate::xml::{CdataStyle, Element};
use crate::{Account, AccountKind, Answer, Message, Policy, Reading, catalogue, reading, texts};

/// WeChat's side of one account: it signs, encrypts and pushes messages, and reads the answers.
///
/// ```
/// use wechat_sim::{Account, Message, Wechat};
///
/// let wechat = Wechat::new(Account::generate());
/// let push = wechat.push(&Message::text("你好"), &wechat.openid("小明"));
/// println!("{}", push.request("http://127.0.0.1:3000/weixin").curl());
/// ```
#[derive(Clone, Debug)]
pub struct Wechat {
    account: Account,
    policy: Policy,
    cdata_style: CdataStyle,
    /// Shared by clones: no two messages of an account have the same id.
    last_id: Arc<AtomicI64>,
    /// Shared by clones: no two events are the same push.
    events: Arc<Mutex<Events>>,
    /// Shared by clones: the messages of each user that an AI bot has not answered to the end.
    pub(crate) in_progress: InProgress,
}

/// The events of the last second that has some.
#[derive(Debug, Default)]
struct Events {
    second: i64,
    told: HashSet<String>,
}

impl Events {
    /// The second in which this event is a new one. An event has no `MsgId`: equal ones of a second are one push, which
    /// is sent twice.
    fn second_of(&mut self, event: String, now: i64) -> i64 {
        if now > self.second {
            *self = Self { second: now, told: HashSet::new() };
        }
        if self.told.contains(&event) {
            *self = Self { second: self.second.saturating_add(1), told: HashSet::new() };
        }
        self.told.insert(event);
        self.second
    }
}

impl Wechat {
    /// WeChat's side of `account`.
    #[must_use]
    pub fn new(account: Account) -> Self {
        // 17 digits, as WeChat's ids have: more than a JSON number can represent.
        let first = 24_000_000_000_000_000 + i64::from(rand::random::<u32>()) * 1000;
        Self {
            account,
            policy: Policy::default(),
            cdata_style: CdataStyle::default(),
            last_id: Arc::new(AtomicI64::new(first)),
            events: Arc::default(),
            in_progress: InProgress::default(),
        }
    }

    /// The same with another policy for timeouts and retries.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Whether a text that contains `]]>` is split into two CDATA sections, as XML requires. By default it is not, which
    /// is not well-formed; WeChat is reported to push it like this. A bot should read both.
    ///
    /// ```
    /// use wechat_sim::{Account, Message, Wechat};
    ///
    /// let wechat = Wechat::new(Account::generate());
    /// let message = Message::text("a]]>b");
    /// assert!(wechat.xml(&message, "o1").contains("<![CDATA[a]]>b]]>"));
    /// assert!(wechat.with_split_cdata(true).xml(&message, "o1").contains("<![CDATA[a]]]]><![CDATA[>b]]>"));
    /// ```
    #[must_use]
    pub fn with_split_cdata(self, split: bool) -> Self {
        Self { cdata_style: if split { CdataStyle::Split } else { CdataStyle::Unsplit }, ..self }
    }

    /// The same for another account, or for the same account in another mode.
    #[must_use]
    pub fn with_account(self, account: Account) -> Self {
        Self { account, ..self }
    }

    /// The account.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Its policy for timeouts and retries.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[cfg(feature = "page")]
    pub(crate) fn splits_cdata(&self) -> bool {
        self.cdata_style == CdataStyle::Split
    }

    /// The openid of the fan with this name. It is always the same for one account. A member of a company in `WeCom` has a
    /// `UserID` instead: a name of letters and digits is the id itself.
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind, Wechat};
    ///
    /// assert_eq!(Wechat::new(Account::generate()).openid("zhangsan").len(), 28);
    /// let wechat = Wechat::new(Account::generate_as(AccountKind::WeCom));
    /// assert_eq!((wechat.openid("zhangsan"), wechat.openid("小明")), ("zhangsan".into(), "xiaoming".into()));
    /// ```
    #[must_use]
    pub fn openid(&self, fan: &str) -> String {
        if self.account.kind().is_of_wecom() {
            return user_id(fan);
        }
        let hash = Sha1::new().chain_update(self.account.app_id()).chain_update(fan).finalize();
        format!("o{}", URL_SAFE_NO_PAD.encode(hash))
    }

    /// The XML of `message` (or its JSON, if that is the account's format), sent by `openid` now. Each call makes a new message with its own `MsgId`, and an event that is
    /// no repetition of another: the second of two equal ones has the next second as its `CreateTime`. Raw XML is
    /// unchanged.
    #[must_use]
    pub fn xml(&self, message: &Message, openid: &str) -> String {
        self.write(message, openid).0
    }

    fn write(&self, message: &Message, openid: &str) -> (String, Element) {
        let format = self.account.format();
        let fields = match &message.0 {
            Content::Raw(text) => return (text.clone(), Element::parse_pushed(text, format)),
            Content::Fields(fields) => fields,
        };
        if self.account.kind() == AccountKind::AiBot {
            let message = aibot::write(&self.account, fields, openid);
            return (message.to_text(format, self.cdata_style), message);
        }
        let elements = &fields.elements;
        let second = match &fields.event {
            Some(event) => self.second_of(format!("{openid} {event} {elements:?}")),
            None => now(),
        };
        let head =
            if fields.system { self.system_head(fields, second) } else { self.head(fields, openid, second) };
        let id = fields.event.is_none().then(|| self.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        let tail = id.map(|id| Element::number("MsgId", id)).into_iter().chain(self.agent(fields));

        // A field of the message can replace what is added here, such as `MsgId`, to push the same message twice.
        let is_added = |added: &Element| elements.iter().all(|element| element.name != added.name);
        let children = head.into_iter().filter(is_added);
        let children =
            children.chain(elements.iter().filter_map(without_optional)).chain(tail.filter(is_added));
        let message = Element { children: children.collect(), ..Element::default() };
        (message.to_text(format, self.cdata_style), message)
    }

    /// What stands before the fields of a message or an event.
    fn head(&self, fields: &Fields, openid: &str, second: i64) -> Vec<Element> {
        let to = Element::string("ToUserName", self.account.original_id());
        let mut head = match fields.sender {
            Sender::Fan => vec![to, Element::string("FromUserName", openid)],
            Sender::System => vec![to, Element::string("FromUserName", "sys")],
            Sender::Nobody => vec![to],
            Sender::Anonymous => Vec::new(),
        };
        head.extend([Element::number("CreateTime", second), Element::string("MsgType", &fields.msg_type)]);
        // `WeCom` spells some events in lower case.
        let spelled = |event| catalogue::event_of(self.account.kind(), event).map_or(event, Kind::name);
        head.extend(fields.event.as_deref().map(|event| Element::string("Event", spelled(event))));
        head
    }

    /// What stands before the fields of a system event.
    fn system_head(&self, fields: &Fields, second: i64) -> Vec<Element> {
        let info_type = Element::string("InfoType", fields.event.as_deref().unwrap_or_default());
        match self.account.kind() {
            AccountKind::WeCom => vec![
                Element::string("SuiteId", self.account.suite_id()),
                info_type,
                Element::number("TimeStamp", second),
            ],
            _ => vec![
                Element::string("AppId", self.account.app_id()),
                Element::number("CreateTime", second),
                info_type,
            ],
        }
    }

    /// The app of `WeCom` that a push is for.
    fn agent(&self, fields: &Fields) -> Option<Element> {
        let is_for_app = self.account.kind() == AccountKind::WeCom && !fields.system;
        let agent = Element::string("AgentID", self.account.agent_id());
        (is_for_app && fields.sender == Sender::Fan).then_some(Element { cdata: false, ..agent })
    }

    fn second_of(&self, event: String) -> i64 {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).second_of(event, now())
    }

    /// `message`, sent by `openid` now, signed and encrypted.
    #[must_use]
    pub fn push(&self, message: &Message, openid: &str) -> Push {
        let (xml, message) = self.write(message, openid);
        Push::sign(&self.account, &xml, message, &Stamp::now())
    }

    /// Any XML or JSON, signed and encrypted with the time and the randomness of `stamp`.
    #[must_use]
    pub fn push_xml(&self, xml: &str, stamp: &Stamp) -> Push {
        Push::sign(&self.account, xml, Element::parse_pushed(xml, self.account.format()), stamp)
    }

    /// Reads an answer to `push` as WeChat does.
    #[must_use]
    pub fn read(&self, push: &Push, answer: &Answer) -> Reading {
        let mut checks = Checks::default();
        checks.note(CheckName::Answered, true, texts::check::answered());
        reading::read(&self.account, &push.head, answer, checks)
    }
}

/// The `UserID` of the member with this name.
fn user_id(name: &str) -> String {
    // The fans of the page, and those of the examples.
    let known = [
        ("小明", "xiaoming"),
        ("阿花", "ahua"),
        ("小红", "xiaohong"),
        ("张三", "zhangsan"),
        ("李四", "lisi"),
    ];
    if let Some((_, id)) = known.into_iter().find(|(known, _)| *known == name) {
        return id.to_owned();
    }
    let of_id = |byte: u8| byte.is_ascii_alphanumeric() || b"_-@.".contains(&byte);
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(of_id) {
        return name.to_owned();
    }
    let hash = Sha1::digest(name.as_bytes());
    format!("member_{}", hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The element without its optional children, or `None` if it is optional itself.
fn without_optional(element: &Element) -> Option<Element> {
    let children = element.children.iter().filter_map(without_optional).collect();
    (!element.optional).then(|| Element { children, ..element.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_events_of_a_second_are_different_pushes() {
        let mut events = Events::default();
        let mut second_of = |event: &str, now| events.second_of(event.to_owned(), now);
        assert_eq!([second_of("a", 100), second_of("b", 100), second_of("a", 100)], [100, 100, 101]);
        // What comes after is not older, and a new second begins anew.
        assert_eq!([second_of("b", 100), second_of("a", 101), second_of("a", 110)], [101, 102, 110]);

        let wechat = Wechat::new(Account::generate());
        let xml = || wechat.xml(&Message::click("HELP"), "o1");
        assert_ne!(xml(), xml());
    }
}
