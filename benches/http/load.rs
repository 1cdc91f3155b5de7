//! The generator: keep-alive connections on one thread, each with one request at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use memchr::memmem;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::LENGTH;
use crate::push::{self, Push};
use crate::server::{Kind, Traffic};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Requests that are ready to be written.
pub(crate) struct Requests {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Requests {
    /// Pushes with the ids `first..first + count`, so that no server has seen them.
    pub(crate) fn new(traffic: Traffic, first: u64, count: usize) -> Self {
        let mut requests = Self { bytes: Vec::with_capacity(count * 1024), ends: Vec::with_capacity(count) };
        for number in (first..).take(count) {
            let Push { query, body } = fresh_push(traffic == Traffic::Plain, number);
            let account = match traffic {
                // A prime number apart, so that no cache has what is asked for next.
                Traffic::Accounts(accounts) => format!("/{}", number.wrapping_mul(7_919) % accounts),
                Traffic::Safe | Traffic::Plain => String::new(),
            };
            let length = body.len();
            write!(
                requests.bytes,
                "POST /weixin{account}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n\
                 Content-Type: text/xml\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .expect("memory takes everything");
            requests.ends.push(requests.bytes.len());
        }
        requests
    }

    pub(crate) fn of(kind: Kind, first: u64, count: usize) -> Self {
        Self::new(kind.traffic(), first, count)
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.part(0, 1)
    }

    /// One of so many parts.
    pub(crate) fn part(&self, at: usize, parts: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let end = |at| self.ends.len() * at / parts;
        (end(at)..end(at + 1)).map(|number| {
            let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..self.ends[number]]
        })
    }
}

fn fresh_push(is_plain: bool, number: u64) -> Push {
    let xml = push::numbered_text_message(LENGTH, 10_000_000_000_000_000 + number);
    if is_plain {
        // The signature of plain mode is bound to one body.
        Push::plain_with_nonce(&xml, push::TOKEN, &format!("{:010}", 1_000_000_000 + number))
    } else {
        Push::safe(&xml, push::TOKEN)
    }
}

/// Open connections to one server.
pub(crate) struct Connections {
    poll: Poll,
    open: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    /// What has come of the response.
    response: Vec<u8>,
}

impl Connections {
    pub(crate) fn open(address: SocketAddr, count: usize) -> Self {
        let poll = Poll::new().expect("a poll");
        let open = (0..count).map(|number| {
            let stream = std::net::TcpStream::connect(address).expect("the server listens");
            stream.set_nonblocking(true).expect("a socket");
            stream.set_nodelay(true).expect("a socket");
            let mut stream = TcpStream::from_std(stream);
            let registry = poll.registry();
            registry.register(&mut stream, Token(number), Interest::READABLE).expect("it is new");
            Connection { stream, response: Vec::new() }
        });
        let open = open.collect();
        Self { poll, open }
    }

    /// Sends all of `requests`, one after another on each connection, and returns how long the answers took.
    ///
    /// With as many requests as connections each connection sends one.
    pub(crate) fn send<'r>(&mut self, mut requests: impl ExactSizeIterator<Item = &'r [u8]>) -> Duration {
        let mut unanswered = requests.len();
        let mut events = Events::with_capacity(1024);
        let mut buffer = vec![0; 16 << 10];
        let start = Instant::now();
        for (connection, request) in self.open.iter_mut().zip(&mut requests) {
            connection.write(request);
        }
        let mut answered = Instant::now();
        while unanswered > 0 {
            // It never sleeps: the server would have to wake it, the more often the slower it is itself.
            match self.poll.poll(&mut events, Some(Duration::ZERO)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled.expect("it polls"),
            }
            if events.is_empty() {
                assert!(
                    answered.elapsed() < PATIENCE,
                    "{unanswered} requests are not answered in 10 seconds"
                );
            } else {
                answered = Instant::now();
            }
            for event in &events {
                let connection = &mut self.open[event.token().0];
                if connection.is_answered(&mut buffer) {
                    unanswered -= 1;
                    if let Some(request) = requests.next() {
                        connection.write(request);
                    }
                }
            }
        }
        start.elapsed()
    }
}

impl Connection {
    /// The server has read all requests before, so there is room for one.
    fn write(&mut self, request: &[u8]) {
        let written = self.stream.write(request).expect("connected");
        assert_eq!(written, request.len(), "the system takes a request whole");
    }

    /// Reads what has come. One response at a time is on its way, so more has not come once it is complete.
    fn is_answered(&mut self, buffer: &mut [u8]) -> bool {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => panic!("the server closed a connection"),
                Ok(length) => {
                    let read = &buffer[..length];
                    // Mostly it is read at once.
                    if self.response.is_empty() && is_complete(read) {
                        return true;
                    }
                    self.response.extend_from_slice(read);
                    if is_complete(&self.response) {
                        self.response.clear();
                        return true;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) => panic!("a connection broke: {error}"),
            }
        }
    }
}

/// Whether a response is there to its end. It is a success, or this panics.
fn is_complete(response: &[u8]) -> bool {
    let Some(head) = memmem::find(response, b"\r\n\r\n") else {
        return false;
    };
    let head_text = str::from_utf8(&response[..head]).expect("text");
    assert!(head_text.starts_with("HTTP/1.1 200 "), "{head_text}");
    let (_, behind) = head_text.split_once("content-length: ").expect("the length of the body");
    let digits = behind.split('\r').next().unwrap_or_default();
    let body: usize = digits.parse().expect("a number");
    assert!(response.len() <= head + 4 + body, "more than was asked for");
    response.len() == head + 4 + body
}
