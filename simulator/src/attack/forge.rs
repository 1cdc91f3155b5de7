//! Makes genuine and forged requests.

use super::{Expected, Probe, sample_text};
use crate::push::{Push, Stamp};
use crate::texts::forgery;
use crate::xml::Element;
use crate::{Account, LocalizedText, Mode, Request, Wechat, cipher};

/// What requests are made from.
pub(super) struct Forge<'a> {
    wechat: &'a Wechat,
    url: &'a str,
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

    /// The message, signed and encrypted for another account or with another account's secrets.
    pub(super) fn request_as(&self, account: &Account) -> Request {
        Push::sign(account, &self.xml, Element::parse_pushed(&self.xml), &Stamp::now()).request(self.url)
    }

    pub(super) fn request_at(&self, timestamp: i64) -> Request {
        self.wechat.push_xml(&self.xml, &Stamp::now().at(timestamp)).request(self.url)
    }

    /// Any `encrypt`, with a valid signature.
    pub(super) fn encrypted(&self, encrypt: &str) -> Request {
        Push::encrypted(self.account(), &self.xml, Element::parse_pushed(&self.xml), encrypt, &Stamp::now())
            .request(self.url)
    }

    /// Any frame, with any padding, encrypted and with a valid signature.
    pub(super) fn frame(&self, frame: Vec<u8>) -> Request {
        self.encrypted(&cipher::seal_frame(self.account().key(), frame))
    }

    /// The genuine frame, without padding.
    pub(super) fn genuine_frame(&self) -> Vec<u8> {
        cipher::frame(self.account().app_id(), self.xml.as_bytes(), Stamp::now().random)
    }

    /// The genuine `Encrypt`.
    pub(super) fn genuine_encrypt(&self) -> String {
        cipher::seal_frame(self.account().key(), cipher::pad(self.genuine_frame()))
    }

    /// The parameters that must be right in this mode. In safe mode WeChat documents only `msg_signature`.
    pub(super) const fn deciding_signatures(&self) -> &'static [&'static str] {
        match self.mode() {
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
