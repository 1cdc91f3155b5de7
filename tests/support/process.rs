//! Programs that tests run. The tests of other crates of this workspace take this file too.

use std::env;
use std::fmt::Display;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long anything may take before a test fails. Nothing sleeps for it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running program. It does not outlive the test.
pub struct Process {
    child: Child,
    /// What it prints, until it exits.
    lines: Receiver<String>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        Self::spawn(command).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// `None`, and a word about it, where it is not installed; in CI that is a failure.
    pub fn start_if_installed(command: &mut Command) -> Option<Self> {
        match Self::spawn(command) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                skip(format_args!("{} is not installed", command.get_program().display()));
                None
            }
            started => Some(started.unwrap_or_else(|error| panic!("{command:?}: {error}"))),
        }
    }

    fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Self { child, lines })
    }

    /// What it prints next. `None` where it has exited.
    pub fn next_line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("it neither printed anything nor exited"),
        }
    }

    /// What it says besides, if its command asked for a pipe.
    pub fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("a pipe")
    }

    /// Sends it a signal, such as `-STOP`.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status();
        assert!(status.expect("kill").success());
    }

    /// Ends it as an operator does. It prints nothing more.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("-TERM");
        assert_eq!(self.next_line(), None, "nothing more on stdout");
        self.child.wait().expect("an exit status")
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail harmlessly where it has exited.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What a test needs is missing. In CI that is a failure.
#[track_caller]
pub fn skip(reason: impl Display) {
    assert!(env::var_os("CI").is_none(), "{reason}");
    eprintln!("skipped: {reason}");
}

/// Where an example is built. All of a workspace stand in one folder.
pub fn example(name: &str) -> PathBuf {
    built(&Path::new("examples").join(name))
}

/// Where a program is built.
pub fn program(name: &str) -> PathBuf {
    built(Path::new(name))
}

fn built(name: &Path) -> PathBuf {
    let test = env::current_exe().expect("this test");
    // target/debug/deps/processes-… → target/debug/…
    let path = test.parent().and_then(Path::parent).expect("target/debug").join(name);
    let build = "cargo build --workspace --all-features --bins --examples";
    assert!(path.exists(), "{} is not built: run `{build}` first", path.display());
    path
}
