//! The last result of an attack: a summary for its button, and the details for the inspector.

use bytes::Bytes;
use serde::Serialize;

use crate::attack::{AttackResult, Expected, ProbeResult, Verdict};
use crate::xml::Element;
use crate::{Account, Ending, LocalizedText, Mode, Pace, Request, Signature};

/// How much of the body of a request or of an answer is kept, in bytes. Only what tries a bot's limits is longer.
const MAX_BODY: usize = 16 * 1024;

/// The result of an attack, or that it is running.
#[derive(Default, Serialize)]
pub(super) struct AttackStatus {
    /// `None` while it is running.
    verdict: Option<Verdict>,
    silent: bool,
    probes: Vec<ProbeSummary>,
    #[serde(skip)]
    details: Vec<ProbeDetail>,
}

#[derive(Serialize)]
struct ProbeSummary {
    expected: Expected,
    passed: bool,
    detail: LocalizedText,
}

/// One request of an attack, as the inspector shows it.
#[derive(Serialize)]
struct ProbeDetail {
    #[serde(flatten)]
    result: ProbeResult,
    /// The length of the complete request body, in bytes.
    body_length: usize,
    /// How the body was sent, unless it was sent at once.
    pace: Option<&'static str>,
    /// The signatures that the request should have.
    signatures: Vec<Signature>,
    /// `None` if the body is too long for a command line.
    curl: Option<String>,
}

/// What the inspector shows of an attack.
#[derive(Serialize)]
pub(super) struct AttackDetail<'s> {
    name: &'static str,
    verdict: Option<Verdict>,
    /// The command that runs the attack again.
    command: String,
    probes: &'s [ProbeDetail],
}

impl AttackStatus {
    pub(super) fn of(result: AttackResult, account: &Account) -> Self {
        let summary = |probe: &ProbeResult| ProbeSummary {
            expected: probe.expected,
            passed: probe.passed,
            detail: probe.detail.clone(),
        };
        Self {
            verdict: Some(result.verdict),
            silent: result.silent(),
            probes: result.probes.iter().map(summary).collect(),
            details: result.probes.into_iter().map(|probe| ProbeDetail::of(probe, account)).collect(),
        }
    }

    pub(super) const fn is_running(&self) -> bool {
        self.verdict.is_none()
    }

    /// With the command that tries it again.
    pub(super) fn detail(&self, name: &'static str, command: String) -> AttackDetail<'_> {
        AttackDetail { name, verdict: self.verdict, command, probes: &self.details }
    }
}

impl ProbeDetail {
    fn of(mut result: ProbeResult, account: &Account) -> Self {
        let request = &mut result.request;
        let body_length = request.body.len();
        let fits = body_length <= MAX_BODY;
        let pace = match request.pace {
            Pace::Whole => None,
            Pace::Chunked => Some("chunked"),
            Pace::Drip { .. } => Some("drip"),
        };
        let signatures = if fits { right_signatures(request, account) } else { Vec::new() };
        let curl = fits.then(|| request.curl());
        request.body = start_of(&request.body);
        if let Ending::Answered { answer } = &mut result.ending {
            answer.truncated |= answer.body.len() > MAX_BODY;
            answer.body = start_of(&answer.body);
        }
        Self { result, body_length, pace, signatures, curl }
    }
}

/// A copy, so that the rest of a long body is not kept.
fn start_of(body: &Bytes) -> Bytes {
    Bytes::copy_from_slice(body.get(..MAX_BODY).unwrap_or(body))
}

/// The signatures of the request's own timestamp, nonce and ciphertext. Those that it has can be others.
fn right_signatures(request: &Request, account: &Account) -> Vec<Signature> {
    let (Some(timestamp), Some(nonce)) = (request.parameter("timestamp"), request.parameter("nonce")) else {
        return Vec::new();
    };
    let mut parts = vec![("timestamp", timestamp), ("nonce", nonce)];
    let mut signatures = vec![Signature::new("signature", account.token(), &parts)];
    let body = Element::parse_pushed(&String::from_utf8_lossy(&request.body), account.format());
    if let Some(encrypt) = body.get("Encrypt").filter(|_| account.mode() != Mode::Plain) {
        parts.push(("encrypt", encrypt));
        signatures.push(Signature::new("msg_signature", account.token(), &parts));
    }
    signatures
}
