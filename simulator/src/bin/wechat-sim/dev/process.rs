use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncWrite, stderr, stdout};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::output;

/// A running command with all of its processes: with `cargo run` the bot itself is a grandchild.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Group,
    /// Copies its output.
    output: JoinHandle<()>,
}

impl Process {
    /// Starts the command. Its output is copied, and each line is passed to `on_line`.
    pub(super) fn start(
        mut command: Command,
        stdout_to_stderr: bool,
        on_line: impl Fn(&str) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Its own process group, so that this program can stop all of its processes, and Ctrl-C does not.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let group = Group::of(&child);
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let output = tokio::spawn(async move {
            let to: Box<dyn AsyncWrite + Send + Unpin> =
                if stdout_to_stderr { Box::new(stderr()) } else { Box::new(stdout()) };
            let on_line_of_stderr = on_line.clone();
            let out = async {
                if let Some(out) = out {
                    output::copy(out, to, on_line).await;
                }
            };
            let err = async {
                if let Some(err) = err {
                    output::copy(err, stderr(), on_line_of_stderr).await;
                }
            };
            tokio::join!(out, err);
        });
        Ok(Self { child, group, output })
    }

    /// Waits until it ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// The id of its first process, which is also that of its group; `None` when it has ended.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
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
        self.finish_output().await;
    }

    /// Waits for the rest of its output. A process that has left the group can keep it open.
    async fn finish_output(&mut self) {
        if !self.output.is_finished() && timeout(Duration::from_secs(1), &mut self.output).await.is_err() {
            self.output.abort();
        }
    }
}

/// All processes of the command.
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

/// Without process groups: only the command's first process.
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
