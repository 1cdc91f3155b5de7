//! What a process keeps of an account beside its credentials.

use crate::delivery::MemoryStore;
use crate::log::Log;

/// What all clones of a [`Callback`](crate::Callback) share, so that every middleware made from one, such as one for each
/// worker, answers as one.
#[derive(Default)]
pub(crate) struct Process {
    /// How often what was logged.
    pub(crate) log: Log,
    /// The store of deliveries unless another is set.
    pub(crate) store: MemoryStore,
    /// The handlers that run, for a shutdown to wait for.
    #[cfg(feature = "tokio-1")]
    pub(crate) shutdown: crate::delivery::engine::Shutdown,
}
