//! WeChat's side of the protocol: the simulator's, and from the primitives up what WeChat would never do. Neither
//! shares code with the library.

pub mod aibot;
pub mod both;
pub mod bots;
pub mod broken;
pub mod deliveries;
pub mod failing;
pub mod kinds;
pub mod logs;
pub mod made;
pub mod process;
pub mod redis_server;
pub mod sender;
pub mod servers;
pub mod user_text;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine};
use sha1::{Digest, Sha1};
use wechat_callback::{Callback, SecurityMode};
use wechat_sim::{Account, Stamp};

pub const MODES: [SecurityMode; 3] = [SecurityMode::Plain, SecurityMode::Compatible, SecurityMode::Safe];
pub const ENCRYPTED_MODES: [SecurityMode; 2] = [SecurityMode::Compatible, SecurityMode::Safe];

/// An account as its console has it.
#[derive(Clone, Debug)]
pub struct Wechat {
    pub app_id: String,
    pub token: String,
    pub encoding_aes_key: String,
    pub mode: SecurityMode,
}

/// A request that WeChat makes.
#[derive(Clone, Debug)]
pub struct Push {
    pub query: String,
    pub body: Vec<u8>,
}

impl Wechat {
    pub fn new(mode: SecurityMode) -> Self {
        Self {
            app_id: "wx5823bf96d3bd56c7".to_owned(),
            token: "QDG6eKxyrqUnkq3M".to_owned(),
            encoding_aes_key: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C".to_owned(),
            mode,
        }
    }

    /// The callback that its owner would configure.
    pub fn callback(&self) -> Callback {
        let builder = Callback::builder(&self.app_id, &self.token).mode(self.mode);
        let builder = match self.mode {
            SecurityMode::Plain => builder,
            _ => builder.encoding_aes_key(&self.encoding_aes_key),
        };
        builder.build().expect("a valid account")
    }

    /// Pushes the message `xml` now.
    pub fn push(&self, xml: &str) -> Push {
        self.push_at(xml, now(), &fresh().to_string())
    }

    pub fn push_at(&self, xml: &str, timestamp: i64, nonce: &str) -> Push {
        let stamp = Stamp { timestamp, nonce: nonce.to_owned(), random: *b"0123456789abcdef" };
        let push = self.simulator().push_xml(xml, &stamp);
        Push { query: push.query, body: push.body.into_bytes() }
    }

    /// WeChat's side. What it would never do, the tests do by hand below.
    pub fn simulator(&self) -> wechat_sim::Wechat {
        let mode = self.mode.to_string().parse().expect("a mode");
        let account = Account::new(&self.app_id, &self.token, &self.encoding_aes_key).expect("an account");
        wechat_sim::Wechat::new(account.with_mode(mode).with_original_id("gh_1ea4fc76af61"))
    }

    /// Pushes what stands in `encrypt`, rightly signed whatever it is.
    pub fn push_encrypted(&self, encrypt: &str, timestamp: i64, nonce: &str) -> Push {
        let msg_signature = self.sign(&[&timestamp.to_string(), nonce, encrypt]);
        let query = self.signed_query(timestamp, nonce);
        Push {
            query: format!("{query}&encrypt_type=aes&msg_signature={msg_signature}"),
            body: envelope(encrypt).into_bytes(),
        }
    }

    pub fn signed_query(&self, timestamp: i64, nonce: &str) -> String {
        let signature = self.sign(&[&timestamp.to_string(), nonce]);
        format!(
            "signature={signature}&timestamp={timestamp}&nonce={nonce}&openid=o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
        )
    }

    /// The query of the console's URL verification.
    pub fn verification(&self, echostr: &str) -> String {
        let (timestamp, nonce) = (now(), "1514711492");
        let signature = self.sign(&[&timestamp.to_string(), nonce]);
        format!("signature={signature}&echostr={echostr}&timestamp={timestamp}&nonce={nonce}")
    }

    pub fn sign(&self, parts: &[&str]) -> String {
        let mut sorted = [parts, &[&self.token]].concat();
        sorted.sort_unstable();
        Sha1::digest(sorted.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn encrypt(&self, message: &str) -> String {
        self.encrypt_with(message.as_bytes(), *b"0123456789abcdef")
    }

    pub fn encrypt_with(&self, message: &[u8], random: [u8; 16]) -> String {
        let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
        let mut frame = [&random[..], &length, message, self.app_id.as_bytes()].concat();
        let missing = 32 - frame.len() % 32;
        frame.resize(frame.len() + missing, missing as u8);
        self.encrypt_frame(frame)
    }

    /// Encrypts a frame exactly as it is given. Its length must be a multiple of 16.
    pub fn encrypt_frame(&self, mut frame: Vec<u8>) -> String {
        let key = self.key();
        let length = frame.len();
        cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &key[..16])
            .expect("a key")
            .encrypt_padded::<NoPadding>(&mut frame, length)
            .expect("whole blocks");
        STANDARD.encode(frame)
    }

    pub fn decrypt(&self, encrypt: &str) -> String {
        let mut frame = STANDARD.decode(encrypt).expect("base64");
        assert_eq!(frame.len() % 32, 0, "padded to 32");
        let key = self.key();
        cbc::Decryptor::<aes::Aes256>::new_from_slices(&key, &key[..16])
            .expect("a key")
            .decrypt_padded::<NoPadding>(&mut frame)
            .expect("whole blocks");
        let length = u32::from_be_bytes(frame[16..20].try_into().expect("four bytes")) as usize;
        let (message, rest) = frame[20..].split_at(length);
        let padding = rest.strip_prefix(self.app_id.as_bytes()).expect("the account's own app id");
        assert!(padding.iter().all(|byte| usize::from(*byte) == padding.len()), "PKCS#7 over 32");
        String::from_utf8(message.to_vec()).expect("UTF-8")
    }

    fn key(&self) -> Vec<u8> {
        let config = GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone);
        let lenient = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
        lenient.decode(&self.encoding_aes_key).expect("a key")
    }

    /// The XML of a reply, after the checks that WeChat makes of its envelope.
    pub fn read(&self, answer: &str) -> String {
        if self.mode == SecurityMode::Plain {
            return answer.to_owned();
        }
        let envelope = roxmltree::Document::parse(answer).expect("well-formed");
        let names: Vec<_> = envelope.root_element().children().filter(roxmltree::Node::is_element).collect();
        let names: Vec<_> = names.iter().map(|node| node.tag_name().name()).collect();
        assert_eq!(names, ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"]);
        let encrypt = text_of(&envelope, "Encrypt");
        let signature =
            self.sign(&[&text_of(&envelope, "TimeStamp"), &text_of(&envelope, "Nonce"), &encrypt]);
        assert_eq!(text_of(&envelope, "MsgSignature"), signature);
        self.decrypt(&encrypt)
    }
}

/// The envelope as WeChat lays it out.
pub fn envelope(encrypt: &str) -> String {
    format!(
        "<xml>\n    <ToUserName><![CDATA[gh_1ea4fc76af61]]></ToUserName>\n    <Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>\n"
    )
}

/// A text message as WeChat lays it out.
pub fn text(content: &str) -> String {
    let content = content.replace("]]>", "]]]]><![CDATA[>");
    format!(
        "<xml><ToUserName><![CDATA[gh_1ea4fc76af61]]></ToUserName>\n\
         <FromUserName><![CDATA[o6_bmjrPTlm6_2sgVt7hMZOPfL2M]]></FromUserName>\n\
         <CreateTime>1714036504</CreateTime>\n\
         <MsgType><![CDATA[text]]></MsgType>\n\
         <Content><![CDATA[{content}]]></Content>\n\
         <MsgId>{}</MsgId>\n\
         </xml>",
        fresh()
    )
}

/// A text message as WeChat is reported to write it: `]]>` is not split.
pub fn unsplit(content: &str) -> String {
    text("\u{1}").replace('\u{1}', content)
}

/// A number that was not used before: each message has its own MsgId, each request its own nonce.
pub fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(24_680_135_791_357_017);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What a reply's XML must be for the user to see `content`.
pub fn assert_text_reply(xml: &str, content: &str) {
    let reply = roxmltree::Document::parse(xml).expect("well-formed");
    assert_eq!(text_of(&reply, "ToUserName"), "o6_bmjrPTlm6_2sgVt7hMZOPfL2M");
    assert_eq!(text_of(&reply, "FromUserName"), "gh_1ea4fc76af61");
    assert_eq!(text_of(&reply, "MsgType"), "text");
    assert_eq!(text_of(&reply, "Content"), content);
}

/// The text of the first element called `name`.
pub fn text_of(document: &roxmltree::Document<'_>, name: &str) -> String {
    let node = document.descendants().find(|node| node.has_tag_name(name));
    let node = node.unwrap_or_else(|| panic!("no <{name}>"));
    node.children().filter_map(|child| child.text()).collect()
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("before the year 292277026596")
}
