//! The credentials of an account.

use std::time::Duration;

use crate::SecurityMode;
use crate::channel::{Channel, DataFormat};
use crate::cipher::Cipher;
use crate::receive_id::ReceiveIds;
use crate::secret::Token;
use crate::signature::Prefix;

/// An account and its credentials, as configured in the console.
pub(crate) struct Account {
    /// The AppID or CorpID.
    pub(crate) app_id: String,
    pub(crate) receive_ids: ReceiveIds,
    pub(crate) mode: SecurityMode,
    pub(crate) channel: Channel,
    pub(crate) format: DataFormat,
    pub(crate) timestamp_tolerance: Duration,
    pub(crate) tokens: Rotation<Token>,
    /// `None` in plain mode.
    pub(crate) ciphers: Option<Rotation<Cipher>>,
    /// What the keys of its deliveries begin with.
    pub(crate) deliveries: Prefix,
}

impl Account {
    pub(crate) fn token(&self, generation: Generation) -> &Token {
        self.tokens.get(generation)
    }

    pub(crate) fn cipher(&self, generation: Generation) -> Option<&Cipher> {
        self.ciphers.as_ref().map(|ciphers| ciphers.get(generation))
    }
}

/// A secret and the previous one, for the time that a change in the console takes to have effect.
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
