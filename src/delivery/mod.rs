//! DeliveryStore: WeChat pushes a message up to three times, and the user sees one answer.
//!
//! WeChat waits five seconds for the answer, then hangs up and pushes the same message again, twice. Here the handler
//! runs once and outlives the connection; each delivery waits for that one outcome, and the first that finds it
//! carries it. What becomes of an answer that is later still is a `LateReply` policy.
//!
//! The pushes of one process meet in an [`MemoryStore`] store, those of many in another [`DeliveryStore`]. What a store
//! knows it knows under hashes ([`DeliveryKey`]); what it keeps are outcomes, which are replies, not sealed bytes: each
//! delivery is sealed afresh.
//!
//! A handler that fails, panics or takes too long has an outcome like any other (`HandlerPolicy`), and what a response
//! of its own is worth to WeChat is decided here too (`OwnResponse`).
//!
//! The middleware of `wechat-tower` and `wechat-actix` does all of this. With the feature `tokio-1` so does
//! `Answerer` for any other server on tokio.

#[cfg(feature = "tokio-1")]
mod answerer;
#[cfg(feature = "tokio-1")]
mod contain;
#[cfg(feature = "tokio-1")]
mod deadline;
#[cfg(feature = "tokio-1")]
mod entry;
mod key;
#[cfg(feature = "tokio-1")]
mod late;
mod memory;
#[cfg(feature = "tokio-1")]
mod outcome;
#[cfg(feature = "tokio-1")]
mod own;
#[cfg(feature = "tokio-1")]
mod patience;
#[cfg(feature = "tokio-1")]
mod running;
mod store;
#[cfg(feature = "tokio-1")]
mod turn;

#[cfg(feature = "tokio-1")]
pub use answerer::{Answerer, Arrival, Arriving};
pub use key::{DeliveryKey, ParseKeyError, SignatureKey, UserKey};
#[cfg(feature = "tokio-1")]
pub use late::{LateReply, ReplySender};
pub use memory::MemoryStore;
#[cfg(feature = "tokio-1")]
pub use outcome::{Alone, Answer, Handled, HandlerPolicy, Outcome};
#[cfg(feature = "tokio-1")]
pub use own::{Own, OwnResponse};
#[cfg(feature = "tokio-1")]
pub use running::{Running, Runs};
pub use store::{
    Claim, ClaimState, ConcurrentRun, DeliveryStore, Lease, OutcomeStore, PendingReply, PendingStore,
    Retention, SignatureStore, StoreError, Timeliness,
};
#[cfg(feature = "tokio-1")]
pub use turn::{Answering, Done, Run, Turn, Waiting};
