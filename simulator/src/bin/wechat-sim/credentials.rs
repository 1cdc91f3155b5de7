use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use wechat_sim::{Account, Mode};

use crate::exit::Failure;
use crate::texts;

/// The account's credentials, as arguments or in the environment. Arguments are visible to everyone on the machine.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Account")]
pub(crate) struct Credentials {
    /// The AppID (开发者ID)
    #[arg(long, global = true, env = "WECHAT_APP_ID")]
    app_id: Option<String>,
    /// The Token (令牌)
    #[arg(long, global = true, env = "WECHAT_TOKEN", hide_env_values = true)]
    token: Option<Secret>,
    /// The EncodingAESKey (消息加解密密钥)
    #[arg(long, global = true, env = "WECHAT_ENCODING_AES_KEY", hide_env_values = true)]
    encoding_aes_key: Option<Secret>,
    /// plain, compatible or safe; safe unless there is no EncodingAESKey
    #[arg(long, global = true, env = "WECHAT_MODE")]
    mode: Option<Mode>,
}

impl Credentials {
    /// Those of this account.
    pub(crate) fn of(account: &Account) -> Self {
        Self {
            app_id: Some(account.app_id().to_owned()),
            token: Some(Secret(account.token().to_owned())),
            encoding_aes_key: Some(Secret(account.encoding_aes_key().to_owned())),
            mode: Some(account.mode()),
        }
    }

    /// The account with these credentials.
    pub(crate) fn account(&self) -> Result<Account, Failure> {
        let app_id = required(self.app_id.as_deref(), "--app-id", "WECHAT_APP_ID")?;
        let token = required(self.token.as_ref().map(Secret::reveal), "--token", "WECHAT_TOKEN")?;
        let key = self.encoding_aes_key.as_ref().map(Secret::reveal);
        let mode = self.mode.unwrap_or(if key.is_some() { Mode::Safe } else { Mode::Plain });
        if mode == Mode::Plain && key.is_none() {
            return Ok(Account::plain(app_id, token)?);
        }
        let key = required(key, "--encoding-aes-key", "WECHAT_ENCODING_AES_KEY")?;
        Ok(Account::new(app_id, token, key)?.with_mode(mode))
    }

    /// The account with these credentials, or a new one if there are none; and whether it is new.
    pub(crate) fn account_or_new(&self) -> Result<(Account, bool), Failure> {
        match (&self.app_id, &self.token, &self.encoding_aes_key) {
            (None, None, None) => Ok((self.new_account(), true)),
            _ => Ok((self.account()?, false)),
        }
    }

    /// An account with random credentials.
    pub(crate) fn new_account(&self) -> Account {
        Account::generate().with_mode(self.mode.unwrap_or(Mode::Safe))
    }

    /// Whether there is all that a push needs. Without a key the mode has to be given as plain.
    pub(crate) fn can_push(&self) -> bool {
        let has_key = self.encoding_aes_key.is_some() || self.mode == Some(Mode::Plain);
        self.app_id.is_some() && self.token.is_some() && has_key
    }

    /// Whether the mode is plain only because there is no key.
    pub(crate) fn is_plain_without_key(&self) -> bool {
        let has_rest = self.app_id.is_some() && self.token.is_some();
        has_rest && self.encoding_aes_key.is_none() && self.mode.is_none()
    }

    /// The mode that was asked for, if it needs a key and there is none.
    pub(crate) fn mode_without_key(&self) -> Option<Mode> {
        self.mode.filter(|mode| mode.is_encrypted() && self.encoding_aes_key.is_none())
    }

    /// An account for the URL verification, which needs only the Token.
    pub(crate) fn account_to_verify(&self) -> Result<Account, Failure> {
        let token = required(self.token.as_ref().map(Secret::reveal), "--token", "WECHAT_TOKEN")?;
        let app_id = self.app_id.as_deref().unwrap_or("wx0000000000000000");
        Ok(Account::plain(app_id, token)?)
    }
}

fn required<'v>(value: Option<&'v str>, argument: &str, variable: &str) -> Result<&'v str, Failure> {
    value.ok_or_else(|| Failure::usage(texts::missing_variable(variable, argument)))
}

/// A Token or a key. `Debug` does not show it.
#[derive(Clone)]
struct Secret(String);

impl Secret {
    fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    fn credentials(key: Option<&str>, mode: Option<Mode>) -> Credentials {
        let secret = |text: &str| Secret(text.to_owned());
        Credentials {
            app_id: Some("wx5823bf96d3bd56c7".to_owned()),
            token: Some(secret("QDG6eKxyrqUnkq3M")),
            encoding_aes_key: key.map(secret),
            mode,
        }
    }

    #[test]
    fn the_mode_is_safe_with_a_key_and_plain_without() {
        let mode = |key, mode| credentials(key, mode).account().ok().map(|account| account.mode());
        assert_eq!(mode(Some(KEY), None), Some(Mode::Safe));
        assert_eq!(mode(None, None), Some(Mode::Plain));
        assert_eq!(mode(Some(KEY), Some(Mode::Plain)), Some(Mode::Plain));
        assert_eq!(mode(None, Some(Mode::Compatible)), None);
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", credentials(Some(KEY), None));
        assert!(!shown.contains(KEY) && !shown.contains("QDG6eKxyrqUnkq3M"), "{shown}");
    }
}
