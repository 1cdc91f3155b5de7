//! The bot against a fake API, by WeChat's and WeCom's rules.

mod api;
mod bot;
mod fake_api;
mod history;
mod logs;
mod wecom;
