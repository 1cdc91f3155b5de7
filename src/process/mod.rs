//! What a process keeps of an account beside its credentials.

#[cfg(feature = "tokio-1")]
pub(crate) mod deadline;
mod log;
#[cfg(feature = "tokio-1")]
mod shutdown;

#[cfg(feature = "tokio-1")]
pub(crate) use log::Limit;
use log::Log;
#[cfg(feature = "tokio-1")]
pub(crate) use shutdown::Shutdown;

use crate::delivery::MemoryStore;

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
    pub(crate) shutdown: Shutdown,
}
