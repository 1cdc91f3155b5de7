//! The scripts that Redis runs, each about exactly one key, and how they are called.

use std::sync::LazyLock;

use redis::Cmd;

pub(crate) struct Script {
    code: &'static str,
    hash: LazyLock<String>,
}

macro_rules! scripts {
    ($($name:ident = $($file:literal)+;)+) => {$(
        pub(crate) static $name: Script = Script {
            code: concat!($(include_str!(concat!("scripts/", $file))),+),
            hash: LazyLock::new(|| redis::Script::new($name.code).get_hash().to_owned()),
        };
    )+};
}
scripts! {
    CLAIM = "common.lua" "claim.lua";
    COUNT = "common.lua" "count.lua";
    READ = "common.lua" "read.lua";
    RENEW = "common.lua" "renew.lua";
    COMPLETE = "common.lua" "complete.lua";
    APPEND = "common.lua" "append.lua";
    PROGRESS = "common.lua" "progress.lua";
    GIVE_UP = "give_up.lua";
    MARK_LATE = "mark_late.lua";
    BIND = "bind.lua";
    ADD_PENDING = "add_pending.lua";
    ADVANCE_PENDING = "advance_pending.lua";
}

/// A question to Redis about one key.
#[derive(Clone)]
pub(crate) struct Call {
    verb: Verb,
    key: String,
    args: Vec<String>,
}

#[derive(Clone, Copy)]
enum Verb {
    Script(&'static Script),
    Command(&'static str),
    Publish,
}

impl Call {
    pub(crate) fn script(script: &'static Script, key: String) -> Self {
        Self { verb: Verb::Script(script), key, args: Vec::new() }
    }

    pub(crate) fn command(name: &'static str, key: String) -> Self {
        Self { verb: Verb::Command(name), key, args: Vec::new() }
    }

    /// Wakes the processes that wait for `key`, and sends them the `reply` if there is one. This is a command of its
    /// own because the proxies of managed clusters refuse it inside scripts.
    pub(crate) fn publish(key: String, reply: Option<&str>) -> Self {
        Self { verb: Verb::Publish, key, args: vec![reply.unwrap_or_default().to_owned()] }
    }

    pub(crate) fn arg(mut self, arg: &(impl ToString + ?Sized)) -> Self {
        self.args.push(arg.to_string());
        self
    }

    /// A publication may get lost: waiting processes also look when the lease ends.
    pub(crate) fn is_publish(&self) -> bool {
        matches!(self.verb, Verb::Publish)
    }

    /// With a script named by its hash.
    pub(crate) fn short(&self) -> Cmd {
        self.build(|script, cmd| {
            cmd.arg("EVALSHA").arg(&*script.hash);
        })
    }

    /// With the whole script, which Redis then knows by its hash.
    pub(crate) fn whole(&self) -> Cmd {
        self.build(|script, cmd| {
            cmd.arg("EVAL").arg(script.code);
        })
    }

    fn build(&self, name: impl FnOnce(&Script, &mut Cmd)) -> Cmd {
        let mut cmd = Cmd::new();
        match self.verb {
            Verb::Script(script) => {
                name(script, &mut cmd);
                cmd.arg(1);
            }
            Verb::Command(command) => drop(cmd.arg(command)),
            Verb::Publish => drop(cmd.arg("PUBLISH")),
        }
        cmd.arg(&self.key).arg(&self.args);
        cmd
    }
}
