//! `wechat-sim` as a process, as people and scripts use it.
#![cfg(unix)]

mod aibot;
mod attacks;
mod bots;
mod dev;
mod examples;
mod exported;
#[path = "../library/hand_made.rs"]
mod hand_made;

mod kinds;
mod meanwhile;
mod mistakes;
mod page;
#[path = "../../../tests/support/process.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of wechat-callback")]
mod process;
#[cfg(feature = "page")]
mod restarts;
mod scenarios;
mod sending;
mod sim;
mod usage;
mod verifying;
