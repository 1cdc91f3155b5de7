//! What an envelope says about whom it is for, before anything in it is proven.

use std::borrow::Cow;

use super::{JsonError, XmlError, json, xml};
use crate::DataFormat;

/// The elements of an envelope directly under the root.
///
/// They choose the credentials that a push is verified with, and prove nothing: the receiver in the encrypted frame does.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope<'a> {
    /// `Encrypt`, which may be empty.
    pub(crate) encrypt: Option<Cow<'a, str>>,
    /// `ToUserName`. Like the others it is missing if it is empty, or too long for an id.
    pub(crate) to_user_name: Option<Cow<'a, str>>,
    /// `AppId`, which an open platform's own pushes have.
    pub(crate) app_id: Option<Cow<'a, str>>,
    /// `AgentID`, which WeCom's have.
    pub(crate) agent_id: Option<Cow<'a, str>>,
}

/// Why an envelope was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EnvelopeError {
    Xml(XmlError),
    Json(JsonError),
}

/// No id of WeChat's is longer, in bytes.
const LONGEST_ID: usize = 64;

const NAMES: [&str; 4] = ["Encrypt", "ToUserName", "AppId", "AgentID"];

/// Reads the envelope `body`. Names of JSON are compared without regard to case; so are `AppId` and `AgentID` of XML.
pub(crate) fn envelope(body: &str, format: DataFormat) -> Result<Envelope<'_>, EnvelopeError> {
    let texts = match format {
        DataFormat::Xml => xml::texts(body, NAMES).map_err(EnvelopeError::Xml)?,
        DataFormat::Json => json::texts(body, NAMES).map_err(EnvelopeError::Json)?,
    };
    let [encrypt, ids @ ..] = texts;
    let [to_user_name, app_id, agent_id] =
        ids.map(|id| id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID));
    Ok(Envelope { encrypt, to_user_name, app_id, agent_id })
}
