//! A Redis of the test's own. The tests of `wechat-redis` take this file too.

use std::env;
use std::net::TcpListener;
use std::process::Command;

use super::process::Process;

/// A `redis-server` on a free port, with nothing in it.
pub struct RedisServer {
    process: Option<Process>,
    pub port: u16,
}

impl RedisServer {
    /// `None`, and a word about it, where it is not installed; in CI that is a failure.
    pub fn start() -> Option<Self> {
        let mut server = Self::prepare();
        server.run().then_some(server)
    }

    /// Not running yet.
    pub fn prepare() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self { process: None, port: socket.local_addr().expect("an address").port() }
    }

    /// Starts it, empty. `false` where it is not installed.
    pub fn run(&mut self) -> bool {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        // It would read what it finds there. Nothing is ever written.
        command.arg("--dbfilename").arg(format!("no-dump-of-{port}.rdb")).current_dir(env::temp_dir());
        self.process = Process::start_if_installed(&mut command);
        let Some(process) = &self.process else { return false };
        while !process.next_line().expect("it listens").contains("Ready to accept connections") {}
        true
    }

    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Sends it a signal, such as `-STOP`.
    pub fn signal(&self, signal: &str) {
        self.process.as_ref().expect("it runs").signal(signal);
    }
}
