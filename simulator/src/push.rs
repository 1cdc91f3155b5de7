use std::time::{SystemTime, UNIX_EPOCH};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::reading::MessageHead;
use crate::xml::{CdataStyle, Element, push_cdata};
use crate::{Account, AccountKind, DataFormat, Mode, Request, Signature, cipher, json};

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
    /// The message, as XML or JSON.
    pub xml: String,
    /// The query that is added to the bot's URL.
    pub query: String,
    /// The request's body.
    pub body: String,
    /// How each signature was computed.
    pub signatures: Vec<Signature>,
    #[serde(skip)]
    format: DataFormat,
    #[serde(skip)]
    pub(crate) head: MessageHead,
    /// The message as a tree.
    #[serde(skip)]
    pub(crate) message: Element,
}

impl Push {
    /// Signs `text`, the written form of `message`, and encrypts it if the mode requires it.
    pub(crate) fn sign(account: &Account, text: &str, message: Element, stamp: &Stamp) -> Self {
        if account.mode() == Mode::Plain {
            return Self::plain(account, text, message, stamp);
        }
        let head = MessageHead::of(&message);
        let encrypt = cipher::seal(account.key(), account.receive_id(&head), text.as_bytes(), stamp.random);
        let push = Self::encrypted(account, text, message, &encrypt, stamp);
        match account.mode() {
            // Without an end, as in malformed raw messages, only the encrypted message is sent.
            Mode::Compatible => match with_encrypt(account.format(), text, &encrypt) {
                Some(body) => Self { body, ..push },
                None => push,
            },
            _ => push,
        }
    }

    /// Signs without encryption.
    pub(crate) fn plain(account: &Account, text: &str, message: Element, stamp: &Stamp) -> Self {
        let timestamp = stamp.timestamp.to_string();
        let parts = [("timestamp", timestamp.as_str()), ("nonce", stamp.nonce.as_str())];
        let signature = Signature::new("signature", account.token(), &parts);
        let head = MessageHead { nonce: stamp.nonce.clone(), ..MessageHead::of(&message) };
        let mut query = format!("signature={}&timestamp={timestamp}&nonce={}", signature.value, stamp.nonce);
        if !head.from.is_empty() {
            query.push_str("&openid=");
            query.extend(utf8_percent_encode(&head.from, IN_QUERY));
        }
        let (xml, body, signatures) = (text.to_owned(), text.to_owned(), vec![signature]);
        Self { xml, query, body, signatures, format: account.format(), head, message }
    }

    /// Signs any `encrypt`.
    pub(crate) fn encrypted(
        account: &Account,
        text: &str,
        message: Element,
        encrypt: &str,
        stamp: &Stamp,
    ) -> Self {
        let mut push = Self::plain(account, text, message, stamp);
        let timestamp = stamp.timestamp.to_string();
        let parts =
            [("timestamp", timestamp.as_str()), ("nonce", stamp.nonce.as_str()), ("encrypt", encrypt)];
        let signature = Signature::new("msg_signature", account.token(), &parts);
        if account.kind().is_of_wecom() {
            push.query =
                format!("msg_signature={}&timestamp={timestamp}&nonce={}", signature.value, stamp.nonce);
            push.signatures.clear();
        } else {
            push.query.push_str("&encrypt_type=aes&msg_signature=");
            push.query.push_str(&signature.value);
        }
        push.signatures.push(signature);
        push.body = envelope(account, &push.head, encrypt);
        push
    }

    /// The request to a bot at `url`.
    #[must_use]
    pub fn request(&self, url: &str) -> Request {
        let mut request = Request::post(url, &self.query, self.body.clone());
        for (name, value) in &mut request.headers {
            if name == "content-type" {
                self.format.media_type().clone_into(value);
            }
        }
        request
    }

    /// The openid of the sender, or the `UserID` of a member; empty if there is none.
    #[must_use]
    pub fn openid(&self) -> &str {
        &self.head.from
    }

    /// The event's name (or its `InfoType`), or the `MsgType`; empty if there is neither.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.head.event.as_deref().unwrap_or(&self.head.msg_type)
    }
}

/// The message with `Encrypt` in the same root, as in compatible mode. `None` if it has no end.
fn with_encrypt(format: DataFormat, text: &str, encrypt: &str) -> Option<String> {
    match format {
        DataFormat::Xml => {
            let plain = text.trim_end().strip_suffix("</xml>")?;
            Some(format!("{plain}<Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>"))
        }
        DataFormat::Json => {
            let plain = text.trim_end().strip_suffix('}')?;
            let comma = if plain.trim_end().ends_with('{') { "" } else { "," };
            Some(format!("{plain}{comma}\"Encrypt\":{}}}", json::quoted(encrypt)))
        }
    }
}

/// The envelope in WeChat's layout.
pub(crate) fn envelope(account: &Account, head: &MessageHead, encrypt: &str) -> String {
    if account.kind() == AccountKind::AiBot {
        return format!("{{\"encrypt\":{}}}", json::quoted(encrypt));
    }
    let to = if head.to.is_empty() { account.original_id() } else { &head.to };
    if account.format() == DataFormat::Json {
        return format!("{{\"ToUserName\":{},\"Encrypt\":{}}}", json::quoted(to), json::quoted(encrypt));
    }
    let elements: &[(&str, &str)] = match (account.kind(), head.system) {
        (AccountKind::Platform, true) => &[("AppId", account.app_id()), ("Encrypt", encrypt)],
        (AccountKind::WeCom, true) => {
            &[("ToUserName", account.suite_id()), ("Encrypt", encrypt), ("AgentID", "")]
        }
        (AccountKind::WeCom, false) => {
            &[("ToUserName", to), ("Encrypt", encrypt), ("AgentID", &head.agent_id)]
        }
        _ => &[("ToUserName", to), ("Encrypt", encrypt)],
    };
    let mut out = String::from("<xml>\n");
    for (name, text) in elements {
        out.push_str("    <");
        out.push_str(name);
        out.push('>');
        // In raw XML it can be anything.
        push_cdata(&mut out, text, CdataStyle::Split);
        out.push_str("</");
        out.push_str(name);
        out.push_str(">\n");
    }
    out.push_str("</xml>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(account: &Account, text: &str) -> Push {
        Push::sign(account, text, Element::parse_pushed(text, account.format()), &Stamp::now())
    }

    #[test]
    fn an_envelope_has_two_elements_whatever_is_in_them() {
        let account = Account::generate();
        for to in ["gh_1", "]]]>>", "]]]]>>", "a]]></ToUserName><Encrypt><![CDATA[AAAA]]></Encrypt>"] {
            let head = MessageHead { to: to.to_owned(), ..MessageHead::default() };
            let envelope = Element::parse(&envelope(&account, &head, "ab+/=")).expect("well-formed");
            assert_eq!((envelope.get("ToUserName"), envelope.get("Encrypt")), (Some(to), Some("ab+/=")));
            assert_eq!(envelope.children.len(), 2);
            let account = Account::generate_as(AccountKind::Store);
            let json = json::parse(&super::envelope(&account, &head, "ab+/=")).expect("JSON");
            assert_eq!((json.get("ToUserName"), json.get("Encrypt")), (Some(to), Some("ab+/=")));
            assert_eq!(json.children.len(), 2);
        }
    }

    #[test]
    fn an_envelope_of_wecom_has_the_agent_and_its_query_no_signature() {
        let account = Account::generate_as(AccountKind::WeCom);
        let push = push(
            &account,
            "<xml><ToUserName>ww1</ToUserName><MsgType>text</MsgType><AgentID>7</AgentID></xml>",
        );
        let names: Vec<_> = push.query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
        assert_eq!(names, ["msg_signature", "timestamp", "nonce"]);
        let envelope = Element::parse(&push.body).expect("well-formed");
        let names: Vec<_> = envelope.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(names, ["ToUserName", "Encrypt", "AgentID"]);
        assert_eq!((envelope.get("ToUserName"), envelope.get("AgentID")), (Some("ww1"), Some("7")));
    }

    #[test]
    fn a_system_event_is_for_the_platform_or_the_suite() {
        let xml = "<xml><InfoType>x</InfoType></xml>";
        let receive_id = |account: &Account, body: &str| {
            let envelope = Element::parse(body).expect("well-formed");
            let opened =
                cipher::open(account.key(), envelope.get("Encrypt").unwrap_or_default()).expect("opened");
            (envelope, String::from_utf8(opened.app_id).expect("text"))
        };
        let platform = Account::generate_as(AccountKind::Platform);
        let (envelope, id) = receive_id(&platform, &push(&platform, xml).body);
        assert_eq!((envelope.get("AppId"), envelope.get("ToUserName")), (Some(platform.app_id()), None));
        assert_eq!(id, platform.app_id());
        let suite = Account::generate_as(AccountKind::WeCom).with_suite_id("ww4asffe9");
        let (envelope, id) = receive_id(&suite, &push(&suite, xml).body);
        assert_eq!((envelope.get("ToUserName"), id.as_str()), (Some("ww4asffe9"), "ww4asffe9"));
    }

    #[test]
    fn json_in_compatible_mode_is_one_object_with_both() {
        let account = Account::generate_as(AccountKind::MiniProgram).with_mode(Mode::Compatible);
        let push = push(&account, r#"{"ToUserName":"gh_1","MsgType":"text"}"#);
        let body = json::parse(&push.body).expect("JSON");
        let names: Vec<_> = body.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(names, ["ToUserName", "MsgType", "Encrypt"]);
        let request = push.request("http://127.0.0.1/");
        assert!(request.headers.contains(&("content-type".to_owned(), "application/json".to_owned())));
    }
}
