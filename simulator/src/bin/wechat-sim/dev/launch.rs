//! The command lines of the bot and of its build.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, stderr, stdout};
use std::path::Path;

use tokio::process::Command;
use tokio::sync::watch;
use wechat_sim::{Account, AccountKind};

use super::address::Address;
use super::link::Reporter;
use super::process::Process;
use crate::context::Context;
use crate::exit::Failure;
use crate::texts;

/// How a bot is started.
#[derive(Debug)]
pub(super) struct Launch {
    program: OsString,
    arguments: Vec<OsString>,
}

impl Launch {
    /// `None` if there is no command.
    pub(super) fn new(command: &[OsString]) -> Option<Self> {
        let (program, arguments) = command.split_first()?;
        Some(Self { program: program.clone(), arguments: arguments.to_vec() })
    }

    fn program(&self) -> &Path {
        Path::new(&self.program)
    }

    /// Starts the bot. The address that it prints is sent to the receiver.
    pub(super) fn start(
        &self,
        context: &Context,
        account: &Account,
        address: &Address,
        reporter: &Reporter,
        stdout_to_stderr: bool,
    ) -> Result<(Process, watch::Receiver<Option<Address>>), Failure> {
        let (sender, printed) = watch::channel(None);
        let (path, reporter) = (address.path(), reporter.clone());
        let bot = Process::start(self.bot(account, address), stdout_to_stderr, move |line| {
            reporter.bot_line(line);
            if let Some(address) = Address::in_line(line, &path) {
                sender.send_replace(Some(address));
            }
        });
        let bot = bot.map_err(|error| self.cannot_start(&error))?;
        context.output.note(context.output.pick(&texts::started(&address.listen())));
        Ok((bot, printed))
    }

    pub(super) fn cannot_start(&self, error: &io::Error) -> Failure {
        Failure::usage(texts::cannot_start(&self.program().display(), &error.into()))
    }

    /// The bot, with the account and the address to listen on in its environment.
    fn bot(&self, account: &Account, address: &Address) -> Command {
        self.command(&self.arguments, account, address)
    }

    /// The build of a bot that `cargo run` starts; `None` for any other.
    pub(super) fn build(&self, account: &Account, address: &Address) -> Option<Command> {
        let arguments = self.arguments_to_build()?;
        Some(self.command(&arguments, account, address))
    }

    /// Whether there is a build.
    pub(super) fn has_build(&self) -> bool {
        self.arguments_to_build().is_some()
    }

    /// The same arguments with `build`, without those of the bot.
    fn arguments_to_build(&self) -> Option<Vec<OsString>> {
        if self.program().file_stem() != Some(OsStr::new("cargo")) {
            return None;
        }
        let of_cargo = self.arguments.iter().take_while(|argument| *argument != "--");
        let mut arguments: Vec<_> = of_cargo.cloned().collect();
        let run = arguments.iter_mut().find(|argument| *argument == "run" || *argument == "r")?;
        *run = "build".into();
        Some(arguments)
    }

    fn command(&self, arguments: &[OsString], account: &Account, address: &Address) -> Command {
        let mut command = Command::new(&self.program);
        // A bot must not inherit what is of another account from the developer's environment, such as a key in plain mode.
        // The account of an AI bot is beside it.
        if account.kind() != AccountKind::AiBot {
            for name in OF_ACCOUNT {
                command.env_remove(name);
            }
        }
        command.args(arguments).envs(account.environment());
        command.env("LISTEN", address.listen());
        // Python keeps what it prints to a pipe until the pipe is full.
        if env::var_os("PYTHONUNBUFFERED").is_none() {
            command.env("PYTHONUNBUFFERED", "1");
        }
        // The bot prints to pipes. What it would colour on the terminal is coloured all the same.
        let on_terminal = stdout().is_terminal() && stderr().is_terminal();
        if on_terminal && env::var_os("NO_COLOR").is_none() {
            let colours = [("CARGO_TERM_COLOR", "always"), ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1")];
            command.envs(colours.into_iter().filter(|(name, _)| env::var_os(name).is_none()));
        }
        command
    }
}

/// The variables that an account need not have.
const OF_ACCOUNT: [&str; 6] = [
    "WECHAT_APP_ID",
    "WECHAT_CORP_ID",
    "WECHAT_ENCODING_AES_KEY",
    "WECHAT_FORMAT",
    "WECHAT_KIND",
    "WECHAT_SUITE_ID",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn build(command: &str) -> Option<String> {
        let command: Vec<_> = command.split(' ').map(OsString::from).collect();
        let arguments = Launch::new(&command)?.arguments_to_build()?;
        Some(arguments.iter().map(|argument| argument.display().to_string()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_cargo_runs_can_be_built_alone() {
        assert_eq!(build("cargo run").as_deref(), Some("build"));
        assert_eq!(build("cargo +stable r -p bot -- run").as_deref(), Some("+stable build -p bot"));
        assert_eq!(
            build("/usr/bin/cargo run --example x --release -- a").as_deref(),
            Some("build --example x --release")
        );
        for other in ["cargo watch -x build", "python3 run.py", "sh run", "cargo -- run"] {
            assert_eq!(build(other), None, "{other}");
        }
    }
}
