//! Deliveries: WeChat pushes a message up to three times, and the user sees one reply.
//!
//! WeChat waits five seconds for the answer, then hangs up and pushes the same message again, twice. Here the handler
//! runs once and outlives the connection. Each delivery waits for that one outcome, and the first that finds it carries
//! it. What becomes of a reply that is later still is a policy: see `late_reply`.
//!
//! This module is what deliveries share. Those of one process meet in a [`MemoryStore`], those of many in another
//! [`DeliveryStore`]. Keys are hashed ([`DeliveryKey`]); what is kept are replies, not sealed bytes: each delivery is
//! sealed afresh.
//!
//! The middlewares of `wechat-tower` and `wechat-actix` do all of this, and so does `server::Engine` for any other
//! server on tokio.

mod growing;
mod key;
pub(crate) mod memory;
mod store;

pub use growing::{GrowingText, StreamText};
pub(crate) use key::KeyPrefix;
pub use key::{DeliveryKey, ParseKeyError, SignatureKey, UserKey};
pub use memory::MemoryStore;
pub use store::{
    Claim, ClaimState, ConcurrentRun, DeliveryStore, Lease, OutcomeStore, PendingReply, PendingStore,
    Progress, Retention, SignatureStore, StoreError, Timeliness,
};
