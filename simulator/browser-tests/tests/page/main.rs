//! The chat page in a real Chromium. Screenshots are written to `tmp/page` in the target folder.

#[path = "../support/mod.rs"]
mod support;

mod accessibility;
mod again;
mod aibot;
mod attacks;
mod bot;
mod chat;
mod first_visit;
mod following;
mod menu;
mod menu_editor;
mod safety;
mod scenario;
mod scrolling;
mod setup;
mod views;
mod writing;
