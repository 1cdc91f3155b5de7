//! An example as a process.

use std::process::{ChildStderr, Command, ExitStatus};

use crate::support::Wechat;
use crate::support::process::{Process, example};

/// The example, which shall listen on a free port, and nothing of the account that the developer may have set.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(example(name));
    let own = ["APP_ID", "CORP_ID", "TOKEN", "ENCODING_AES_KEY", "MODE", "FORMAT"];
    for variable in own.map(|name| format!("WECHAT_{name}")) {
        command.env_remove(variable);
    }
    command.env("LISTEN", "127.0.0.1:0").env("RUST_LOG", "error");
    command
}

/// The variables that describe the account to an example.
pub(crate) fn variables(wechat: &Wechat) -> [(&'static str, String); 4] {
    [
        ("WECHAT_APP_ID", wechat.app_id.clone()),
        ("WECHAT_TOKEN", wechat.token.clone()),
        ("WECHAT_ENCODING_AES_KEY", wechat.encoding_aes_key.clone()),
        ("WECHAT_MODE", wechat.mode.to_string()),
    ]
}

/// The account that `NAME=value NAME=value …` describes, unless it is a company.
fn account(variables: &str) -> Option<Wechat> {
    let variable = |name: &str| {
        let value = variables.split(' ').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {name} in {variables:?}")).to_owned()
    };
    variables.starts_with("WECHAT_APP_ID=").then(|| Wechat {
        app_id: variable("WECHAT_APP_ID"),
        token: variable("WECHAT_TOKEN"),
        encoding_aes_key: variable("WECHAT_ENCODING_AES_KEY"),
        mode: variable("WECHAT_MODE").parse().expect("a mode"),
    })
}

/// A running example. It does not outlive the test.
pub(crate) struct Example {
    process: Process,
    /// `127.0.0.1:port`
    pub(crate) address: String,
    pub(crate) sandbox: Option<Wechat>,
}

impl Example {
    pub(crate) fn start(command: &mut Command) -> Self {
        let process = Process::start(command);
        let (mut line, mut sandbox) = (process.next_line().expect("a line on stdout"), None);
        if let Some(variables) = line.strip_prefix("sandbox: ") {
            sandbox = account(variables);
            line = process.next_line().expect("a second line on stdout");
        }
        let address = line.strip_prefix("listening on http://").and_then(|url| url.strip_suffix("/weixin"));
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        Self { process, address, sandbox }
    }

    /// What it logs, if its command asked for a pipe.
    pub(crate) fn stderr(&mut self) -> ChildStderr {
        self.process.stderr()
    }

    /// Ends it as an operator does.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.process.terminate()
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }
}
