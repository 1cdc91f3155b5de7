//! `run` and `attack` with a bot of their own.

use crate::dev::is_alive;
use crate::process::example;
use crate::scenarios::{Scenario, shipped};
use crate::sim::{Done, sim};

/// `wechat-sim ARGUMENTS -- sh -c SCRIPT`, where `$BOT` is an unmodified bot.
fn with_bot(arguments: &[&str], script: &str) -> Done {
    let mut command = sim(&[arguments, &["--", "sh", "-c", script]].concat());
    command.env("BOT", example("weak_bot"));
    Done::of(command)
}

#[test]
fn a_bot_is_started_for_a_scenario_and_stopped_afterwards() {
    let scenario = Scenario::new("meanwhile.toml", "[[step]]\nverify = true\n[[step]]\ntext = \"你好\"\n");
    let done = with_bot(&["run", scenario.path(), "--json"], "echo bot=$$; $BOT; exit 1").exits(0);
    assert_eq!(done.json()["passed"], true);
    let bot = done.stderr.lines().find_map(|line| line.strip_prefix("bot=")).expect("what the bot prints");
    assert!(!is_alive(bot), "it is left");
}

#[test]
fn a_bot_is_started_to_be_attacked() {
    let done = with_bot(&["attack", "old-timestamp", "--json"], "exec $BOT old-timestamp").exits(4);
    assert_eq!(done.json()["accepted"][0], "old-timestamp");
}

#[test]
fn a_bot_that_ends_before_the_scenario_is_said_not_to_be_reached() {
    with_bot(&["run", &shipped("menu")], "exit 7").exits(3).says("the bot ended by itself: exit status: 7");
    Done::of(sim(&["run", &shipped("menu"), "--", "/nowhere/bot"])).exits(2).says("/nowhere/bot");
}
