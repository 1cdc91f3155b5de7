//! What a process keeps of an account, or of a table of accounts, beside the credentials.

#[cfg(feature = "tokio-1")]
pub(crate) mod deadline;
mod log;
#[cfg(feature = "tokio-1")]
mod shutdown;
#[cfg(feature = "tokio-1")]
mod unknown;

#[cfg(feature = "tokio-1")]
pub(crate) use log::Limit;
pub(crate) use log::Log;
#[cfg(feature = "tokio-1")]
pub(crate) use shutdown::Shutdown;
#[cfg(feature = "tokio-1")]
pub(crate) use unknown::Unknown;

use crate::delivery::MemoryStore;

/// What all clones of a [`Callback`](crate::Callback), or all accounts of a table, share, so that every middleware made from
/// them, such as one for each worker, answers as one.
#[derive(Default)]
pub(crate) struct Process {
    /// How often what was logged.
    pub(crate) log: Log,
    /// The store of deliveries unless another is set.
    pub(crate) store: MemoryStore,
    /// The handlers that run, for a shutdown to wait for.
    #[cfg(feature = "tokio-1")]
    pub(crate) shutdown: Shutdown,
    /// Answers that were asked for, and are not known.
    #[cfg(feature = "tokio-1")]
    pub(crate) unknown: Unknown,
}

#[cfg(feature = "tokio-1")]
impl Process {
    /// For a table of accounts, or any other look-up: no account takes all room of the store.
    pub(crate) fn of_many_accounts() -> Self {
        let process = Self::default();
        process.store.share_among_accounts();
        process
    }
}
