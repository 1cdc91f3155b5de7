//! What an account's callback is made of.

#[cfg(feature = "tokio-1")]
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::SecurityMode;
use crate::cipher::Cipher;
use crate::delivery::MemoryStore;
use crate::refusal::Limit;
use crate::secret::Token;

/// What all clones of a [`Callback`](crate::Callback) share.
pub(crate) struct Account {
    pub(crate) app_id: String,
    pub(crate) mode: SecurityMode,
    pub(crate) timestamp_tolerance: Duration,
    pub(crate) tokens: Rotation<Token>,
    /// Present in the encrypted modes.
    pub(crate) ciphers: Option<Rotation<Cipher>>,
    /// Warnings of requests whose query is not WeChat's.
    pub(crate) query_refusals: Limit,
    /// Warnings of requests whose body could not be read.
    pub(crate) body_refusals: Limit,
    /// Errors of a store that could not be asked about a push.
    #[cfg(feature = "tokio-1")]
    pub(crate) store_failures: Limit,
    /// Errors of a store that could not bind a signature.
    #[cfg(feature = "tokio-1")]
    pub(crate) binding_failures: Limit,
    /// Whether the log has said that this account is answered.
    #[cfg(feature = "tokio-1")]
    pub(crate) is_announced: AtomicBool,
    /// The store of deliveries unless another is set. It is here so that every middleware made from a `Callback`, such
    /// as one a worker, answers as one.
    pub(crate) deliveries: MemoryStore,
    /// The handlers that run, for a shutdown to wait for. Here for the same reason.
    #[cfg(feature = "tokio-1")]
    pub(crate) running: crate::delivery::Running,
}

impl Account {
    pub(crate) fn token(&self, generation: Generation) -> &Token {
        self.tokens.get(generation)
    }

    pub(crate) fn cipher(&self, generation: Generation) -> Option<&Cipher> {
        self.ciphers.as_ref().map(|ciphers| ciphers.get(generation))
    }
}

/// A secret and the one before it, while a change in the console takes effect.
pub(crate) struct Rotation<T> {
    pub(crate) current: T,
    pub(crate) previous: Option<T>,
}

#[derive(Clone, Copy)]
pub(crate) enum Generation {
    Current,
    Previous,
}

impl<T> Rotation<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&T, Generation)> {
        let previous = self.previous.iter().map(|previous| (previous, Generation::Previous));
        std::iter::once((&self.current, Generation::Current)).chain(previous)
    }

    fn get(&self, generation: Generation) -> &T {
        match (generation, &self.previous) {
            (Generation::Previous, Some(previous)) => previous,
            _ => &self.current,
        }
    }
}
