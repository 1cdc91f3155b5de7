//! Real time: servers on ports of their own, and processes.

#[path = "../support/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
mod support;

mod example;
#[cfg(unix)]
mod examples;
mod redis;
mod scenarios;
mod sockets;
mod streams;
mod streams_redis;
