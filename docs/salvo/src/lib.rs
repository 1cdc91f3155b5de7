use std::time::{Duration, Instant};

use salvo::http::header::{CONNECTION, HeaderName, HeaderValue};
use salvo::http::{Method, ParseError};
use salvo::hyper::body::Bytes;
use salvo::prelude::*;
use wechat_callback::server::{self, Engine};
use wechat_callback::{HandlerError, Message, Refusal, Reply, TextReply};

/// The handler. It runs once for each message, however often WeChat delivers it.
async fn chat(message: Message) -> Result<Reply, HandlerError> {
    let Some(text) = message.text() else {
        return Ok(Reply::none());
    };
    if text == "慢" {
        tokio::time::sleep(Duration::from_secs(7)).await;
    }
    Ok(TextReply::new(format!("你说：{text}")).into())
}

/// Answers WeChat's requests to the path where it is mounted, whatever the method.
pub struct Weixin(pub Engine);

#[handler]
impl Weixin {
    async fn handle(&self, request: &mut Request, response: &mut Response) {
        let (engine, arrived) = (&self.0, Instant::now());
        let uri = request.uri().clone();
        let (method, query) = (request.method().clone(), uri.query().unwrap_or_default());
        let answer = match read(engine, request).await {
            Ok(body) => {
                let request = server::Request::new(method.as_str(), uri.path(), query, &body);
                engine.handle(request.arrived(arrived), chat).await
            }
            Err(refusal) => engine.refuse(refusal, method.as_str(), uri.path(), query),
        };
        let headers = response.headers_mut();
        for (name, value) in answer.headers() {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if answer.status != 200 || engine.is_draining() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.status_code(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::FORBIDDEN));
        // Without a body, even an empty one, salvo adds its error page.
        response.body(answer.body);
    }
}

/// Reads the body of a push, bounded in length and in time. A query that WeChat did not sign is refused before that.
async fn read(engine: &Engine, request: &mut Request) -> Result<Bytes, Refusal> {
    if request.method() != Method::POST {
        return Ok(Bytes::new());
    }
    engine.check_query(request.uri().path(), request.uri().query().unwrap_or_default())?;
    let body = request.payload_with_max_size(Engine::BODY_LIMIT);
    match tokio::time::timeout(Engine::BODY_TIMEOUT, body).await {
        Ok(Ok(body)) => Ok(body.clone()),
        Ok(Err(ParseError::PayloadTooLarge)) => Err(Refusal::BodyTooLong),
        Ok(Err(_)) => Err(Refusal::BodyBroken),
        Err(_) => Err(Refusal::BodyTimeout),
    }
}
