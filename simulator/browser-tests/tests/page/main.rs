//! The chat page in a real Chromium. Screenshots are written to `tmp/page` in the target folder.

#[path = "../support/mod.rs"]
mod support;

mod accessibility;
mod again;
mod again;
mod aibot;
mod aibot;
