use std::fmt;
use std::future::{Pending, pending};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};
use tower_service::Service;

use crate::patient::Patient;
use crate::push::Admitted;
use crate::read::BoxError;

/// How many bytes the head of a request may have, and how many of a body wait to be read.
const LONGEST_HEAD: usize = 32 * 1024;

/// How long whoever is connected may still begin a request, once the listener is closed.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// How long the last answers may take. Nobody at WeChat waits longer.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Serves `app` over HTTP/1.1 until the process ends, or until [the shutdown](Serve::with_graceful_shutdown).
///
/// `app` is an axum `Router` or any tower service that takes hyper's bodies. What `axum::serve` leaves open is bounded:
///
/// - how long a connection may take to send the headers of a request: [`header_timeout`](Serve::header_timeout);
/// - how long these are: 32 KiB;
/// - how long a client may leave unread what it is sent: ten seconds;
/// - how many connections there are: [`max_connections`](Serve::max_connections).
///
/// [`WechatLayer`](crate::WechatLayer) bounds the bodies.
///
/// A client that shuts down its writing side behind a request is answered. One that closes the connection looks the same
/// until the answer is written, so a handler is not cancelled then, whatever stands around it.
///
/// For TLS, HTTP/2 or axum's `ConnectInfo` serve with `hyper_util::server::conn::auto` or `axum-server`, and set a
/// timer and `header_read_timeout` there.
///
/// # Errors
///
/// None so far. When there are too many open files, it waits until there are fewer.
///
/// ```no_run
/// use axum::{Router, routing::post};
/// use wechat_tower::{Callback, TextReply, WechatLayer, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> TextReply {
///     TextReply::new(format!("你说：{}", message.text().unwrap_or("（不是文字）")))
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let callback = Callback::from_env()?;
///     let app = Router::new().route("/weixin", post(chat).layer(WechatLayer::new(callback)));
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///     Ok(wechat_tower::serve(listener, app).await?)
/// }
/// ```
pub fn serve<S>(listener: TcpListener, app: S) -> Serve<S> {
    Serve {
        listener,
        app,
        signal: pending(),
        header_timeout: Duration::from_secs(4),
        max_connections: max_connections(),
    }
}

/// What [`serve`] returns: await it.
#[must_use = "it does nothing until it is awaited"]
pub struct Serve<S, F = Pending<()>> {
    listener: TcpListener,
    app: S,
    signal: F,
    header_timeout: Duration,
    max_connections: usize,
}

impl<S, F> Serve<S, F> {
    /// How long a connection may take to send the headers of a request, from when it is there or has got its last
    /// answer; four seconds unless set. A slower one is closed, and so is one that is idle for that long.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn serve(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// wechat_tower::serve(listener, app).header_timeout(Duration::from_secs(2)).await
    /// # }
    /// ```
    pub const fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// How many connections there may be at once; unless set as many as the process may open files, less an eighth (at
    /// least 128) for everything else, and 25,000 at most. Others wait in the system's queue until one is closed.
    ///
    /// ```no_run
    /// # async fn serve(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// wechat_tower::serve(listener, app).max_connections(500).await
    /// # }
    /// ```
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Stops when `signal` ends: takes no more connections, answers what is asked over those that are there (the first
    /// request of each; others within half a second), and returns when all are closed, ten seconds later at most.
    ///
    /// ```no_run
    /// # use wechat_tower::WechatLayer;
    /// # async fn serve(app: axum::Router, layer: WechatLayer) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// let shutdown = async move {
    ///     let _ = tokio::signal::ctrl_c().await;
    ///     layer.drain().await;
    /// };
    /// wechat_tower::serve(listener, app).with_graceful_shutdown(shutdown).await
    /// # }
    /// ```
    pub fn with_graceful_shutdown<G: Future<Output = ()>>(self, signal: G) -> Serve<S, G> {
        let Self { listener, app, header_timeout, max_connections, .. } = self;
        Serve { listener, app, signal, header_timeout, max_connections }
    }
}

impl<S, F, B> IntoFuture for Serve<S, F>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    F: Future<Output = ()> + Send + 'static,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.run().await;
            Ok(())
        })
    }
}

impl<S, F, B> Serve<S, F>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    F: Future<Output = ()>,
{
    async fn run(self) {
        let Self { listener, app, signal, header_timeout, max_connections } = self;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(LONGEST_HEAD);
        // Whoever has sent their request and shuts down their side waits for the answer.
        http.half_close(true);
        let mut door = Door::new(listener, max_connections);
        let (closing, closes) = watch::channel(());
        let mut signal = pin!(signal);
        loop {
            let (stream, place) = tokio::select! {
                // What is there already comes in before the door is closed.
                biased;
                entered = door.enter() => entered,
                () = &mut signal => break,
            };
            let (app, begun) = (app.clone(), Arc::new(Notify::new()));
            let app =
                TowerToHyperService::new(Admitting { app, admitted: Instant::now(), begun: begun.clone() });
            let connection = http.serve_connection(TokioIo::new(Patient::new(stream)), app);
            let end = end_of(closes.clone(), begun);
            tokio::spawn(connected(connection.with_upgrades(), end, place));
        }
        drop((door, closes));
        closing.send_replace(());
        if timeout(LAST_ANSWERS, closing.closed()).await.is_err() {
            tracing::warn!(connections = closing.receiver_count(), "some connections are still open");
        }
    }
}

/// Serves one connection until it is closed. Until then it holds its place.
async fn connected<S, B>(
    connection: http1::UpgradeableConnection<TokioIo<Patient<TcpStream>>, TowerToHyperService<S>>,
    end: impl Future<Output = watch::Receiver<()>>,
    _place: OwnedSemaphorePermit,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = &mut connection => served,
        // Kept, for it is what the shutdown waits for.
        _closes = end => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::debug!(error, "a connection broke off");
    }
}

/// When a connection is to be closed as soon as nothing is under way: a while after the shutdown, for a request may be on
/// its way, and not before its first request, which may be too. (For how long, the time-out for headers says.)
async fn end_of(mut closes: watch::Receiver<()>, begun: Arc<Notify>) -> watch::Receiver<()> {
    // Closed with the server alone.
    let _ = closes.changed().await;
    sleep(LAST_REQUESTS).await;
    begun.notified().await;
    closes
}

/// The service of one connection. It says when it was taken in, and when a request is there.
#[derive(Clone)]
struct Admitting<S> {
    app: S,
    admitted: Instant,
    begun: Arc<Notify>,
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for Admitting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.app.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(Admitted(self.admitted));
        self.begun.notify_one();
        self.app.call(request)
    }
}

/// Where connections come in, as many as there are places for.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    max_connections: usize,
    complained: Option<Instant>,
}

impl Door {
    fn new(listener: TcpListener, max_connections: usize) -> Self {
        let max_connections = max_connections.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            listener,
            places: Arc::new(Semaphore::new(max_connections)),
            max_connections,
            complained: None,
        }
    }

    /// Waits for a place, and then for a connection.
    async fn enter(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        if self.places.available_permits() == 0 {
            let connections = self.max_connections;
            self.complain(&format_args!("all {connections} connections are taken: new ones wait"));
        }
        let place = self.places.clone().acquire_owned().await.expect("it is never closed");
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    self.complain(&error);
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Says what keeps connections out, once a minute.
    fn complain(&mut self, reason: &dyn fmt::Display) {
        let now = Instant::now();
        if self.complained.is_none_or(|last| now.duration_since(last) >= Duration::from_secs(60)) {
            self.complained = Some(now);
            tracing::warn!(%reason, "a connection has to wait");
        }
    }
}

/// Whether the connection is to blame and not the listener, or the process.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// As many as actix-web takes, unless so many files cannot be opened.
fn max_connections() -> usize {
    const MOST: usize = 25_000;
    let files = open_files().map_or(MOST, |files| usize::try_from(files).unwrap_or(usize::MAX));
    files.saturating_sub((files / 8).max(128)).clamp(1, MOST)
}

#[cfg(unix)]
fn open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
const fn open_files() -> Option<u64> {
    None
}
