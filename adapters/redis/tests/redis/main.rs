//! The store against Redis servers of the tests' own, in real time.

#[allow(unreachable_pub, reason = "the tests share it")]
mod support;

mod deliveries;
mod forgotten;
#[cfg(feature = "metrics")]
mod metrics;
mod outages;
mod slow;
mod texts;
