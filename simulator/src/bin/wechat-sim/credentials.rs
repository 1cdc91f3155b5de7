use std::borrow::Cow;
use std::convert::Infallible;
use std::env;
use std::fmt;
use std::str::FromStr;

use wechat_sim::{Account, AccountKind, DataFormat, Mode};

use crate::exit::Failure;
use crate::texts;

/// The account's credentials, as arguments or in the environment. Arguments are visible to everyone on the machine.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Account")]
pub(crate) struct Credentials {
    /// official, mini-program, store, wecom, platform or aibot [default: official; mini-program with `--format json`, wecom
    /// with a CorpID and no AppID]
    #[arg(id = "account_kind", long = "kind", value_name = "KIND", global = true, env = "WECHAT_KIND")]
    kind: Option<AccountKind>,
    /// xml or json, for a mini-program [default: json]. A store and an AI bot have JSON, all others XML
    #[arg(long, global = true, env = "WECHAT_FORMAT")]
    format: Option<DataFormat>,
    /// The AppID (开发者ID); of a platform its own
    #[arg(long, global = true, env = "WECHAT_APP_ID")]
    app_id: Option<String>,
    /// The CorpID (企业 ID), for wecom
    #[arg(long, global = true, env = "WECHAT_CORP_ID")]
    corp_id: Option<String>,
    /// The AgentID (应用 ID) of pushes, for wecom [default: 1000002]
    #[arg(long, global = true, env = "WECHAT_AGENT_ID")]
    agent_id: Option<String>,
    /// The SuiteID (第三方应用 ID) that suite events are encrypted for, for wecom [default: the CorpID]
    #[arg(long, global = true, env = "WECHAT_SUITE_ID")]
    suite_id: Option<String>,
    /// The Token (令牌). With `--kind aibot` AIBOT_TOKEN comes first
    #[arg(long, global = true, env = "WECHAT_TOKEN", hide_env_values = true)]
    token: Option<Secret>,
    /// The EncodingAESKey (消息加解密密钥). With `--kind aibot` AIBOT_ENCODING_AES_KEY comes first
    #[arg(long, global = true, env = "WECHAT_ENCODING_AES_KEY", hide_env_values = true)]
    encoding_aes_key: Option<Secret>,
    /// plain, compatible or safe; safe unless there is no EncodingAESKey. Stores, wecom, platforms and AI bots have only safe
    #[arg(long, global = true, env = "WECHAT_MODE")]
    mode: Option<Mode>,
}

impl Credentials {
    /// Those of this account.
    pub(crate) fn of(account: &Account) -> Self {
        let id = || Some(account.app_id().to_owned());
        let is_wecom = account.kind() == AccountKind::WeCom;
        Self {
            kind: Some(account.kind()),
            format: Some(account.format()),
            app_id: if is_wecom { None } else { id() },
            corp_id: if is_wecom { id() } else { None },
            agent_id: Some(account.agent_id().to_owned()),
            suite_id: Some(account.suite_id().to_owned()),
            token: Some(Secret(account.token().to_owned())),
            encoding_aes_key: Some(Secret(account.encoding_aes_key().to_owned())),
            mode: Some(account.mode()),
        }
    }

    /// The same with the settings of a scenario, where none are given.
    pub(crate) fn with_settings(&self, settings: Settings) -> Self {
        Self {
            kind: self.kind.or(settings.kind),
            format: self.format.or(settings.format),
            mode: self.mode.or(settings.mode),
            ..self.clone()
        }
    }

    /// The first setting that is another one than these.
    pub(crate) fn contradiction(&self, settings: Settings) -> Option<(&'static str, String, String)> {
        fn differ<T: PartialEq + fmt::Display>(
            name: &'static str,
            own: Option<T>,
            other: Option<T>,
        ) -> Option<(&'static str, String, String)> {
            let (own, other) = (own?, other?);
            (own != other).then(|| (name, own.to_string(), other.to_string()))
        }
        differ("kind", self.kind, settings.kind)
            .or_else(|| differ("format", self.format, settings.format))
            .or_else(|| differ("mode", self.mode, settings.mode))
    }

    /// The kind of account.
    pub(crate) fn kind(&self) -> AccountKind {
        self.kind.unwrap_or(match (self.format, &self.app_id, &self.corp_id) {
            (Some(DataFormat::Json), ..) => AccountKind::MiniProgram,
            (_, None, Some(_)) => AccountKind::WeCom,
            _ => AccountKind::Official,
        })
    }

    fn format(&self) -> DataFormat {
        self.format.or(self.kind().formats().first().copied()).unwrap_or_default()
    }

    fn has_mode(&self, mode: Mode) -> bool {
        self.kind().modes().contains(&mode)
    }

    /// The mode that is given or follows from the rest.
    fn mode(&self) -> Mode {
        let is_plain = self.encoding_aes_key.is_none() && self.has_mode(Mode::Plain);
        self.mode.unwrap_or(if is_plain { Mode::Plain } else { Mode::Safe })
    }

    fn token(&self) -> Option<Cow<'_, str>> {
        self.secret(self.token.as_ref(), "WECHAT_TOKEN", "AIBOT_TOKEN")
    }

    fn key(&self) -> Option<Cow<'_, str>> {
        self.secret(self.encoding_aes_key.as_ref(), "WECHAT_ENCODING_AES_KEY", "AIBOT_ENCODING_AES_KEY")
    }

    /// The secret that is given; an AI bot's own variable comes before the one of other accounts, and an argument before
    /// both.
    fn secret<'s>(&self, given: Option<&'s Secret>, variable: &str, of_aibot: &str) -> Option<Cow<'s, str>> {
        let given = given.map(Secret::reveal);
        let is_argument = given.is_some() && env::var(variable).ok().as_deref() != given;
        let own = match self.kind() {
            AccountKind::AiBot if !is_argument => env::var(of_aibot).ok().filter(|own| !own.is_empty()),
            _ => None,
        };
        own.map(Cow::Owned).or(given.map(Cow::Borrowed))
    }

    fn id(&self) -> Option<&str> {
        match self.kind() {
            // It has none.
            AccountKind::AiBot => self.token().map(|_| ""),
            AccountKind::WeCom => self.corp_id.as_deref(),
            _ => self.app_id.as_deref(),
        }
    }

    fn id_or_failure(&self) -> Result<&str, Failure> {
        match self.kind() {
            AccountKind::AiBot => Ok(""),
            AccountKind::WeCom => required(self.id(), "--corp-id", "WECHAT_CORP_ID"),
            _ => required(self.id(), "--app-id", "WECHAT_APP_ID"),
        }
    }

    /// The account as one of its kind.
    fn settled(&self, account: Account, mode: Mode) -> Result<Account, Failure> {
        self.kind().check(self.format(), mode)?;
        let mut account = account.with_kind(self.kind()).with_format(self.format()).with_mode(mode);
        if let Some(agent_id) = &self.agent_id {
            account = account.with_agent_id(agent_id);
        }
        if let Some(suite_id) = &self.suite_id {
            account = account.with_suite_id(suite_id);
        }
        Ok(account)
    }

    /// The account with these credentials.
    pub(crate) fn account(&self) -> Result<Account, Failure> {
        let mode = self.mode();
        self.kind().check(self.format(), mode)?;
        let id = self.id_or_failure()?;
        let (token, key) = (self.token(), self.key());
        let [token_name, key_name] = match self.kind() {
            AccountKind::AiBot => ["AIBOT_TOKEN", "AIBOT_ENCODING_AES_KEY"],
            _ => ["WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY"],
        };
        let token = required(token.as_deref(), "--token", token_name)?;
        if mode == Mode::Plain && key.is_none() {
            return self.settled(Account::plain(id, token)?, mode);
        }
        let key = required(key.as_deref(), "--encoding-aes-key", key_name)?;
        let account = match self.kind() {
            AccountKind::AiBot => Account::aibot(token, key)?,
            _ => Account::new(id, token, key)?,
        };
        self.settled(account, mode)
    }

    /// The account with these credentials, or a new one if there are none; and whether it is new.
    pub(crate) fn account_or_new(&self) -> Result<(Account, bool), Failure> {
        match (self.id(), self.token(), self.key()) {
            (None, None, None) => Ok((self.new_account()?, true)),
            _ => Ok((self.account()?, false)),
        }
    }

    /// An account with random credentials.
    pub(crate) fn new_account(&self) -> Result<Account, Failure> {
        self.settled(Account::generate_as(self.kind()), self.mode.unwrap_or(Mode::Safe))
    }

    /// Whether there is all that a push needs. Without a key the mode has to be given as plain.
    pub(crate) fn can_push(&self) -> bool {
        let has_key = self.key().is_some() || self.mode == Some(Mode::Plain);
        self.id().is_some() && self.token().is_some() && has_key
    }

    /// Whether the mode is plain only because there is no key.
    pub(crate) fn is_plain_without_key(&self) -> bool {
        let has_rest = self.id().is_some() && self.token.is_some();
        let has_no_key = self.encoding_aes_key.is_none() && self.mode.is_none();
        has_rest && has_no_key && self.has_mode(Mode::Plain)
    }

    /// The mode that was asked for, if it needs a key and there is none.
    pub(crate) fn mode_without_key(&self) -> Option<Mode> {
        self.mode.filter(|mode| mode.is_encrypted() && self.key().is_none())
    }

    /// An account for the URL verification, which needs only the Token; `WeCom`'s and an AI bot's need all.
    pub(crate) fn account_to_verify(&self) -> Result<Account, Failure> {
        if matches!(self.kind(), AccountKind::WeCom | AccountKind::AiBot) {
            return self.account();
        }
        let token = required(self.token.as_ref().map(Secret::reveal), "--token", "WECHAT_TOKEN")?;
        let app_id = self.app_id.as_deref().unwrap_or("wx0000000000000000");
        let account = Account::plain(app_id, token)?.with_kind(self.kind()).with_format(self.format());
        Ok(account)
    }
}

/// What a scenario says about the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) kind: Option<AccountKind>,
    pub(crate) format: Option<DataFormat>,
    pub(crate) mode: Option<Mode>,
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
            kind: None,
            format: None,
            app_id: Some("wx5823bf96d3bd56c7".to_owned()),
            corp_id: None,
            agent_id: None,
            suite_id: None,
            token: Some(secret("QDG6eKxyrqUnkq3M")),
            encoding_aes_key: key.map(secret),
            mode,
        }
    }

    #[test]
    fn the_kind_is_given_or_follows_from_the_format_or_the_id() {
        let of_wecom = Credentials {
            app_id: None,
            corp_id: Some("ww5823bf96d3bd56c7".to_owned()),
            ..credentials(Some(KEY), None)
        };
        assert_eq!(of_wecom.kind(), AccountKind::WeCom);
        let account = of_wecom.account().expect("an account");
        assert_eq!((account.app_id(), account.mode()), ("ww5823bf96d3bd56c7", Mode::Safe));
        assert_eq!(Credentials::of(&account).account().expect("an account").environment().len(), 6);
        let json = Credentials { format: Some(DataFormat::Json), ..credentials(Some(KEY), None) };
        assert_eq!(json.kind(), AccountKind::MiniProgram);
        assert_eq!(credentials(Some(KEY), None).kind(), AccountKind::Official);
    }

    #[test]
    fn what_no_account_of_the_kind_has_is_refused() {
        let with = |kind, format, mode| {
            Credentials { kind: Some(kind), format, ..credentials(Some(KEY), mode) }.account().is_ok()
        };
        assert!(with(AccountKind::MiniProgram, Some(DataFormat::Xml), Some(Mode::Plain)));
        assert!(!with(AccountKind::Official, Some(DataFormat::Json), None));
        assert!(!with(AccountKind::Store, None, Some(Mode::Compatible)));
        assert!(!with(AccountKind::Platform, Some(DataFormat::Json), None));
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
