use std::env::VarError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::account::{Account, Rotation};
use crate::cipher::Cipher;
use crate::secret::{EncodingAesKey, Token};
use crate::{Callback, ConfigError, SecurityMode};

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
            previous: PreviousCredentials::new(),
            timestamp_tolerance: Duration::from_secs(300),
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
        Self::from_variables(|name| std::env::var(name))
    }

    fn from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, ConfigError> {
        let variable = |name| match read(name) {
            Ok(value) if !value.is_empty() => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
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
}

/// Builds a [`Callback`]. Mistakes in the values are found by [`build`](Self::build).
#[must_use = "a builder does nothing until it builds"]
pub struct CallbackBuilder {
    app_id: String,
    token: Zeroizing<String>,
    encoding_aes_key: Option<Zeroizing<String>>,
    mode: Option<SecurityMode>,
    previous: PreviousCredentials,
    timestamp_tolerance: Duration,
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

    /// How far the `timestamp` of a request may lie from the clock, before or after; 300 seconds unless set.
    /// What is older may be an old request played again. Whole seconds count.
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

    /// Checks the values.
    ///
    /// A token under 16 characters in plain mode is logged as a warning: from a single logged URL it can be
    /// guessed. So is a key in plain mode, where it does nothing.
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
        let (app_id, timestamp_tolerance) = (self.app_id, self.timestamp_tolerance);
        let account = Account { app_id, mode, timestamp_tolerance, tokens, ciphers };
        Ok(Callback { account: Arc::new(account), process: Arc::default() })
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
pub struct PreviousCredentials {
    token: Option<Zeroizing<String>>,
    encoding_aes_key: Option<Zeroizing<String>>,
}

impl PreviousCredentials {
    /// Nothing has changed.
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

/// Which of the two are set.
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

    fn from_variables(variables: &[(&str, &str)]) -> Result<Callback, ConfigError> {
        Callback::from_variables(|name| {
            let found = variables.iter().find(|(found, _)| *found == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })
    }

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
    fn an_app_id_that_is_something_else_is_refused() {
        for (app_id, refusal) in [
            ("", ConfigError::AppIdEmpty),
            ("gh_1ea4fc76af61", ConfigError::AppIdIsOriginalId),
            (" wx5823bf96d3bd56c7", ConfigError::AppIdMalformed),
            ("\"wx5823bf96d3bd56c7\"", ConfigError::AppIdMalformed),
            ("wx5823bf96d3bd56c7\n", ConfigError::AppIdMalformed),
            (&"x".repeat(65), ConfigError::AppIdMalformed),
        ] {
            assert_eq!(Callback::builder(app_id, TOKEN).build().err(), Some(refusal), "{app_id:?}");
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

    #[test]
    fn the_environment_is_read() {
        let minimal = [("WECHAT_APP_ID", APP_ID), ("WECHAT_TOKEN", TOKEN)];
        assert_eq!(from_variables(&minimal).map(|callback| callback.mode()), Ok(SecurityMode::Plain));
        let key = [&minimal[..], &[("WECHAT_ENCODING_AES_KEY", KEY)]].concat();
        assert_eq!(from_variables(&key).map(|callback| callback.mode()), Ok(SecurityMode::Safe));
        let mode = [&key[..], &[("WECHAT_MODE", "compatible")]].concat();
        assert_eq!(from_variables(&mode).map(|callback| callback.mode()), Ok(SecurityMode::Compatible));
    }

    #[test]
    fn a_missing_variable_is_named() {
        let missing = |variables| from_variables(variables).err();
        assert_eq!(missing(&[]), Some(ConfigError::VariableMissing { name: "WECHAT_APP_ID" }));
        let app_id = [("WECHAT_APP_ID", APP_ID)];
        assert_eq!(missing(&app_id), Some(ConfigError::VariableMissing { name: "WECHAT_TOKEN" }));
    }

    /// Or a deployment that lost its key would fall back to plain mode without a word.
    #[test]
    fn an_empty_variable_is_a_mistake() {
        for name in ["WECHAT_APP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY", "WECHAT_MODE"] {
            let all = [("WECHAT_APP_ID", APP_ID), ("WECHAT_TOKEN", TOKEN)];
            let variables = [&[(name, "")], &all[..]].concat();
            assert_eq!(from_variables(&variables).err(), Some(ConfigError::VariableUnreadable { name }));
        }
    }
}
