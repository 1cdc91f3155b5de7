use std::fmt;
use std::time::Duration;

use super::verify::{Authentic, QuerySignature};
use super::{Callback, OpenError};
use crate::channel::{Channel, DataFormat, PushKind, ReplyTo};
use crate::delivery::{DeliveryKey, SignatureKey, UserKey};
use crate::format::{Name, Text, Tree, TwoTexts};
use crate::message::Content;
use crate::message::aibot::{self, Dialect};
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
        let channel = self.account.channel;
        let is_aibots = channel == Channel::AiBot;
        let push = if is_aibots { aibot::push_kind(&tree) } else { Content::push_kind(&tree) };
        let names = match channel {
            Channel::AiBot => aibot::names(&tree),
            _ => tree.two_texts([Name::FromUserName, Name::ToUserName]),
        };
        let context = ReplyContext {
            account: self.account.clone(),
            token,
            key,
            receive_id,
            to: ReplyTo { channel, push },
            names: Names::new(&query.nonce, names),
            stream_id: if is_aibots { self.stream_id(push, &tree, &plaintext) } else { None },
        };
        let account = Some(self.account.id.clone());
        // The message is large, and is not moved where it is made here.
        Ok(Opened {
            message: Message::pushed_to(
                account,
                tree,
                if is_aibots { Dialect::AiBot } else { Dialect::Usual },
            ),
            plaintext,
            context,
            query_signature,
            at: now,
        })
    }

    /// The stream that an AI bot answers a message with, the same for every delivery of it; or the one that it is asked for.
    fn stream_id(&self, push: PushKind, tree: &Tree, plaintext: &str) -> Option<Box<str>> {
        match push {
            PushKind::Message => {
                let [bot, id] = aibot::ids(tree);
                let key = DeliveryKey::of_aibot(&self.account.deliveries, bot, id);
                Some(key.unwrap_or_else(|| DeliveryKey::of_text(plaintext)).to_string().into())
            }
            PushKind::Refresh => aibot::refreshed(tree).map(Into::into),
            PushKind::EnterChat | PushKind::CardClick | PushKind::Event | PushKind::System => None,
        }
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
        let context = ReplyContext { account, token, key, receive_id, to, names, stream_id: None };
        Ok(OpenedRaw { plaintext: SharedStr::whole(plaintext), context: RawReplyContext::new(context) })
    }
}

impl Opened {
    /// The key that all deliveries of this push share. `None` if nothing distinguishes it from other pushes.
    #[must_use]
    pub fn delivery_key(&self) -> Option<DeliveryKey> {
        let (account, head) = (&self.context.account.deliveries, &self.message.head);
        let of_aibot = || {
            let id = head.id.as_ref().filter(|_| self.context.to.channel == Channel::AiBot)?;
            DeliveryKey::of_aibot(account, head.to.as_deref().unwrap_or_default(), id.as_str())
        };
        of_aibot().or_else(|| DeliveryKey::with(account, &self.message))
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
    ///
    /// It is made with the [account's id](Callback::account_id), or where that is empty with the AI bot's.
    #[must_use]
    pub fn user_key(&self) -> Option<UserKey> {
        let account = Some(&*self.context.account.id).filter(|id| !id.is_empty());
        let account = account.or(self.message.head.to.as_deref()).unwrap_or_default();
        Some(UserKey::of(account, self.user()?))
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
