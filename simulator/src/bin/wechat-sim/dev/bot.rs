use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, stderr, stdout};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use wechat_sim::Account;

use super::address::Address;
use crate::exit::Failure;
use crate::texts;

/// A running bot with all of its processes: with `cargo run` the bot itself is a grandchild.
#[derive(Debug)]
pub(super) struct Bot {
    child: Child,
    group: Group,
    /// Copies its output.
    output: JoinHandle<()>,
}

impl Bot {
    /// Starts the bot with the account and the address to listen on in its environment. The address that it prints is
    /// sent to `printed`.
    pub(super) fn start(
        command: &[OsString],
        account: &Account,
        address: &Address,
        to_stderr: bool,
        printed: watch::Sender<Option<Address>>,
    ) -> Result<Self, Failure> {
        let [program, arguments @ ..] = command else {
            return Err(Failure::usage(texts::no_command()));
        };
        let mut command = Command::new(program);
        // A bot in plain mode must not inherit the key of another account from the developer's environment.
        command.args(arguments).env_remove("WECHAT_ENCODING_AES_KEY").envs(account.environment());
        command.env("LISTEN", address.listen()).stdin(Stdio::null()).stdout(Stdio::piped());
        command.kill_on_drop(true);
        // Its own process group, so that this program can stop all of its processes, and Ctrl-C does not.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| {
            let program = program.display();
            Failure::usage(texts::cannot_start(&program, &(&error).into()))
        })?;
        let group = Group::of(&child);
        let stdout = child.stdout.take();
        let path = address.path();
        let output = tokio::spawn(async move {
            if let Some(stdout) = stdout {
                copy_output(stdout, to_stderr, &path, &printed).await;
            }
            // Keeps the channel open: its reader waits for the bot to end, not for the channel to close.
            printed.closed().await;
        });
        Ok(Self { child, group, output })
    }

    /// Waits until the bot ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks all of its processes to stop, and kills those that are still running after `grace`.
    pub(super) async fn stop(&mut self, grace: Duration) {
        let deadline = Instant::now() + grace;
        self.group.terminate(&mut self.child);
        let _ = timeout_at(deadline, self.child.wait()).await;
        while self.group.is_alive() && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
        self.kill().await;
    }

    /// Kills all of its processes and copies the rest of its output.
    pub(super) async fn kill(&mut self) {
        self.group.kill();
        let _ = self.child.kill().await;
        let _ = timeout(Duration::from_secs(1), &mut self.output).await;
    }
}

/// Copies what the bot prints, as it is printed, and looks for its address.
async fn copy_output(
    mut from: ChildStdout,
    to_stderr: bool,
    path: &str,
    printed: &watch::Sender<Option<Address>>,
) {
    let mut to: Box<dyn AsyncWrite + Send + Unpin> =
        if to_stderr { Box::new(stderr()) } else { Box::new(stdout()) };
    let mut bytes = [0; 4096];
    let mut line = Vec::new();
    loop {
        let Ok(read @ 1..) = from.read(&mut bytes).await else { return };
        let bytes = bytes.get(..read).unwrap_or_default();
        // Continues if the output is closed: otherwise the bot would block.
        let _ = to.write_all(bytes).await;
        let _ = to.flush().await;
        for byte in bytes {
            match byte {
                b'\n' => {
                    if let Some(address) = Address::in_line(&String::from_utf8_lossy(&line), path) {
                        printed.send_replace(Some(address));
                    }
                    line.clear();
                }
                _ if line.len() < 4096 => line.push(*byte),
                _ => {}
            }
        }
    }
}

/// All processes of the bot.
#[cfg(unix)]
#[derive(Debug)]
struct Group(Option<rustix::process::Pid>);

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Self {
        // The leader's id is the group's.
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(group) = self.0 {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    fn terminate(&self, _: &mut Child) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Kills what is left and forgets the id, which can be reused.
    fn kill(&mut self) {
        self.signal(rustix::process::Signal::KILL);
        self.0 = None;
    }

    fn is_alive(&self) -> bool {
        self.0.is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
    }
}

/// Runs however this program ends, unless it is killed.
#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Without process groups: only the bot's first process.
#[cfg(not(unix))]
#[derive(Debug)]
struct Group;

#[cfg(not(unix))]
impl Group {
    const fn of(_: &Child) -> Self {
        Self
    }

    fn terminate(&self, child: &mut Child) {
        let _ = child.start_kill();
    }

    const fn kill(&mut self) {}

    const fn is_alive(&self) -> bool {
        false
    }
}
