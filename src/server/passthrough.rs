//! What WeChat does with a response that a handler made itself, without a reply type.

use super::HandlerOutput;
use crate::reply::Limits;
use crate::{DataFormat, Reply, TextReply};

/// The longest `text/plain` response that is read as a text reply, in bytes.
const MAX_BODY: u64 = 64 * 1024;

/// The acknowledgement, as WeChat's pages have it.
const SUCCESS: &[u8] = b"success";

/// A response that a handler made itself, as far as WeChat looks at one. [`output`](Self::output) decides what becomes of
/// it, for every server alike.
///
/// | response | what becomes of it |
/// |---|---|
/// | a success without a body; 200 with `success`, whatever its type | [`Reply::None`] |
/// | 200, `text/plain` in UTF-8, of known length up to 64 KiB | a [`TextReply`] |
/// | 200, `text/xml` or `application/xml`; of an account whose data format is JSON `application/json` | sent as it is; in an encrypted mode with an error in the log |
/// | anything else: another status, another type, a `Content-Encoding`, a text of unknown length | sent as it is, with an error in the log |
///
/// A [system event](crate::message::system) is answered `success` in place of what would be sent as it is, with an error in
/// the log.
///
/// ```
/// use wechat_callback::server::{HandlerOutput, OwnResponse};
///
/// let response = OwnResponse {
///     status: 200,
///     content_type: Some(b"text/plain; charset=utf-8"),
///     is_encoded: false,
///     length: Some(6),
/// };
/// assert!(response.needs_body());
/// assert!(matches!(response.output(Some("你好".as_bytes())), HandlerOutput::Reply(_)));
/// ```
///
/// Exhaustive: a server fills in every field.
#[derive(Debug, Clone, Copy)]
pub struct OwnResponse<'a> {
    /// Its HTTP status.
    pub status: u16,
    /// Its `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// Whether it has a `Content-Encoding`.
    pub is_encoded: bool,
    /// The length of its body in bytes, where it is known before the body is read.
    pub length: Option<u64>,
}

impl OwnResponse<'_> {
    /// Whether [`output`](Self::output) needs the body: it has the known length then, 64 KiB at most.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        let may_be_success = self.length == Some(SUCCESS.len() as u64);
        self.status == 200
            && !self.is_encoded
            && self.length.is_some_and(|length| (1..=MAX_BODY).contains(&length))
            && (may_be_success || matches!(self.kind(), Kind::Text { .. }))
    }

    /// What the handler returned with it. `body` is the body where it is [needed](Self::needs_body).
    #[must_use]
    pub fn output(&self, body: Option<&[u8]>) -> HandlerOutput {
        if (200..300).contains(&self.status) && self.length == Some(0)
            || self.status == 200 && !self.is_encoded && body == Some(SUCCESS)
        {
            return HandlerOutput::Reply(Reply::None);
        }
        match self.text(body) {
            Ok(text) => HandlerOutput::Reply(TextReply::new(text).into()),
            Err(verdict) => HandlerOutput::Passthrough(Passthrough {
                verdict,
                status: self.status,
                content_type: self
                    .content_type
                    .map(|value| String::from_utf8_lossy(value).chars().take(100).collect()),
            }),
        }
    }

    /// The text that it is, or what else.
    fn text<'b>(&self, body: Option<&'b [u8]>) -> Result<&'b str, Verdict> {
        if self.status != 200 {
            return Err(Verdict::Status);
        }
        if self.is_encoded {
            return Err(Verdict::Encoded);
        }
        match self.kind() {
            Kind::Document(format) => Err(Verdict::Document(format)),
            Kind::Other => Err(Verdict::Type),
            Kind::Text { is_utf8: false } => Err(Verdict::Charset),
            Kind::Text { .. } => match (body, self.length) {
                (Some(body), _) => str::from_utf8(body).map_err(|_| Verdict::Charset),
                (None, Some(_)) => Err(Verdict::TooLong),
                (None, None) => Err(Verdict::Unbounded),
            },
        }
    }

    fn kind(&self) -> Kind {
        let content_type = self.content_type.and_then(|value| str::from_utf8(value).ok()).unwrap_or_default();
        let mut parts = content_type.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        if ["text/xml", "application/xml"].iter().any(|xml| essence.eq_ignore_ascii_case(xml)) {
            return Kind::Document(DataFormat::Xml);
        }
        if essence.eq_ignore_ascii_case("application/json") {
            return Kind::Document(DataFormat::Json);
        }
        if !essence.eq_ignore_ascii_case("text/plain") {
            return Kind::Other;
        }
        let charset = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        });
        let is_utf8 = charset.is_none_or(|charset| {
            ["utf-8", "utf8", "us-ascii"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8))
        });
        Kind::Text { is_utf8 }
    }
}

/// What a response says it is.
enum Kind {
    Text { is_utf8: bool },
    Document(DataFormat),
    Other,
}

/// A handler's own response, which is sent as it is. Made by [`OwnResponse::output`].
#[derive(Debug, Clone)]
pub struct Passthrough {
    verdict: Verdict,
    status: u16,
    content_type: Option<String>,
}

/// Why it is no reply.
#[derive(Debug, Clone, Copy)]
enum Verdict {
    Document(DataFormat),
    Status,
    Type,
    Encoded,
    Charset,
    TooLong,
    Unbounded,
}

impl Passthrough {
    /// What is wrong with it, if something is.
    pub(super) const fn mistake(&self, limits: Limits) -> Option<&'static str> {
        use DataFormat::{Json, Xml};
        if limits.is_to_system_event() {
            return Some("the push is a system event (InfoType), which is answered success and nothing else");
        }
        Some(match (self.verdict, limits.format) {
            (Verdict::Document(Xml), Json) => "it is XML, and the data format of the account is JSON",
            (Verdict::Document(Json) | Verdict::Type, Xml) => "it is neither text/plain nor XML",
            (Verdict::Document(_), _) if !limits.is_encrypted => return None,
            (Verdict::Document(Xml), Xml) => {
                "it is plain XML, and in this mode a reply is encrypted (ReplyContext::seal_raw does that)"
            }
            (Verdict::Document(Json), Json) => {
                "it is plain JSON, and in this mode a reply is encrypted (ReplyContext::seal_raw does that)"
            }
            (Verdict::Type, Json) => "it is neither text/plain nor JSON",
            (Verdict::Status, _) => "its status is not 200",
            (Verdict::Encoded, _) => "it has a Content-Encoding",
            (Verdict::Charset, _) => "it is not UTF-8",
            (Verdict::TooLong, _) => "it is a text of more than 64 KiB",
            (Verdict::Unbounded, _) => "it is a text of unknown length",
        })
    }

    /// Logs what is wrong with it, if something is, and nothing of its body.
    pub(super) fn log(&self, limits: Limits) {
        let Some(reason) = self.mistake(limits) else { return };
        let Self { status, content_type, .. } = self;
        let content_type = content_type.as_deref().unwrap_or_default();
        if limits.is_to_system_event() {
            tracing::error!(
                status,
                content_type,
                reason,
                "the handler's own response is not sent: WeChat is answered success. Return Reply::none() or a HandlerError"
            );
            return;
        }
        tracing::error!(
            status,
            content_type,
            reason,
            "WeChat does not take the handler's own response: in place of an answer the user reads \
             WeChat's failure notice (该公众号提供的服务出现故障) or nothing, and WeChat may raise an alarm. Return a reply such as \
             TextReply, Reply::none() or a HandlerError"
        );
    }
}
