//! Doors to inner parts for the targets in `fuzz/`. They exist with `--cfg fuzzing` alone and are no part of the API.

use std::borrow::Cow;
use std::ops::Range;

use crate::secret::EncodingAesKey;
use crate::{DataFormat, DecryptError, JsonError, QueryError, XmlError, cipher, format, query, receive_id};

/// What is read from a query string.
#[derive(Debug, PartialEq, Eq)]
pub struct Query {
    /// `timestamp` as it is signed.
    pub timestamp_text: String,
    /// `timestamp`.
    pub timestamp: i64,
    /// `nonce`.
    pub nonce: String,
    /// `signature`.
    pub signature: Option<String>,
    /// `msg_signature`.
    pub msg_signature: Option<String>,
    /// `echostr`.
    pub echostr: Option<String>,
}

impl Query {
    /// Reads the query string exactly as in the URL, without the `?`.
    pub fn parse(query: &str) -> Result<Self, QueryError> {
        let query = query::CallbackQuery::parse(query)?;
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        Ok(Self {
            timestamp_text: query.timestamp_text.into_owned(),
            timestamp: query.timestamp.as_secs(),
            nonce: query.nonce.into_owned(),
            signature: owned(query.signature.hex),
            msg_signature: owned(query.msg_signature.hex),
            echostr: owned(query.echostr),
        })
    }
}

/// Whether a query string has a signature.
#[must_use]
pub fn is_signed(query: &str) -> bool {
    query::is_signed(query)
}

/// The cipher of one EncodingAESKey.
pub struct Cipher(cipher::Cipher);

impl Cipher {
    /// `None` where `key` is not 43 characters of base64.
    #[must_use]
    pub fn new(key: &str) -> Option<Self> {
        EncodingAesKey::from_base64(key).map(|key| Self(cipher::Cipher::new(&key)))
    }

    /// The message in the text of `Encrypt`, if it is meant for `app_id`.
    pub fn open(&self, encrypted: &str, app_id: &str) -> Result<String, DecryptError> {
        let check = |found: &[u8]| match found == app_id.as_bytes() {
            true => Ok(()),
            false => Err(DecryptError::ReceiveId {
                expected: app_id.to_owned(),
                found: receive_id::printable(found),
            }),
        };
        self.0.open(encrypted, check).map(|(text, ())| text.to_string())
    }

    /// The text of `Encrypt` that holds `message`. `room` is about how long the message will be.
    #[must_use]
    pub fn seal(&self, app_id: &str, random: [u8; 16], room: usize, message: &str) -> String {
        self.0.seal(app_id, random, room, |frame| frame.push_str(message), "", 0)
    }
}

/// The elements of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Tree(format::Tree);

/// One element of a [`Tree`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// How many elements it is inside of, without the root.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Tree {
    /// Reads `xml` with the reader that the library chooses.
    pub fn parse(xml: &str) -> Result<Self, XmlError> {
        format::Tree::parse(xml).map(Self)
    }

    /// Reads `xml` with the reader of flat layouts. `None` if it has another.
    pub fn parse_flat(xml: &str) -> Result<Option<Self>, XmlError> {
        Ok(format::fuzzing::parse_flat(xml)?.map(Self))
    }

    /// Reads `xml` with the reader of any layout.
    pub fn parse_any(xml: &str) -> Result<Self, XmlError> {
        format::fuzzing::parse_any(xml).map(Self)
    }

    /// Reads `json` with the reader that the library chooses.
    pub fn parse_json(json: &str) -> Result<Self, JsonError> {
        format::Tree::parse_json(json).map(Self)
    }

    /// Reads `json` in the memory that it is in, if no escape is in it.
    pub fn share_json(json: &str) -> Result<Self, JsonError> {
        let text = format::Text::part(json.as_bytes().to_vec(), 0, json.len()).unwrap_or_default();
        let (tree, text) = format::Tree::share_json(text)?;
        assert_eq!(text, json);
        Ok(Self(tree))
    }

    /// Reads `json` with the reader that copies names and texts.
    pub fn parse_json_copying(json: &str) -> Result<Self, JsonError> {
        format::json::fuzzing::parse_copying(json).map(Self)
    }

    /// All elements, in document order.
    #[must_use]
    pub fn elements(&self) -> Vec<Element> {
        fn add(cursor: format::Cursor<'_>, depth: usize, elements: &mut Vec<Element>) {
            for element in cursor {
                let (name, text) = (element.name().to_owned(), element.text().to_owned());
                elements.push(Element { depth, name, text });
                add(element.children(), depth.saturating_add(1), elements);
            }
        }
        let mut elements = Vec::new();
        add(self.0.root(), 0, &mut elements);
        elements
    }

    /// Writes the elements as a message.
    #[must_use]
    pub fn write(&self) -> String {
        self.write_as(DataFormat::Xml)
    }

    /// Writes the elements as a message in JSON.
    #[must_use]
    pub fn write_json(&self) -> String {
        self.write_as(DataFormat::Json)
    }

    fn write_as(&self, format: DataFormat) -> String {
        fn write(writer: &mut format::Writer<'_>, cursor: format::Cursor<'_>) {
            for element in cursor {
                match element.children() {
                    inside if inside.is_empty() => writer.text(element.name(), element.text()),
                    inside => writer.element(element.name(), |writer| write(writer, inside)),
                }
            }
        }
        let mut written = String::new();
        format::Writer::document(&mut written, format, |writer| write(writer, self.0.root()));
        written
    }
}

/// The text of `Encrypt` in an envelope.
pub fn encrypted_text(envelope: &str) -> Result<Option<Cow<'_, str>>, XmlError> {
    format::encrypted_text(envelope)
}

/// The text of `Encrypt` in an envelope of JSON.
pub fn encrypted_text_json(envelope: &str) -> Result<Option<Cow<'_, str>>, JsonError> {
    format::json::encrypted_text(envelope)
}

/// `Encrypt`, `ToUserName`, `AppId` and `AgentID` of an envelope, or `None` if it is not read.
#[must_use]
pub fn envelope(body: &str, format: DataFormat) -> Option<[Option<Cow<'_, str>>; 4]> {
    let envelope = format::envelope(body, format).ok()?;
    Some([envelope.encrypt, envelope.to_user_name, envelope.app_id, envelope.agent_id])
}

/// Where the texts of users begin and end, if a reader could mistake one for anything else.
#[must_use]
pub fn user_texts(xml: &str) -> Vec<Range<usize>> {
    format::fuzzing::user_texts(xml)
}
