use std::fmt;
use std::io;
use std::process::ExitCode;

use serde_json::json;
use wechat_sim::{AccountError, LocalizedText, SendError};

use crate::output::Output;
use crate::texts;

/// The result of a command, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is as expected.
    Success = 0,
    /// An expectation was not met.
    Missed = 1,
    /// The command line or a file is wrong.
    Usage = 2,
    /// The bot was not reached.
    Unreachable = 3,
    /// An attack was accepted.
    Accepted = 4,
}

impl Exit {
    /// [`Missed`](Self::Missed) unless it passed.
    pub(crate) const fn passed(passed: bool) -> Self {
        if passed { Self::Success } else { Self::Missed }
    }

    /// The worse of two: an accepted attack first, then a bot that was not reached.
    pub(crate) fn worse(self, other: Self) -> Self {
        const ORDER: [Exit; 5] =
            [Exit::Accepted, Exit::Unreachable, Exit::Usage, Exit::Missed, Exit::Success];
        ORDER.into_iter().find(|exit| [self, other].contains(exit)).unwrap_or(self)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command has no result.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    reason: LocalizedText,
}

impl Failure {
    pub(crate) const fn usage(reason: LocalizedText) -> Self {
        Self { exit: Exit::Usage, reason }
    }

    pub(crate) const fn unreachable(reason: LocalizedText) -> Self {
        Self { exit: Exit::Unreachable, reason }
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) const fn reason(&self) -> &LocalizedText {
        &self.reason
    }

    /// Prints the reason and returns the exit code.
    pub(crate) fn report(&self, output: &Output) -> Exit {
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
            SendError::Url(error) => Self::usage(error.text()),
            SendError::Remote(host) => Self::usage(texts::remote(host)),
            error => Self::unreachable(error.text()),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        Self::usage(match error {
            AccountError::AppId => texts::bad_app_id(error),
            AccountError::Token => texts::bad_token(error),
            AccountError::Key => texts::bad_key(error),
            AccountError::Kind => texts::bad_kind(error),
            AccountError::Format => texts::bad_format(error),
            AccountError::FormatOfKind(kind) => {
                let formats: Vec<_> = kind.formats().iter().map(|format| format.name()).collect();
                texts::format_of_kind(error, &kind.title(), &formats.join("、"))
            }
            AccountError::ModeOfKind(kind) => texts::mode_of_kind(error, &kind.title()),
            other => texts::bad_mode(other),
        })
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::usage(LocalizedText::from(&error))
    }
}
