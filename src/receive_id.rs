//! The receive id: whom an encrypted message is meant for. It stands at the end of its frame.

use std::sync::Arc;

use crate::DecryptError;
use crate::account::Account;
use crate::contain::contain;

/// Which receive ids (ReceiveId) an account accepts.
#[derive(Clone)]
pub(crate) enum ReceiveIds {
    /// The AppID or CorpID of the account. That of an AI bot is the empty one, which is a value like any other.
    Own,
    /// One of these. An empty one is a value like any other.
    Listed(Arc<[String]>),
    /// Those for which this is true.
    Matching(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    /// All of them.
    Unchecked,
}

/// The receive id of a message, unless it is the account's own: then it need not be kept.
pub(crate) type OtherReceiveId = Option<Box<str>>;

impl ReceiveIds {
    /// Checks the receive id that was `found` behind a message for `account`.
    #[inline]
    pub(crate) fn check(&self, account: &Account, found: &[u8]) -> Result<OtherReceiveId, DecryptError> {
        let is_own = found == account.app_id.as_bytes();
        if is_own && matches!(self, Self::Own) {
            return Ok(None);
        }
        let accepted = str::from_utf8(found).ok().filter(|found| self.accepts(found, is_own));
        match accepted {
            Some(_) if is_own => Ok(None),
            Some(found) => Ok(Some(found.into())),
            None => {
                Err(DecryptError::ReceiveId { expected: self.expected(account), found: printable(found) })
            }
        }
    }

    fn accepts(&self, found: &str, is_own: bool) -> bool {
        match self {
            Self::Own => is_own,
            Self::Listed(ids) => ids.iter().any(|id| id == found),
            Self::Matching(is_accepted) => contained(|| is_accepted(found)),
            Self::Unchecked => true,
        }
    }

    fn expected(&self, account: &Account) -> String {
        match self {
            Self::Own => shown(&account.app_id),
            Self::Listed(ids) => ids.iter().map(|id| shown(id)).collect::<Vec<_>>().join(" or "),
            Self::Matching(_) | Self::Unchecked => "one that is accepted here".to_owned(),
        }
    }
}

fn shown(id: &str) -> String {
    if id.is_empty() { "an empty one".to_owned() } else { id.to_owned() }
}

/// What the owner's code says, which may panic: nothing is accepted then, and the connection stays open.
fn contained(is_accepted: impl FnOnce() -> bool) -> bool {
    contain(is_accepted).unwrap_or_else(|_| {
        tracing::error!("what decides about receive ids panicked; the push is refused");
        false
    })
}

/// The receive id if it looks like one, so that it is safe to log.
pub(crate) fn printable(found: &[u8]) -> Option<String> {
    let found = str::from_utf8(found).ok()?;
    let plausible = (1..=64).contains(&found.len()) && found.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plausible.then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_receive_id_is_not_shown() {
        assert_eq!(printable(b""), None);
        assert_eq!(printable(b"wx\n"), None);
        assert_eq!(printable(&[b'x'; 65]), None);
        assert_eq!(printable(b"ww0123"), Some("ww0123".to_owned()));
    }
}
