#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Cow;
use std::fmt;

use crate::DataFormat;
use crate::format;
use crate::query;

/// A request, as far as it says which account it is for. None of it is authenticated.
#[derive(Clone, Copy)]
pub struct AccountRequest<'a> {
    path: &'a str,
    query: &'a str,
    body: Option<&'a [u8]>,
}

impl<'a> AccountRequest<'a> {
    /// A request to `path`, with the query string as it stands in the URL, without the `?`.
    ///
    /// ```
    /// # use wechat_callback::accounts::AccountRequest;
    /// let request = AccountRequest::new("/weixin/wx5823bf96d3bd56c7", "account=shop&nonce=1");
    /// assert_eq!(request.path_segment().as_deref(), Some("wx5823bf96d3bd56c7"));
    /// assert_eq!(request.parameter("account").as_deref(), Some("shop"));
    /// ```
    #[must_use]
    pub const fn new(path: &'a str, query: &'a str) -> Self {
        Self { path, query, body: None }
    }

    /// With the body of a push.
    #[must_use]
    pub const fn with_body(self, body: &'a [u8]) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The path as it stands in the URL. In a nested router of axum it is what is left of it.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The last segment of the path, percent-decoded. `None` where it is empty, longer than 256 bytes or not UTF-8.
    ///
    /// ```
    /// # use wechat_callback::accounts::AccountRequest;
    /// assert_eq!(AccountRequest::new("/weixin/%E5%BA%97", "").path_segment().as_deref(), Some("店"));
    /// assert_eq!(AccountRequest::new("/weixin/", "").path_segment(), None);
    /// ```
    #[must_use]
    pub fn path_segment(&self) -> Option<Cow<'a, str>> {
        let (_, segment) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        query::decode_short(segment).filter(|segment| !segment.is_empty())
    }

    /// The query string as it stands in the URL, without the `?`.
    #[must_use]
    pub const fn query(&self) -> &'a str {
        self.query
    }

    /// The value of a parameter of the query, percent-decoded. `None` where it is missing, or there more than once, or
    /// longer than 256 bytes or not UTF-8.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        query::parameter(self.query, name)
    }

    /// The elements of the body that say whom it is for; in plain mode they are the message's own. `None` where there is
    /// no body, as in a GET, where it is not read yet, or it is neither XML nor JSON.
    ///
    /// ```
    /// # use wechat_callback::accounts::AccountRequest;
    /// let body = b"<xml><ToUserName>gh_1ea4fc76af61</ToUserName><Encrypt>...</Encrypt></xml>";
    /// let request = AccountRequest::new("/weixin", "").with_body(body);
    /// let envelope = request.envelope().expect("a body");
    /// assert_eq!(envelope.to_user_name(), Some("gh_1ea4fc76af61"));
    /// ```
    #[must_use]
    pub fn envelope(&self) -> Option<Envelope<'a>> {
        let body = simdutf8::basic::from_utf8(self.body?).ok()?;
        // Which format it has to be is not known before the account is. This chooses credentials alone, so what it looks
        // like is enough.
        let text = body.strip_prefix('\u{feff}').unwrap_or(body);
        let is_json = text.trim_ascii_start().starts_with('{');
        let format = if is_json { DataFormat::Json } else { DataFormat::Xml };
        format::envelope(body, format).ok().map(Envelope)
    }
}

/// The elements of a body that say whom it is for. **Nothing proves them**: they only choose the credentials, with which the
/// push is then verified.
pub struct Envelope<'a>(format::Envelope<'a>);

impl Envelope<'_> {
    /// `Encrypt`: what is encrypted.
    #[must_use]
    pub fn encrypt(&self) -> Option<&str> {
        self.0.encrypt.as_deref()
    }

    /// `ToUserName`: the original id (原始ID) of an account, or the CorpID of a company in WeCom.
    #[must_use]
    pub fn to_user_name(&self) -> Option<&str> {
        self.0.to_user_name.as_deref()
    }

    /// `AppId`: an open platform's own AppID, in what is pushed to its URL for events.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.0.app_id.as_deref()
    }

    /// `AgentID`: the app of a company in WeCom.
    #[must_use]
    pub fn agent_id(&self) -> Option<&str> {
        self.0.agent_id.as_deref()
    }
}

/// The ids, without what is encrypted.
impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("to_user_name", &self.to_user_name())
            .field("app_id", &self.app_id())
            .field("agent_id", &self.agent_id())
            .finish_non_exhaustive()
    }
}

/// The path, without what the query says.
impl fmt::Debug for AccountRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountRequest")
            .field("path", &self.path)
            .field("body_length", &self.body.map(<[u8]>::len))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(path: &str) -> Option<String> {
        AccountRequest::new(path, "").path_segment().map(Cow::into_owned)
    }

    #[test]
    fn the_last_segment_is_decoded_once_and_bounded() {
        assert_eq!(segment("/a/b").as_deref(), Some("b"));
        assert_eq!(segment("b").as_deref(), Some("b"));
        assert_eq!(segment("/a/%2577x1").as_deref(), Some("%77x1"));
        assert_eq!(segment("/a/b%2Fc").as_deref(), Some("b/c"));
        for none in ["", "/", "/a/", "/%ff"] {
            assert_eq!(segment(none), None, "{none}");
        }
        assert!(segment(&format!("/{}", "x".repeat(256))).is_some());
        assert_eq!(segment(&format!("/{}", "x".repeat(257))), None);
    }

    #[test]
    fn a_parameter_is_there_once_however_it_is_spelled() {
        let parameter = |query| AccountRequest::new("/", query).parameter("account").map(Cow::into_owned);
        assert_eq!(parameter("a=1&account=shop&b=2").as_deref(), Some("shop"));
        assert_eq!(parameter("%61ccount=%E5%BA%97").as_deref(), Some("店"));
        assert_eq!(parameter("account").as_deref(), Some(""));
        for none in
            ["", "accounts=1", "Account=1", "account=1&account=1", "account=1&%61ccount=2", "account=%ff"]
        {
            assert_eq!(parameter(none), None, "{none}");
        }
        assert_eq!(parameter(&format!("account={}", "x".repeat(257))), None);
    }

    #[test]
    fn an_envelope_is_read_in_the_format_that_it_looks_like() {
        for body in [
            &b"<xml><ToUserName>ww1</ToUserName><AgentID>7</AgentID><AppId>wx1</AppId><Encrypt>x</Encrypt></xml>"[..],
            b"\r\n {\"tousername\":\"ww1\",\"AgentID\":7,\"AppId\":\"wx1\",\"Encrypt\":\"x\"}",
            b"\xef\xbb\xbf{\"ToUserName\":\"ww1\",\"AgentID\":7,\"AppId\":\"wx1\",\"Encrypt\":\"x\"}",
        ] {
            let envelope = AccountRequest::new("/", "").with_body(body).envelope().expect("an envelope");
            assert_eq!((envelope.to_user_name(), envelope.agent_id()), (Some("ww1"), Some("7")));
            assert_eq!((envelope.app_id(), envelope.encrypt()), (Some("wx1"), Some("x")));
        }
        for none in [&b""[..], b"x", b"\xff", b"[]", b"<xml><Encrypt>1</Encrypt><Encrypt>2</Encrypt></xml>"] {
            assert!(
                AccountRequest::new("/", "")
                    .with_body(none)
                    .envelope()
                    .is_none_or(|read| read.encrypt().is_none())
            );
        }
        assert!(AccountRequest::new("/", "").envelope().is_none());
    }

    #[test]
    fn debug_shows_neither_the_query_nor_the_body() {
        let request = AccountRequest::new("/weixin", "signature=s3cret")
            .with_body(b"<xml><Encrypt>hidden</Encrypt></xml>");
        let shown = format!("{request:?} {:?}", request.envelope());
        assert!(
            shown.contains("/weixin") && !shown.contains("s3cret") && !shown.contains("hidden"),
            "{shown}"
        );
    }
}
