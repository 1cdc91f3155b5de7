//! `wechat-sim` as a process, as people and scripts use it.
#![cfg(unix)]

mod attacks;
mod bots;
mod dev;
mod examples;
mod page;
mod scenarios;
mod sending;
mod sim;
mod usage;
mod verifying;
