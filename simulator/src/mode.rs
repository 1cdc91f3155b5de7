use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::texts::mode as texts;
use crate::{AccountError, LocalizedText};

/// The message security mode (消息加解密方式) that is set in WeChat's console.
///
/// Its [`name`](Self::name) is how it is written in `WECHAT_MODE`, and what the library of a bot parses its own type
/// from: `account.mode().name().parse()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Plain (明文模式): the message is plain and the signature does not cover it.
    Plain,
    /// Compatible (兼容模式): the message is sent twice, plain and encrypted.
    Compatible,
    /// Safe (安全模式): the message is encrypted.
    Safe,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Compatible, Self::Safe];

    /// `plain`, `compatible` or `safe`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Compatible => "compatible",
            Self::Safe => "safe",
        }
    }

    /// Its name in words, as in the console: 安全模式, safe mode.
    #[must_use]
    pub fn title(self) -> LocalizedText {
        match self {
            Self::Plain => texts::plain(),
            Self::Compatible => texts::compatible(),
            Self::Safe => texts::safe(),
        }
    }

    /// Whether a push contains an encrypted message.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        !matches!(self, Self::Plain)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `plain`, `compatible` or `safe`. Case is ignored.
impl FromStr for Mode {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let named = Self::ALL.into_iter().find(|mode| text.eq_ignore_ascii_case(mode.name()));
        named.ok_or(AccountError::Mode)
    }
}
