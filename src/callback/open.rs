use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::verify::{Authentic, Uncovering};
use super::{Callback, OpenError};
use crate::delivery::{DeliveryKey, SignatureKey, UserKey};
use crate::reply::Names;
use crate::{DecryptError, Message, ReplyContext, Timestamp, XmlReplyContext};

/// A push that was opened. `#[non_exhaustive]`: only [`Callback::open`] makes one.
#[non_exhaustive]
pub struct Opened<'b> {
    /// The message.
    pub message: Message,
    /// The message as XML: decrypted, or the request's body where that was plain. WeChat is reported not to split `]]>`
    /// in a user's text, so another XML parser may refuse it or read other elements; [`Self::message`] does not.
    pub xml: Cow<'b, str>,
    /// What seals the reply.
    pub context: ReplyContext,
    /// The signature, where it does not cover the body.
    pub(crate) uncovering: Option<Uncovering>,
}

/// A push that was verified and decrypted but not read. `#[non_exhaustive]`: only [`Callback::open_xml`] makes one.
#[non_exhaustive]
pub struct OpenedXml<'b> {
    /// What WeChat wrote: decrypted, or the request's body where that was plain. A user's text in it may hold `]]>`
    /// unsplit, which other XML parsers do not expect.
    pub xml: Cow<'b, str>,
    /// What seals the reply.
    pub context: XmlReplyContext,
}

impl Callback {
    /// Opens a push (POST): verifies it, decrypts it, reads it.
    ///
    /// `query` is the query string as it stands in the URL, without the `?`; `body` the body as it came.
    ///
    /// # Errors
    ///
    /// [`OpenError`], whose [`status`](OpenError::status) is what to answer with, and an empty body.
    pub fn open<'b>(&self, query: &str, body: &'b [u8]) -> Result<Opened<'b>, OpenError> {
        self.open_at(query, body, Timestamp::now())
    }

    /// As [`open`](Self::open), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_at<'b>(&self, query: &str, body: &'b [u8], now: Timestamp) -> Result<Opened<'b>, OpenError> {
        let Authentic { xml, token, key, nonce, uncovering } = self.authenticate(query, body, now)?;
        let message = Message::from_xml(&xml).map_err(|error| {
            // Towards the caller, whatever fails behind the signature of an encrypted mode is one thing.
            if self.mode().is_encrypted() { DecryptError::Xml(error).into() } else { OpenError::Xml(error) }
        })?;
        let is_envelope = message.content.kind().is_empty() && message.fields().get("Encrypt").is_some();
        if is_envelope && !self.mode().is_encrypted() {
            return Err(OpenError::Encrypted);
        }
        let [to, from] =
            [&message.head.from, &message.head.to].map(|name| name.as_deref().unwrap_or_default());
        let names = Names::new(&nonce, to, from);
        let (account, to_event) = (self.account.clone(), message.event().is_some());
        let context = ReplyContext { account, token, key, to_event, names };
        Ok(Opened { message, xml, context, uncovering })
    }

    /// Verifies and decrypts a push without reading it, for those who pass the XML on to another service.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), but that what was decrypted may be anything in UTF-8.
    pub fn open_xml<'b>(&self, query: &str, body: &'b [u8]) -> Result<OpenedXml<'b>, OpenError> {
        self.open_xml_at(query, body, Timestamp::now())
    }

    /// As [`open_xml`](Self::open_xml), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`open_xml`](Self::open_xml).
    pub fn open_xml_at<'b>(
        &self,
        query: &str,
        body: &'b [u8],
        now: Timestamp,
    ) -> Result<OpenedXml<'b>, OpenError> {
        let Authentic { xml, token, key, nonce, .. } = self.authenticate(query, body, now)?;
        let (account, names) = (self.account.clone(), Names::new(&nonce, "", ""));
        let context = ReplyContext { account, token, key, to_event: false, names };
        Ok(OpenedXml { xml, context: XmlReplyContext::new(context) })
    }
}

impl Opened<'_> {
    /// What the repeats of this push have in common. `None` where nothing tells it from another.
    #[must_use]
    pub fn delivery_key(&self) -> Option<DeliveryKey> {
        DeliveryKey::of(&self.context.account.app_id, &self.message)
    }

    /// The signature, where it does not cover the body, which is in plain mode: to be bound to the body that it came
    /// with ([`DeliveryStore::bind`](crate::delivery::DeliveryStore::bind)).
    #[must_use]
    pub fn uncovering_signature(&self) -> Option<SignatureKey> {
        self.uncovering.map(|signature| signature.key)
    }

    /// For how long that signature is fresh, and so for how long it is to be bound: until its own timestamp leaves the
    /// window. Zero where it covers the body.
    #[must_use]
    pub fn fresh_for(&self) -> Duration {
        self.uncovering.map_or(Duration::ZERO, |signature| signature.fresh_for)
    }

    /// Who sent the message, hashed.
    #[must_use]
    pub fn user_key(&self) -> Option<UserKey> {
        Some(UserKey::of(&self.context.account.app_id, self.message.openid()?))
    }
}

/// The message as its own `Debug` has it, and the length of the XML.
impl fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("message", &self.message)
            .field("xml_length", &self.xml.len())
            .field("context", &self.context)
            .finish()
    }
}

/// The length of the XML.
impl fmt::Debug for OpenedXml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedXml")
            .field("xml_length", &self.xml.len())
            .field("context", &self.context)
            .finish()
    }
}
