//! WeChat's channels, and the data format. What differs between channels is decided where [`Channel`] is matched.

use std::fmt;
use std::str::FromStr;

/// Which of WeChat's services pushes to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// An Official Account (公众号、服务号), or an open platform (第三方平台) that answers for some.
    OfficialAccount,
    /// A mini-program (小程序), a WeChat Store (微信小店) or Channels (视频号), which push JSON.
    MiniProgram,
    /// An app of WeCom (企业微信).
    WeCom,
    /// An AI bot of WeCom (企业微信智能机器人), which pushes JSON to a URL.
    AiBot,
}

impl Channel {
    /// For a sentence.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OfficialAccount => "an Official Account",
            Self::MiniProgram => "a mini-program",
            Self::WeCom => "WeCom",
            Self::AiBot => "an AI bot",
        }
    }
}

/// What a push is, as far as its reply depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PushKind {
    /// A user's message.
    Message,
    /// An event, with `Event`.
    Event,
    /// A notice to a platform, with `InfoType`. Its answer is `success` and nothing else.
    System,
    /// An AI bot's question for the text so far of a stream (流式消息刷新).
    Refresh,
    /// A user's first visit of an AI bot that day (进入会话).
    EnterChat,
    /// A click on a card of an AI bot (模板卡片事件).
    CardClick,
}

impl PushKind {
    /// Of an AI bot, for a sentence.
    pub(crate) const fn of_aibot(self) -> &'static str {
        match self {
            Self::Message => "a message",
            Self::Refresh => "the refresh of a stream",
            Self::EnterChat => "enter_chat",
            Self::CardClick => "template_card_event",
            Self::Event | Self::System => "an event",
        }
    }
}

/// What a reply answers, as far as its limits depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReplyTo {
    pub(crate) channel: Channel,
    pub(crate) push: PushKind,
}

impl ReplyTo {
    /// Whether the `sender` of the push can be told anything. A system event has nobody who could; and what WeCom itself
    /// reports is from `sys`.
    pub(crate) fn is_answerable(self, sender: &str) -> bool {
        match (self.push, self.channel) {
            (PushKind::System, _) => false,
            (PushKind::Event, Channel::WeCom) | (_, Channel::AiBot) => sender != "sys",
            _ => true,
        }
    }
}

/// The data format (数据格式) as it is set in WeChat's console.
///
/// Official Accounts, open platforms and apps of WeCom have XML alone; WeChat Stores, Channels and AI bots of WeCom JSON
/// alone; mini-programs have the choice. The format is configuration, never the request's choice.
///
/// Exhaustive: WeChat has these two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DataFormat {
    /// XML.
    #[default]
    Xml,
    /// JSON.
    Json,
}

impl DataFormat {
    const fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for DataFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a [`DataFormat`].
///
/// `#[non_exhaustive]`: only parsing makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the data format is xml or json")]
#[non_exhaustive]
pub struct ParseFormatError;

/// Reads `xml` or `json`, ignoring case.
impl FromStr for DataFormat {
    type Err = ParseFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Xml, Self::Json]
            .into_iter()
            .find(|format| text.eq_ignore_ascii_case(format.name()))
            .ok_or(ParseFormatError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_reads_back_from_its_name() {
        for format in [DataFormat::Xml, DataFormat::Json] {
            assert_eq!(format.to_string().parse(), Ok(format));
            assert_eq!(format.to_string().to_uppercase().parse(), Ok(format));
        }
        assert_eq!("yaml".parse::<DataFormat>(), Err(ParseFormatError));
    }
}
