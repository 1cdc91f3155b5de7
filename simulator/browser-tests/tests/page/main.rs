//! The chat page in a real Chromium. Screenshots are written to `tmp/page` in the target folder.

#[path = "../support/mod.rs"]
mod support;

mod again;
mod attacks;
mod chat;
mod first_visit;
mod following;
mod menu;
mod safety;
mod scrolling;
mod setup;
mod views;
mod writing;
