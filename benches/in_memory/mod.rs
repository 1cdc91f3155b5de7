//! A hyper server on an in-memory connection.

use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use crate::push::Push;

/// How long `app` takes to answer the pushes one after the other, over one connection.
pub(crate) fn serve(runtime: &Runtime, app: &Router, pushes: &[Push]) -> Duration {
    let request = |Push { query, body }: &Push| {
        let length = body.len();
        format!(
            "POST /weixin?{query} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let requests: Vec<_> = pushes.iter().map(request).collect();
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(64 << 10);
        let service = TowerToHyperService::new(app.clone());
        let server = tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(server), service));
        let mut answer = vec![0; 16 << 10];
        let start = Instant::now();
        for request in requests {
            client.write_all(request.as_bytes()).await.expect("connected");
            let length = client.read(&mut answer).await.expect("connected");
            assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
        }
        let elapsed = start.elapsed();
        drop(client);
        server.await.expect("no panic").expect("a clean end");
        elapsed
    })
}
