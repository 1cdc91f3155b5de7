//! The chat page in a real Chromium. Screenshots are written to `tmp/page` in the target folder.

#[path = "../support/mod.rs"]
mod support;

mod accessibility;
mod attacks;
mod chat;
mod menu;
mod menu_editor;
mod safety;
mod scenario;
mod setup;
mod views;
