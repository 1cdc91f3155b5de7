use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Mode;
use crate::cipher::{self, Key};

/// An Official Account (公众号) with the settings of WeChat's console, which WeChat signs and encrypts with.
///
/// `Debug` does not show the secrets.
///
/// ```
/// use wechat_sim::{Account, Mode};
///
/// let account = Account::generate();
/// assert_eq!(account.mode(), Mode::Safe);
/// let account = Account::plain("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M")?;
/// assert_eq!(account.mode(), Mode::Plain);
/// # Ok::<(), wechat_sim::AccountError>(())
/// ```
#[derive(Clone)]
pub struct Account {
    app_id: String,
    token: String,
    encoding_aes_key: String,
    key: Key,
    mode: Mode,
    original_id: String,
}

impl Account {
    /// The account with these credentials, in safe mode.
    ///
    /// # Errors
    ///
    /// [`AccountError`] if the console would not accept one of them.
    pub fn new(app_id: &str, token: &str, encoding_aes_key: &str) -> Result<Self, AccountError> {
        let of_letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if app_id.is_empty() || app_id.len() > 64 || !of_letters(app_id) {
            return Err(AccountError::AppId);
        }
        if !(3..=32).contains(&token.len()) || !of_letters(token) {
            return Err(AccountError::Token);
        }
        let key = cipher::key(encoding_aes_key).ok_or(AccountError::Key)?;
        Ok(Self {
            app_id: app_id.to_owned(),
            token: token.to_owned(),
            encoding_aes_key: encoding_aes_key.to_owned(),
            key,
            mode: Mode::Safe,
            original_id: "gh_1ea4fc76af61".to_owned(),
        })
    }

    /// The account with these credentials, in plain mode. Its EncodingAESKey is random, in case the mode is changed.
    ///
    /// # Errors
    ///
    /// [`AccountError`] if the console would not accept one of them.
    pub fn plain(app_id: &str, token: &str) -> Result<Self, AccountError> {
        Self::new(app_id, token, &random_encoding_aes_key()).map(|account| account.with_mode(Mode::Plain))
    }

    /// An account with random credentials, in safe mode.
    #[must_use]
    pub fn generate() -> Self {
        let encoding_aes_key = random_encoding_aes_key();
        Self {
            app_id: format!("wx{}", random_hex::<8>()),
            token: random_hex::<16>(),
            key: cipher::key(&encoding_aes_key).unwrap_or_default(),
            encoding_aes_key,
            mode: Mode::Safe,
            original_id: format!("gh_{}", random_hex::<6>()),
        }
    }

    /// The same account in another mode.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// The same account with another original id (原始ID), the `ToUserName` of its pushes.
    #[must_use]
    pub fn with_original_id(self, original_id: impl Into<String>) -> Self {
        Self { original_id: original_id.into(), ..self }
    }

    /// The AppID (开发者ID).
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The Token (令牌). Anyone who knows it can sign requests like WeChat.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The EncodingAESKey (消息加解密密钥). Anyone who knows it can read the messages of users.
    #[must_use]
    pub fn encoding_aes_key(&self) -> &str {
        &self.encoding_aes_key
    }

    /// The security mode.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The original id (原始ID), `gh_…`: the `ToUserName` of its pushes.
    #[must_use]
    pub fn original_id(&self) -> &str {
        &self.original_id
    }

    /// The environment variables that configure a bot for this account: `WECHAT_APP_ID`, `WECHAT_TOKEN`, `WECHAT_MODE`
    /// and, unless the mode is plain, `WECHAT_ENCODING_AES_KEY`. They contain the secrets.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("WECHAT_APP_ID", self.app_id.clone()),
            ("WECHAT_TOKEN", self.token.clone()),
            ("WECHAT_MODE", self.mode.to_string()),
        ];
        if self.mode.is_encrypted() {
            variables.push(("WECHAT_ENCODING_AES_KEY", self.encoding_aes_key.clone()));
        }
        variables
    }

    /// For attacks: encrypts for another account.
    pub(crate) fn with_another_app_id(self) -> Self {
        Self { app_id: format!("wx{}", random_hex::<8>()), ..self }
    }

    /// For attacks: encrypts with another key.
    pub(crate) fn with_another_key(self) -> Self {
        let encoding_aes_key = random_encoding_aes_key();
        Self { key: cipher::key(&encoding_aes_key).unwrap_or_default(), encoding_aes_key, ..self }
    }

    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }
}

/// The app id, the original id and the mode.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("app_id", &self.app_id)
            .field("original_id", &self.original_id)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// Why credentials are not valid. The message does not repeat them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The AppID is not valid.
    #[error("the AppID is up to 64 letters and digits, like wx5823bf96d3bd56c7")]
    AppId,
    /// The Token is not valid.
    #[error("the Token is 3 to 32 letters and digits")]
    Token,
    /// The EncodingAESKey is not valid.
    #[error("the EncodingAESKey is 43 letters and digits")]
    Key,
    /// The mode is not known.
    #[error("the mode is plain, compatible or safe")]
    Mode,
}

/// Like the console generates it: without `+` and `/`; the last two bits are dropped.
fn random_encoding_aes_key() -> String {
    let clean = |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    loop {
        let text = STANDARD.encode(rand::random::<[u8; 33]>());
        // 33 bytes are 44 characters; about one in four has neither `+` nor `/`.
        let key = text.chars().take(43).collect();
        if clean(&key) {
            return key;
        }
    }
}

pub(crate) fn random_hex<const BYTES: usize>() -> String {
    rand::random::<[u8; BYTES]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP_ID: &str = "wx5823bf96d3bd56c7";
    const TOKEN: &str = "QDG6eKxyrqUnkq3M";
    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    #[test]
    fn debug_shows_no_secret() {
        let account = Account::new(APP_ID, TOKEN, KEY).expect("an account");
        let shown = format!("{account:?}");
        assert!(shown.contains(APP_ID) && !shown.contains(TOKEN) && !shown.contains(KEY), "{shown}");
    }

    #[test]
    fn generated_credentials_are_credentials_and_differ() {
        let (one, two) = (Account::generate(), Account::generate());
        for account in [&one, &two] {
            Account::new(account.app_id(), account.token(), account.encoding_aes_key()).expect("an account");
        }
        assert_ne!(one.environment(), two.environment());
    }

    #[test]
    fn a_bot_in_plain_mode_is_told_no_key() {
        let names =
            |account: Account| account.environment().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert!(!names(Account::generate().with_mode(Mode::Plain)).contains(&"WECHAT_ENCODING_AES_KEY"));
        assert!(names(Account::generate()).contains(&"WECHAT_ENCODING_AES_KEY"));
    }

    #[test]
    fn what_the_console_does_not_take_is_refused() {
        let refusal = |app_id, token, key| Account::new(app_id, token, key).err();
        assert_eq!(refusal("", TOKEN, KEY), Some(AccountError::AppId));
        assert_eq!(refusal("gh_1ea4fc76af61", TOKEN, KEY), Some(AccountError::AppId));
        assert_eq!(refusal(APP_ID, "ab", KEY), Some(AccountError::Token));
        assert_eq!(refusal(APP_ID, "a b c", KEY), Some(AccountError::Token));
        assert_eq!(refusal(APP_ID, TOKEN, &KEY[1..]), Some(AccountError::Key));
        assert_eq!(refusal(APP_ID, TOKEN, &KEY.replace('j', "-")), Some(AccountError::Key));
        assert_eq!("aes".parse::<Mode>(), Err(AccountError::Mode));
        assert_eq!("SAFE".parse(), Ok(Mode::Safe));
    }
}
