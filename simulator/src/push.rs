use std::time::{SystemTime, UNIX_EPOCH};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::reading::MessageHead;
use crate::xml::{CdataStyle, Element, push_cdata};
use crate::{Account, Mode, Request, Signature, cipher};

/// The characters that are escaped in a query. An openid has none of them.
pub(crate) const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The time and the randomness of one push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `timestamp`: seconds since 1970.
    pub timestamp: i64,
    /// `nonce`, in decimal digits.
    pub nonce: String,
    /// The random block before an encrypted message. WeChat sends hexadecimal digits.
    pub random: [u8; 16],
}

impl Stamp {
    /// The current time and new random values.
    #[must_use]
    pub fn now() -> Self {
        let hex = crate::account::random_hex::<8>();
        let mut random = [0; 16];
        for (byte, digit) in random.iter_mut().zip(hex.bytes()) {
            *byte = digit;
        }
        Self { timestamp: now(), nonce: rand::random::<u32>().to_string(), random }
    }

    /// The same with another timestamp.
    #[must_use]
    pub fn at(self, timestamp: i64) -> Self {
        Self { timestamp, ..self }
    }
}

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

/// A message that is signed and, if the mode requires it, encrypted: ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Push {
    /// The message's XML.
    pub xml: String,
    /// The query that is added to the bot's URL.
    pub query: String,
    /// The request's body.
    pub body: String,
    /// How each signature was computed.
    pub signatures: Vec<Signature>,
    #[serde(skip)]
    pub(crate) head: MessageHead,
    /// The message as a tree.
    #[serde(skip)]
    pub(crate) message: Element,
}

impl Push {
    /// Signs `xml`, the written form of `message`, and encrypts it if the mode requires it.
    pub(crate) fn sign(account: &Account, xml: &str, message: Element, stamp: &Stamp) -> Self {
        let encrypt = || cipher::seal(account.key(), account.app_id(), xml.as_bytes(), stamp.random);
        match account.mode() {
            Mode::Plain => Self::plain(account, xml, message, stamp),
            Mode::Safe => Self::encrypted(account, xml, message, &encrypt(), stamp),
            Mode::Compatible => {
                let encrypt = encrypt();
                let push = Self::encrypted(account, xml, message, &encrypt, stamp);
                // The plain elements are in the same root. Without one, as in malformed raw XML, only the encrypted
                // message is sent.
                let Some(plain) = xml.trim_end().strip_suffix("</xml>") else { return push };
                let body = format!("{plain}<Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>");
                Self { body, ..push }
            }
        }
    }

    fn plain(account: &Account, xml: &str, message: Element, stamp: &Stamp) -> Self {
        let timestamp = stamp.timestamp.to_string();
        let parts = [("timestamp", timestamp.as_str()), ("nonce", stamp.nonce.as_str())];
        let signature = Signature::new("signature", account.token(), &parts);
        let head = MessageHead::of(&message);
        let mut query = format!("signature={}&timestamp={timestamp}&nonce={}", signature.value, stamp.nonce);
        if !head.from.is_empty() {
            query.push_str("&openid=");
            query.extend(utf8_percent_encode(&head.from, IN_QUERY));
        }
        let (xml, body, signatures) = (xml.to_owned(), xml.to_owned(), vec![signature]);
        Self { xml, query, body, signatures, head, message }
    }

    /// Signs any `encrypt`.
    pub(crate) fn encrypted(
        account: &Account,
        xml: &str,
        message: Element,
        encrypt: &str,
        stamp: &Stamp,
    ) -> Self {
        let mut push = Self::plain(account, xml, message, stamp);
        let timestamp = stamp.timestamp.to_string();
        let parts =
            [("timestamp", timestamp.as_str()), ("nonce", stamp.nonce.as_str()), ("encrypt", encrypt)];
        let signature = Signature::new("msg_signature", account.token(), &parts);
        push.query.push_str("&encrypt_type=aes&msg_signature=");
        push.query.push_str(&signature.value);
        push.signatures.push(signature);
        let to = if push.head.to.is_empty() { account.original_id() } else { &push.head.to };
        push.body = envelope(to, encrypt);
        push
    }

    /// The request to a bot at `url`.
    #[must_use]
    pub fn request(&self, url: &str) -> Request {
        Request::post(url, &self.query, self.body.clone())
    }

    /// The openid of the sender; empty if there is none.
    #[must_use]
    pub fn openid(&self) -> &str {
        &self.head.from
    }

    /// The event's name, or the `MsgType`; empty if there is neither.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.head.event.as_deref().unwrap_or(&self.head.msg_type)
    }
}

/// The envelope in WeChat's layout.
pub(crate) fn envelope(to: &str, encrypt: &str) -> String {
    let mut out = String::from("<xml>\n    <ToUserName>");
    // In raw XML it can be anything.
    push_cdata(&mut out, to, CdataStyle::Split);
    out.push_str("</ToUserName>\n    <Encrypt>");
    push_cdata(&mut out, encrypt, CdataStyle::Split);
    out.push_str("</Encrypt>\n</xml>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_has_two_elements_whatever_is_in_them() {
        for to in ["gh_1", "]]]>>", "]]]]>>", "a]]></ToUserName><Encrypt><![CDATA[AAAA]]></Encrypt>"] {
            let envelope = Element::parse(&envelope(to, "ab+/=")).expect("well-formed");
            assert_eq!((envelope.get("ToUserName"), envelope.get("Encrypt")), (Some(to), Some("ab+/=")));
            assert_eq!(envelope.children.len(), 2);
        }
    }
}
