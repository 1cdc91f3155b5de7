use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use papaya::{Compute, Operation};
use tokio::time::Instant;

use super::{AccountLookup, AccountRequest};
use crate::account::Account;
use crate::delivery::MemoryStore;
use crate::message::Id;
use crate::process::Process;
use crate::{Callback, query};

/// For how long the previous credentials are accepted after a [`replace`](Accounts::replace).
const OVERLAP: Duration = Duration::from_secs(600);

/// A table of accounts, each behind its own URL: the key is a part of the URL.
///
/// It may change while it is used: [`insert`](Self::insert), [`replace`](Self::replace) and [`remove`](Self::remove) take
/// effect with the next request, and none of them makes a request wait. Keys are taken exactly as they are.
///
/// Cheap to clone. Clones share the accounts, and what a process remembers for all of them: the memory of deliveries, the
/// limits of log lines, and the handlers that a shutdown waits for. So all middlewares made from clones of one table answer
/// as one. No two accounts share a push, and none may fill the memory: an account may have at most eight times as many
/// handlers running as places are free.
///
/// An account takes about 0.6 KB. Its EncodingAESKey is expanded for each push, which takes a part of a microsecond.
#[derive(Clone)]
pub struct Accounts {
    shared: Arc<Shared>,
}

struct Shared {
    key: Key,
    entries: papaya::HashMap<EntryKey, Entry>,
    process: Arc<Process>,
}

/// Which part of the URL is the key.
enum Key {
    PathSegment,
    Parameter(Box<str>),
}

/// The key of an account. Up to 22 bytes, as an AppID has, stand in the entry itself, so that a look-up fetches one place
/// of memory less.
#[derive(PartialEq, Eq)]
struct EntryKey(Id);

impl EntryKey {
    fn of(key: &str) -> Self {
        Self(key.into())
    }
}

impl Borrow<str> for EntryKey {
    fn borrow(&self) -> &str {
        self.0.as_str()
    }
}

/// As the text does.
impl Hash for EntryKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

#[derive(Clone)]
struct Entry {
    callback: Callback,
    /// While the previous credentials are still accepted.
    overlap: Option<Box<Overlap>>,
}

#[derive(Clone)]
struct Overlap {
    until: Instant,
    /// The account from then on, with the new credentials alone.
    then: Callback,
}

impl Accounts {
    /// Keyed by the last segment of the path, percent-decoded: the `wx5823bf96d3bd56c7` of
    /// `https://…/weixin/wx5823bf96d3bd56c7`. Mount the endpoint where it sees every such path (`/weixin/{account}`).
    ///
    /// ```
    /// # use wechat_callback::accounts::Accounts;
    /// let accounts = Accounts::by_path_segment();
    /// assert!(accounts.is_empty());
    /// ```
    #[must_use]
    pub fn by_path_segment() -> Self {
        Self::by(Key::PathSegment)
    }

    /// Keyed by a parameter of the query, percent-decoded: the `shop` of `https://…/weixin?account=shop`. A request that
    /// has the parameter twice is for no account.
    ///
    /// ```
    /// # use wechat_callback::accounts::Accounts;
    /// let accounts = Accounts::by_parameter("account")?;
    /// assert!(Accounts::by_parameter("nonce").is_err());
    /// # Ok::<(), wechat_callback::accounts::ParameterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if WeChat adds a parameter of this name itself, or the name is empty.
    pub fn by_parameter(name: impl Into<String>) -> Result<Self, ParameterError> {
        let name = name.into();
        if name.is_empty() || query::is_wechats(&name) {
            return Err(ParameterError { name });
        }
        Ok(Self::by(Key::Parameter(name.into())))
    }

    fn by(key: Key) -> Self {
        let process = Arc::new(Process::of_many_accounts());
        Self { shared: Arc::new(Shared { key, entries: papaya::HashMap::new(), process }) }
    }

    /// Adds an account. If there is one with this key, its credentials are no longer accepted, from now on: see
    /// [`replace`](Self::replace). Returns what was there.
    ///
    /// ```
    /// # use wechat_callback::{Callback, accounts::Accounts};
    /// # let accounts = Accounts::by_path_segment();
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// accounts.insert("wx5823bf96d3bd56c7", callback);
    /// assert_eq!(accounts.len(), 1);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn insert(&self, key: impl Into<String>, callback: Callback) -> Option<Callback> {
        let callback = self.own(Arc::unwrap_or_clone(callback.account).into_compact());
        let entries = self.shared.entries.pin();
        let before = entries.insert(EntryKey::of(&key.into()), Entry { callback, overlap: None });
        before.map(|before| before.callback.clone())
    }

    /// Replaces the credentials of an account: its Token, its EncodingAESKey or both were changed in the console. The old
    /// ones are accepted for ten minutes more, as [previous credentials](crate::PreviousCredentials), because a change in the
    /// console takes some time to have effect. (Not if the AppID or the id of the account is another.) Adds the account if it
    /// is not there. Returns what was there.
    ///
    /// ```
    /// # use wechat_callback::{Callback, accounts::Accounts};
    /// # let accounts = Accounts::by_path_segment();
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "theTokenFromNow1").build()?;
    /// accounts.replace("wx5823bf96d3bd56c7", callback);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn replace(&self, key: impl Into<String>, callback: Callback) -> Option<Callback> {
        let then = self.own(Arc::unwrap_or_clone(callback.account).into_compact());
        let now = Instant::now();
        let entries = self.shared.entries.pin();
        let replaced = entries.compute(EntryKey::of(&key.into()), |before| {
            Operation::<_, ()>::Insert(match before {
                Some((_, before)) => self.following(before, &then, now),
                None => Entry { callback: then.clone(), overlap: None },
            })
        });
        match replaced {
            Compute::Updated { old: (_, old), .. } => Some(old.callback.clone()),
            _ => None,
        }
    }

    /// Removes an account. Returns what was there.
    ///
    /// Its requests are answered 404 from now on, also those that repeat a push whose handler still runs. Such a handler
    /// runs to its end; what it returns reaches the user only if it is sent as a message of its own
    /// ([`LateReply::push`](crate::late_reply::LateReply::push)).
    ///
    /// ```
    /// # use wechat_callback::accounts::Accounts;
    /// # let accounts = Accounts::by_path_segment();
    /// assert!(accounts.remove("wx5823bf96d3bd56c7").is_none());
    /// ```
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn remove(&self, key: &str) -> Option<Callback> {
        self.shared.entries.pin().remove(key).map(|before| before.callback.clone())
    }

    /// The account of that key.
    ///
    /// ```
    /// # use wechat_callback::accounts::Accounts;
    /// # let accounts = Accounts::by_path_segment();
    /// assert!(accounts.get("wx5823bf96d3bd56c7").is_none());
    /// ```
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Callback> {
        let entries = self.shared.entries.pin();
        let Entry { callback, overlap } = entries.get(key)?;
        match overlap {
            Some(overlap) if overlap.until <= Instant::now() => {
                let then = overlap.then.clone();
                self.end_overlap(key);
                Some(then)
            }
            _ => Some(callback.clone()),
        }
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.entries.len()
    }

    /// Whether there is no account.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.entries.is_empty()
    }

    /// The store of deliveries that is used unless another one is set.
    #[must_use]
    pub fn store(&self) -> &MemoryStore {
        &self.shared.process.store
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        &self.shared.process
    }

    /// What a callback of this table is made of.
    fn own(&self, account: Account) -> Callback {
        Callback { account: Arc::new(account), process: self.shared.process.clone() }
    }

    /// What replaces `before`: `then`, and what goes on for a while. What goes on already is not cut short where the same is
    /// set again, or the token first and the key then; nor does it go on longer for that.
    fn following(&self, before: &Entry, then: &Callback, now: Instant) -> Entry {
        let overlap = before.overlap.as_ref();
        let (old, ends) = match overlap {
            Some(overlap) if overlap.until <= now => (&overlap.then, None),
            _ => (&before.callback, overlap.map(|overlap| overlap.until)),
        };
        let Some(account) = then.account.following(&old.account) else {
            return Entry { callback: then.clone(), overlap: None };
        };
        let until = ends.filter(|_| then.account.is_unchanged_from(&old.account)).unwrap_or(now + OVERLAP);
        Entry { callback: self.own(account), overlap: Some(Box::new(Overlap { until, then: then.clone() })) }
    }

    /// Forgets previous credentials that are no longer accepted.
    #[cold]
    fn end_overlap(&self, key: &str) {
        let now = Instant::now();
        self.shared.entries.pin().compute(EntryKey::of(key), |current| match current {
            Some((_, Entry { overlap: Some(overlap), .. })) if overlap.until <= now => {
                Operation::<_, ()>::Insert(Entry { callback: overlap.then.clone(), overlap: None })
            }
            _ => Operation::Abort(()),
        });
    }
}

impl AccountLookup for Accounts {
    fn find(&self, request: &AccountRequest<'_>) -> Option<Callback> {
        let key: Cow<'_, str> = match &self.shared.key {
            Key::PathSegment => request.path_segment()?,
            Key::Parameter(name) => request.parameter(name)?,
        };
        self.get(&key)
    }

    fn needs_envelope(&self) -> bool {
        false
    }
}

/// How many accounts there are.
impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The name of a parameter that cannot name an account: see [`Accounts::by_parameter`].
///
/// `#[non_exhaustive]`: only [`Accounts`] makes one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} cannot name an account: WeChat adds parameters of its own, and a name is not empty")]
#[non_exhaustive]
pub struct ParameterError {
    /// The name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback() -> Callback {
        Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build().expect("an account")
    }

    #[test]
    fn no_parameter_of_wechats_own_is_taken() {
        for name in
            ["", "signature", "timestamp", "nonce", "echostr", "msg_signature", "encrypt_type", "openid"]
        {
            let error = Accounts::by_parameter(name).expect_err("WeChat's own");
            assert_eq!(error.name, name);
            assert!(!error.to_string().contains('\n'));
        }
        assert!(Accounts::by_parameter("id").is_ok());
    }

    #[test]
    fn clones_share_the_accounts_and_what_a_process_remembers() {
        let (one, other) = {
            let accounts = Accounts::by_path_segment();
            (accounts.clone(), accounts)
        };
        assert!(one.insert("a", callback()).is_none());
        assert!(other.insert("a", callback()).is_some());
        assert!(other.replace("b", callback()).is_none());
        assert_eq!((one.len(), one.is_empty()), (2, false));
        let found = one.get("a").expect("it is there");
        assert!(Arc::ptr_eq(&found.process, &other.shared.process));
        assert!(one.remove("a").is_some() && other.get("a").is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        let accounts = Accounts::by_path_segment();
        accounts.insert("a", callback());
        assert_eq!(format!("{accounts:?}"), "Accounts { len: 1, .. }");
    }
}
