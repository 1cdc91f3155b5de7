use std::fmt;
use std::io;
use std::process::ExitCode;

use serde_json::json;
use wechat_sim::{AccountError, SendError, Sentence};

use crate::output::{Output, sentence};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As it should be.
    Fine = 0,
    /// Something was expected and did not come.
    Missed = 1,
    /// The command makes no sense.
    Usage = 2,
    /// The bot was not reached.
    Unreachable = 3,
    /// An attack was accepted.
    Accepted = 4,
}

impl Exit {
    /// [`Missed`](Self::Missed) unless it passed.
    pub(crate) const fn passed(passed: bool) -> Self {
        if passed { Self::Fine } else { Self::Missed }
    }

    /// The worse of two: an accepted attack is told before anything, then that the bot was not there.
    pub(crate) fn worse(self, other: Self) -> Self {
        const ORDER: [Exit; 5] = [Exit::Accepted, Exit::Unreachable, Exit::Usage, Exit::Missed, Exit::Fine];
        ORDER.into_iter().find(|exit| [self, other].contains(exit)).unwrap_or(self)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command came to no result.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    reason: Sentence,
}

impl Failure {
    pub(crate) fn usage(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, reason: sentence(zh, en) }
    }

    pub(crate) fn unreachable(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, reason: sentence(zh, en) }
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) const fn reason(&self) -> &Sentence {
        &self.reason
    }

    /// Says it, and returns what to exit with.
    pub(crate) fn tell(&self, output: &Output) -> Exit {
        if output.json {
            let kind = if self.exit == Exit::Usage { "usage" } else { "unreachable" };
            output.json(&json!({ "error": { "kind": kind, "message": self.reason } }));
        }
        output.note(&format!("wechat-sim: {}", output.pick(&self.reason)));
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match &error {
            SendError::Url(reason) => Self::usage(format!("地址不对：{reason}"), reason),
            SendError::Remote(host) => Self::usage(
                format!("{host} 不在本机：要推送到别的机器，请加 --allow-remote"),
                format!("{host} is not on this machine: add --allow-remote to push there all the same"),
            ),
            _ => Self::unreachable(format!("无法连接：{error}"), error.to_string()),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let zh = match error {
            AccountError::AppId => "AppID 是至多 64 个字母和数字，如 wx5823bf96d3bd56c7".to_owned(),
            AccountError::Token => "Token 是 3 至 32 个字母和数字".to_owned(),
            AccountError::Key => "EncodingAESKey 是 43 个字母和数字".to_owned(),
            other => other.to_string(),
        };
        Self::usage(zh, error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::usage(error.to_string(), error.to_string())
    }
}
