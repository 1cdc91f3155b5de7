//! The servers, as the generator sees them: a process each.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::machine;

/// What a server does with a push.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// It takes query and body, and answers as many bytes as the library.
    AxumBare,
    /// What the protocol asks for at least: one SHA-1, base64 and AES-256-CBC in both directions.
    AxumPrimitives,
    /// The library without joining deliveries.
    AxumSafeAlone,
    AxumSafe,
    AxumPlainAlone,
    AxumPlain,
    /// A table of so many accounts, in safe mode.
    Axum1Account,
    Axum1000Accounts,
    Axum100000Accounts,
    ActixBare,
    ActixSafe,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::AxumBare,
        Self::AxumPrimitives,
        Self::AxumSafeAlone,
        Self::AxumSafe,
        Self::AxumPlainAlone,
        Self::AxumPlain,
        Self::Axum1Account,
        Self::Axum1000Accounts,
        Self::Axum100000Accounts,
        Self::ActixBare,
        Self::ActixSafe,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AxumBare => "axum-bare",
            Self::AxumPrimitives => "axum-primitives",
            Self::AxumSafeAlone => "axum-safe-alone",
            Self::AxumSafe => "axum-safe",
            Self::AxumPlainAlone => "axum-plain-alone",
            Self::AxumPlain => "axum-plain",
            Self::Axum1Account => "axum-1-account",
            Self::Axum1000Accounts => "axum-1000-accounts",
            Self::Axum100000Accounts => "axum-100000-accounts",
            Self::ActixBare => "actix-bare",
            Self::ActixSafe => "actix-safe",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::AxumBare => "axum, a bare handler",
            Self::AxumPrimitives => "axum, the raw primitives alone",
            Self::AxumSafeAlone => "axum, safe, without deliveries",
            Self::AxumSafe => "axum, safe",
            Self::AxumPlainAlone => "axum, plain, without deliveries",
            Self::AxumPlain => "axum, plain",
            Self::Axum1Account => "axum, safe, a table of 1 account",
            Self::Axum1000Accounts => "axum, safe, 1,000 accounts",
            Self::Axum100000Accounts => "axum, safe, 100,000 accounts",
            Self::ActixBare => "actix-web, a bare handler",
            Self::ActixSafe => "actix-web, safe",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) const fn traffic(self) -> Traffic {
        match self {
            Self::AxumPlainAlone | Self::AxumPlain => Traffic::Plain,
            Self::Axum1Account => Traffic::Accounts(1),
            Self::Axum1000Accounts => Traffic::Accounts(1_000),
            Self::Axum100000Accounts => Traffic::Accounts(100_000),
            _ => Traffic::Safe,
        }
    }
}

/// What is sent to a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Traffic {
    Safe,
    Plain,
    /// As `Safe`, each to one of so many accounts.
    Accounts(u64),
}

/// A process that serves, until it is dropped.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Server {
    /// On a core of its own, if there is one.
    pub(crate) fn start(kind: Kind, core: Option<usize>) -> Self {
        let this = std::env::current_exe().expect("the path of this program");
        let mut command = Command::new(this);
        command.args(["--serve", kind.name()]);
        if let Some(core) = core {
            command.args(["--core", &core.to_string()]);
        }
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program starts again");
        let questions = process.stdin.take().expect("piped");
        let mut answers = BufReader::new(process.stdout.take().expect("piped"));
        let port = read_number(&mut answers);
        let address = ([127, 0, 0, 1], u16::try_from(port).expect("a port")).into();
        Self { kind, address, process, questions, answers }
    }

    /// The processor time that it has taken so far, where the system tells.
    pub(crate) fn cpu_time(&mut self) -> Option<Duration> {
        writeln!(self.questions, "how much processor time?").expect("it reads");
        let nanoseconds = read_number(&mut self.answers);
        (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
    }

    /// The bytes of its memory that are resident, where the system tells.
    pub(crate) fn resident(&self) -> Option<u64> {
        machine::resident(self.process.id())
    }
}

fn read_number(answers: &mut impl BufRead) -> u64 {
    let mut line = String::new();
    answers.read_line(&mut line).expect("it answers");
    line.trim().parse().expect("it answers with a number")
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
