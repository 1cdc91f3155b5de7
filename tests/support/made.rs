//! Responses that a handler makes itself, the same in both frameworks.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use http_body::{Frame, SizeHint};

/// A response of the handler's own.
#[derive(Clone, Debug)]
pub struct Made {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Whole(Vec<u8>),
    /// In pieces of seven bytes, of known length.
    Pieces(Vec<u8>),
    /// In pieces of seven bytes, of unknown length.
    Streamed(Vec<u8>),
    /// Breaks off before the length that it names.
    Broken(Vec<u8>, usize),
    /// Names a length, and says nothing.
    Silent(usize),
}

impl Made {
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", content_type)], body: Content::Whole(body.into()) }
    }

    pub fn text(body: Content) -> Self {
        Self { body, ..Self::new(200, "text/plain; charset=utf-8", "") }
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

type Pieces = BoxStream<'static, Result<Bytes, std::io::Error>>;

fn pieces(bytes: &[u8]) -> Pieces {
    let pieces: Vec<_> = bytes.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

impl Content {
    /// The pieces, and the length where it is known.
    fn into_pieces(self) -> (Pieces, Option<u64>) {
        match self {
            Self::Whole(bytes) | Self::Pieces(bytes) => (pieces(&bytes), Some(bytes.len() as u64)),
            Self::Streamed(bytes) => (pieces(&bytes), None),
            Self::Broken(bytes, length) => {
                let broken = stream::iter([Err(std::io::ErrorKind::BrokenPipe.into())]);
                (pieces(&bytes).chain(broken).boxed(), Some(length as u64))
            }
            Self::Silent(length) => (stream::pending().boxed(), Some(length as u64)),
        }
    }
}

/// A body of a length that it names.
struct Named {
    pieces: Pieces,
    length: u64,
}

impl http_body::Body for Named {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Pin::new(&mut self.pieces).poll_next(cx).map_ok(Frame::data)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

impl axum::response::IntoResponse for Made {
    fn into_response(self) -> axum::response::Response {
        let body = match self.body {
            Content::Whole(bytes) => axum::body::Body::from(bytes),
            body => match body.into_pieces() {
                (pieces, Some(length)) => axum::body::Body::new(Named { pieces, length }),
                (pieces, None) => axum::body::Body::from_stream(pieces),
            },
        };
        let mut response = axum::http::Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(body).expect("a response")
    }
}

impl actix_web::Responder for Made {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> actix_web::HttpResponse {
        let status = actix_web::http::StatusCode::from_u16(self.status).expect("a status");
        let mut response = actix_web::HttpResponse::build(status);
        for header in self.headers {
            response.insert_header(header);
        }
        match self.body {
            Content::Whole(bytes) => response.body(bytes),
            body => match body.into_pieces() {
                (pieces, Some(length)) => response.body(actix_web::body::SizedStream::new(length, pieces)),
                (pieces, None) => response.streaming(pieces),
            },
        }
    }
}
