//! A push, from its request to its answer.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response, request};
use http_body::Body;
use tokio::time::Instant;
use tower_service::Service;
use wechat_callback::server::{Delivery, detach};
use wechat_callback::{Message, Opened, Refusal};

use crate::WechatLayer;
use crate::answer::{self, Answered};
use crate::handler::Call;
use crate::read::{BoxError, ReadBody};

/// When a connection was accepted: `serve` puts it into each request's extensions.
#[derive(Clone, Copy)]
pub(crate) struct Admitted(pub(crate) Instant);

/// Reads the push, and has it answered by `service`, or as another delivery of it is.
pub(crate) fn answer<S, ReqBody, ResBody>(
    layer: WechatLayer,
    mut service: S,
    request: Request<ReqBody>,
) -> impl Future<Output = Answered<ResBody>> + Send
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    ReqBody: Body + From<Bytes> + Send + 'static,
    ReqBody::Error: Into<BoxError>,
    ResBody: Body + Send + 'static,
{
    let arrived = Instant::now();
    let (mut parts, body) = request.into_parts();
    let admitted = parts.extensions.remove::<Admitted>().map_or(arrived, |Admitted(at)| at);
    // Its arguments would be kept beside its variables in an `async fn`.
    async move {
        let body = match read(&layer, &parts, body).await {
            Ok(body) => body,
            Err(refusal) => return refused(&layer, &parts, refusal),
        };
        let (task, context, request) = {
            let opened = match layer.engine.callback().open(parts.uri.query().unwrap_or_default(), &body) {
                Ok(opened) => opened,
                Err(error) => return refused(&layer, &parts, error),
            };
            let task = match layer.engine.deliver(&opened, arrived.into_std(), admitted.into_std()).await {
                Delivery::Answered(response) => return answer::without_handler(response),
                Delivery::Run(task) => task,
            };
            let Opened { message, xml, context, .. } = opened;
            (task, context, opened_request::<ReqBody>(parts, message, Bytes::from_owner(xml)))
        };
        // It is not kept while the handler runs.
        drop(body);
        let (run, wait) = task.start(move || Call::new(service.call(request)), context);
        answer::given(wait.answer(Box::pin(run), detach).await)
    }
}

/// Reads the whole body, unless the request is refused without it.
async fn read<B>(layer: &WechatLayer, parts: &request::Parts, body: B) -> Result<Bytes, Refusal>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    // Its Content-Length gives a long body away before a byte is read.
    if body.size_hint().lower() > layer.body_limit as u64 {
        return Err(Refusal::BodyTooLong);
    }
    let mut reading = pin!(ReadBody::new(body, layer.body_limit, layer.body_timeout));
    let body = match poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await {
        Poll::Ready(body) => body?,
        Poll::Pending => {
            layer.engine.callback().check_query(parts.uri.query().unwrap_or_default())?;
            reading.await?
        }
    };
    match parts.extensions.get::<Message>() {
        Some(_) => Err(Refusal::AlreadyOpened),
        None => Ok(body),
    }
}

fn refused<B>(layer: &WechatLayer, parts: &request::Parts, refusal: impl Into<Refusal>) -> Answered<B> {
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    answer::without_handler(layer.engine.refuse(refusal, "POST", path, query))
}

/// The request as the handler gets it: with the message in its extensions, and its XML as the body. The headers that say
/// how long the body of the push was, and how it was sent, are gone.
fn opened_request<B: From<Bytes>>(mut parts: request::Parts, message: Message, xml: Bytes) -> Request<B> {
    if !parts.headers.is_empty() {
        parts.headers.remove(TRANSFER_ENCODING);
        parts.headers.remove(CONTENT_LENGTH);
    }
    parts.extensions.insert(message);
    Request::from_parts(parts, B::from(xml))
}
