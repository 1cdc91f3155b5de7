//! Deliveries of one push that belong together, in process and on a paused clock, on both adapters.

#[path = "../support/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
mod support;

#[path = "../support/metrics.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
mod metrics_support;

mod accounts;
mod aibot;
mod drain;
mod elsewhere;
mod endings;
mod failures;
mod fetch;
mod handlers;
mod logs;
mod many;
mod metrics;
mod metrics_table;
mod panics;
mod push;
mod replay;
mod retries;
mod store;
mod store_model;
mod streams;
mod streams_handlers;
mod streams_random;
