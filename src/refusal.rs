use crate::OpenError;

/// Why a middleware, or an `Engine`, refused a request.
///
/// The reason is for the log; the caller gets [`status`](Self::status) and nothing else.
///
/// `#[non_exhaustive]`: a middleware may refuse more in a later version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It was not verified or not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The signature came with another body before.
    #[error(
        "the signature came with another body before: in plain mode it covers no body, so it is bound to the first"
    )]
    Replayed,
    /// The look-up knows no account for the request.
    #[error("no account is known for this URL")]
    UnknownAccount,
    /// Another middleware around the same route has opened the push already.
    #[error(
        "the push was already opened by another WechatLayer or WechatMiddleware: put one around the route, not two"
    )]
    AlreadyOpened,
    /// The store of deliveries could not be asked.
    #[error("the store of deliveries cannot be asked")]
    StoreFailed,
    /// The process is going down and starts no more handlers.
    #[error("shutting down")]
    ShuttingDown,
    /// The body is longer than the middleware reads.
    #[error("the body is longer than the limit")]
    BodyTooLong,
    /// The body did not come to its end in time.
    #[error("the body took longer than the time-out")]
    BodyTimeout,
    /// The body broke off, or was not framed as HTTP says.
    #[error("the body broke off")]
    BodyBroken,
}

impl Refusal {
    /// The HTTP status to refuse with: that of the [`OpenError`], 403 for a replayed signature, 404 for an unknown
    /// account, 500 for two middlewares around one route, 503 for a store that cannot be asked and for a shutdown, 413, 408
    /// and 400 for a body that is too long, too slow and broken.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Open(error) => error.status(),
            Self::Replayed => 403,
            Self::UnknownAccount => 404,
            Self::AlreadyOpened => 500,
            Self::StoreFailed | Self::ShuttingDown => 503,
            Self::BodyTooLong => 413,
            Self::BodyTimeout => 408,
            Self::BodyBroken => 400,
        }
    }
}
