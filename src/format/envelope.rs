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

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str, format: DataFormat) -> [Option<String>; 4] {
        let Envelope { encrypt, to_user_name, app_id, agent_id } =
            envelope(body, format).unwrap_or_else(|error| panic!("{error:?}: {body}"));
        [encrypt, to_user_name, app_id, agent_id].map(|text| text.map(Cow::into_owned))
    }

    fn some(texts: [&str; 4]) -> [Option<String>; 4] {
        texts.map(|text| (text != "-").then(|| text.to_owned()))
    }

    #[test]
    fn the_ids_are_read_in_both_formats() {
        for (json, xml, expected) in [
            (
                r#"{"ToUserName":"gh_1","Encrypt":"a\/b"}"#,
                "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<Encrypt><![CDATA[a/b]]></Encrypt></xml>",
                ["a/b", "gh_1", "-", "-"],
            ),
            (
                r#"{"AppId":"wx1","Encrypt":"ab"}"#,
                "<xml><AppId>wx1</AppId><Encrypt>ab</Encrypt></xml>",
                ["ab", "-", "wx1", "-"],
            ),
            (
                r#"{"tousername":"ww1","encrypt":"ab","agentid":1000002}"#,
                "<xml><!-- --><ToUserName>ww1</ToUserName><Encrypt>ab</Encrypt><agentid>1000002</agentid></xml>",
                ["ab", "ww1", "-", "1000002"],
            ),
            (
                r#"{"appid":"x","AppId":"wx1","AgentID":"","ToUserName":null,"A":{"AppId":"y"}}"#,
                "<xml><appid>x</appid><AppId>wx1</AppId><AgentID></AgentID><ToUserName/><A><AppId>y</AppId></A></xml>",
                ["-", "-", "wx1", "-"],
            ),
        ] {
            assert_eq!(ids(json, DataFormat::Json), some(expected), "{json}");
            assert_eq!(ids(xml, DataFormat::Xml), some(expected), "{xml}");
        }
    }

    #[test]
    fn an_envelope_as_wechat_writes_it_is_not_copied() {
        let (json, xml) = (
            r#"{"ToUserName":"gh_1","Encrypt":"ab","AgentID":1}"#,
            "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[ab]]></Encrypt><AgentID>1</AgentID></xml>",
        );
        for (body, format) in [(json, DataFormat::Json), (xml, DataFormat::Xml)] {
            let Envelope { encrypt, to_user_name, app_id, agent_id } =
                envelope(body, format).expect("an envelope");
            for text in [encrypt, to_user_name, agent_id] {
                assert!(matches!(text, Some(Cow::Borrowed(_))), "{text:?}");
            }
            assert_eq!(app_id, None);
        }
    }

    #[test]
    fn what_is_too_long_for_an_id_is_none() {
        for (length, expected) in [(LONGEST_ID, true), (LONGEST_ID + 1, false)] {
            let id = "x".repeat(length);
            let json = format!(r#"{{"AppId":"{id}","Encrypt":"{id}{id}"}}"#);
            let xml = format!("<xml><AppId>{id}</AppId><Encrypt>{id}{id}</Encrypt></xml>");
            for (body, format) in [(json, DataFormat::Json), (xml, DataFormat::Xml)] {
                let [encrypt, _, app_id, _] = ids(&body, format);
                assert_eq!((app_id.is_some(), encrypt), (expected, Some(format!("{id}{id}"))), "{body}");
            }
        }
    }

    #[test]
    fn the_other_format_is_named_and_doubled_names_are_refused() {
        let xml = |body| envelope(body, DataFormat::Xml).err();
        let json = |body| envelope(body, DataFormat::Json).err();
        assert_eq!(xml("{}"), Some(EnvelopeError::Xml(XmlError::Json)));
        assert_eq!(json("<xml/>"), Some(EnvelopeError::Json(JsonError::Xml)));
        let doubled = "<xml><Encrypt>a</Encrypt><Encrypt>a</Encrypt></xml>";
        assert_eq!(xml(doubled), Some(EnvelopeError::Xml(XmlError::Doubled("Encrypt"))));
        let doubled = r#"{"ToUserName":"a","tousername":"a"}"#;
        assert_eq!(json(doubled), Some(EnvelopeError::Json(JsonError::Doubled("ToUserName"))));
    }
}
