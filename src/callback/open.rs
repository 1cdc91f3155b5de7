use std::fmt;
use std::time::Duration;

use super::verify::{Authentic, QuerySignature};
use super::{Callback, OpenError};
use crate::channel::{DataFormat, PushKind, ReplyTo};
use crate::delivery::{DeliveryKey, SignatureKey, UserKey};
use crate::format::{Name, Text, Tree, TwoTexts};
use crate::message::Content;
use crate::query::CallbackQuery;
use crate::reply::Names;
use crate::{DecryptError, Message, RawReplyContext, ReplyContext, SharedStr, Timestamp};

/// A push that was opened.
///
/// `#[non_exhaustive]`: only [`Callback::open`] makes one.
#[non_exhaustive]
pub struct Opened {
    /// The message.
    pub message: Message,
    /// The message as WeChat wrote it, in the [data format](crate::DataFormat) of the account: decrypted, or in plain mode
    /// the body of the request.
    ///
    /// WeChat is reported not to escape `]]>` in a user's text, so other XML parsers may reject this or find elements
    /// in the text. [`message`](Self::message) is read without that risk.
    pub plaintext: SharedStr,
    /// What seals the reply.
    pub context: ReplyContext,
    /// The signature, if it does not cover the body.
    pub(crate) query_signature: Option<QuerySignature>,
    /// When it was opened.
    #[cfg_attr(
        not(feature = "tokio-1"),
        expect(dead_code, reason = "what is sealed later has a clock of its own")
    )]
    pub(crate) at: Timestamp,
}

/// A push that was verified and decrypted but not parsed.
///
/// `#[non_exhaustive]`: only [`Callback::open_raw`] makes one.
#[non_exhaustive]
pub struct OpenedRaw {
    /// What WeChat wrote: the decrypted message, or in plain mode the body of the request. A user's text in it may hold
    /// an unescaped `]]>`, which other XML parsers do not expect.
    pub plaintext: SharedStr,
    /// What seals the reply.
    pub context: RawReplyContext,
}

impl Callback {
    /// Opens a push (POST): verifies, decrypts and parses it.
    ///
    /// `query` is the query string exactly as in the URL, without the `?`; `body` is the body of the request.
    ///
    /// ```
    /// # use wechat_callback::{Callback, OpenError};
    /// # fn openid(callback: &Callback, query: &str, body: &[u8]) -> Result<Option<String>, OpenError> {
    /// let push = callback.open(query, body)?;
    /// # Ok(
    /// push.message.openid().map(str::to_owned)
    /// # )
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenError`], whose [`status`](OpenError::status) is what to answer with, and an empty body.
    pub fn open(&self, query: &str, body: &[u8]) -> Result<Opened, OpenError> {
        self.open_at(query, body, Timestamp::now())
    }

    /// As [`open`](Self::open), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_at(&self, query: &str, body: &[u8], now: Timestamp) -> Result<Opened, OpenError> {
        let query = CallbackQuery::parse(query)?;
        let Authentic { plaintext, token, key, receive_id, query_signature } =
            self.authenticate(&query, body, now)?;
        let (tree, plaintext) = self.read(plaintext)?;
        if !self.mode().is_encrypted() && Content::kind_of(&tree).is_empty() && Message::has_envelope(&tree) {
            return Err(OpenError::Encrypted);
        }
        let context = ReplyContext {
            account: self.account.clone(),
            token,
            key,
            receive_id,
            to: ReplyTo { channel: self.account.channel, push: Content::push_kind(&tree) },
            names: Names::new(&query.nonce, tree.two_texts([Name::FromUserName, Name::ToUserName])),
        };
        let account = Some(self.account.id.clone());
        // The message is large, and is not moved where it is made here.
        Ok(Opened {
            message: Message::pushed_to(account, tree),
            plaintext,
            context,
            query_signature,
            at: now,
        })
    }

    /// In an encrypted mode every failure after the signature looks the same to the caller.
    #[inline]
    fn read(&self, plaintext: Text) -> Result<(Tree, SharedStr), OpenError> {
        let is_encrypted = self.mode().is_encrypted();
        match self.account.format {
            DataFormat::Xml => Tree::share(plaintext).map_err(|error| match is_encrypted {
                true => DecryptError::Xml(error).into(),
                false => error.into(),
            }),
            DataFormat::Json => Tree::share_json(plaintext).map_err(|error| match is_encrypted {
                true => DecryptError::Json(error).into(),
                false => error.into(),
            }),
        }
    }

    /// Verifies and decrypts a push without parsing it, to pass what WeChat wrote on to another service.
    ///
    /// ```
    /// # use wechat_callback::{Callback, OpenError, Sealed};
    /// # fn forward(callback: &Callback, query: &str, body: &[u8], ask: fn(&str) -> String) -> Result<Sealed, OpenError> {
    /// let push = callback.open_raw(query, body)?;
    /// let reply: String = ask(&push.plaintext);
    /// let sealed = push.context.seal_raw(&reply);
    /// # Ok(sealed)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), except that the decrypted text may be any UTF-8.
    pub fn open_raw(&self, query: &str, body: &[u8]) -> Result<OpenedRaw, OpenError> {
        self.open_raw_at(query, body, Timestamp::now())
    }

    /// As [`open_raw`](Self::open_raw), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`open_raw`](Self::open_raw).
    pub fn open_raw_at(&self, query: &str, body: &[u8], now: Timestamp) -> Result<OpenedRaw, OpenError> {
        let query = CallbackQuery::parse(query)?;
        let Authentic { plaintext, token, key, receive_id, .. } = self.authenticate(&query, body, now)?;
        let (account, names) = (self.account.clone(), Names::new(&query.nonce, TwoTexts::default()));
        let to = ReplyTo { channel: account.channel, push: PushKind::Message };
        let context = ReplyContext { account, token, key, receive_id, to, names };
        Ok(OpenedRaw { plaintext: SharedStr::whole(plaintext), context: RawReplyContext::new(context) })
    }
}

impl Opened {
    /// The key that all deliveries of this push share. `None` if nothing distinguishes it from other pushes.
    #[must_use]
    pub fn delivery_key(&self) -> Option<DeliveryKey> {
        DeliveryKey::with(&self.context.account.deliveries, &self.message)
    }

    /// In plain mode the signature, which covers the query alone. Bind it to the body that it came with
    /// ([`SignatureStore::bind`](crate::delivery::SignatureStore::bind)), so that nobody can send another body with it.
    #[must_use]
    pub fn query_signature(&self) -> Option<SignatureKey> {
        self.query_signature.map(|signature| signature.key)
    }

    /// For how long to bind the [`query_signature`](Self::query_signature): until its timestamp is outside the
    /// tolerance. Zero if there is none.
    #[must_use]
    pub fn fresh_for(&self) -> Duration {
        self.query_signature.map_or(Duration::ZERO, |signature| signature.fresh_for)
    }

    /// The key of the sender, which is hashed. `None` if the push names no sender, or none who can be told anything: a system
    /// event, and an event that WeCom itself (`sys`) reports.
    #[must_use]
    pub fn user_key(&self) -> Option<UserKey> {
        Some(UserKey::of(&self.context.account.id, self.user()?))
    }

    /// The sender, if they can be told anything.
    pub(crate) fn user(&self) -> Option<&str> {
        self.message.openid().filter(|sender| self.context.to.is_answerable(sender))
    }
}

/// Shows the message as its own `Debug` does, and the length of the plaintext.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("message", &self.message)
            .field("plaintext_length", &self.plaintext.len())
            .field("context", &self.context)
            .finish()
    }
}

/// Shows the length of the plaintext.
impl fmt::Debug for OpenedRaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedRaw")
            .field("plaintext_length", &self.plaintext.len())
            .field("context", &self.context)
            .finish()
    }
}
