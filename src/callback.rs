use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::query::{CallbackQuery, SignatureParameter};
use crate::secret::{EncodingAesKey, Token};
use crate::signature::Signature;
use crate::{
    ConfigError, DecryptError, Message, OpenError, QueryError, ReplyContext, SecurityMode, Timestamp, xml,
};

/// One account's callback (服务器配置): verifies and opens what WeChat sends to its URL.
///
/// Cheap to clone; clones share the same keys.
#[derive(Clone)]
pub struct Callback {
    account: Arc<Account>,
}

/// A push that was opened.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened<'b> {
    /// The message.
    pub message: Message,
    /// The message as XML: decrypted, or the request's body where that was plain.
    pub xml: Cow<'b, str>,
    /// What seals the reply.
    pub reply: ReplyContext,
}

/// A push that was verified and decrypted but not read.
#[non_exhaustive]
pub struct OpenedXml<'b> {
    /// What WeChat wrote: decrypted, or the request's body where that was plain.
    pub xml: Cow<'b, str>,
    /// What seals the reply. It knows no sender, so it seals with [`ReplyContext::seal_xml`] alone.
    pub reply: ReplyContext,
}

impl Callback {
    /// Starts with the AppID (开发者ID) and the Token (令牌) of the account.
    ///
    /// ```
    /// use wechat_callback::Callback;
    ///
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn builder(app_id: impl Into<String>, token: impl Into<String>) -> CallbackBuilder {
        CallbackBuilder {
            app_id: app_id.into(),
            token: Zeroizing::new(token.into()),
            encoding_aes_key: None,
            mode: None,
            previous: Previous::new(),
            freshness: Duration::from_secs(300),
        }
    }

    /// Reads the environment: `WECHAT_APP_ID`, `WECHAT_TOKEN`, and where they are set
    /// `WECHAT_ENCODING_AES_KEY` and `WECHAT_MODE` (`plain`, `compatible`, `safe`; safe is the default with a
    /// key, plain without).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where a variable is missing, empty or mistaken. An empty key is a mistake, not plain mode.
    pub fn from_env() -> Result<Self, ConfigError> {
        let variable = |name| match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            _ => Err(ConfigError::VariableUnreadable { name }),
        };
        let required = |name| variable(name)?.ok_or(ConfigError::VariableMissing { name });
        let mut builder = Self::builder(required("WECHAT_APP_ID")?, required("WECHAT_TOKEN")?);
        if let Some(key) = variable("WECHAT_ENCODING_AES_KEY")? {
            builder = builder.encoding_aes_key(key);
        }
        if let Some(mode) = variable("WECHAT_MODE")? {
            builder = builder.mode(mode.parse()?);
        }
        builder.build()
    }

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
    /// # Errors
    ///
    /// [`OpenError`], whose [`status`](OpenError::status) is what to answer with, and an empty body.
    pub fn verify(&self, query: &str) -> Result<String, OpenError> {
        self.verify_at(query, Timestamp::now())
    }

    /// As [`verify`](Self::verify), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_at(&self, query: &str, now: Timestamp) -> Result<String, OpenError> {
        let query = CallbackQuery::parse(query)?;
        let echostr = query.echostr.as_deref().ok_or(QueryError::Missing("echostr"))?;
        // Plain in every mode: WeChat neither encrypts nor signs the echostr of an Official Account.
        self.check_freshness(&query, now)?;
        self.check_signature(&query, query.signature, "")?;
        Ok(echostr.to_owned())
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
        let OpenedXml { xml, mut reply } = self.open_xml_at(query, body, now)?;
        let message = Message::from_xml(&xml).map_err(|error| {
            // Towards the caller, whatever fails behind the signature of an encrypted mode is one thing.
            if self.mode().is_encrypted() { DecryptError::Xml(error).into() } else { OpenError::Xml(error) }
        })?;
        if message.content.kind().is_empty() && message.fields().get("Encrypt").is_some() {
            return Err(OpenError::Encrypted);
        }
        reply.to = message.head.from.as_deref().map(Into::into);
        reply.from = message.head.to.as_deref().map(Into::into);
        Ok(Opened { message, xml, reply })
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
        let query = CallbackQuery::parse(query)?;
        self.check_freshness(&query, now)?;
        // What covers what: `signature` the query alone, `msg_signature` the query and `Encrypt`.
        let mode = self.mode();
        let mut token = Generation::Current;
        if mode != SecurityMode::Safe {
            token = self.check_signature(&query, query.signature, "")?;
        }
        let body = str::from_utf8(body).map_err(|_| OpenError::Utf8)?;
        let (xml, key) = if mode.is_encrypted() {
            let encrypted = xml::encrypted_text(body)?.ok_or(OpenError::Unencrypted { mode })?;
            token = self.check_signature(&query, query.msg_signature, &encrypted)?;
            let (message, key) = self.decrypt(&encrypted)?;
            (Cow::Owned(message), key)
        } else {
            (Cow::Borrowed(body), Generation::Current)
        };
        let account = self.account.clone();
        let reply = ReplyContext { account, token, key, nonce: query.nonce.into(), to: None, from: None };
        Ok(OpenedXml { xml, reply })
    }

    fn check_freshness(&self, query: &CallbackQuery<'_>, now: Timestamp) -> Result<(), OpenError> {
        let freshness = self.account.freshness;
        if query.timestamp.distance(now) > freshness {
            return Err(OpenError::Stale { timestamp: query.timestamp, now, freshness });
        }
        Ok(())
    }

    /// Which token signed the query, and `encrypted` with it.
    fn check_signature(
        &self,
        query: &CallbackQuery<'_>,
        SignatureParameter { name: parameter, value }: SignatureParameter,
        encrypted: &str,
    ) -> Result<Generation, OpenError> {
        let signature = value.ok_or(OpenError::SignatureMissing { parameter })?;
        let signature = signature.ok_or(OpenError::Signature { parameter })?;
        let signed_with = |token: &Token| {
            Signature::of([token.secret(), &query.timestamp_text, &query.nonce, encrypted])
                .matches(&signature)
        };
        let mut tokens = self.account.tokens.iter();
        let found = tokens.find(|(token, _)| signed_with(token));
        found.map(|(_, generation)| generation).ok_or(OpenError::Signature { parameter })
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

/// The app id and the mode.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("app_id", &self.app_id())
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}

/// The length of the XML.
impl fmt::Debug for OpenedXml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedXml").field("xml_length", &self.xml.len()).field("reply", &self.reply).finish()
    }
}

/// What all clones of a [`Callback`] share.
pub(crate) struct Account {
    pub(crate) app_id: String,
    pub(crate) mode: SecurityMode,
    freshness: Duration,
    tokens: Rotation<Token>,
    /// Present in the encrypted modes.
    ciphers: Option<Rotation<Cipher>>,
}

impl Account {
    pub(crate) fn token(&self, generation: Generation) -> &Token {
        self.tokens.get(generation)
    }

    pub(crate) fn cipher(&self, generation: Generation) -> Option<&Cipher> {
        self.ciphers.as_ref().map(|ciphers| ciphers.get(generation))
    }
}

/// A secret and the one before it, while a change in the console takes effect.
struct Rotation<T> {
    current: T,
    previous: Option<T>,
}

#[derive(Clone, Copy)]
pub(crate) enum Generation {
    Current,
    Previous,
}

impl<T> Rotation<T> {
    fn iter(&self) -> impl Iterator<Item = (&T, Generation)> {
        let previous = self.previous.iter().map(|previous| (previous, Generation::Previous));
        std::iter::once((&self.current, Generation::Current)).chain(previous)
    }

    fn get(&self, generation: Generation) -> &T {
        match (generation, &self.previous) {
            (Generation::Previous, Some(previous)) => previous,
            _ => &self.current,
        }
    }
}

/// Builds a [`Callback`]. Mistakes in the values are found by [`build`](Self::build).
#[must_use = "a builder does nothing until it builds"]
pub struct CallbackBuilder {
    app_id: String,
    token: Zeroizing<String>,
    encoding_aes_key: Option<Zeroizing<String>>,
    mode: Option<SecurityMode>,
    previous: Previous,
    freshness: Duration,
}

impl CallbackBuilder {
    /// The EncodingAESKey (消息加解密密钥): the 43 characters that the console shows. With it the mode is
    /// [`Safe`](SecurityMode::Safe) unless [`mode`](Self::mode) says otherwise.
    ///
    /// ```
    /// # use wechat_callback::{Callback, SecurityMode};
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
    ///     .build()?;
    /// assert_eq!(callback.mode(), SecurityMode::Safe);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn encoding_aes_key(mut self, key: impl Into<String>) -> Self {
        self.encoding_aes_key = Some(Zeroizing::new(key.into()));
        self
    }

    /// The security mode as it is set in the console. Safe with a key, plain without, unless it is set here.
    ///
    /// ```
    /// # use wechat_callback::{Callback, SecurityMode};
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
    ///     .mode(SecurityMode::Compatible)
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn mode(mut self, mode: SecurityMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// The token and key from before the last change in the console, while that change takes effect. A push
    /// that only they fit is accepted, and answered with them.
    ///
    /// ```
    /// # use wechat_callback::{Callback, Previous};
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .previous(Previous::new().token("theTokenBefore12"))
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn previous(mut self, previous: Previous) -> Self {
        self.previous = previous;
        self
    }

    /// How far the `timestamp` of a request may lie from the clock, before or after; 300 seconds unless set.
    /// What is older may be an old request played again. Whole seconds count.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::Callback;
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .freshness(Duration::from_secs(60))
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn freshness(mut self, freshness: Duration) -> Self {
        self.freshness = freshness;
        self
    }

    /// Checks the values.
    ///
    /// A token under 16 characters in plain mode is logged as a warning: from a single logged URL it can be
    /// guessed.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what the value looks like.
    pub fn build(self) -> Result<Callback, ConfigError> {
        check_app_id(&self.app_id)?;
        let tokens = Rotation {
            current: Token::new(self.token)?,
            previous: self.previous.token.map(Token::new).transpose()?,
        };
        let cipher = |key: Zeroizing<String>| Ok(Cipher::new(&EncodingAesKey::new(&key)?));
        let current = self.encoding_aes_key.map(cipher).transpose()?;
        let previous = self.previous.encoding_aes_key.map(cipher).transpose()?;

        let mode =
            self.mode.unwrap_or(if current.is_some() { SecurityMode::Safe } else { SecurityMode::Plain });
        let ciphers = if mode.is_encrypted() {
            let current = current.ok_or(ConfigError::KeyMissing { mode })?;
            Some(Rotation { current, previous })
        } else {
            None
        };
        if mode == SecurityMode::Plain && tokens.iter().any(|(token, _)| token.is_short()) {
            tracing::warn!(
                app_id = self.app_id,
                "the Token is shorter than 16 characters: in plain mode it can be guessed from a single logged URL"
            );
        }
        let account = Account { app_id: self.app_id, mode, freshness: self.freshness, tokens, ciphers };
        Ok(Callback { account: Arc::new(account) })
    }
}

/// The app id and the mode.
impl fmt::Debug for CallbackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackBuilder")
            .field("app_id", &self.app_id)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

fn check_app_id(app_id: &str) -> Result<(), ConfigError> {
    if app_id.is_empty() {
        Err(ConfigError::AppIdEmpty)
    } else if app_id.starts_with("gh_") {
        Err(ConfigError::AppIdIsOriginalId)
    } else if app_id.len() > 64 || !app_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Err(ConfigError::AppIdMalformed)
    } else {
        Ok(())
    }
}

/// A token, a key or both from before the last change in the console. What is not set has not changed.
#[derive(Default)]
#[must_use = "it does nothing until it is handed to CallbackBuilder::previous"]
pub struct Previous {
    token: Option<Zeroizing<String>>,
    encoding_aes_key: Option<Zeroizing<String>>,
}

impl Previous {
    /// Nothing has changed.
    ///
    /// ```
    /// # use wechat_callback::Previous;
    /// let previous = Previous::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The previous Token.
    ///
    /// ```
    /// # use wechat_callback::Previous;
    /// let previous = Previous::new().token("theTokenBefore12");
    /// ```
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Zeroizing::new(token.into()));
        self
    }

    /// The previous EncodingAESKey.
    ///
    /// ```
    /// # use wechat_callback::Previous;
    /// let previous = Previous::new().encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");
    /// ```
    pub fn encoding_aes_key(mut self, key: impl Into<String>) -> Self {
        self.encoding_aes_key = Some(Zeroizing::new(key.into()));
        self
    }
}

/// Which of the two are set.
impl fmt::Debug for Previous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Previous")
            .field("token", &self.token.is_some())
            .field("encoding_aes_key", &self.encoding_aes_key.is_some())
            .finish()
    }
}
