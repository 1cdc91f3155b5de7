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

/// A bot that runs, with all that it started: `cargo run`'s is the bot's grandparent.
#[derive(Debug)]
pub(super) struct Bot {
    child: Child,
    group: Group,
    /// Passes its output on.
    output: JoinHandle<()>,
}

impl Bot {
    /// Starts it with the account and the address to listen on in its environment. `said` is told where it says that it
    /// listens.
    pub(super) fn start(
        command: &[OsString],
        account: &Account,
        address: &Address,
        to_stderr: bool,
        said: watch::Sender<Option<Address>>,
    ) -> Result<Self, Failure> {
        let [program, arguments @ ..] = command else {
            return Err(Failure::usage("没有命令", "there is no command"));
        };
        let mut command = Command::new(program);
        // A plain bot is not to find the key of another account of the developer's.
        command.args(arguments).env_remove("WECHAT_ENCODING_AES_KEY").envs(account.environment());
        command.env("LISTEN", address.listen()).stdin(Stdio::null()).stdout(Stdio::piped());
        command.kill_on_drop(true);
        // A group of its own, so that all of it can be stopped, and by this program alone.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| {
            let program = program.display();
            Failure::usage(
                format!("无法启动 {program}：{error}"),
                format!("{program} cannot be started: {error}"),
            )
        })?;
        let group = Group::of(&child);
        let stdout = child.stdout.take();
        let path = address.path();
        let output = tokio::spawn(async move {
            if let Some(stdout) = stdout {
                pass_on(stdout, to_stderr, &path, &said).await;
            }
            // Whoever listens is never told that there will be no more: the bot's end tells it.
            said.closed().await;
        });
        Ok(Self { child, group, output })
    }

    /// Waits until it ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks it to stop, all of it, and kills what has not stopped when the time is over.
    pub(super) async fn stop(&mut self, grace: Duration) {
        let deadline = Instant::now() + grace;
        self.group.terminate(&mut self.child);
        let _ = timeout_at(deadline, self.child.wait()).await;
        while self.group.is_alive() && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
        self.kill().await;
    }

    /// Kills it, all of it, and passes on its last words.
    pub(super) async fn kill(&mut self) {
        self.group.kill();
        let _ = self.child.kill().await;
        let _ = timeout(Duration::from_secs(1), &mut self.output).await;
    }
}

/// Passes on what the bot prints, as it comes, and looks for its address.
async fn pass_on(mut from: ChildStdout, to_stderr: bool, path: &str, said: &watch::Sender<Option<Address>>) {
    let mut to: Box<dyn AsyncWrite + Send + Unpin> =
        if to_stderr { Box::new(stderr()) } else { Box::new(stdout()) };
    let mut bytes = [0; 4096];
    let mut line = Vec::new();
    loop {
        let Ok(read @ 1..) = from.read(&mut bytes).await else { return };
        let bytes = bytes.get(..read).unwrap_or_default();
        // Where nobody reads it, it is read all the same, or the bot would come to a stop.
        let _ = to.write_all(bytes).await;
        let _ = to.flush().await;
        for byte in bytes {
            match byte {
                b'\n' => {
                    if let Some(address) = Address::said(&String::from_utf8_lossy(&line), path) {
                        said.send_replace(Some(address));
                    }
                    line.clear();
                }
                _ if line.len() < 4096 => line.push(*byte),
                _ => {}
            }
        }
    }
}

/// All processes that the bot consists of.
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

    /// Kills what is left of it, and forgets it: its id may become another's.
    fn kill(&mut self) {
        self.signal(rustix::process::Signal::KILL);
        self.0 = None;
    }

    fn is_alive(&self) -> bool {
        self.0.is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
    }
}

/// Whatever way this program ends but by being killed itself.
#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Without process groups: the bot's first process alone.
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
