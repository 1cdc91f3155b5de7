use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cipher::{self, Key};
use crate::reading::MessageHead;
use crate::{AccountKind, DataFormat, Mode};

/// An account with the settings of WeChat's console, which WeChat signs and encrypts with. Without another
/// [`AccountKind`] it is an Official Account (公众号).
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
    kind: AccountKind,
    format: DataFormat,
    mode: Mode,
    original_id: String,
    agent_id: String,
    suite_id: Option<String>,
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
            kind: AccountKind::default(),
            format: DataFormat::default(),
            mode: Mode::Safe,
            original_id: "gh_1ea4fc76af61".to_owned(),
            agent_id: AGENT_ID.to_owned(),
            suite_id: None,
        })
    }

    /// The AI bot (企业微信智能机器人) with these credentials. It has no id: its receive id is empty.
    ///
    /// ```
    /// use wechat_sim::Account;
    ///
    /// let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    /// assert_eq!(Account::aibot("QDG6eKxyrqUnkq3M", key)?.app_id(), "");
    /// # Ok::<(), wechat_sim::AccountError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AccountError`] if the console would not accept one of them.
    pub fn aibot(token: &str, encoding_aes_key: &str) -> Result<Self, AccountError> {
        Self::new("wx0", token, encoding_aes_key).map(|account| account.with_kind(AccountKind::AiBot))
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
            kind: AccountKind::default(),
            format: DataFormat::default(),
            mode: Mode::Safe,
            original_id: format!("gh_{}", random_hex::<6>()),
            agent_id: AGENT_ID.to_owned(),
            suite_id: None,
        }
    }

    /// An account of this kind with random credentials, in safe mode and in the first of the kind's
    /// [formats](AccountKind::formats).
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind, DataFormat};
    ///
    /// let store = Account::generate_as(AccountKind::Store);
    /// assert_eq!(store.format(), DataFormat::Json);
    /// assert!(Account::generate_as(AccountKind::WeCom).app_id().starts_with("ww"));
    /// ```
    #[must_use]
    pub fn generate_as(kind: AccountKind) -> Self {
        let mut account = Self::generate();
        if kind == AccountKind::WeCom {
            account.app_id.replace_range(..2, "ww");
        }
        let format = kind.formats().first().copied().unwrap_or_default();
        account.with_kind(kind).with_format(format)
    }

    /// The same account as one of another kind. A format or a mode that the kind does not have is replaced by the first
    /// that it has.
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind, DataFormat, Mode};
    ///
    /// let account = Account::generate().with_mode(Mode::Plain);
    /// assert_eq!(account.clone().with_kind(AccountKind::MiniProgram).mode(), Mode::Plain);
    /// let store = account.with_kind(AccountKind::Store);
    /// assert_eq!((store.format(), store.mode()), (DataFormat::Json, Mode::Safe));
    /// ```
    ///
    /// An AI bot has no id, and no longer has one as an account of another kind: that gets a random one.
    #[must_use]
    pub fn with_kind(mut self, kind: AccountKind) -> Self {
        let (format, mode) = (self.format, self.mode);
        self.kind = kind;
        match kind {
            AccountKind::AiBot => {
                self.app_id.clear();
                self.original_id = self.original_id.replacen("gh_", BOT_PREFIX, 1);
            }
            _ => {
                self.original_id = self.original_id.replacen(BOT_PREFIX, "gh_", 1);
                if self.app_id.is_empty() {
                    self.app_id = format!("wx{}", random_hex::<8>());
                }
            }
        }
        self.with_format(format).with_mode(mode)
    }

    /// The same account with another data format. One that its [kind](AccountKind::formats) does not have is replaced by
    /// the first that it has; [`AccountKind::check`] refuses it.
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind, DataFormat};
    ///
    /// let account = Account::generate_as(AccountKind::MiniProgram).with_format(DataFormat::Xml);
    /// assert_eq!(account.format(), DataFormat::Xml);
    /// ```
    #[must_use]
    pub fn with_format(self, format: DataFormat) -> Self {
        Self { format: possible(self.kind.formats(), format), ..self }
    }

    /// The same account in another mode. One that its [kind](AccountKind::modes) does not have is replaced by the first
    /// that it has; [`AccountKind::check`] refuses it.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Self { mode: possible(self.kind.modes(), mode), ..self }
    }

    /// The same account with another agent id (应用 ID), the `AgentID` of a `WeCom` app's pushes.
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind};
    ///
    /// let account = Account::generate_as(AccountKind::WeCom).with_agent_id("1000005");
    /// assert_eq!(account.agent_id(), "1000005");
    /// ```
    #[must_use]
    pub fn with_agent_id(self, agent_id: impl Into<String>) -> Self {
        Self { agent_id: agent_id.into(), ..self }
    }

    /// The same account with a suite id (第三方应用 SuiteID), which the system events of a `WeCom` suite are encrypted
    /// for. Without one it is the `CorpID`.
    ///
    /// ```
    /// use wechat_sim::{Account, AccountKind};
    ///
    /// let account = Account::generate_as(AccountKind::WeCom).with_suite_id("ww4asffe9xxx4c0f4c");
    /// assert_eq!(account.suite_id(), "ww4asffe9xxx4c0f4c");
    /// ```
    #[must_use]
    pub fn with_suite_id(self, suite_id: impl Into<String>) -> Self {
        Self { suite_id: Some(suite_id.into()), ..self }
    }

    /// The same account with another original id (原始ID), the `ToUserName` of its pushes, or the `aibotid` of an AI bot.
    #[must_use]
    pub fn with_original_id(self, original_id: impl Into<String>) -> Self {
        Self { original_id: original_id.into(), ..self }
    }

    /// The AppID (开发者ID); for `WeCom` the `CorpID` (企业 ID), for a platform its own. An AI bot has none: it is empty.
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

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> AccountKind {
        self.kind
    }

    /// The data format.
    #[must_use]
    pub const fn format(&self) -> DataFormat {
        self.format
    }

    /// The security mode.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The `ToUserName` of its pushes: the original id (原始ID), `gh_…`; for `WeCom` the `CorpID`. For an AI bot
    /// its `aibotid`.
    #[must_use]
    pub fn original_id(&self) -> &str {
        match self.kind {
            AccountKind::WeCom => &self.app_id,
            _ => &self.original_id,
        }
    }

    /// The agent id (应用 ID) of a `WeCom` app.
    #[must_use]
    pub fn agent_id(&self) -> &str {
        &self.agent_id
    }

    /// The suite id (第三方应用 SuiteID) of `WeCom`'s system events; the `CorpID` unless one is set.
    #[must_use]
    pub fn suite_id(&self) -> &str {
        self.suite_id.as_deref().unwrap_or(&self.app_id)
    }

    /// The environment variables that configure a bot for this account: `WECHAT_APP_ID` (`WECHAT_CORP_ID` for `WeCom`),
    /// `WECHAT_TOKEN`, `WECHAT_MODE` and, unless the mode is plain, `WECHAT_ENCODING_AES_KEY`; `WECHAT_FORMAT` for a
    /// mini-program and a store, and `WECHAT_KIND` if it is no Official Account. An AI bot has `AIBOT_TOKEN` and
    /// `AIBOT_ENCODING_AES_KEY` instead. They contain the secrets.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        if self.kind == AccountKind::AiBot {
            return vec![
                ("AIBOT_TOKEN", self.token.clone()),
                ("AIBOT_ENCODING_AES_KEY", self.encoding_aes_key.clone()),
            ];
        }
        let id = match self.kind {
            AccountKind::WeCom => "WECHAT_CORP_ID",
            _ => "WECHAT_APP_ID",
        };
        let mut variables = vec![
            (id, self.app_id.clone()),
            ("WECHAT_TOKEN", self.token.clone()),
            ("WECHAT_MODE", self.mode.to_string()),
        ];
        if self.mode.is_encrypted() {
            variables.push(("WECHAT_ENCODING_AES_KEY", self.encoding_aes_key.clone()));
        }
        if self.format == DataFormat::Json || self.kind.formats().len() > 1 {
            variables.push(("WECHAT_FORMAT", self.format.to_string()));
        }
        if self.kind != AccountKind::Official {
            variables.push(("WECHAT_KIND", self.kind.to_string()));
        }
        if let Some(suite_id) = &self.suite_id {
            variables.push(("WECHAT_SUITE_ID", suite_id.clone()));
        }
        variables
    }

    /// The receive id of a push with this head, and of its reply.
    pub(crate) fn receive_id(&self, head: &MessageHead) -> &str {
        match self.kind {
            AccountKind::WeCom if head.system => self.suite_id(),
            _ => &self.app_id,
        }
    }

    /// For attacks: encrypts for this id.
    pub(crate) fn with_app_id(self, app_id: &str) -> Self {
        Self { app_id: app_id.to_owned(), ..self }
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

/// The app id, the original id, the kind, the format and the mode.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("app_id", &self.app_id)
            .field("original_id", &self.original_id)
            .field("kind", &self.kind)
            .field("format", &self.format)
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
    /// The kind is not known.
    #[error("the kind is official, mini-program, store, wecom, platform or aibot")]
    Kind,
    /// The data format is not known.
    #[error("the data format is xml or json")]
    Format,
    /// An account of this kind has another data format.
    #[error("the data format of an account of the kind {kind} is {names}", kind = .0, names = names(.0.formats()))]
    FormatOfKind(AccountKind),
    /// An account of this kind has another mode.
    #[error("the mode of an account of the kind {kind} is {names}", kind = .0, names = names(.0.modes()))]
    ModeOfKind(AccountKind),
}

fn names<T: fmt::Display>(possible: &[T]) -> String {
    possible.iter().map(T::to_string).collect::<Vec<_>>().join(" or ")
}

/// The agent id of a company's first app.
const AGENT_ID: &str = "1000002";

/// How the ids of AI bots begin.
const BOT_PREFIX: &str = "aib";

/// What is wanted, if it is possible, or else the first that is.
fn possible<T: Copy + PartialEq>(possible: &[T], wanted: T) -> T {
    let found = possible.contains(&wanted).then_some(wanted);
    found.or(possible.first().copied()).unwrap_or(wanted)
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
    fn a_bot_is_told_what_its_kind_needs() {
        let names = |account: Account| {
            account.environment().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
        };
        let common = "WECHAT_TOKEN WECHAT_MODE WECHAT_ENCODING_AES_KEY";
        assert_eq!(names(Account::generate()), format!("WECHAT_APP_ID {common}"));
        let wecom = Account::generate_as(AccountKind::WeCom);
        assert_eq!(names(wecom.clone()), format!("WECHAT_CORP_ID {common} WECHAT_KIND"));
        assert_eq!(
            names(wecom.with_suite_id("s1")),
            format!("WECHAT_CORP_ID {common} WECHAT_KIND WECHAT_SUITE_ID")
        );
        let store = Account::generate_as(AccountKind::Store);
        assert_eq!(names(store), format!("WECHAT_APP_ID {common} WECHAT_FORMAT WECHAT_KIND"));
    }

    #[test]
    fn an_account_has_only_what_its_kind_has() {
        for kind in AccountKind::ALL {
            for format in DataFormat::ALL {
                for mode in Mode::ALL {
                    let account = Account::generate().with_kind(kind).with_format(format).with_mode(mode);
                    assert_eq!(kind.check(account.format(), account.mode()), Ok(()));
                    let possible = kind.check(format, mode).is_ok();
                    assert_eq!((account.format(), account.mode()) == (format, mode), possible);
                    assert_eq!(account.kind(), kind);
                }
            }
        }
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
