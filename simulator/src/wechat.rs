use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha1::{Digest, Sha1};

use crate::check::{CheckName, Checks};
use crate::message::Draft;
use crate::push::{Push, Stamp, now};
use crate::xml::{Element, Writing};
use crate::{Account, Answer, Message, Policy, Reading, Sentence, reading};

/// WeChat's side for one account: signs, encrypts, pushes, and reads the answers.
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
    writing: Writing,
    /// Shared by clones: no two messages of an account have one id.
    last_id: Arc<AtomicI64>,
}

impl Wechat {
    /// WeChat's side for `account`.
    #[must_use]
    pub fn new(account: Account) -> Self {
        // 17 digits, as WeChat's own have: beyond what a JSON number holds.
        let first = 24_000_000_000_000_000 + i64::from(rand::random::<u32>()) * 1000;
        Self {
            account,
            policy: Policy::default(),
            writing: Writing::default(),
            last_id: Arc::new(AtomicI64::new(first)),
        }
    }

    /// The same with another policy for waiting and repeating.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// The same, but that texts with `]]>` in them are pushed as XML has it: in two CDATA sections. Unless this is
    /// asked for they are pushed as they are, which is no XML; so WeChat is reported to do it. A bot reads both.
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
        Self { writing: if split { Writing::Split } else { Writing::Unsplit }, ..self }
    }

    /// The same for another account, or for the same one in another mode.
    #[must_use]
    pub fn with_account(self, account: Account) -> Self {
        Self { account, ..self }
    }

    /// The account.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// How it waits and repeats.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[cfg(feature = "page")]
    pub(crate) fn splits_cdata(&self) -> bool {
        self.writing == Writing::Split
    }

    /// The openid of the fan of that name: always the same for one account.
    #[must_use]
    pub fn openid(&self, fan: &str) -> String {
        let hash = Sha1::new().chain_update(self.account.app_id()).chain_update(fan).finalize();
        format!("o{}", URL_SAFE_NO_PAD.encode(hash))
    }

    /// The XML of `message`, sent by `openid` now. Every call makes another message, with a `MsgId` of its own;
    /// raw XML stays as it is.
    #[must_use]
    pub fn xml(&self, message: &Message, openid: &str) -> String {
        self.write(message, openid).0
    }

    fn write(&self, message: &Message, openid: &str) -> (String, Element) {
        let (msg_type, event, anonymous, elements) = match &message.0 {
            Draft::Raw(xml) => return (xml.clone(), Element::parse_pushed(xml)),
            Draft::Fields { msg_type, event, anonymous, elements } => (msg_type, event, *anonymous, elements),
        };
        let mut head = vec![Element::number("CreateTime", now()), Element::string("MsgType", msg_type)];
        if !anonymous {
            let to = Element::string("ToUserName", self.account.original_id());
            head.splice(..0, [to, Element::string("FromUserName", openid)]);
        }
        head.extend(event.as_ref().map(|event| Element::string("Event", event)));
        let id = event.is_none().then(|| self.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        let id = id.map(|id| Element::number("MsgId", id));

        // A field of the message may take the place of what is added here: `MsgId` to push one message twice, say.
        let is_added = |added: &Element| elements.iter().all(|element| element.name != added.name);
        let children = head.into_iter().filter(is_added);
        let children = children.chain(elements.iter().filter_map(asked_for)).chain(id.filter(is_added));
        let message = Element { children: children.collect(), ..Element::default() };
        (message.to_message(self.writing), message)
    }

    /// `message`, sent by `openid` now, signed and encrypted.
    #[must_use]
    pub fn push(&self, message: &Message, openid: &str) -> Push {
        let (xml, message) = self.write(message, openid);
        Push::sign(&self.account, &xml, message, &Stamp::now())
    }

    /// Any XML, signed and encrypted at the time and with the randomness of `stamp`.
    #[must_use]
    pub fn push_xml(&self, xml: &str, stamp: &Stamp) -> Push {
        Push::sign(&self.account, xml, Element::parse_pushed(xml), stamp)
    }

    /// Reads an answer to `push` as WeChat does.
    #[must_use]
    pub fn read(&self, push: &Push, answer: &Answer) -> Reading {
        let mut checks = Checks::default();
        checks.note(CheckName::Answered, true, Sentence::new("收到回答", "an answer came"));
        reading::read(&self.account, &push.pushed, answer, checks)
    }
}

/// The element without what is optional in it; nothing where it is optional itself.
fn asked_for(element: &Element) -> Option<Element> {
    let children = element.children.iter().filter_map(asked_for).collect();
    (!element.optional).then(|| Element { children, ..element.clone() })
}
