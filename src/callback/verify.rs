use std::borrow::Cow;
use std::time::Duration;

use super::{Callback, OpenError};
use crate::account::{Generation, Rotation};
use crate::delivery::SignatureKey;
use crate::query::{CallbackQuery, SignatureParameter};
use crate::secret::Token;
use crate::signature::Signature;
use crate::{DecryptError, QueryError, SecurityMode, Timestamp, xml};

/// A URL verification (GET) that was verified.
pub(crate) struct Verified {
    pub(crate) echostr: String,
    /// In plain mode the signature would open a push as well.
    #[cfg_attr(not(feature = "tokio-1"), expect(dead_code, reason = "it takes a store to bind it"))]
    pub(crate) uncovering: Option<Uncovering>,
}

/// What was proven to come from WeChat, and with what.
pub(super) struct Authentic<'q, 'b> {
    pub(super) xml: Cow<'b, str>,
    pub(super) token: Generation,
    pub(super) key: Generation,
    pub(super) nonce: Cow<'q, str>,
    /// The signature, where it does not cover the body.
    pub(super) uncovering: Option<Uncovering>,
}

/// A signature that does not cover the body.
#[derive(Clone, Copy)]
pub(crate) struct Uncovering {
    pub(crate) key: SignatureKey,
    /// For how long its timestamp is fresh.
    pub(crate) fresh_for: Duration,
}

impl Callback {
    /// Answers the URL verification (GET): returns the `echostr` to send back as `text/plain`, exactly as it is.
    ///
    /// `query` is the query string as it stands in the URL, without the `?`.
    ///
    /// In plain mode the signature that was verified would open a push as well, with any body. The middlewares bind it
    /// to no body; whoever calls this remembers it, or leaves it at the window of time.
    ///
    /// # Errors
    ///
    /// [`OpenError`], whose [`status`](OpenError::status) is what to answer with, and an empty body.
    pub fn verify_url(&self, query: &str) -> Result<String, OpenError> {
        self.verify_url_at(query, Timestamp::now())
    }

    /// As [`verify_url`](Self::verify_url), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`verify_url`](Self::verify_url).
    pub fn verify_url_at(&self, query: &str, now: Timestamp) -> Result<String, OpenError> {
        self.verified_at(query, now).map(|verified| verified.echostr)
    }

    pub(crate) fn verified_at(&self, query: &str, now: Timestamp) -> Result<Verified, OpenError> {
        let query = CallbackQuery::parse(query)?;
        let echostr = query.echostr.as_deref().ok_or(QueryError::Missing("echostr"))?;
        // Plain in every mode: WeChat neither encrypts nor signs the echostr of an Official Account.
        self.check_freshness(&query, now)?;
        let (signature, _) = self.check_signature(&query, &query.signature, "")?;
        Ok(Verified { echostr: echostr.to_owned(), uncovering: self.uncovering(signature, &query, now) })
    }

    /// What can be told of a push (POST) before its body is there, so that nobody need wait for the body of a request
    /// that is refused anyway: whether the query is complete and its timestamp fresh; whether it has the signatures
    /// that the mode needs; and in plain and compatible mode whether `signature`, which covers the query alone, is right.
    ///
    /// In safe mode `msg_signature` covers the body, and only [`open`](Self::open) tells whether it is right. Whatever is
    /// refused here `open` refuses too, whichever body comes, though it may name another reason where the body is wrong
    /// as well.
    ///
    /// `query` is the query string as it stands in the URL, without the `?`.
    ///
    /// # Errors
    ///
    /// [`OpenError`], whose [`status`](OpenError::status) is what to answer with, and an empty body.
    ///
    /// ```
    /// # use wechat_callback::Callback;
    /// let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let refusal = callback.check_query("id=1").expect_err("it is not signed");
    /// assert_eq!(refusal.status(), 400);
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    pub fn check_query(&self, query: &str) -> Result<(), OpenError> {
        self.check_query_at(query, Timestamp::now())
    }

    /// As [`check_query`](Self::check_query), with the caller's clock.
    ///
    /// # Errors
    ///
    /// As [`check_query`](Self::check_query).
    pub fn check_query_at(&self, query: &str, now: Timestamp) -> Result<(), OpenError> {
        let query = CallbackQuery::parse(query)?;
        self.check_freshness(&query, now)?;
        if self.mode() != SecurityMode::Safe {
            self.check_signature(&query, &query.signature, "")?;
        }
        if self.mode().is_encrypted() {
            read(&query.msg_signature)?;
        }
        Ok(())
    }

    pub(super) fn authenticate<'q, 'b>(
        &self,
        query: &'q str,
        body: &'b [u8],
        now: Timestamp,
    ) -> Result<Authentic<'q, 'b>, OpenError> {
        let query = CallbackQuery::parse(query)?;
        self.check_freshness(&query, now)?;
        // What covers what: `signature` the query alone, `msg_signature` the query and `Encrypt`.
        let mode = self.mode();
        let mut token = Generation::Current;
        let mut uncovering = None;
        if mode != SecurityMode::Safe {
            let (signature, signed_with) = self.check_signature(&query, &query.signature, "")?;
            token = signed_with;
            uncovering = self.uncovering(signature, &query, now);
        }
        let body = str::from_utf8(body).map_err(|_| OpenError::Utf8)?;
        let (xml, key) = if mode.is_encrypted() {
            let encrypted = xml::encrypted_text(body)?.ok_or(OpenError::Unencrypted { mode })?;
            (_, token) = self.check_signature(&query, &query.msg_signature, &encrypted)?;
            let (message, key) = self.decrypt(&encrypted)?;
            (Cow::Owned(message), key)
        } else {
            (Cow::Borrowed(body), Generation::Current)
        };
        Ok(Authentic { xml, token, key, nonce: query.nonce, uncovering })
    }

    /// In plain mode no signature covers a body.
    fn uncovering(
        &self,
        signature: Signature,
        query: &CallbackQuery<'_>,
        now: Timestamp,
    ) -> Option<Uncovering> {
        let fresh_for = query.timestamp.remaining(self.account.timestamp_tolerance, now);
        (self.mode() == SecurityMode::Plain).then(|| Uncovering { key: signature.into(), fresh_for })
    }

    fn check_freshness(&self, query: &CallbackQuery<'_>, now: Timestamp) -> Result<(), OpenError> {
        let freshness = self.account.timestamp_tolerance;
        if query.timestamp.distance(now) > freshness {
            return Err(OpenError::Stale { timestamp: query.timestamp, now, freshness });
        }
        Ok(())
    }

    /// The signature, and which token signed the query, and `encrypted` with it.
    fn check_signature(
        &self,
        query: &CallbackQuery<'_>,
        parameter: &SignatureParameter<'_>,
        encrypted: &str,
    ) -> Result<(Signature, Generation), OpenError> {
        let (signature, parameter) = (read(parameter)?, parameter.name);
        let signed_with = |token: &Token| {
            Signature::of([token.secret(), &query.timestamp_text, &query.nonce, encrypted])
                .matches(&signature)
        };
        let mut tokens = self.account.tokens.iter();
        let found = tokens.find(|(token, _)| signed_with(token));
        let (_, generation) = found.ok_or(OpenError::Signature { parameter })?;
        Ok((signature, generation))
    }

    /// The current key first, as Tencent's FAQ has it, then the previous one.
    fn decrypt(&self, encrypted: &str) -> Result<(String, Generation), DecryptError> {
        let mut refusal = DecryptError::Padding;
        for (cipher, key) in self.account.ciphers.iter().flat_map(Rotation::iter) {
            match cipher.open(encrypted, &self.account.app_id) {
                Ok(message) => return Ok((message, key)),
                // Wrong padding is what another key looks like, so any other reason says more.
                Err(error) if refusal == DecryptError::Padding => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }
}

/// Reads a signature. Whether it is right is another question.
fn read(parameter: &SignatureParameter<'_>) -> Result<Signature, OpenError> {
    let SignatureParameter { name: parameter, hex } = parameter;
    let hex = hex.as_deref().ok_or(OpenError::SignatureMissing { parameter })?;
    Signature::from_hex(hex).ok_or(OpenError::Signature { parameter })
}
