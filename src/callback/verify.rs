use std::time::Duration;

use super::{Callback, OpenError};
use crate::account::{Account, Generation, Rotation};
use crate::channel::{Channel, DataFormat};
use crate::delivery::SignatureKey;
use crate::format::{self, Text};
use crate::query::{CallbackQuery, SignatureParameter};
use crate::receive_id::OtherReceiveId;
use crate::secret::Token;
use crate::signature::Signature;
use crate::{DecryptError, QueryError, SecurityMode, Timestamp};

/// The result of verifying a URL (GET).
pub(crate) struct Verified {
    pub(crate) echostr: String,
    /// In plain mode the signature would open a push as well.
    #[cfg_attr(not(feature = "tokio-1"), expect(dead_code, reason = "it takes a store to bind it"))]
    pub(crate) query_signature: Option<QuerySignature>,
}

/// A push that is proven to come from WeChat, and the credentials that prove it.
pub(super) struct Authentic {
    pub(super) plaintext: Text,
    pub(super) token: Generation,
    pub(super) key: Generation,
    pub(super) receive_id: OtherReceiveId,
    /// The signature, if it does not cover the body.
    pub(super) query_signature: Option<QuerySignature>,
}

/// A signature that does not cover the body.
#[derive(Clone, Copy)]
pub(crate) struct QuerySignature {
    pub(crate) key: SignatureKey,
    /// For how long its timestamp is fresh.
    pub(crate) fresh_for: Duration,
}

impl Callback {
    /// Verifies the URL (GET), as WeChat does when it is saved in the console. Returns the `echostr`: answer with
    /// status 200 and exactly this text, as `text/plain`. WeCom encrypts its `echostr`, for an app and for an AI bot; it is returned
    /// decrypted, and WeCom waits a second for it.
    ///
    /// `query` is the query string exactly as in the URL, without the `?`.
    ///
    /// In plain mode the signature covers no body, so whoever sees this request can send a push with its signature
    /// while the timestamp is within the tolerance. The middlewares and `server::Engine` refuse such a push; a server
    /// that calls this method can do so by remembering the signature.
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
        self.check_timestamp(&query, now)?;
        match self.account.channel {
            Channel::WeCom | Channel::AiBot => {
                self.check_signature(&query, &query.msg_signature, echostr)?;
                let (echostr, ..) = self.decrypt(echostr)?;
                // A push and a reply are sealed in the same way: whoever intercepted one could have it decrypted here. WeCom's
                // own echostr is a number.
                if echostr.contains(['<', '{']) {
                    return Err(DecryptError::Push.into());
                }
                Ok(Verified { echostr: echostr.to_string(), query_signature: None })
            }
            // Plain in every mode: WeChat neither encrypts nor signs this echostr.
            Channel::OfficialAccount | Channel::MiniProgram => {
                let (signature, _) = self.check_signature(&query, &query.signature, "")?;
                let query_signature = self.query_signature(signature, &query, now);
                Ok(Verified { echostr: echostr.to_owned(), query_signature })
            }
        }
    }

    /// Checks the query of a push (POST), so that the body of a request that will be refused need not be read.
    ///
    /// It checks that the query is complete, that its timestamp is within the tolerance, that it has the signatures
    /// that the mode needs, and in plain and compatible mode that `signature`, which covers the query alone, is right.
    /// In safe mode `msg_signature` covers the body too, and only [`open`](Self::open) can check it.
    ///
    /// [`open`](Self::open) refuses every query that is refused here, whatever the body. It may name another reason if
    /// the body is wrong as well.
    ///
    /// `query` is the query string exactly as in the URL, without the `?`.
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
        self.check_timestamp(&query, now)?;
        if self.mode() != SecurityMode::Safe {
            self.check_signature(&query, &query.signature, "")?;
        }
        if self.mode().is_encrypted() {
            read(&query.msg_signature)?;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn authenticate(
        &self,
        query: &CallbackQuery<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Authentic, OpenError> {
        self.check_timestamp(query, now)?;
        // What covers what: `signature` the query alone, `msg_signature` the query and `Encrypt`.
        let mode = self.mode();
        let mut token = Generation::Current;
        let mut query_signature = None;
        if mode != SecurityMode::Safe {
            let (signature, signed_with) = self.check_signature(query, &query.signature, "")?;
            token = signed_with;
            query_signature = self.query_signature(signature, query, now);
        }
        let body = simdutf8::basic::from_utf8(body).map_err(|_| OpenError::Utf8)?;
        let (plaintext, key, receive_id) = if mode.is_encrypted() {
            let encrypted = match self.account.format {
                DataFormat::Xml => format::encrypted_text(body)?,
                DataFormat::Json => format::json::encrypted_text(body)?,
            };
            let encrypted = encrypted.ok_or(OpenError::Unencrypted { mode })?;
            (_, token) = self.check_signature(query, &query.msg_signature, &encrypted)?;
            self.decrypt(&encrypted)?
        } else {
            (Text::Whole(body.to_owned()), Generation::Current, None)
        };
        Ok(Authentic { plaintext, token, key, receive_id, query_signature })
    }

    /// In plain mode no signature covers a body.
    fn query_signature(
        &self,
        signature: Signature,
        query: &CallbackQuery<'_>,
        now: Timestamp,
    ) -> Option<QuerySignature> {
        let fresh_for = query.timestamp.remaining(self.account.timestamp_tolerance, now);
        (self.mode() == SecurityMode::Plain).then(|| QuerySignature { key: signature.into(), fresh_for })
    }

    fn check_timestamp(&self, query: &CallbackQuery<'_>, now: Timestamp) -> Result<(), OpenError> {
        let tolerance = self.account.timestamp_tolerance;
        if query.timestamp.distance(now) > tolerance {
            return Err(OpenError::Stale { timestamp: query.timestamp, now, tolerance });
        }
        Ok(())
    }

    /// Checks a signature of the query and of `encrypted`. Returns it, and which token it was made with.
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

    /// Tries the current key first, as Tencent's FAQ says, then the previous one.
    fn decrypt(&self, encrypted: &str) -> Result<(Text, Generation, OtherReceiveId), DecryptError> {
        let Account { ciphers, receive_ids, .. } = &*self.account;
        let Some(Rotation { current, previous }) = ciphers else { return Err(DecryptError::Padding) };
        let check = |found: &[u8]| receive_ids.check(&self.account, found);
        let refusal = match current.open(encrypted, check) {
            Ok((message, receive_id)) => return Ok((message, Generation::Current, receive_id)),
            Err(refusal) => refusal,
        };
        match previous.as_ref().map(|previous| previous.open(encrypted, check)) {
            Some(Ok((message, receive_id))) => Ok((message, Generation::Previous, receive_id)),
            // Another key looks like wrong padding, so any other reason says more.
            Some(Err(error)) if refusal == DecryptError::Padding => Err(error),
            _ => Err(refusal),
        }
    }
}

/// Reads a signature without checking it.
fn read(parameter: &SignatureParameter<'_>) -> Result<Signature, OpenError> {
    let SignatureParameter { name: parameter, hex } = parameter;
    let hex = hex.as_deref().ok_or(OpenError::SignatureMissing { parameter })?;
    Signature::from_hex(hex).ok_or(OpenError::Signature { parameter })
}
