use std::fmt::Write as _;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use crate::Pace;

/// An HTTP request from WeChat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The complete URL, with its query.
    pub url: String,
    /// The headers, except those that the connection adds (`host`, `content-length`).
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(serialize_with = "as_text")]
    pub body: Bytes,
    /// How the body is sent.
    #[serde(skip)]
    pub pace: Pace,
}

impl Request {
    /// A GET of `url` with `query` added to its own.
    #[must_use]
    pub fn get(url: &str, query: &str) -> Self {
        Self::new("GET", url, query, Bytes::new())
    }

    /// A POST to `url` with `query` added to its own.
    #[must_use]
    pub fn post(url: &str, query: &str, body: impl Into<Bytes>) -> Self {
        let mut request = Self::new("POST", url, query, body.into());
        request.headers.insert(0, ("content-type".to_owned(), "text/xml".to_owned()));
        request
    }

    fn new(method: &'static str, url: &str, query: &str, body: Bytes) -> Self {
        let join = match url.contains('?') {
            true => '&',
            false => '?',
        };
        // The headers that WeChat was observed to send.
        let headers = [("user-agent", "Mozilla/4.0"), ("accept", "*/*"), ("pragma", "no-cache")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { method, url: format!("{url}{join}{query}"), headers, body, pace: Pace::Whole }
    }

    /// The query string, without the `?`.
    #[must_use]
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// The raw value of a query parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query().split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The same request with another value of a parameter, which is added if it is missing.
    #[must_use]
    pub fn with_parameter(self, name: &str, value: &str) -> Self {
        if self.parameter(name).is_none() {
            return self.with_another_parameter(name, value);
        }
        self.map_query(|pair| match pair.split_once('=') {
            Some((found, _)) if found == name => Some(format!("{name}={value}")),
            _ => Some(pair.to_owned()),
        })
    }

    /// The same request with a parameter added, even if it is already present.
    #[must_use]
    pub fn with_another_parameter(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.url, "&{name}={value}");
        self
    }

    /// The same request without a parameter.
    #[must_use]
    pub fn without_parameter(self, name: &str) -> Self {
        self.map_query(|pair| match pair.split_once('=') {
            Some((found, _)) if found == name => None,
            _ => Some(pair.to_owned()),
        })
    }

    /// The same request with another body.
    #[must_use]
    pub fn with_body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The same request, with its body sent at another pace.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    fn map_query(self, map: impl Fn(&str) -> Option<String>) -> Self {
        let (base, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let query: Vec<_> = query.split('&').filter_map(map).collect();
        let url = format!("{base}?{}", query.join("&"));
        Self { url, ..self }
    }

    /// A `curl` command for a POSIX shell that sends the same request. Like this crate it uses no proxy: one that is set
    /// in the environment does not reach a bot on this machine.
    #[must_use]
    pub fn curl(&self) -> String {
        let mut command = format!("curl -i {} --noproxy '*'", quoted(&self.url));
        for (name, value) in &self.headers {
            let _ = write!(command, " -H {}", quoted(&format!("{name}: {value}")));
        }
        if self.method == "GET" {
            return command;
        }
        match str::from_utf8(&self.body) {
            Ok(body) if !body.contains(|char: char| char.is_control() && char != '\n') => {
                let _ = write!(command, " --data-raw {}", quoted(body));
                command
            }
            _ => {
                // An argument cannot contain NUL, and a terminal takes control characters for keys.
                let bytes: String = self.body.iter().map(|byte| format!("\\0{byte:03o}")).collect();
                format!("printf '%b' '{bytes}' | {command} --data-binary @-")
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Bytes as readable text. What is not UTF-8 is replaced.
pub(crate) fn as_text<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::post("http://127.0.0.1/weixin?c_id=21", "signature=a&nonce=1", "it's")
    }

    #[test]
    fn parameters_are_added_to_the_query_that_the_url_has() {
        assert_eq!(request().query(), "c_id=21&signature=a&nonce=1");
        assert_eq!(Request::get("http://127.0.0.1/", "a=b").url, "http://127.0.0.1/?a=b");
    }

    #[test]
    fn a_parameter_is_changed_added_doubled_and_taken_away() {
        assert_eq!(request().with_parameter("nonce", "2").query(), "c_id=21&signature=a&nonce=2");
        assert_eq!(request().with_parameter("x", "2").query(), "c_id=21&signature=a&nonce=1&x=2");
        assert_eq!(
            request().with_another_parameter("nonce", "1").query(),
            "c_id=21&signature=a&nonce=1&nonce=1"
        );
        assert_eq!(request().without_parameter("signature").query(), "c_id=21&nonce=1");
        assert_eq!(request().parameter("nonce"), Some("1"));
    }

    #[test]
    fn the_curl_command_is_quoted_for_a_shell() {
        let curl = request().curl();
        assert!(
            curl.starts_with(
                "curl -i 'http://127.0.0.1/weixin?c_id=21&signature=a&nonce=1' --noproxy '*' -H "
            ),
            "{curl}"
        );
        assert!(curl.ends_with(r"--data-raw 'it'\''s'"), "{curl}");
        assert!(!Request::get("http://127.0.0.1/", "a=b").curl().contains("data"));
        let bytes = request().with_body(vec![0, 0xff]).curl();
        assert!(bytes.starts_with(r"printf '%b' '\0000\0377' | curl") && bytes.ends_with("@-"), "{bytes}");
    }
}
