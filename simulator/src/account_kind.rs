use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::texts::account_kind as texts;
use crate::{AccountError, LocalizedText, Mode};

/// What an account is. It decides how WeChat signs, encrypts and writes its pushes, and which replies it accepts.
///
/// | kind | data formats | modes |
/// |---|---|---|
/// | [`Official`](Self::Official) | XML | all |
/// | [`MiniProgram`](Self::MiniProgram) | XML, JSON | all |
/// | [`Store`](Self::Store) | JSON | safe |
/// | [`WeCom`](Self::WeCom) | XML | safe |
/// | [`Platform`](Self::Platform) | XML | safe |
/// | [`AiBot`](Self::AiBot) | JSON | safe |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AccountKind {
    /// An Official Account (公众号).
    #[default]
    Official,
    /// A mini-program (小程序).
    MiniProgram,
    /// A WeChat Store (微信小店), or Channels (视频号), which is the same to a bot.
    Store,
    /// An app of a company in WeCom (企业微信自建应用). Its users are members.
    #[serde(rename = "wecom")]
    WeCom,
    /// A third-party platform (第三方平台): its own system events, and the messages of the accounts that authorised it.
    Platform,
    /// A `WeCom` AI bot (企业微信智能机器人) with a callback URL. Its answers can grow.
    #[serde(rename = "aibot")]
    AiBot,
}

impl AccountKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Official, Self::MiniProgram, Self::Store, Self::WeCom, Self::Platform, Self::AiBot];

    /// `official`, `mini-program`, `store`, `wecom`, `platform` or `aibot`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::MiniProgram => "mini-program",
            Self::Store => "store",
            Self::WeCom => "wecom",
            Self::Platform => "platform",
            Self::AiBot => "aibot",
        }
    }

    /// Its name in words: 公众号, Official Account.
    #[must_use]
    pub fn title(self) -> LocalizedText {
        match self {
            Self::Official => texts::official(),
            Self::MiniProgram => texts::mini_program(),
            Self::Store => texts::store(),
            Self::WeCom => texts::wecom(),
            Self::Platform => texts::platform(),
            Self::AiBot => texts::aibot(),
        }
    }

    /// The data formats that can be set in its console. The first is the one of a new account.
    #[must_use]
    pub const fn formats(self) -> &'static [DataFormat] {
        match self {
            Self::MiniProgram => &[DataFormat::Json, DataFormat::Xml],
            Self::Store | Self::AiBot => &[DataFormat::Json],
            Self::Official | Self::WeCom | Self::Platform => &[DataFormat::Xml],
        }
    }

    /// The security modes that can be set in its console.
    #[must_use]
    pub const fn modes(self) -> &'static [Mode] {
        match self {
            Self::Official | Self::MiniProgram => &Mode::ALL,
            Self::Store | Self::WeCom | Self::Platform | Self::AiBot => &[Mode::Safe],
        }
    }

    /// Whether there can be an account of this kind with this format and this mode.
    ///
    /// ```
    /// use wechat_sim::{AccountKind, DataFormat, Mode};
    ///
    /// assert!(AccountKind::MiniProgram.check(DataFormat::Json, Mode::Plain).is_ok());
    /// let error = AccountKind::Official.check(DataFormat::Json, Mode::Safe).unwrap_err();
    /// assert_eq!(error.to_string(), "the data format of an account of the kind official is xml");
    /// ```
    ///
    /// # Errors
    ///
    /// [`AccountError::FormatOfKind`] or [`AccountError::ModeOfKind`].
    pub fn check(self, format: DataFormat, mode: Mode) -> Result<(), AccountError> {
        if !self.formats().contains(&format) {
            return Err(AccountError::FormatOfKind(self));
        }
        if !self.modes().contains(&mode) {
            return Err(AccountError::ModeOfKind(self));
        }
        Ok(())
    }

    /// What the id in its frames is called: `AppID`, `CorpID` or receive id.
    pub(crate) const fn id_name(self) -> &'static str {
        match self {
            Self::WeCom => "CorpID",
            Self::AiBot => "receive id",
            _ => "AppID",
        }
    }

    /// Whether it is WeCom's: its verification is encrypted, and no query has a `signature`.
    pub(crate) const fn is_of_wecom(self) -> bool {
        matches!(self, Self::WeCom | Self::AiBot)
    }

    /// Whether a user can be answered only with `transfer_customer_service`.
    pub(crate) const fn only_transfers(self) -> bool {
        matches!(self, Self::MiniProgram | Self::Store)
    }

    /// The longest text of a reply, in bytes of UTF-8.
    pub(crate) const fn max_text(self) -> usize {
        match self {
            Self::WeCom => MAX_WECOM_TEXT,
            Self::AiBot => MAX_STREAM_TEXT,
            _ => crate::MAX_TEXT,
        }
    }
}

/// The longest text in `WeCom`, which documents it.
const MAX_WECOM_TEXT: usize = 2048;

/// The longest text of an AI bot.
pub(crate) const MAX_STREAM_TEXT: usize = 20_480;

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `official`, `mini-program`, `store`, `wecom`, `platform` or `aibot`. Case is ignored.
impl FromStr for AccountKind {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let named = Self::ALL.into_iter().find(|kind| text.eq_ignore_ascii_case(kind.name()));
        named.ok_or(AccountError::Kind)
    }
}

/// The data format (数据格式) that is set in WeChat's console: what pushes and replies are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataFormat {
    /// XML.
    #[default]
    Xml,
    /// JSON.
    Json,
}

impl DataFormat {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Xml, Self::Json];

    /// `xml` or `json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// `XML` or `JSON`.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Xml => "XML",
            Self::Json => "JSON",
        }
    }

    /// The media type of a push.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }
}

impl fmt::Display for DataFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `xml` or `json`. Case is ignored.
impl FromStr for DataFormat {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let named = Self::ALL.into_iter().find(|format| text.eq_ignore_ascii_case(format.name()));
        named.ok_or(AccountError::Format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_in_any_case_and_is_the_same_in_json() {
        for kind in AccountKind::ALL {
            assert_eq!(kind.name().to_uppercase().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.name());
        }
        for format in DataFormat::ALL {
            assert_eq!(format.name().to_uppercase().parse(), Ok(format));
        }
        assert_eq!("shop".parse::<AccountKind>(), Err(AccountError::Kind));
        assert_eq!("yaml".parse::<DataFormat>(), Err(AccountError::Format));
    }

    #[test]
    fn what_no_console_offers_is_refused_in_words_that_name_what_it_offers() {
        let refusal =
            |kind: AccountKind, format, mode| kind.check(format, mode).map_err(|error| error.to_string());
        let (xml, json) = (DataFormat::Xml, DataFormat::Json);
        assert!(refusal(AccountKind::Official, json, Mode::Safe).unwrap_err().contains("xml"));
        assert!(refusal(AccountKind::Store, xml, Mode::Safe).unwrap_err().contains("json"));
        for kind in [AccountKind::Store, AccountKind::WeCom, AccountKind::Platform, AccountKind::AiBot] {
            let [format] = kind.formats() else { panic!("{kind}") };
            assert!(refusal(kind, *format, Mode::Plain).unwrap_err().contains("safe"), "{kind}");
            assert!(refusal(kind, *format, Mode::Safe).is_ok());
        }
    }
}
