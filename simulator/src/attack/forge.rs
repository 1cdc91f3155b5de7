//! Makes genuine and forged requests.

use super::{Expected, Probe, sample_text};
use crate::push::{Push, Stamp, envelope};
use crate::reading::MessageHead;
use crate::texts::forgery;
use crate::xml::{CdataStyle, Element};
use crate::{Account, DataFormat, LocalizedText, Message, Mode, Request, Wechat, cipher, json};

/// What requests are made from.
pub(super) struct Forge<'a> {
    wechat: &'a Wechat,
    url: &'a str,
    /// The message, as XML or JSON.
    pub(super) xml: String,
}

impl<'a> Forge<'a> {
    pub(super) fn new(wechat: &'a Wechat, url: &'a str, xml: Option<&str>) -> Self {
        Self { wechat, url, xml: xml.map_or_else(|| sample_text(wechat), str::to_owned) }
    }

    pub(super) const fn account(&self) -> &Account {
        self.wechat.account()
    }

    pub(super) const fn mode(&self) -> Mode {
        self.account().mode()
    }

    pub(super) const fn url(&self) -> &str {
        self.url
    }

    /// The request that WeChat would send now.
    pub(super) fn request(&self) -> Request {
        self.request_of(&self.xml)
    }

    pub(super) fn request_of(&self, xml: &str) -> Request {
        self.wechat.push_xml(xml, &Stamp::now()).request(self.url)
    }

    pub(super) fn genuine(&self) -> Probe {
        let (request, forgery) = (self.request(), forgery::none());
        Probe { request, forgery, expected: Expected::Accepted, may_hang_up: false }
    }

    /// A refresh of an AI bot's stream, which must be answered.
    pub(super) fn refresh(&self, stream_id: &str) -> Probe {
        let push = self.wechat.push(&Message::refresh(stream_id, &[]), "attacker");
        Probe { request: push.request(self.url), forgery: forgery::unknown_stream(), ..self.genuine() }
    }

    /// The message, signed and encrypted for another account or with another account's secrets.
    pub(super) fn request_as(&self, account: &Account) -> Request {
        Push::sign(account, &self.xml, self.message(), &Stamp::now()).request(self.url)
    }

    pub(super) fn request_at(&self, timestamp: i64) -> Request {
        self.wechat.push_xml(&self.xml, &Stamp::now().at(timestamp)).request(self.url)
    }

    /// Any `encrypt`, with a valid signature.
    pub(super) fn encrypted(&self, encrypt: &str) -> Request {
        Push::encrypted(self.account(), &self.xml, self.message(), encrypt, &Stamp::now()).request(self.url)
    }

    fn message(&self) -> Element {
        Element::parse_pushed(&self.xml, self.account().format())
    }

    /// Any document in place of the message; signature and encryption are right.
    pub(super) fn sealed(&self, document: &str) -> Request {
        if !self.mode().is_encrypted() {
            return self.request_of(document);
        }
        let frame = cipher::frame(self.receive_id(), document.as_bytes(), Stamp::now().random);
        self.frame(cipher::pad(frame))
    }

    /// The message without encryption, signed as in plain mode.
    pub(super) fn plain(&self) -> Request {
        Push::plain(self.account(), &self.xml, self.message(), &Stamp::now()).request(self.url)
    }

    /// The message with one more field at its end.
    pub(super) fn with_field(&self, name: &str, value: &str) -> String {
        match self.account().format() {
            DataFormat::Xml => self.xml.replace("</xml>", &format!("<{name}>{value}</{name}></xml>")),
            DataFormat::Json => {
                let open = self.xml.trim_end().strip_suffix('}').unwrap_or_default();
                format!("{open},{}:{}}}", json::quoted(name), json::quoted(value))
            }
        }
    }

    /// The message in this format.
    pub(super) fn message_in(&self, format: DataFormat) -> String {
        self.message().to_text(format, CdataStyle::Split)
    }

    /// The envelope in this format.
    pub(super) fn envelope_in(&self, format: DataFormat, encrypt: &str) -> String {
        let to = Element::string("ToUserName", self.account().original_id());
        let children = vec![to, Element::string("Encrypt", encrypt)];
        Element { children, ..Element::default() }.to_text(format, CdataStyle::Split)
    }

    /// The `Encrypt` in this body.
    pub(super) fn encrypt_in(&self, body: &str) -> String {
        let envelope = Element::parse_pushed(body, self.account().format());
        envelope.get("Encrypt").or_else(|| envelope.get("encrypt")).unwrap_or_default().to_owned()
    }

    /// An event, signed and encrypted for another account.
    pub(super) fn event_as(&self, account: &Account, event: &Message) -> Request {
        let wechat = self.wechat.clone().with_account(account.clone());
        wechat.push(event, "").request(self.url)
    }

    /// The envelope of the genuine message, with any `encrypt`.
    pub(super) fn envelope(&self, encrypt: &str) -> String {
        envelope(self.account(), &MessageHead::of(&self.message()), encrypt)
    }

    fn receive_id(&self) -> &str {
        self.account().receive_id(&MessageHead::of(&self.message()))
    }

    /// Any frame, with any padding, encrypted and with a valid signature.
    pub(super) fn frame(&self, frame: Vec<u8>) -> Request {
        self.encrypted(&cipher::seal_frame(self.account().key(), frame))
    }

    /// The genuine frame, without padding.
    pub(super) fn genuine_frame(&self) -> Vec<u8> {
        cipher::frame(self.receive_id(), self.xml.as_bytes(), Stamp::now().random)
    }

    /// The genuine `Encrypt`.
    pub(super) fn genuine_encrypt(&self) -> String {
        cipher::seal_frame(self.account().key(), cipher::pad(self.genuine_frame()))
    }

    /// The parameters that must be right in this mode. In safe mode WeChat documents only `msg_signature`.
    pub(super) const fn deciding_signatures(&self) -> &'static [&'static str] {
        match self.mode() {
            _ if self.account().kind().is_of_wecom() => &["msg_signature"],
            Mode::Plain => &["signature"],
            Mode::Compatible => &["signature", "msg_signature"],
            Mode::Safe => &["msg_signature"],
        }
    }
}

/// A request that must be refused.
pub(super) const fn refuse(request: Request, forgery: LocalizedText) -> Probe {
    Probe { request, forgery, expected: Expected::Refused, may_hang_up: false }
}

/// A request that must be refused, or whose connection may be closed.
pub(super) fn refuse_or_hang_up(request: Request, forgery: LocalizedText) -> Probe {
    Probe { may_hang_up: true, ..refuse(request, forgery) }
}
