use crate::channel::{Channel, DataFormat};
use crate::format::json;
use crate::signature::Signature;

/// The length of a signature in hex.
const HEX: usize = 40;

/// What stands around the parts of an encrypted reply, in either format.
pub(super) struct Envelope {
    /// Before `Encrypt`.
    pub(super) before: &'static str,
    to_signature: &'static str,
    to_timestamp: &'static str,
    to_nonce: &'static str,
    end: &'static str,
    format: DataFormat,
}

const XML: Envelope = Envelope {
    before: "<xml>\n<Encrypt><![CDATA[",
    to_signature: "]]></Encrypt>\n<MsgSignature><![CDATA[",
    to_timestamp: "]]></MsgSignature>\n<TimeStamp>",
    to_nonce: "</TimeStamp>\n<Nonce><![CDATA[",
    end: "]]></Nonce>\n</xml>",
    format: DataFormat::Xml,
};

/// `TimeStamp` is a number here, and `Nonce` a string.
const JSON: Envelope = Envelope {
    before: r#"{"Encrypt":""#,
    to_signature: r#"","MsgSignature":""#,
    to_timestamp: r#"","TimeStamp":"#,
    to_nonce: r#","Nonce":""#,
    end: r#""}"#,
    format: DataFormat::Json,
};

/// An AI bot's, in lower case.
const AIBOT: Envelope = Envelope {
    before: r#"{"encrypt":""#,
    to_signature: r#"","msgsignature":""#,
    to_timestamp: r#"","timestamp":"#,
    to_nonce: r#","nonce":""#,
    end: r#""}"#,
    format: DataFormat::Json,
};

impl Envelope {
    pub(super) const fn of(format: DataFormat, channel: Channel) -> &'static Self {
        match (format, channel) {
            (_, Channel::AiBot) => &AIBOT,
            (DataFormat::Xml, _) => &XML,
            (DataFormat::Json, _) => &JSON,
        }
    }

    /// How many bytes [`close`](Self::close) writes. (Rarely more: JSON escapes a nonce that is no number.)
    pub(super) const fn behind(&self, timestamp: &str, nonce: &str) -> usize {
        let Self { to_signature, to_timestamp, to_nonce, end, .. } = self;
        let fixed = to_signature.len() + HEX + to_timestamp.len() + to_nonce.len() + end.len();
        fixed + timestamp.len() + nonce.len()
    }

    /// Writes what follows `Encrypt`.
    #[inline]
    pub(super) fn close(&self, out: &mut String, signature: Signature, timestamp: &str, nonce: &str) {
        match self.format {
            DataFormat::Xml => XML.write(out, signature, timestamp, |out| out.push_str(nonce)),
            DataFormat::Json => self.write(out, signature, timestamp, |out| json::push_text(out, nonce)),
        }
    }

    /// Inlined, so that the lengths of its parts are known.
    #[inline(always)]
    fn write(
        &self,
        out: &mut String,
        signature: Signature,
        timestamp: &str,
        nonce: impl FnOnce(&mut String),
    ) {
        out.push_str(self.to_signature);
        signature.push_hex(out);
        for part in [self.to_timestamp, timestamp, self.to_nonce] {
            out.push_str(part);
        }
        nonce(out);
        out.push_str(self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Generation;
    use crate::channel::{PushKind, ReplyTo};
    use crate::format::{Name, Tree};
    use crate::reply::Names;
    use crate::{
        Callback, CallbackBuilder, ReplyContext, SealError, Sealed, TextReply, Timestamp, TransferReply,
    };

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn builder() -> CallbackBuilder {
        Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").format(DataFormat::Json)
    }

    fn encrypted() -> Callback {
        let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
        builder().encoding_aes_key(key).build().expect("an account")
    }

    fn seal(callback: &Callback, nonce: &str) -> Result<Sealed, SealError> {
        let xml = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o\"1</FromUserName></xml>";
        let names = Tree::parse(xml).expect("XML").two_texts([Name::FromUserName, Name::ToUserName]);
        let context = ReplyContext {
            account: callback.account.clone(),
            token: Generation::Current,
            key: Generation::Current,
            receive_id: None,
            to: ReplyTo { channel: Channel::MiniProgram, push: PushKind::Message },
            names: Names::new(nonce, names),
            stream_id: None,
        };
        context.seal_at(TextReply::new("x"), NOW, [7; 16]).expect_err("no such reply");
        context.seal_at(TransferReply::to_any_agent(), NOW, [7; 16])
    }

    #[test]
    fn a_plain_reply_in_json_is_an_object() {
        let sealed = seal(&builder().build().expect("an account"), "415670741").expect("a reply");
        assert_eq!(sealed.content_type, "application/json; charset=utf-8");
        assert_eq!(
            sealed.body,
            r#"{"ToUserName":"o\"1","FromUserName":"gh_1","CreateTime":1700000000,"MsgType":"transfer_customer_service"}"#
        );
    }

    #[test]
    fn an_encrypted_reply_in_json_is_an_envelope_whose_time_is_a_number_and_whose_nonce_a_string() {
        for nonce in ["415670741", "a\"\\b"] {
            let sealed = seal(&encrypted(), nonce).expect("a reply");
            assert_eq!(sealed.content_type, "application/json; charset=utf-8");
            let envelope: serde_json::Value = serde_json::from_str(&sealed.body).expect("JSON");
            let text = |name: &str| envelope[name].as_str().expect("a string");
            assert_eq!((envelope["TimeStamp"].as_i64(), text("Nonce")), (Some(1_700_000_000), nonce));
            let signature = Signature::of(["QDG6eKxyrqUnkq3M", "1700000000", nonce, text("Encrypt")]);
            let mut hex = String::new();
            signature.push_hex(&mut hex);
            assert_eq!(text("MsgSignature"), hex);
            assert!(sealed.body.starts_with(r#"{"Encrypt":""#), "{}", sealed.body);
        }
    }

    #[test]
    fn the_room_behind_the_ciphertext_is_what_is_written_there() {
        for (format, channel) in [
            (DataFormat::Xml, Channel::OfficialAccount),
            (DataFormat::Json, Channel::MiniProgram),
            (DataFormat::Json, Channel::AiBot),
        ] {
            let (envelope, mut out) = (Envelope::of(format, channel), String::new());
            envelope.close(&mut out, Signature::of(["", "", "", ""]), "1700000000", "415670741");
            assert_eq!(out.len(), envelope.behind("1700000000", "415670741"));
        }
    }
}
