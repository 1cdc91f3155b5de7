//! The core: pushes that are read and replies that are written, without a server.

#[path = "../support/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
mod support;

mod aibot;
mod channels;
mod deserialize;
mod foreign;
mod json;
mod json_pushes;
mod layouts;
mod made;
mod properties;
mod replies;
mod rotation;
mod samples;
mod typed;
mod typed_json;
mod user_text;
mod vectors;
mod wecom;
