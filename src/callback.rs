use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, Generation, Rotation};
use crate::delivery::{DeliveryKey, MemoryStore, SignatureKey, UserKey};
use crate::process::Process;
use crate::query::{CallbackQuery, SignatureParameter};
use crate::reply::Names;
use crate::secret::Token;
use crate::signature::Signature;
use crate::{
    DecryptError, Message, OpenError, QueryError, ReplyContext, SecurityMode, Timestamp, XmlReplyContext, xml,
};

/// One account's callback (服务器配置): verifies and opens what WeChat sends to its URL.
///
/// Cheap to clone; clones share the same keys, and what a process remembers of its deliveries.
#[derive(Clone)]
pub struct Callback {
    pub(crate) account: Arc<Account>,
    pub(crate) process: Arc<Process>,
}

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

/// A signature that does not cover the body.
#[derive(Clone, Copy)]
pub(crate) struct Uncovering {
    pub(crate) key: SignatureKey,
    /// For how long its timestamp is fresh.
    pub(crate) fresh_for: Duration,
}

/// A URL verification (GET) that was verified.
pub(crate) struct Verified {
    pub(crate) echostr: String,
    /// In plain mode the signature would open a push as well.
    #[cfg_attr(not(feature = "tokio-1"), expect(dead_code, reason = "it takes a store to bind it"))]
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

/// What was proven to come from WeChat, and with what.
struct Authentic<'q, 'b> {
    xml: Cow<'b, str>,
    token: Generation,
    key: Generation,
    nonce: Cow<'q, str>,
    /// The signature, where it does not cover the body.
    uncovering: Option<Uncovering>,
}

impl Callback {
    /// The AppID.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.account.app_id
    }

    /// The security mode.
    #[must_use]
    pub fn mode(&self) -> SecurityMode {
        self.account.mode
    }

    /// Answers the URL verification (GET): returns the `echostr` to send back as `text/plain`, exactly as it is.
    ///
    /// `query` is the query string as it stands in the URL, without the `?`.
    ///
    /// In plain mode the signature that was verified would open a push as well, with any body. The middlewares bind it
    /// to no body; whoever calls this remembers it, or leaves it at the window of time.
    ///
    /// # Errors
    ///
    /// [`OpenError`], whose [`status`](OpenError::status) is what to answer with, and an empty body.
    pub fn verify_url(&self, query: &str) -> Result<String, OpenError> {
        self.verify_url_at(query, Timestamp::now())
    }

    /// As [`verify_url`](Self::verify_url), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`verify_url`](Self::verify_url).
    pub fn verify_url_at(&self, query: &str, now: Timestamp) -> Result<String, OpenError> {
        self.verified_at(query, now).map(|verified| verified.echostr)
    }

    pub(crate) fn verified_at(&self, query: &str, now: Timestamp) -> Result<Verified, OpenError> {
        let query = CallbackQuery::parse(query)?;
        let echostr = query.echostr.as_deref().ok_or(QueryError::Missing("echostr"))?;
        // Plain in every mode: WeChat neither encrypts nor signs the echostr of an Official Account.
        self.check_freshness(&query, now)?;
        let (signature, _) = self.check_signature(&query, &query.signature, "")?;
        Ok(Verified { echostr: echostr.to_owned(), uncovering: self.uncovering(signature, &query, now) })
    }

    /// What can be told of a push (POST) before its body is there, so that nobody need wait for the body of a request
    /// that is refused anyway: whether the query is complete and its timestamp fresh; whether it has the signatures
    /// that the mode needs; and in plain and compatible mode whether `signature`, which covers the query alone, is right.
    ///
    /// In safe mode `msg_signature` covers the body, and only [`open`](Self::open) tells whether it is right. Whatever is
    /// refused here `open` refuses too, whichever body comes, though it may name another reason where the body is wrong
    /// as well.
    ///
    /// `query` is the query string as it stands in the URL, without the `?`.
    ///
    /// # Errors
    ///
    /// [`OpenError`], whose [`status`](OpenError::status) is what to answer with, and an empty body.
    ///
    /// ```
    /// # use wechat_callback::Callback;
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let refusal = callback.check_query("id=1").expect_err("it is not signed");
    /// assert_eq!(refusal.status(), 400);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn check_query(&self, query: &str) -> Result<(), OpenError> {
        self.check_query_at(query, Timestamp::now())
    }

    /// As [`check_query`](Self::check_query), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`check_query`](Self::check_query).
    pub fn check_query_at(&self, query: &str, now: Timestamp) -> Result<(), OpenError> {
        let query = CallbackQuery::parse(query)?;
        self.check_freshness(&query, now)?;
        if self.mode() != SecurityMode::Safe {
            self.check_signature(&query, &query.signature, "")?;
        }
        if self.mode().is_encrypted() {
            query.msg_signature.read()?;
        }
        Ok(())
    }

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

    /// What a middleware of this callback remembers of its deliveries, unless it is given another store.
    #[must_use]
    pub fn store(&self) -> &MemoryStore {
        &self.process.store
    }

    fn authenticate<'q, 'b>(
        &self,
        query: &'q str,
        body: &'b [u8],
        now: Timestamp,
    ) -> Result<Authentic<'q, 'b>, OpenError> {
        let query = CallbackQuery::parse(query)?;
        self.check_freshness(&query, now)?;
        // What covers what: `signature` the query alone, `msg_signature` the query and `Encrypt`.
        let mode = self.mode();
        let mut token = Generation::Current;
        let mut uncovering = None;
        if mode != SecurityMode::Safe {
            let (signature, signed_with) = self.check_signature(&query, &query.signature, "")?;
            token = signed_with;
            uncovering = self.uncovering(signature, &query, now);
        }
        let body = str::from_utf8(body).map_err(|_| OpenError::Utf8)?;
        let (xml, key) = if mode.is_encrypted() {
            let encrypted = xml::encrypted_text(body)?.ok_or(OpenError::Unencrypted { mode })?;
            (_, token) = self.check_signature(&query, &query.msg_signature, &encrypted)?;
            let (message, key) = self.decrypt(&encrypted)?;
            (Cow::Owned(message), key)
        } else {
            (Cow::Borrowed(body), Generation::Current)
        };
        Ok(Authentic { xml, token, key, nonce: query.nonce, uncovering })
    }

    /// In plain mode no signature covers a body.
    fn uncovering(
        &self,
        signature: Signature,
        query: &CallbackQuery<'_>,
        now: Timestamp,
    ) -> Option<Uncovering> {
        let fresh_for = query.timestamp.remaining(self.account.timestamp_tolerance, now);
        (self.mode() == SecurityMode::Plain).then(|| Uncovering { key: signature.into(), fresh_for })
    }

    fn check_freshness(&self, query: &CallbackQuery<'_>, now: Timestamp) -> Result<(), OpenError> {
        let freshness = self.account.timestamp_tolerance;
        if query.timestamp.distance(now) > freshness {
            return Err(OpenError::Stale { timestamp: query.timestamp, now, freshness });
        }
        Ok(())
    }

    /// The signature, and which token signed the query, and `encrypted` with it.
    fn check_signature(
        &self,
        query: &CallbackQuery<'_>,
        parameter: &SignatureParameter<'_>,
        encrypted: &str,
    ) -> Result<(Signature, Generation), OpenError> {
        let (signature, parameter) = (parameter.read()?, parameter.name);
        let signed_with = |token: &Token| {
            Signature::of([token.secret(), &query.timestamp_text, &query.nonce, encrypted])
                .matches(&signature)
        };
        let mut tokens = self.account.tokens.iter();
        let found = tokens.find(|(token, _)| signed_with(token));
        let (_, generation) = found.ok_or(OpenError::Signature { parameter })?;
        Ok((signature, generation))
    }

    /// The current key first, as Tencent's FAQ has it, then the previous one.
    fn decrypt(&self, encrypted: &str) -> Result<(String, Generation), DecryptError> {
        let mut refusal = DecryptError::Padding;
        for (cipher, key) in self.account.ciphers.iter().flat_map(Rotation::iter) {
            match cipher.open(encrypted, &self.account.app_id) {
                Ok(message) => return Ok((message, key)),
                // Wrong padding is what another key looks like, so any other reason says more.
                Err(error) if refusal == DecryptError::Padding => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }
}

impl Opened<'_> {
    /// What the repeats of this push have in common. `None` where nothing tells it from another.
    #[must_use]
    pub fn delivery_key(&self) -> Option<DeliveryKey> {
        DeliveryKey::of(&self.context.account.app_id, &self.message)
    }

    /// The signature, where it does not cover the body, which is in plain mode: to be bound to the body that it came
    /// with ([`SignatureStore::bind`](crate::delivery::SignatureStore::bind)).
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

/// The app id and the mode.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("app_id", &self.app_id())
            .field("mode", &self.mode())
            .finish_non_exhaustive()
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
