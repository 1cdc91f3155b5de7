//! Running the command.

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wechat_sim::{Account, Mode};

pub(crate) fn account(mode: Mode) -> Account {
    Account::generate().with_mode(mode)
}

/// `wechat-sim` with these arguments, in English, and without the developer's own environment variables.
pub(crate) fn sim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wechat-sim"));
    for name in
        ["APP_ID", "TOKEN", "ENCODING_AES_KEY", "MODE", "SIM_URL", "KIND", "FORMAT", "CORP_ID", "SUITE_ID"]
    {
        command.env_remove(format!("WECHAT_{name}"));
    }
    for name in ["LC_ALL", "LC_MESSAGES", "AIBOT_TOKEN", "AIBOT_ENCODING_AES_KEY"] {
        command.env_remove(name);
    }
    command.args(arguments).env("LANG", "C").stdin(Stdio::null());
    command
}

/// The same for an account and its bot.
pub(crate) fn sim_at(account: &Account, url: &str, arguments: &[&str]) -> Command {
    let mut command = sim(arguments);
    command.envs(account.environment()).env("WECHAT_SIM_URL", url);
    command
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    pub(crate) fn of(mut command: Command) -> Self {
        Self::from(command.output().expect("it starts"))
    }

    /// Runs it for this account, whose secrets it must not print.
    pub(crate) fn at(account: &Account, url: &str, arguments: &[&str]) -> Self {
        let done = Self::of(sim_at(account, url, arguments));
        for secret in [account.token(), account.encoding_aes_key()] {
            assert!(!done.stdout.contains(secret) && !done.stderr.contains(secret), "{done:?}");
        }
        done
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(self.stdout.contains(part) || self.stderr.contains(part), "{part:?} in {self:?}");
        self
    }

    /// The content of stdout, which is one line of JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().expect("no signal");
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
