//! The credentials of an account.

use std::time::Duration;

use crate::channel::{Channel, DataFormat};
use crate::cipher::Cipher;
use crate::delivery::KeyPrefix;
use crate::receive_id::ReceiveIds;
use crate::secret::Token;
use crate::{AccountId, SecurityMode};

/// An account and its credentials, as configured in the console.
#[derive(Clone)]
pub(crate) struct Account {
    /// What its owner knows it by: the app id, or that of the account that it answers on behalf of.
    pub(crate) id: AccountId,
    /// The AppID or CorpID. An AI bot has none: it is empty.
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
    pub(crate) deliveries: KeyPrefix,
}

impl Account {
    pub(crate) fn token(&self, generation: Generation) -> &Token {
        self.tokens.get(generation)
    }

    pub(crate) fn cipher(&self, generation: Generation) -> Option<&Cipher> {
        self.ciphers.as_ref().map(|ciphers| ciphers.get(generation))
    }

    /// With another id, and the same credentials.
    pub(crate) fn with_id(&self, id: AccountId) -> Self {
        let deliveries = match self.channel {
            // Apps of one company may get the same event, with nothing in it that tells them apart. A bot has no AppID.
            Channel::WeCom | Channel::AiBot => KeyPrefix::new(&id),
            Channel::OfficialAccount | Channel::MiniProgram => KeyPrefix::of_platform(&self.app_id),
        };
        Self { deliveries, id, ..self.clone() }
    }

    /// Without what is kept of the keys to be quick, for those who have many.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn into_compact(mut self) -> Self {
        if let Some(Rotation { current, previous }) = &mut self.ciphers {
            current.compact();
            previous.iter_mut().for_each(Cipher::compact);
        }
        self
    }

    /// Whether its credentials are those of `old`, apart from the previous ones.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn is_unchanged_from(&self, old: &Self) -> bool {
        self.tokens.current == old.tokens.current
            && self.cipher(Generation::Current) == old.cipher(Generation::Current)
    }

    /// With the credentials of `old` as the previous ones, where it has none already: those of its current ones that
    /// changed, and of the others the previous ones. `None` where nothing is to be added.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn following(&self, old: &Self) -> Option<Self> {
        if (&self.id, &self.app_id) != (&old.id, &old.app_id) {
            return None;
        }
        let token = self.tokens.following(&old.tokens);
        let cipher =
            self.ciphers.as_ref().zip(old.ciphers.as_ref()).and_then(|(new, old)| new.following(old));
        (token.is_some() || cipher.is_some()).then(|| Self {
            tokens: token.unwrap_or_else(|| self.tokens.clone()),
            ciphers: cipher.or_else(|| self.ciphers.clone()),
            ..self.clone()
        })
    }
}

/// A secret and the previous one, for the time that a change in the console takes to have effect.
#[derive(Clone)]
pub(crate) struct Rotation<T> {
    pub(crate) current: T,
    pub(crate) previous: Option<T>,
}

#[derive(Clone, Copy)]
pub(crate) enum Generation {
    Current,
    Previous,
}

#[cfg(feature = "tokio-1")]
impl<T: Clone + PartialEq> Rotation<T> {
    /// With the current one of `old` as the previous, where there is none already and it is another; or else with the
    /// previous one of `old`.
    fn following(&self, old: &Self) -> Option<Self> {
        if self.previous.is_some() {
            return None;
        }
        let previous = if self.current == old.current { old.previous.as_ref() } else { Some(&old.current) };
        previous.map(|previous| Self { current: self.current.clone(), previous: Some(previous.clone()) })
    }
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
