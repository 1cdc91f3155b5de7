//! [`Callback`], the only way in: it verifies and opens what WeChat sends to an account's URL.

mod builder;
mod check;
mod config_error;
mod environment;
mod open;
mod open_error;
mod verify;

use std::fmt;
use std::sync::Arc;

use crate::SecurityMode;
use crate::account::Account;
use crate::delivery::MemoryStore;
use crate::process::Process;

pub use builder::{CallbackBuilder, PreviousCredentials};
pub use config_error::ConfigError;
pub use open::{Opened, OpenedXml};
pub use open_error::OpenError;
#[cfg(feature = "tokio-1")]
pub(crate) use verify::Uncovering;

/// One account's callback (服务器配置): verifies and opens what WeChat sends to its URL.
///
/// Cheap to clone; clones share the same keys, and what a process remembers of its deliveries.
#[derive(Clone)]
pub struct Callback {
    pub(crate) account: Arc<Account>,
    pub(crate) process: Arc<Process>,
}

impl Callback {
    /// The AppID.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.account.app_id
    }

    /// The security mode.
    #[must_use]
    pub fn mode(&self) -> SecurityMode {
        self.account.mode
    }

    /// What a middleware of this callback remembers of its deliveries, unless it is given another store.
    #[must_use]
    pub fn store(&self) -> &MemoryStore {
        &self.process.store
    }
}

/// The app id and the mode.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("app_id", &self.app_id())
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}
