//! Which account a request is for.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Engine;
use super::contain::contain;
use crate::accounts::{AccountLookup, AccountRequest, Accounts};
use crate::process::Process;
use crate::query::CallbackQuery;
use crate::{Callback, OpenError, Opened, Refusal};

/// What finds the account of a request. A single account is kept here, and needs no look-up.
#[derive(Clone)]
pub(super) enum Lookup {
    One(Callback),
    Many { accounts: Arc<dyn AccountLookup>, needs_envelope: bool },
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(callback) => callback.fmt(f),
            Self::Many { .. } => f.write_str("many"),
        }
    }
}

impl Lookup {
    /// Also returns what the accounts share in this process.
    pub(super) fn new(lookup: impl AccountLookup) -> (Self, Arc<Process>) {
        let any: &dyn Any = &lookup;
        if let Some(callback) = any.downcast_ref::<Callback>() {
            callback.process.log.announce(Some(callback));
            return (Self::One(callback.clone()), callback.process.clone());
        }
        let process = match any.downcast_ref::<Accounts>() {
            Some(accounts) => accounts.process().clone(),
            None => Arc::new(Process::of_many_accounts()),
        };
        process.log.announce(None);
        let needs_envelope = lookup.needs_envelope();
        (Self::Many { accounts: Arc::new(lookup), needs_envelope }, process)
    }

    pub(super) const fn is_many(&self) -> bool {
        matches!(self, Self::Many { .. })
    }
}

impl Engine {
    /// Checks what can be checked of a push (POST) before its body is read, so that the body of a request that will be
    /// refused need not be read: its account, unless it takes the envelope to find it, and its
    /// [query](Callback::check_query).
    ///
    /// `path` and `query` are the request's, the query without the `?`.
    ///
    /// # Errors
    ///
    /// [`Refusal`], for [`refuse`](Self::refuse).
    pub fn check_query(&self, path: &str, query: &str) -> Result<(), Refusal> {
        if let Lookup::Many { needs_envelope: true, .. } = &self.shared.lookup {
            CallbackQuery::parse(query).map_err(OpenError::Query)?;
            return Ok(());
        }
        Ok(self.account(&AccountRequest::new(path, query))?.check_query(query)?)
    }

    /// Opens a push (POST) with the credentials of the account that it is for: see [`Callback::open`].
    ///
    /// # Errors
    ///
    /// [`Refusal`], for [`refuse`](Self::refuse).
    #[inline]
    pub fn open(&self, path: &str, query: &str, body: &[u8]) -> Result<Opened, Refusal> {
        let opened = match &self.shared.lookup {
            Lookup::One(callback) => callback.open(query, body),
            Lookup::Many { .. } => {
                let request = AccountRequest::new(path, query).with_body(body);
                self.account(&request)?.open(query, body)
            }
        };
        opened.map_err(Refusal::Open)
    }

    /// The account that `request` is for. If there is none, and its query is not WeChat's either, the query is the reason.
    pub(super) fn account(&self, request: &AccountRequest<'_>) -> Result<Cow<'_, Callback>, Refusal> {
        let (accounts, needs_envelope) = match &self.shared.lookup {
            Lookup::One(callback) => return Ok(Cow::Borrowed(callback)),
            Lookup::Many { accounts, needs_envelope } => (accounts, needs_envelope),
        };
        let parse = || CallbackQuery::parse(request.query()).map_err(OpenError::Query);
        if *needs_envelope {
            parse()?;
        }
        let found = contain(|| accounts.find(request)).unwrap_or_else(|panic| {
            self.shared.process.log.lookup_panicked(&panic);
            None
        });
        match found {
            Some(callback) => Ok(Cow::Owned(callback)),
            None => {
                parse()?;
                Err(Refusal::UnknownAccount)
            }
        }
    }

    /// Why a request is refused whose body could not be read, if its account or its query is a reason too. How much of a
    /// body has arrived is chance, so a reason that does not depend on it counts first.
    pub(super) fn known_before_body(&self, path: &str, query: &str) -> Option<Refusal> {
        if let Err(mistake) = CallbackQuery::parse(query) {
            return Some(OpenError::Query(mistake).into());
        }
        match &self.shared.lookup {
            Lookup::Many { needs_envelope: false, .. } => {
                self.account(&AccountRequest::new(path, query)).err()
            }
            Lookup::Many { .. } | Lookup::One(_) => None,
        }
    }
}
