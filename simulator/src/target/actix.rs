use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use actix_http::header::{HeaderName, HeaderValue};
use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::test::TestRequest;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::Body as _;

use super::service::to_http;
use super::{Answer, ConnectionError, MAX_ANSWER, SendError, Target};
use crate::{Body, Request};

/// An actix-web app in this process, from `actix_web::test::init_service`.
///
/// ```
/// use actix_web::{App, test, web};
/// use wechat_sim::{Account, ActixTarget, FakeWechat};
///
/// # actix_web::rt::System::new().block_on(async {
/// // A bot that does not reply and checks nothing.
/// let app = App::new().route("/weixin", web::post().to(async || "success"));
/// let target = ActixTarget::new(test::init_service(app).await, "/weixin");
/// let wechat = FakeWechat::new(Account::generate(), target);
/// wechat.fan("小明").text("你好").await?.expect_nothing();
/// # Ok::<(), wechat_sim::SendError>(())
/// # })?;
/// # Ok::<(), wechat_sim::SendError>(())
/// ```
#[derive(Clone)]
pub struct ActixTarget<S> {
    service: S,
    url: String,
}

impl<S> ActixTarget<S> {
    /// Pushes to the bot at this path of the app.
    #[must_use]
    pub fn new(service: S, path: &str) -> Self {
        Self { service, url: format!("http://127.0.0.1{path}") }
    }
}

impl<S, B, E> Target for ActixTarget<S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = E>,
    B: MessageBody + 'static,
    E: Into<actix_web::Error>,
{
    fn url(&self) -> &str {
        &self.url
    }

    async fn send(&self, request: Request) -> Result<Answer, SendError> {
        let call = self.service.call(to_actix(&request)?);
        let response = match call.await {
            Ok(response) => response.map_body(|_, body| body.boxed()).into(),
            // As actix-web's server does with an error.
            Err(error) => error.into().error_response(),
        };
        read(response).await
    }
}

/// The URL.
impl<S> fmt::Debug for ActixTarget<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixTarget").field("url", &self.url).finish_non_exhaustive()
    }
}

fn to_actix(request: &Request) -> Result<actix_http::Request, SendError> {
    let (parts, body) = to_http(request)?.into_parts();
    let method = parts.method.as_str().parse().unwrap_or_default();
    let mut test = TestRequest::with_uri(&parts.uri.to_string()).method(method);
    for (name, value) in &parts.headers {
        test = test.append_header((name.as_str(), value.as_bytes()));
    }
    let payload = Payload::Stream { payload: Box::pin(Chunks(body)) as Pin<Box<dyn Stream<Item = _>>> };
    Ok(test.to_request().replace_payload(payload).0)
}

/// The body as a stream, which actix-web's payloads are.
struct Chunks(Body);

impl Stream for Chunks {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = std::task::ready!(Pin::new(&mut self.0).poll_frame(cx));
        let data = frame.map(|Ok(frame)| Ok(frame.into_data().unwrap_or_default()));
        Poll::Ready(data)
    }
}

async fn read(response: HttpResponse) -> Result<Answer, SendError> {
    let status = response.status().as_u16();
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers = response.headers().iter().map(header).collect();
    let mut body = pin!(response.into_body());
    let (mut bytes, mut truncated) = (BytesMut::new(), false);
    while let Some(chunk) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
        let chunk = chunk.map_err(|error| SendError::Broken(ConnectionError::Service(error.to_string())))?;
        let room = MAX_ANSWER - bytes.len();
        truncated = chunk.len() > room;
        bytes.extend(chunk.iter().take(room));
        if truncated {
            break;
        }
    }
    Ok(Answer { status, headers, body: bytes.freeze(), truncated })
}
