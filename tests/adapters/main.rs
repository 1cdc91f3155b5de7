//! The adapters: one push each, in process, in axum and tower, and in actix-web.

#[path = "../support/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
mod support;

#[path = "../support/metrics.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
mod metrics_support;

mod accounts;
mod actix;
mod dialects;
mod extractors;
mod logs;
mod metrics;
mod own_responses;
mod refusals;
mod reports;
mod shared_handler;
mod tower;
