use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{Callback, ConfigError, check};
use crate::SecurityMode;
use crate::account::{Account, Rotation};
use crate::channel::{Channel, DataFormat};
use crate::cipher::Cipher;
use crate::delivery::KeyPrefix;
use crate::receive_id::ReceiveIds;

impl Callback {
    /// Starts with the AppID (开发者ID) and the Token (令牌) of the account, as the console shows them.
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
            previous: PreviousCredentials::new(),
            timestamp_tolerance: Duration::from_secs(300),
            channel: Channel::OfficialAccount,
            format: DataFormat::Xml,
            receive_ids: ReceiveIds::Own,
        }
    }

    /// Starts with the CorpID (企业ID) of a company, and with the Token and the EncodingAESKey of the app's callback
    /// (接收消息), as the console of WeCom (企业微信) shows them.
    ///
    /// WeCom always encrypts, its `echostr` too. A suite (第三方应用) starts with its SuiteID, and names all
    /// [receive ids](CallbackBuilder::receive_ids) that it accepts.
    ///
    /// ```
    /// use wechat_callback::{Callback, SecurityMode};
    ///
    /// let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    /// let callback = Callback::wecom("ww5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M", key).build()?;
    /// assert_eq!(callback.mode(), SecurityMode::Safe);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn wecom(
        corp_id: impl Into<String>,
        token: impl Into<String>,
        encoding_aes_key: impl Into<String>,
    ) -> CallbackBuilder {
        let builder = Self::builder(corp_id, token).encoding_aes_key(encoding_aes_key);
        CallbackBuilder { channel: Channel::WeCom, ..builder }
    }

    /// Starts with the Token and the EncodingAESKey of an AI bot of WeCom (企业微信智能机器人) in API mode with a callback URL
    /// (使用URL回调), as the bot's page shows them.
    ///
    /// It always encrypts, its `echostr` too, and pushes JSON. A bot has no AppID: [`app_id`](Self::app_id) and
    /// [`account_id`](Self::account_id) are empty, unless it answers [on behalf](Self::on_behalf_of) of an id of yours,
    /// which several bots of one process need. What a company's own bot gets has an empty receive id, and nothing else is
    /// accepted; a provider's bot names its [receive ids](CallbackBuilder::receive_ids): the CorpID when the URL is
    /// verified, and the bot's id with messages (from the source of Tencent's page, not confirmed).
    ///
    /// ```
    /// use wechat_callback::{Callback, DataFormat};
    ///
    /// let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    /// let callback = Callback::aibot("QDG6eKxyrqUnkq3M", key).build()?;
    /// assert_eq!((callback.app_id(), callback.format()), ("", DataFormat::Json));
    /// let named = callback.on_behalf_of("helpdesk");
    /// assert_eq!(named.account_id().as_str(), "helpdesk");
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn aibot(token: impl Into<String>, encoding_aes_key: impl Into<String>) -> CallbackBuilder {
        let builder = Self::builder("", token).encoding_aes_key(encoding_aes_key);
        CallbackBuilder { channel: Channel::AiBot, format: DataFormat::Json, ..builder }
    }
}

/// Builds a [`Callback`]; [`build`](Self::build) checks the values. Made by [`Callback::builder`],
/// [`Callback::wecom`] and [`Callback::aibot`].
#[must_use = "a builder does nothing until it builds"]
pub struct CallbackBuilder {
    app_id: String,
    token: Zeroizing<String>,
    encoding_aes_key: Option<Zeroizing<String>>,
    mode: Option<SecurityMode>,
    previous: PreviousCredentials,
    timestamp_tolerance: Duration,
    channel: Channel,
    format: DataFormat,
    receive_ids: ReceiveIds,
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

    /// The security mode, which must be the one set in the console. Unless set it is safe with a key and plain without.
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

    /// The data format (数据格式) that is set in the console; [`Xml`](DataFormat::Xml) unless set.
    ///
    /// WeChat Stores (微信小店) and Channels (视频号) have JSON alone, mini-programs (小程序) the choice; all others have XML
    /// alone. (An [AI bot](Callback::aibot) has JSON without being told so.) An account with JSON can answer with [`TransferReply::to_any_agent`](crate::TransferReply::to_any_agent) or
    /// [`to_agent`](crate::TransferReply::to_agent), and with nothing else.
    ///
    /// ```
    /// # use wechat_callback::{Callback, DataFormat};
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
    ///     .format(DataFormat::Json)
    ///     .build()?;
    /// assert_eq!(callback.format(), DataFormat::Json);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn format(mut self, format: DataFormat) -> Self {
        self.format = format;
        self
    }

    /// The receive ids (ReceiveId) that are accepted, in place of the AppID or CorpID that the builder started with.
    ///
    /// The receive id stands in the encrypted part of a push and says whom it is meant for. That of a suite's events is the
    /// SuiteID, that of its messages the CorpID of the customer, and that of the URL's verification may be the provider's
    /// CorpID.
    /// Some pushes have an empty one, which is listed as `""`. A reply is sealed with that of its push.
    ///
    /// ```
    /// # use wechat_callback::Callback;
    /// # let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    /// let callback = Callback::wecom("dk4asffe3wwbzd6b", "QDG6eKxyrqUnkq3M", key)
    ///     .receive_ids(["dk4asffe3wwbzd6b", "ww5823bf96d3bd56c7"])
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn receive_ids<'a>(mut self, ids: impl IntoIterator<Item = impl Into<Cow<'a, str>>>) -> Self {
        self.receive_ids = ReceiveIds::Listed(ids.into_iter().map(|id| id.into().into_owned()).collect());
        self
    }

    /// As [`receive_ids`](Self::receive_ids), for ids that come and go, such as the CorpIDs of customers. It is asked with
    /// each push, after its signature was verified, and must answer at once. Where it panics, the push is refused.
    ///
    /// ```
    /// # use std::{collections::HashSet, sync::{Arc, RwLock}};
    /// # use wechat_callback::Callback;
    /// # let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    /// let customers = Arc::new(RwLock::new(HashSet::from(["ww5823bf96d3bd56c7".to_owned()])));
    /// let callback = Callback::wecom("dk4asffe3wwbzd6b", "QDG6eKxyrqUnkq3M", key)
    ///     .receive_id_matching(move |id| customers.read().is_ok_and(|customers| customers.contains(id)))
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn receive_id_matching(mut self, is_accepted: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.receive_ids = ReceiveIds::Matching(Arc::new(is_accepted));
        self
    }

    /// Accepts any receive id. Dangerous where several accounts have the same Token and EncodingAESKey: what is meant for
    /// one can be sent to another.
    ///
    /// ```
    /// # use wechat_callback::Callback;
    /// # let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    /// let callback = Callback::wecom("ww5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M", key)
    ///     .dangerously_accept_any_receive_id()
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn dangerously_accept_any_receive_id(mut self) -> Self {
        self.receive_ids = ReceiveIds::Unchecked;
        self
    }

    /// The token and the key before the last change in the console, for the time that the change takes to have effect.
    /// A push that was made with them is accepted, and its reply is made with them.
    ///
    /// ```
    /// # use wechat_callback::{Callback, PreviousCredentials};
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .previous(PreviousCredentials::new().token("theTokenBefore12"))
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn previous(mut self, previous: PreviousCredentials) -> Self {
        self.previous = previous;
        self
    }

    /// How far the `timestamp` of a request may be from the clock, before or after; 300 seconds unless set. An older
    /// request may be a replay. Fractions of a second are ignored.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::Callback;
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")
    ///     .timestamp_tolerance(Duration::from_secs(60))
    ///     .build()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn timestamp_tolerance(mut self, timestamp_tolerance: Duration) -> Self {
        self.timestamp_tolerance = timestamp_tolerance;
        self
    }

    /// Checks the values and builds the callback.
    ///
    /// In plain mode it logs a warning for a token under 16 characters, which can be guessed from a single logged URL,
    /// and for a key, which has no effect there.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what the right value looks like.
    pub fn build(self) -> Result<Callback, ConfigError> {
        check::app_id(&self.app_id, self.channel)?;
        let tokens = Rotation {
            current: check::token(self.token)?,
            previous: self.previous.token.map(check::token).transpose()?,
        };
        let cipher = |key: Zeroizing<String>| check::encoding_aes_key(&key).map(|key| Cipher::new(&key));
        let current = self.encoding_aes_key.map(cipher).transpose()?;
        let previous = self.previous.encoding_aes_key.map(cipher).transpose()?;

        let mode =
            self.mode.unwrap_or(if current.is_some() { SecurityMode::Safe } else { SecurityMode::Plain });
        let channel = check::channel(self.channel, self.format, mode)?;
        let ciphers = if mode.is_encrypted() {
            let current = current.ok_or(ConfigError::KeyMissing { mode })?;
            Some(Rotation { current, previous })
        } else {
            if current.is_some() || previous.is_some() {
                tracing::warn!(
                    app_id = self.app_id,
                    "an EncodingAESKey is set, but the mode is plain: nothing is decrypted or encrypted with it"
                );
            }
            None
        };
        if mode == SecurityMode::Plain && tokens.iter().any(|(token, _)| token.is_short()) {
            tracing::warn!(
                app_id = self.app_id,
                "the Token is shorter than 16 characters: in plain mode it can be guessed from a single logged URL"
            );
        }
        let Self { app_id, timestamp_tolerance, format, receive_ids, .. } = self;
        let deliveries = KeyPrefix::new(&app_id);
        let account = Account {
            id: app_id.as_str().into(),
            app_id,
            receive_ids,
            mode,
            channel,
            format,
            timestamp_tolerance,
            tokens,
            ciphers,
            deliveries,
        };
        crate::metrics::describe_refusals();
        Ok(Callback { account: Arc::new(account), process: Arc::default() })
    }
}

/// Shows the app id and the mode.
impl fmt::Debug for CallbackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackBuilder")
            .field("app_id", &self.app_id)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// The token, the key or both before the last change in the console. What is not set has not changed.
#[derive(Default)]
#[must_use = "it does nothing until it is handed to CallbackBuilder::previous"]
pub struct PreviousCredentials {
    token: Option<Zeroizing<String>>,
    encoding_aes_key: Option<Zeroizing<String>>,
}

impl PreviousCredentials {
    /// Neither has changed.
    ///
    /// ```
    /// # use wechat_callback::PreviousCredentials;
    /// let previous = PreviousCredentials::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The previous Token.
    ///
    /// ```
    /// # use wechat_callback::PreviousCredentials;
    /// let previous = PreviousCredentials::new().token("theTokenBefore12");
    /// ```
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Zeroizing::new(token.into()));
        self
    }

    /// The previous EncodingAESKey.
    ///
    /// ```
    /// # use wechat_callback::PreviousCredentials;
    /// let previous = PreviousCredentials::new().encoding_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");
    /// ```
    pub fn encoding_aes_key(mut self, key: impl Into<String>) -> Self {
        self.encoding_aes_key = Some(Zeroizing::new(key.into()));
        self
    }
}

/// Shows which of the two are set.
impl fmt::Debug for PreviousCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreviousCredentials")
            .field("token", &self.token.is_some())
            .field("encoding_aes_key", &self.encoding_aes_key.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP_ID: &str = "wx5823bf96d3bd56c7";
    const TOKEN: &str = "QDG6eKxyrqUnkq3M";
    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    #[test]
    fn the_mode_is_safe_with_a_key_and_plain_without() {
        let builder = || Callback::builder(APP_ID, TOKEN);
        assert_eq!(builder().build().map(|callback| callback.mode()), Ok(SecurityMode::Plain));
        assert_eq!(
            builder().encoding_aes_key(KEY).build().map(|callback| callback.mode()),
            Ok(SecurityMode::Safe)
        );
    }

    #[test]
    fn an_encrypted_mode_needs_a_key() {
        for mode in [SecurityMode::Compatible, SecurityMode::Safe] {
            let refusal = Callback::builder(APP_ID, TOKEN).mode(mode).build().err();
            assert_eq!(refusal, Some(ConfigError::KeyMissing { mode }));
        }
    }

    #[test]
    fn mistakes_in_the_previous_pair_are_found_too() {
        let with = |previous| {
            Callback::builder(APP_ID, TOKEN).encoding_aes_key(KEY).previous(previous).build().err()
        };
        assert_eq!(with(PreviousCredentials::new().token("")), Some(ConfigError::TokenEmpty));
        assert_eq!(
            with(PreviousCredentials::new().encoding_aes_key("x")),
            Some(ConfigError::KeyLength { length: 1 })
        );
    }

    #[test]
    fn no_mistake_repeats_the_value() {
        let mistaken = Callback::builder(APP_ID, TOKEN).encoding_aes_key(format!("{KEY}=")).build();
        let refusal = mistaken.expect_err("44 characters");
        assert!(!format!("{refusal} {refusal:?}").contains(KEY));
    }

    #[test]
    fn debug_shows_no_secret() {
        let builder = Callback::builder(APP_ID, TOKEN)
            .encoding_aes_key(KEY)
            .previous(PreviousCredentials::new().token("theTokenBefore12").encoding_aes_key(KEY));
        let shown =
            format!("{builder:?} {:?} {:?}", builder.previous, Callback::builder(APP_ID, TOKEN).build());
        for secret in [TOKEN, KEY, "theTokenBefore12"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
