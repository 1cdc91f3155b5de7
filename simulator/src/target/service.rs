use std::fmt;

use http::header::{CONTENT_LENGTH, HOST};
use tower_service::Service;

use super::{Answer, ConnectionError, SendError, Target, UrlError};
use crate::{Body, Pace, Request};

/// A tower service in this process, such as axum's `Router`.
///
/// ```
/// use axum::{Router, routing::post};
/// use wechat_sim::{Account, FakeWechat, ServiceTarget};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wechat_sim::SendError> {
/// // A bot that does not reply and checks nothing.
/// let app: Router = Router::new().route("/weixin", post(async || "success"));
/// let wechat = FakeWechat::new(Account::generate(), ServiceTarget::new(app, "/weixin"));
/// wechat.fan("小明").text("你好").await?.expect_nothing();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServiceTarget<S> {
    service: S,
    url: String,
}

impl<S> ServiceTarget<S> {
    /// Pushes to the bot at this path of `service`.
    #[must_use]
    pub fn new(service: S, path: &str) -> Self {
        Self { service, url: format!("http://127.0.0.1{path}") }
    }
}

impl<S, B> Target for ServiceTarget<S>
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone,
    S::Error: fmt::Display,
    B: http_body::Body,
    B::Error: fmt::Display,
{
    fn url(&self) -> &str {
        &self.url
    }

    async fn send(&self, request: Request) -> Result<Answer, SendError> {
        let request = to_http(&request)?;
        let mut service = self.service.clone();
        let broken = |error: S::Error| SendError::Broken(ConnectionError::Service(error.to_string()));
        std::future::poll_fn(|cx| service.poll_ready(cx)).await.map_err(broken)?;
        let lost = |error: B::Error| ConnectionError::Service(error.to_string());
        Answer::read(service.call(request).await.map_err(broken)?, lost).await
    }
}

/// The URL.
impl<S> fmt::Debug for ServiceTarget<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceTarget").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The request as a server sees it: its URI has only path and query.
pub(super) fn to_http(request: &Request) -> Result<http::Request<Body>, SendError> {
    let invalid = || SendError::Url(UrlError::Invalid(request.url.clone()));
    let uri: http::Uri = request.url.parse().map_err(|_| invalid())?;
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut builder = http::Request::builder().method(request.method).uri(path);
    if let Some(authority) = uri.authority() {
        builder = builder.header(HOST, authority.as_str());
    }
    if request.method != "GET" && request.pace != Pace::Chunked {
        builder = builder.header(CONTENT_LENGTH, request.body.len());
    }
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let built = builder.body(Body::new(request.body.clone(), request.pace));
    built.map_err(|_| invalid())
}
