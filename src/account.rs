//! What an account's callback is made of.

use std::time::Duration;

use crate::SecurityMode;
use crate::cipher::Cipher;
use crate::delivery::InProcess;
use crate::secret::Token;

/// What all clones of a [`Callback`](crate::Callback) share.
pub(crate) struct Account {
    pub(crate) app_id: String,
    pub(crate) mode: SecurityMode,
    pub(crate) freshness: Duration,
    pub(crate) tokens: Rotation<Token>,
    /// Present in the encrypted modes.
    pub(crate) ciphers: Option<Rotation<Cipher>>,
    /// The store of deliveries unless another is set. It is here so that every middleware made from a `Callback`, such
    /// as one a worker, answers as one.
    pub(crate) deliveries: InProcess,
    /// The handlers that run, for a shutdown to wait for. Here for the same reason.
    #[cfg(feature = "tokio-1")]
    pub(crate) running: crate::delivery::Running,
}

impl Account {
    /// How long a signature could be taken with another body: from the earliest moment at which it is fresh to the
    /// last, in whole seconds.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn binding_lifetime(&self) -> Duration {
        self.freshness.saturating_mul(2).saturating_add(Duration::from_secs(1))
    }

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
