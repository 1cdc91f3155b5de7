//! Real servers and real connections: who is refused is not listened to any longer, who says nothing has no place, and
//! a bot that goes down answers everybody who got in. They measure seconds, so nothing else runs beside them.

#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
mod support;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::bots::{FOR_EVER, Server, head};
use support::deliveries::{ADAPTERS, Adapter};
use support::{MODES, Push, Wechat, now, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wechat_callback::SecurityMode;

/// Sends `pieces` of a body that has no end. Returns what was answered once the connection is gone.
async fn send_without_end(mut connection: TcpStream, head: &str, piece: &[u8], pause: Duration) -> String {
    let (mut reader, mut writer) = connection.split();
    let read = async {
        let mut answer = Vec::new();
        // It may end with a reset: not everything that was sent has been read.
        _ = reader.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("UTF-8")
    };
    let write = async {
        writer.write_all(head.as_bytes()).await?;
        loop {
            writer.write_all(piece).await?;
            tokio::time::sleep(pause).await;
        }
    };
    let both = async {
        let (answer, written): (_, io::Result<()>) = tokio::join!(read, write);
        written.expect_err("nobody reads any longer");
        answer
    };
    timeout(FOR_EVER, both).await.unwrap_or_else(|_| panic!("it is still listened to: {head}"))
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
const EXPECTS: &str = "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n";
const LONG: &str = "Content-Length: 1000000000\r\n";

/// (T17, T18)
#[tokio::test]
async fn a_body_without_an_end_is_listened_to_until_the_answer_and_no_longer() {
    let (drip, flood) = (b"1\r\nx\r\n".to_vec(), [b"4000\r\n", &[b'x'; 0x4000][..], b"\r\n"].concat());
    let (mut cases, mut servers) = (tokio::task::JoinSet::new(), Vec::new());
    let wechat = Wechat::new(SecurityMode::Plain);
    let started = [
        ("tower", Server::new(Adapter::Tower, &wechat)),
        ("axum", Server::axum(&wechat)),
        ("actix", Server::new(Adapter::Actix, &wechat)),
    ];
    for (adapter, server) in started {
        let (signed, verifies) = (wechat.push(&text("好")).query, wechat.verification("4375120948345356249"));
        let refused = [
            (head("POST", &signed, CHUNKED), "413", "408"),
            (head("POST", &signed, EXPECTS), "413", "408"),
            (head("POST", "", CHUNKED), "400", "400"),
            (head("POST", &signed, LONG), "413", "413"),
            (head("GET", "", CHUNKED), "400", "400"),
            (head("GET", "", EXPECTS), "400", "400"),
            (head("GET", "", LONG), "400", "400"),
            (head("GET", &verifies, CHUNKED), "200", "200"),
            (head("PUT", &signed, CHUNKED), "405", "405"),
            (head("PUT", &signed, LONG), "405", "405"),
            // Pipelined behind another.
            (head("GET", "", "") + &head("GET", "", CHUNKED), "400", "400"),
        ];
        for (head, flooded, dripped) in refused {
            for (piece, pause, status) in [(&flood, 0, flooded), (&drip, 50, dripped)] {
                let (connection, head, piece) = (server.connect().await, head.clone(), piece.clone());
                cases.spawn(async move {
                    let answer =
                        send_without_end(connection, &head, &piece, Duration::from_millis(pause)).await;
                    // Whoever sends on may lose the answer to a reset.
                    let continued = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
                    let expected = format!("HTTP/1.1 {status} ");
                    assert!(
                        continued.is_empty() || continued.starts_with(&expected),
                        "{adapter}: {head} was answered {answer}, not {status}"
                    );
                });
            }
        }
        servers.push(server);
    }
    while let Some(case) = cases.join_next().await {
        case.expect("as it should be");
    }
}

/// Sends `request` and nothing more. Returns what was answered once the connection is gone.
async fn ask(server: &Server, request: &str) -> String {
    let mut connection = server.connect().await;
    connection.write_all(request.as_bytes()).await.expect("the system takes it");
    let mut answer = Vec::new();
    let read = timeout(FOR_EVER, connection.read_to_end(&mut answer)).await;
    _ = read.unwrap_or_else(|_| panic!("it is still open: {request}"));
    String::from_utf8(answer).expect("UTF-8")
}

/// (T17, T18) The time-out would be another status.
#[tokio::test]
async fn who_is_refused_for_the_query_is_refused_before_the_body_is_there() {
    let extension = format!("1;{}", "a".repeat(1000));
    for (adapter, wechat) in ADAPTERS.into_iter().flat_map(|one| MODES.map(|mode| (one, Wechat::new(mode)))) {
        let server = Server::new(adapter, &wechat);
        let other = Wechat { token: "anotherToken1234".to_owned(), ..wechat.clone() };
        let stale = wechat.push_at(&text("好"), now() - 1000, "1").query;
        let refused = [("id=1", 400), (&*other.signed_query(now(), "1"), 403), (&*stale, 403)];
        let begun = [
            (CHUNKED, ""),
            (CHUNKED, "4\r\n<xml\r\n"),
            (CHUNKED, &extension),
            ("Content-Length: 100\r\n", "<xml"),
        ];
        let cases = refused.into_iter().flat_map(|query| begun.map(|begun| (query, begun)));
        let asked = cases.map(async |((query, status), (framing, beginning))| {
            let answer = ask(&server, &(head("POST", query, framing) + beginning)).await;
            let expected = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&expected), "{adapter:?}: {query}, {beginning}: {answer}");
        });
        futures_util::future::join_all(asked).await;
    }
}

/// Nothing of a request is left to be read, and it would be kept for another one.
#[tokio::test]
async fn who_is_refused_is_told_to_close_and_the_connection_is_gone() {
    let wechat = Wechat::new(SecurityMode::Plain);
    let signed = wechat.push(&text("好")).query;
    let patient = Server::tower(&wechat, |serve| serve.header_timeout(FOR_EVER));
    for server in [patient, Server::new(Adapter::Actix, &wechat)] {
        for (method, query, status) in
            [("POST", "", 400), ("POST", &signed, 400), ("GET", "", 400), ("PUT", "", 405)]
        {
            let answer = ask(&server, &(head(method, query, "Content-Length: 4\r\n") + "<xml")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {query}: {answer}");
            assert!(answer.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
        }
    }
}

/// A client may shut down its writing side when it has sent everything.
#[tokio::test]
async fn who_has_sent_everything_and_shuts_down_their_side_is_answered() {
    let wechat = Wechat::new(SecurityMode::Plain);
    // Of time-outs none, so that it is the shut side that frees the connection.
    let patient = Server::tower(&wechat, |serve| serve.header_timeout(FOR_EVER));
    for server in [patient, Server::new(Adapter::Actix, &wechat)] {
        let Push { query, body } = wechat.push(&text("0.2 好"));
        let length = format!("Content-Length: {}\r\n", body.len());
        let push = head("POST", &query, &length) + str::from_utf8(&body).expect("UTF-8");
        let half_a_head = &push[..push.len() / 4];
        for (request, expected) in
            [(&*push, "HTTP/1.1 200 "), (half_a_head, ""), (&push[..push.len() - 1], "")]
        {
            let mut connection = server.connect().await;
            connection.write_all(request.as_bytes()).await.expect("the system takes it");
            connection.shutdown().await.expect("it is open");
            let mut answer = String::new();
            let read = timeout(FOR_EVER, connection.read_to_string(&mut answer)).await;
            read.unwrap_or_else(|_| panic!("it is still open: {request}")).expect("an end");
            assert!(answer.starts_with(expected), "{request} was answered {answer}");
            assert_eq!(answer.contains("200 OK"), request == push, "{request} was answered {answer}");
            assert_eq!(answer.contains("[好]"), request == push, "{request} was answered {answer}");
        }
    }
}

/// (T34) One place, and somebody sits on it.
#[tokio::test]
async fn headers_that_drip_give_their_place_away() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let server =
        Server::tower(&wechat, |serve| serve.max_connections(1).header_timeout(Duration::from_millis(200)));
    let mut dripping = server.connect().await;
    dripping.write_all(b"POST /weixin HTTP/1.1\r\nHost: localhost\r\n").await.expect("it is accepted");
    let Push { query, body } = wechat.push(&text("好"));
    let mut good = server.connect().await;
    let length = format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
    let push = [head("POST", &query, &length).as_bytes(), &body].concat();
    good.write_all(&push).await.expect("the system takes it");
    let mut answer = String::new();
    timeout(FOR_EVER, good.read_to_string(&mut answer)).await.expect("it gets a place").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// (T34) Also behind a first request, and without a byte of the second.
#[tokio::test]
async fn a_second_request_that_drips_or_does_not_come_is_cut() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let server = Server::tower(&wechat, |serve| serve.header_timeout(Duration::from_millis(200)));
    for second in ["", "GET /weixin HTTP/1.1\r\nHost: "] {
        let mut connection = server.connect().await;
        let requests = format!("GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n{second}");
        connection.write_all(requests.as_bytes()).await.expect("it is accepted");
        let mut answer = String::new();
        let read = timeout(FOR_EVER, connection.read_to_string(&mut answer)).await;
        read.unwrap_or_else(|_| panic!("{second:?} is waited for")).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
}

/// What one client met until nobody listened any more.
#[derive(Debug, Default)]
struct Met {
    /// Answers behind which the connection was to be closed.
    told_to_close: usize,
    /// Connections that ended without an answer to their first request.
    broken: usize,
    refused: Vec<String>,
}

/// Pushes over one connection for as long as it is kept, and then over another, until five were to be closed.
async fn push_on(address: SocketAddr, wechat: Wechat, answered: Arc<AtomicUsize>) -> Met {
    let mut met = Met::default();
    while met.told_to_close < 5 && met.broken == 0 {
        let mut connection = TcpStream::connect(address).await.expect("it listens");
        for number in 0.. {
            match push(&mut connection, &wechat).await {
                Ok(answer) if answer.starts_with("http/1.1 200 ") => {
                    answered.fetch_add(1, Ordering::Relaxed);
                    if answer.contains("\r\nconnection: close\r\n") {
                        met.told_to_close += 1;
                        break;
                    }
                }
                Ok(answer) => met.refused.push(answer),
                // One that was kept may be closed at any time. A new one may not.
                Err(_) => {
                    met.broken += usize::from(number == 0);
                    break;
                }
            }
        }
    }
    met
}

/// The head of the answer, in lower case.
async fn push(connection: &mut TcpStream, wechat: &Wechat) -> io::Result<String> {
    let Push { query, body } = wechat.push(&text("好"));
    let length = format!("Content-Length: {}\r\n", body.len());
    connection.write_all(&[head("POST", &query, &length).as_bytes(), &body].concat()).await?;
    let mut answer = Vec::new();
    loop {
        if connection.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split_once("content-length: ").expect("a length").1;
            let length: usize = length.split("\r\n").next().expect("a line").parse().expect("a number");
            if body.len() == length {
                return Ok(format!("{head}\r\n"));
            }
        }
    }
}

/// (T30) The load balancer takes it out while it drains. The whole dose is in `benches/attacks/drain.py`.
#[tokio::test]
async fn who_got_in_while_it_drains_is_answered_and_told_to_close() {
    for adapter in ADAPTERS {
        let wechat = Wechat::new(SecurityMode::Safe);
        let Server { address, stop, stopped } = Server::new(adapter, &wechat);
        let answered = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> =
            (0..8).map(|_| tokio::spawn(push_on(address, wechat.clone(), answered.clone()))).collect();
        while answered.load(Ordering::Relaxed) < 100 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.send(()).expect("it runs");
        for client in clients {
            let met = timeout(FOR_EVER, client).await.expect("it ends").expect("no panic");
            assert_eq!((met.broken, &met.refused[..]), (0, &[][..]), "{adapter:?}");
        }
        stopped.recv_timeout(FOR_EVER).expect("it stops");
        assert!(TcpStream::connect(address).await.is_err(), "{adapter:?} still listens");
    }
}

/// (T30) Its push was on its way when the server stopped to listen.
#[tokio::test]
async fn a_connection_that_was_accepted_is_answered_after_the_draining_too() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let Server { address, stop, stopped } = Server::tower(&wechat, |serve| serve.header_timeout(FOR_EVER));
    let mut accepted = TcpStream::connect(address).await.expect("it listens");
    // Behind it in the queue, so that it is accepted when this one is answered.
    let mut behind = TcpStream::connect(address).await.expect("it listens");
    push(&mut behind, &wechat).await.expect("an answer");
    stop.send(()).expect("it runs");
    while TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answer = push(&mut accepted, &wechat).await.expect("an answer");
    assert!(answer.starts_with("http/1.1 200 ") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
    stopped.recv_timeout(FOR_EVER).expect("it stops");
}

/// Whoever is there and says nothing holds nobody up.
#[tokio::test]
async fn an_idle_connection_does_not_keep_a_drained_server_alive() {
    let wechat = Wechat::new(SecurityMode::Safe);
    let Server { address, stop, stopped } =
        Server::tower(&wechat, |serve| serve.header_timeout(Duration::from_secs(1)));
    let mut idle = TcpStream::connect(address).await.expect("it listens");
    let mut kept = TcpStream::connect(address).await.expect("it listens");
    assert!(push(&mut kept, &wechat).await.expect("an answer").starts_with("http/1.1 200 "));
    stop.send(()).expect("it runs");
    stopped.recv_timeout(FOR_EVER).expect("it stops");
    assert_eq!((idle.read(&mut [0]).await.ok(), kept.read(&mut [0]).await.ok()), (Some(0), Some(0)));
}
