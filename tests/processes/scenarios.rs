//! The replies of the slow bot arrive as the simulator's scenarios say.

use std::path::Path;
use std::process::Command;

use wechat_callback::SecurityMode;

use crate::example::{Example, command, variables};
use crate::support::Wechat;
use crate::support::process::program;

fn plays(scenario: &str, arguments: &[&str], environment: &[(&str, &str)], mode: SecurityMode) {
    let wechat = Wechat::new(mode);
    let mut bot = command("slow_bot");
    bot.args(arguments).envs(variables(&wechat)).envs(environment.iter().copied());
    let bot = Example::start(&mut bot);
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../simulator/scenarios");
    let mut simulator = Command::new(program("wechat-sim"));
    simulator.arg("run").arg(scenarios.join(scenario)).envs(variables(&wechat));
    simulator.env("WECHAT_SIM_URL", format!("http://{}/weixin", bot.address));
    let played = simulator.output().expect("it starts");
    assert!(played.status.success(), "{played:?}");
}

#[test]
fn a_slow_bot_is_waited_for() {
    plays("slow_bot.toml", &["--framework", "axum"], &[], SecurityMode::Safe);
}

#[test]
fn a_late_reply_is_fetched() {
    plays("fetch.toml", &["--framework", "actix"], &[("LATE", "fetch")], SecurityMode::Compatible);
}
