//! The echo bots of this workspace, as processes: they pass their scenario and every attack in every mode.

use wechat_sim::Mode;

use crate::bots::Example;
use crate::scenarios::shipped;
use crate::sim::{Done, account};

fn stands(example: &str, mode: Mode) {
    let account = account(mode);
    let bot = Example::start(example, &account, &[]);
    Done::at(&account, &bot.url, &["run", &shipped("echo")]).exits(0);
    let json = Done::at(&account, &bot.url, &["attack", "all", "--json"]).exits(0).json();
    assert_eq!(json["accepted"], serde_json::json!([]));
    let talkative =
        json["attacks"].as_array().expect("attacks").iter().filter(|attack| attack["silent"] == false);
    assert_eq!(talkative.count(), 0, "a refusal says nothing but its status: {json}");
}

macro_rules! stand {
    ($($promise:ident: $example:literal, $mode:ident;)+) => {$(
        #[test]
        fn $promise() {
            stands($example, Mode::$mode);
        }
    )+};
}
stand! {
    axum_stands_in_plain_mode: "axum_echo", Plain;
    axum_stands_in_compatible_mode: "axum_echo", Compatible;
    axum_stands_in_safe_mode: "axum_echo", Safe;
    actix_stands_in_plain_mode: "actix_echo", Plain;
    actix_stands_in_compatible_mode: "actix_echo", Compatible;
    actix_stands_in_safe_mode: "actix_echo", Safe;
}
