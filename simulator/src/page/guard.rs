//! Access control: only pages from this server, in a browser on this machine.
//!
//! Any web page can send requests to 127.0.0.1, and can let its own host name resolve to that address (DNS rebinding).
//! So the `Host` must be one of this machine's own names, and the API is for pages from that origin only.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Images of news replies come from anywhere, everything else from this server. Nothing is inline, and no script can
/// turn text into markup.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; \
                   connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                   require-trusted-types-for 'script'; trusted-types 'none'";

/// The allowed values of `Host`.
#[derive(Clone)]
pub(super) struct Guard([String; 3]);

impl Guard {
    pub(super) fn new(port: u16) -> Self {
        // A browser leaves out the default port.
        let port = if port == 80 { String::new() } else { format!(":{port}") };
        Self(["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}{port}")))
    }

    fn refusal(&self, request: &Request) -> Option<StatusCode> {
        let headers = request.headers();
        let host = single(headers, &HOST).filter(|host| self.0.iter().any(|own| own == host));
        let Some(host) = host else { return Some(StatusCode::FORBIDDEN) };
        let own = format!("http://{host}");
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let from_here = match headers.contains_key(ORIGIN) {
            true => single(headers, &ORIGIN) == Some(&own),
            // A browser always sends the origin of a POST. For a GET it sends only `Sec-Fetch-Site`.
            false => !changes && fetched_from_here(headers),
        };
        if (changes || request.uri().path().starts_with("/api/")) && !from_here {
            return Some(StatusCode::FORBIDDEN);
        }
        let is_json = single(headers, &CONTENT_TYPE) == Some("application/json");
        (changes && !is_json).then_some(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }
}

fn fetched_from_here(headers: &HeaderMap) -> bool {
    let site = HeaderName::from_static("sec-fetch-site");
    match headers.contains_key(&site) {
        true => matches!(single(headers, &site), Some("same-origin" | "none")),
        false => true,
    }
}

fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

pub(super) async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.refusal(&request) {
        Some(status) => status.into_response(),
        None => next.run(request).await,
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, CSP),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
