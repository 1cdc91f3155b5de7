//! `wechat-sim` as a process: what people and scripts meet.
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
