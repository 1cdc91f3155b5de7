//! Reading an answer as WeChat does: each step is a check.

use serde::Serialize;

use crate::check::{Check, CheckName, Checks};
use crate::cipher::{self, CipherError};
use crate::xml::Element;
use crate::{Account, Answer, Mode, Reply, Sentence, Signature, reply};

/// What WeChat makes of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reading {
    /// What it looked at, in that order, as far as it came.
    pub checks: Vec<Check>,
    /// How the signature of an encrypted reply should have been computed.
    pub signature: Option<Signature>,
    /// The reply's XML, decrypted.
    pub xml: Option<String>,
    /// The reply, where nothing was wrong with it.
    pub reply: Option<Reply>,
}

impl Reading {
    /// Whether nothing was wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// What was wrong.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }
}

/// Who pushed what to whom: what a reply has to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pushed {
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) msg_type: String,
    pub(crate) event: Option<String>,
}

impl Pushed {
    /// As far as the message tells: raw XML may be anything.
    pub(crate) fn of(message: &Element) -> Self {
        let text = |name| message.get(name).unwrap_or_default().to_owned();
        let msg_type = text("MsgType");
        let event = (msg_type == "event").then(|| text("Event"));
        Self { to: text("ToUserName"), from: text("FromUserName"), msg_type, event }
    }

    pub(crate) fn is_unfollow(&self) -> bool {
        self.event.as_deref().is_some_and(|event| event.eq_ignore_ascii_case("unsubscribe"))
    }
}

/// Reads an answer that came in time.
pub(crate) fn read(account: &Account, pushed: &Pushed, answer: &Answer, mut checks: Checks) -> Reading {
    let (mut signature, mut xml) = (None, None);
    let reply = Reader { account, pushed, checks: &mut checks, signature: &mut signature, xml: &mut xml }
        .read(answer);
    let reply = reply.filter(|_| checks.all_passed());
    Reading { checks: checks.0, signature, xml, reply }
}

struct Reader<'a> {
    account: &'a Account,
    pushed: &'a Pushed,
    checks: &'a mut Checks,
    signature: &'a mut Option<Signature>,
    xml: &'a mut Option<String>,
}

impl Reader<'_> {
    fn read(&mut self, answer: &Answer) -> Option<Reply> {
        let status = answer.status;
        let detail = Sentence::new(format!("HTTP 状态 {status}"), format!("HTTP status {status}"));
        self.checks.note(CheckName::Status, status == 200, detail);
        let length = answer.body.len();
        let detail = match answer.truncated {
            true => Sentence::new(format!("超过 {length} 字节"), format!("more than {length} bytes")),
            false => Sentence::new(format!("{length} 字节"), format!("{length} bytes")),
        };
        if !self.checks.note(CheckName::Size, !answer.truncated, detail) {
            return None;
        }
        let body = self.text(&answer.body)?;
        // Plain in every mode: it is neither encrypted nor quoted.
        if body.is_empty() || body == "success" {
            let detail = match body {
                "" => Sentence::new("空的回答：不回复", "an empty answer: no reply"),
                _ => Sentence::new("success：不回复", "success: no reply"),
            };
            self.checks.note(CheckName::Acknowledgement, true, detail);
            return Some(Reply::Acknowledgement);
        }
        let outer = self.parse(body)?;
        let outer = match outer.child("Encrypt").is_some() {
            true => self.open(&outer)?,
            false => {
                // In compatible mode WeChat takes a plain reply too.
                let right = self.account.mode() != Mode::Safe;
                let detail = match right {
                    true => Sentence::new("明文回复", "a plain reply"),
                    false => {
                        Sentence::new("安全模式下回复必须加密", "in safe mode a reply must be encrypted")
                    }
                };
                *self.xml = Some(body.to_owned());
                self.checks.note(CheckName::Encrypted, right, detail);
                outer
            }
        };
        self.head(&outer);
        reply::read(&outer, self.pushed.event.is_some(), self.checks)
    }

    fn text<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b str> {
        let text = str::from_utf8(bytes).ok();
        let detail = match text {
            None => Sentence::new("不是 UTF-8", "not UTF-8"),
            Some(text) if text.starts_with('\u{feff}') => {
                Sentence::new("开头有 BOM", "it begins with a byte order mark")
            }
            Some(_) => Sentence::new("是 UTF-8，没有 BOM", "UTF-8 without a byte order mark"),
        };
        let text = text.filter(|text| !text.starts_with('\u{feff}'));
        self.checks.note(CheckName::Utf8, text.is_some(), detail);
        text
    }

    /// What is neither `success` nor XML was mostly meant to be `success`.
    fn parse(&mut self, body: &str) -> Option<Element> {
        if !body.trim_start().starts_with('<') {
            let start: String = body.chars().take(40).collect();
            let detail = match body.trim().trim_matches(['"', '\'']) {
                "success" => Sentence::new(
                    "success 不能带引号或空白",
                    "success has quotes or blanks around it: WeChat takes the bare word alone",
                ),
                _ => Sentence::new(
                    format!("既不是 success 也不是 XML：{start:?}"),
                    format!("neither success nor XML: {start:?}"),
                ),
            };
            self.checks.note(CheckName::Acknowledgement, false, detail);
            return None;
        }
        self.well_formed(CheckName::WellFormed, body)
    }

    fn well_formed(&mut self, name: CheckName, xml: &str) -> Option<Element> {
        let parsed = Element::parse(xml);
        let (right, detail) = match &parsed {
            Ok(element) if element.name == "xml" => (true, Sentence::new("XML 格式正确", "well-formed XML")),
            Ok(element) => {
                let root = &element.name;
                (
                    false,
                    Sentence::new(
                        format!("根元素是 <{root}>，应为 <xml>"),
                        format!("the root is <{root}> and not <xml>"),
                    ),
                )
            }
            Err(error) => (
                false,
                Sentence::new(format!("XML 格式不正确：{error}"), format!("not well-formed: {error}")),
            ),
        };
        self.checks.note(name, right, detail);
        parsed.ok().filter(|_| right)
    }

    /// Opens an envelope.
    fn open(&mut self, envelope: &Element) -> Option<Element> {
        let encrypted = self.account.mode().is_encrypted();
        let detail = match encrypted {
            true => Sentence::new("加密回复", "an encrypted reply"),
            false => Sentence::new("明文模式下回复不能加密", "in plain mode a reply must not be encrypted"),
        };
        if !self.checks.note(CheckName::Encrypted, encrypted, detail) {
            return None;
        }
        let [encrypt, given, timestamp, nonce] =
            ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map(|name| envelope.get(name));
        let number = timestamp.is_some_and(|text| text.parse::<i64>().is_ok());
        let right = encrypt.is_some() && given.is_some() && nonce.is_some() && number;
        let detail = match right {
            true => Sentence::new(
                "Encrypt、MsgSignature、TimeStamp、Nonce 齐全",
                "Encrypt, MsgSignature, TimeStamp and Nonce are there",
            ),
            false => Sentence::new(
                "信封要有 Encrypt、MsgSignature、TimeStamp（数字）和 Nonce",
                "an envelope has Encrypt, MsgSignature, TimeStamp (a number) and Nonce",
            ),
        };
        self.checks.note(CheckName::Envelope, right, detail);
        let (encrypt, given) = (encrypt.unwrap_or_default(), given.unwrap_or_default());
        let (timestamp, nonce) = (timestamp.unwrap_or_default(), nonce.unwrap_or_default());

        let parts = [("timestamp", timestamp), ("nonce", nonce), ("encrypt", encrypt)];
        let signature = Signature::new("MsgSignature", self.account.token(), &parts);
        let right = signature.value == given;
        let detail = match right {
            true => Sentence::new("签名正确", "the signature is right"),
            false => Sentence::new(
                format!("签名是 {given:?}，应为 {}", signature.value),
                format!("the signature is {given:?} and should be {}", signature.value),
            ),
        };
        self.checks.note(CheckName::MsgSignature, right, detail);
        *self.signature = Some(signature);
        self.decrypt(encrypt)
    }

    fn decrypt(&mut self, encrypt: &str) -> Option<Element> {
        let opened = cipher::open(self.account.key(), encrypt);
        let detail = match &opened {
            Ok(_) => Sentence::new("解密成功", "decrypted"),
            Err(CipherError::Base64) => Sentence::new("Encrypt 不是 base64", "Encrypt is not base64"),
            Err(CipherError::Blocks) => {
                Sentence::new("密文长度不是 16 的倍数", "the ciphertext is no multiple of 16 bytes")
            }
            Err(CipherError::Padding) => Sentence::new(
                "填充不正确：EncodingAESKey 是否一致？",
                "the padding is wrong: is it another EncodingAESKey?",
            ),
            Err(CipherError::Length) => Sentence::new("长度字段不正确", "the length field is wrong"),
        };
        self.checks.note(CheckName::Decryption, opened.is_ok(), detail);
        let opened = opened.ok()?;
        let (found, own) = (String::from_utf8_lossy(&opened.app_id), self.account.app_id());
        let detail = match found == own {
            true => Sentence::new(format!("AppID 是 {own}"), format!("the AppID is {own}")),
            false => Sentence::new(
                format!("AppID 是 {found:?}，应为 {own}"),
                format!("the AppID is {found:?} and should be {own}"),
            ),
        };
        self.checks.note(CheckName::AppId, found == own, detail);
        let xml = String::from_utf8_lossy(&opened.message).into_owned();
        let inner = self.well_formed(CheckName::InnerWellFormed, &xml);
        *self.xml = Some(xml);
        inner
    }

    fn head(&mut self, reply: &Element) {
        // Swapped with respect to the push.
        for (check, name, expected) in [
            (CheckName::ToUserName, "ToUserName", &self.pushed.from),
            (CheckName::FromUserName, "FromUserName", &self.pushed.to),
        ] {
            let found = reply.get(name).unwrap_or_default();
            let right = found == expected && !found.is_empty();
            let detail = match right {
                true => Sentence::new(format!("{name} 是 {found}"), format!("the {name} is {found}")),
                false => Sentence::new(
                    format!("{name} 是 {found:?}，应为 {expected:?}"),
                    format!("the {name} is {found:?} and should be {expected:?}"),
                ),
            };
            self.checks.note(check, right, detail);
        }
        let time = reply.get("CreateTime").unwrap_or_default();
        let right = time.parse::<i64>().is_ok();
        let detail = match right {
            true => Sentence::new(format!("CreateTime 是 {time}"), format!("the CreateTime is {time}")),
            false => Sentence::new(
                format!("CreateTime 是 {time:?}，应为整数"),
                format!("the CreateTime is {time:?} and should be a number"),
            ),
        };
        self.checks.note(CheckName::CreateTime, right, detail);
    }
}

#[cfg(test)]
mod tests;
