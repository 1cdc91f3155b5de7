//! An actix-web server with settings for WeChat.

use std::error::Error;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::http::KeepAlive;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::common;

/// How long the last connections may take, in seconds. WeChat waits no longer for an answer.
const GRACE: u64 = 5;

/// Serves `routes` until Ctrl-C or SIGTERM, and then waits for `drain`.
///
/// Each request has a connection of its own, because actix-web bounds the time for headers only in the first request of
/// a connection; and a client that is refused is disconnected at once, because actix-web would go on reading its body.
pub(crate) async fn serve(
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    workers: usize,
    drain: impl Future + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let shutdown = common::shutdown(drain)?;
    HttpServer::new(move || App::new().configure(routes.clone()).default_service(web::to(not_found)))
        .workers(workers)
        .keep_alive(KeepAlive::Disabled)
        .client_disconnect_timeout(Duration::ZERO)
        .shutdown_timeout(GRACE)
        .shutdown_signal(shutdown)
        .listen(common::listen()?)?
        .run()
        .await?;
    Ok(())
}

/// Answers every other path. The answer holds the rest of the body: without it actix-web would read the body to its
/// end, however long that takes.
async fn not_found(rest: web::Payload) -> HttpResponse {
    HttpResponse::NotFound().body(SizedStream::new(0, rest))
}
