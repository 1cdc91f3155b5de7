use std::fmt;
use std::sync::Arc;

use super::envelope::Envelope;
#[cfg(feature = "tokio-1")]
use super::max_text;
use super::{Reply, SealError, Shape, aibot};
use crate::Timestamp;
use crate::account::{Account, Generation};
use crate::channel::{Channel, DataFormat, PushKind, ReplyTo};
use crate::format::{TwoTexts, Writer};
use crate::message::Id;
use crate::receive_id::OtherReceiveId;
use crate::signature::Signature;

/// The acknowledgement, which shows the user nothing. It is neither encrypted nor quoted in any mode: WeChat reports
/// anything else as an "illegal response".
const ACKNOWLEDGEMENT: &str = "success";
const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// Seals the replies to one push: it knows the sender, the receiver, the mode, the token and the key.
///
/// [`Callback::open`](crate::Callback::open) makes it. A push that was made with the previous token or key is answered
/// with the same.
#[derive(Clone)]
pub struct ReplyContext {
    pub(crate) account: Arc<Account>,
    /// Which token the push was signed with.
    pub(crate) token: Generation,
    /// Which key the push was encrypted with.
    pub(crate) key: Generation,
    /// The receive id of the push, which is that of the reply.
    pub(crate) receive_id: OtherReceiveId,
    /// What it answers: limits depend on it.
    pub(crate) to: ReplyTo,
    pub(crate) names: Names,
    /// Which stream an AI bot answers with.
    pub(crate) stream_id: Option<Box<str>>,
}

/// The nonce and the names in a reply.
#[derive(Clone)]
pub(crate) struct Names {
    nonce: Id,
    /// The receiver of the reply (the sender of the push), and its sender.
    names: TwoTexts,
}

impl Names {
    /// `nonce` is the request's, as in Tencent's samples. `names` are the receiver of the reply and its sender.
    #[inline]
    pub(crate) fn new(nonce: &str, names: TwoTexts) -> Self {
        Self { nonce: nonce.into(), names }
    }

    fn nonce(&self) -> &str {
        self.nonce.as_str()
    }

    /// Copies the names, so that they do not keep the message that they are a part of.
    #[cfg(feature = "tokio-1")]
    fn let_go(&mut self) {
        self.names.let_go();
    }

    fn get(&self) -> [Option<&str>; 2] {
        self.names.get()
    }

    /// The receiver and the sender.
    fn both(&self) -> Result<(&str, &str), SealError> {
        let [to, from] = self.get();
        let to = to.ok_or(SealError::NoRecipient("FromUserName"))?;
        Ok((to, from.ok_or(SealError::NoRecipient("ToUserName"))?))
    }
}

/// What is kept of a push while its handler runs, to check whether a reply to it can be sealed.
#[cfg(feature = "tokio-1")]
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    to: ReplyTo,
    pub(crate) has_recipient: bool,
    pub(crate) is_encrypted: bool,
    pub(crate) format: DataFormat,
}

#[cfg(feature = "tokio-1")]
impl Limits {
    /// Whether it is a system event, which has no reply.
    pub(crate) const fn is_to_system_event(self) -> bool {
        matches!(self.to.push, PushKind::System)
    }

    /// How long a text may be, in bytes.
    pub(crate) const fn text(self) -> usize {
        max_text(self.to)
    }

    /// Whether WeChat accepts `reply`, not considering whether there is a recipient.
    pub(crate) fn check(self, reply: &Reply) -> Result<(), SealError> {
        reply.accepted(self.to)
    }
}

/// A sealed reply: the body of the HTTP response, and its content type. The status is 200.
///
/// `#[non_exhaustive]`: only a [`ReplyContext`] and [`acknowledgement`](Self::acknowledgement) make one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sealed {
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The body, to be sent unchanged.
    pub body: String,
}

impl Sealed {
    /// The acknowledgement `success`: WeChat shows the user nothing and does not retry. That of an AI bot is another:
    /// [`ReplyContext::acknowledgement`].
    #[must_use]
    pub fn acknowledgement() -> Self {
        Self { content_type: PLAIN_TEXT, body: ACKNOWLEDGEMENT.to_owned() }
    }

    /// What an AI bot is answered with where there is no reply: nothing.
    fn nothing() -> Self {
        Self { content_type: PLAIN_TEXT, body: String::new() }
    }

    fn document(format: DataFormat, channel: Channel, body: String) -> Self {
        let content_type = match (channel, format) {
            // As Tencent's own plug-in for AI bots sends its JSON. Other servers send application/json, and were answered as
            // well; Tencent's pages say nothing.
            (Channel::AiBot, _) => PLAIN_TEXT,
            (_, DataFormat::Xml) => "text/xml; charset=utf-8",
            (_, DataFormat::Json) => "application/json; charset=utf-8",
        };
        Self { content_type, body }
    }
}

impl ReplyContext {
    /// Copies what it shares with the message, so that the message is not kept with it.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn let_go(&mut self) {
        self.names.let_go();
    }

    /// Turns `reply` into the body of the HTTP response, in the account's [data format](DataFormat): encrypted and signed in
    /// an encrypted mode.
    ///
    /// ```
    /// # use wechat_callback::{Callback, OpenError, SealError, TextReply};
    /// # fn answer(callback: &Callback, query: &str, body: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
    /// let opened = callback.open(query, body)?;
    /// let sealed = opened.context.seal(TextReply::new("你好"))?;
    /// # Ok(sealed.body)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SealError`] if the push has no sender or receiver, the account has no such reply, or WeChat would not accept it: a
    /// blank text or one over 2,047 bytes, a blank media id or link, no article or too many, a transfer to an agent in
    /// reply to an event, anything in reply to a system event. An AI bot has [limits of its own](crate::message#replies-msgtype).
    /// [`Reply::None`] never fails.
    pub fn seal(&self, reply: impl Into<Reply>) -> Result<Sealed, SealError> {
        self.seal_ref_at(&reply.into(), Timestamp::now(), rand::random())
    }

    /// As [`seal`](Self::seal), with the caller's clock and 16 random bytes, which must be different for each reply.
    ///
    /// # Errors
    ///
    /// As [`seal`](Self::seal).
    pub fn seal_at(
        &self,
        reply: impl Into<Reply>,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Sealed, SealError> {
        self.seal_ref_at(&reply.into(), now, random)
    }

    /// As [`seal_at`](Self::seal_at), for a reply that is kept for other deliveries of the push.
    pub(crate) fn seal_ref_at(
        &self,
        reply: &Reply,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Sealed, SealError> {
        if self.to.channel == Channel::AiBot {
            return self.seal_aibots(reply, now, random);
        }
        let content = match reply.shape() {
            Shape::None => return Ok(Sealed::acknowledgement()),
            Shape::Passive(content) => content,
            Shape::AiBots(kind) => {
                return Err(SealError::Unsupported { kind, channel: self.to.channel.name() });
            }
        };
        let (to, from) = self.recipients()?;
        content.accepted(self.to)?;
        let room = 192 + to.len() + from.len() + content.room();
        Ok(self.seal_with(now, random, room, |text| {
            Writer::document(text, self.account.format, |writer| {
                writer.text("ToUserName", to);
                writer.text("FromUserName", from);
                writer.number("CreateTime", now.as_secs());
                writer.text("MsgType", content.kind());
                content.write(writer);
            });
        }))
    }

    // Kept out of the way of all others.
    #[cold]
    fn seal_aibots(&self, reply: &Reply, now: Timestamp, random: [u8; 16]) -> Result<Sealed, SealError> {
        if reply.is_none() {
            return Ok(Sealed::nothing());
        }
        self.check_recipient()?;
        reply.accepted(self.to)?;
        let stream_id = self.stream_id().unwrap_or_default();
        let room = aibot::room(reply).saturating_add(stream_id.len());
        Ok(self.seal_with(now, random, room, |text| aibot::write(text, reply, self.to.push, stream_id)))
    }

    /// The answer that shows the user nothing: `success`, or from an AI bot (企业微信智能机器人) an empty body.
    #[must_use]
    pub fn acknowledgement(&self) -> Sealed {
        if self.to.channel == Channel::AiBot { Sealed::nothing() } else { Sealed::acknowledgement() }
    }

    /// The id of the stream that an AI bot (企业微信智能机器人) answers with. In answer to a message it is the hex of its
    /// [`DeliveryKey`](crate::delivery::DeliveryKey), so that a retry has the same; in answer to a refresh it is that of the
    /// stream that WeCom asks for. All others have none.
    #[must_use]
    pub fn stream_id(&self) -> Option<&str> {
        self.stream_id.as_deref()
    }

    /// Seals a reply that is XML (or JSON) already, such as that of another service: in the account's
    /// [data format](DataFormat). It is not checked.
    #[must_use]
    pub fn seal_raw(&self, reply: &str) -> Sealed {
        self.seal_raw_at(reply, Timestamp::now(), rand::random())
    }

    /// As [`seal_raw`](Self::seal_raw), with the caller's clock and 16 random bytes.
    #[must_use]
    pub fn seal_raw_at(&self, reply: &str, now: Timestamp, random: [u8; 16]) -> Sealed {
        self.seal_with(now, random, reply.len(), |text| text.push_str(reply))
    }

    /// The limits that a reply to the push must keep.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            to: self.to,
            has_recipient: self.check_recipient().is_ok(),
            is_encrypted: self.account.cipher(self.key).is_some(),
            format: self.account.format,
        }
    }

    /// Whether there is somebody to reply to.
    fn check_recipient(&self) -> Result<(), SealError> {
        if self.to.channel != Channel::AiBot {
            return self.recipients().map(|_| ());
        }
        let [sender, _] = self.names.get();
        let is_answerable = sender.is_some_and(|sender| self.to.is_answerable(sender));
        // A refresh asks for the answer to a message that had a sender.
        if is_answerable || self.to.push == PushKind::Refresh {
            Ok(())
        } else {
            Err(SealError::NoRecipient("user in from.userid"))
        }
    }

    /// The receiver and the sender of a reply. A system event mostly names neither, but that is not why it has no reply.
    fn recipients(&self) -> Result<(&str, &str), SealError> {
        if self.to.push == PushKind::System {
            return Err(SealError::ToSystemEvent);
        }
        let (to, from) = self.names.both()?;
        if self.to.is_answerable(to) {
            Ok((to, from))
        } else {
            Err(SealError::NoRecipient("member in FromUserName"))
        }
    }

    fn seal_with(
        &self,
        now: Timestamp,
        random: [u8; 16],
        room: usize,
        write: impl FnOnce(&mut String),
    ) -> Sealed {
        let format = self.account.format;
        let Some(cipher) = self.account.cipher(self.key) else {
            let mut body = String::with_capacity(room);
            write(&mut body);
            return Sealed::document(format, self.to.channel, body);
        };
        let mut digits = itoa::Buffer::new();
        let (timestamp, nonce) = (digits.format(now.as_secs()), self.names.nonce());
        let receive_id = self.receive_id.as_deref().unwrap_or(&self.account.app_id);
        let envelope = Envelope::of(format, self.to.channel);
        let behind = envelope.behind(timestamp, nonce);
        let mut out = cipher.seal(receive_id, random, room, write, envelope.before, behind);
        let token = self.account.token(self.token).secret();
        let signature = Signature::of([token, timestamp, nonce, &out[envelope.before.len()..]]);
        envelope.close(&mut out, signature, timestamp, nonce);
        Sealed::document(format, self.to.channel, out)
    }
}

/// Seals replies that are XML (or JSON) already, to a push that was not parsed ([`open_raw`](crate::Callback::open_raw)).
#[derive(Debug, Clone)]
pub struct RawReplyContext(ReplyContext);

impl RawReplyContext {
    pub(crate) const fn new(context: ReplyContext) -> Self {
        Self(context)
    }

    /// As [`ReplyContext::seal_raw`].
    #[must_use]
    pub fn seal_raw(&self, reply: &str) -> Sealed {
        self.0.seal_raw(reply)
    }

    /// As [`ReplyContext::seal_raw_at`].
    #[must_use]
    pub fn seal_raw_at(&self, reply: &str, now: Timestamp, random: [u8; 16]) -> Sealed {
        self.0.seal_raw_at(reply, now, random)
    }
}

/// Shows the mode alone.
impl fmt::Debug for ReplyContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyContext").field("mode", &self.account.mode).finish_non_exhaustive()
    }
}

/// Shows the content type, and the length of the body.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content_type, body } = self;
        f.debug_struct("Sealed")
            .field("content_type", content_type)
            .field("body_length", &body.len())
            .finish()
    }
}
