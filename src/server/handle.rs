//! One call for any server.

use super::deliver::Delivery;
use super::handlers::HandlerOutput;
use super::request::Request;
use super::response::Response;
use super::task::{Answer, detach};
use super::{Engine, Shared};
use crate::accounts::AccountRequest;
use crate::callback::QuerySignature;
use crate::metrics;
use crate::{HandlerError, Message, Opened, Refusal, Timestamp};

impl Engine {
    /// Answers one request: verifies the URL (GET), or opens the push (POST) and calls `handler` with its message, once for
    /// all deliveries of the push. Any other method is answered 405.
    ///
    /// Send back the status, the [headers](Response::headers) and the body. Dropped, because the connection is gone, it
    /// leaves the handler running: the next delivery gets what comes out. It has to be polled in a tokio runtime.
    ///
    /// Why a request is refused is logged; the response has a status and nothing else. A server that can closes the
    /// connection of whoever is refused, and asks [`check_query`](Self::check_query) before it waits for a body.
    ///
    /// ```
    /// # use wechat_callback::server::{Engine, Request};
    /// # use wechat_callback::{Callback, TextReply};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), wechat_callback::ConfigError> {
    /// # let callback = Callback::builder("wx5823bf96d3bd56c7", "QDG6eKxyrqUnkq3M").build()?;
    /// let engine = Engine::new(callback);
    /// let chat = |_| async { Ok(TextReply::new("你好")) };
    /// let response = engine.handle(Request::new("PUT", "/weixin", "", b""), chat).await;
    /// assert_eq!(response.status, 405);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn handle<H, F, R>(&self, request: Request<'_>, handler: H) -> Response
    where
        H: FnOnce(Message) -> F + Send + 'static,
        F: Future<Output = Result<R, HandlerError>> + Send + 'static,
        R: Into<HandlerOutput> + 'static,
    {
        let Request { method, path, query, body, arrived } = request;
        match method {
            "GET" => return self.verify_url(path, query).await,
            "POST" => {}
            _ => return self.method_not_allowed(),
        }
        let opened = match self.open(path, query, body) {
            Ok(opened) => opened,
            Err(refusal) => return self.refuse(refusal, method, path, query),
        };
        let task = match self.deliver(&opened, arrived, arrived).await {
            Delivery::Answered(response) => return response,
            Delivery::Run(task) => task,
        };
        // The plaintext is not kept while the handler runs.
        let Opened { message, context, plaintext, .. } = opened;
        drop(plaintext);
        let call = || {
            let handling = handler(message);
            async move {
                let output = match handling.await {
                    Ok(reply) => reply.into(),
                    Err(error) => HandlerOutput::Failed(error),
                };
                (output, None::<Response>)
            }
        };
        let (run, wait) = task.start(call, context);
        match wait.answer(run, detach).await {
            Answer::Reply(response, _) | Answer::Passthrough(response) => response,
        }
    }

    /// Answers the URL verification (GET) with the echostr. In plain mode its signature is bound to no body, or it would
    /// open a push with any.
    ///
    /// `path` and `query` are the request's, the query without the `?`.
    pub async fn verify_url(&self, path: &str, query: &str) -> Response {
        let Shared { store, process, .. } = &*self.shared;
        let verified = self
            .account(&AccountRequest::new(path, query))
            .and_then(|callback| Ok(callback.verified_at(query, Timestamp::now())?));
        let verified = match verified {
            Ok(verified) => verified,
            Err(refusal) => return self.refuse(refusal, "GET", path, query),
        };
        if let Some(QuerySignature { key, fresh_for }) = verified.query_signature {
            // One that came with a push before may still be echoed: it says nothing that its sender does not know.
            if let Err(error) = store.bind(key, b"", fresh_for).await {
                process.log.unbound(&error);
                return Response::empty(Refusal::StoreFailed.status());
            }
        }
        Response::echostr(verified.echostr)
    }

    /// Logs why a request is refused, as [`Callback::log_refusal`](crate::Callback::log_refusal) does, and returns the
    /// status to answer with and nothing else.
    ///
    /// Where the body could not be read, and the query is not WeChat's or the account not known either, that is the reason:
    /// how much of a body has arrived is chance.
    pub fn refuse(&self, refusal: impl Into<Refusal>, method: &str, path: &str, query: &str) -> Response {
        let mut refusal = refusal.into();
        if let Refusal::BodyTooLong | Refusal::BodyTimeout | Refusal::BodyBroken = refusal {
            refusal = self.known_before_body(path, query).unwrap_or(refusal);
        }
        Response::empty(self.shared.process.log.refusal(&refusal, method, path, query))
    }

    /// The answer to a method that is neither GET nor POST.
    pub fn method_not_allowed(&self) -> Response {
        metrics::method_refused();
        tracing::debug!(status = 405, "refused a request");
        Response::method_not_allowed()
    }
}
