//! Signatures: SHA-1 over the sorted parts.

use serde::Serialize;
use sha1::{Digest, Sha1};

/// How a signature was computed: the SHA-1 of the parts, which are sorted as byte strings and concatenated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// Its name: the parameter `signature` or `msg_signature`, or the element `MsgSignature` of a reply.
    pub name: &'static str,
    /// The parts in the order in which they are concatenated.
    pub parts: Vec<SignedPart>,
    /// 40 hexadecimal digits.
    pub value: String,
}

/// One part of the signed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignedPart {
    /// `token`, `timestamp`, `nonce` or `encrypt`.
    pub name: &'static str,
    /// Its value; `None` for the token, which is never recorded.
    pub value: Option<String>,
}

impl Signature {
    /// Signs `parts`, which are names and values, with the token.
    pub(crate) fn new(name: &'static str, token: &str, parts: &[(&'static str, &str)]) -> Self {
        let mut sorted: Vec<_> = parts.iter().copied().chain([("token", token)]).collect();
        sorted.sort_by_key(|(_, value)| *value);
        let mut hash = Sha1::new();
        for (_, value) in &sorted {
            hash.update(value);
        }
        let value = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let part = |(name, value): &(&'static str, &str)| SignedPart {
            name,
            value: (*name != "token").then(|| (*value).to_owned()),
        };
        Self { name, parts: sorted.iter().map(part).collect(), value }
    }

    /// The text that is hashed, with this token, or with `‹token›` in its place.
    #[must_use]
    pub fn joined(&self, token: Option<&str>) -> String {
        let hidden = token.unwrap_or("‹token›");
        self.parts.iter().map(|part| part.value.as_deref().unwrap_or(hidden)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tencent's worked example.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let parts = [("timestamp", "1714036504"), ("nonce", "1514711492")];
        let signature = Signature::new("signature", "AAAAA", &parts);
        assert_eq!(signature.value, "f464b24fc39322e44b38aa78f5edd27bd1441696");
        assert_eq!(signature.joined(Some("AAAAA")), "15147114921714036504AAAAA");
        assert_eq!(signature.joined(None), "15147114921714036504‹token›");
    }

    #[test]
    fn no_record_holds_the_token() {
        let signature = Signature::new("signature", "QDG6eKxyrqUnkq3M", &[("nonce", "1")]);
        let json = serde_json::to_string(&signature).expect("JSON");
        assert!(!format!("{signature:?}{json}").contains("QDG6eKxyrqUnkq3M"));
    }
}
