use serde::{Deserialize, Serialize};

use super::aibot::without_mention;
use super::read::Composite;
use super::write::Write;
use super::{Fields, debug_without_content};
use crate::SharedStr;
use crate::format::Draft;

super::elements! {
    /// A message of texts and images (图文混排消息), to an AI bot of WeCom (企业微信智能机器人).
    pub struct Mixed {
        /// `mixed.msg_item`: its parts, in order.
        pub items: Vec<MixedItem> = "mixed" / "msg_item",
    }

    /// The question for the text so far of an answer that streams (流式消息刷新), by an AI bot of WeCom (企业微信智能机器人).
    ///
    /// WeCom asks until it is told that the answer is finished, for up to six minutes after the user's message.
    pub struct StreamRefresh {
        /// `stream.id`: the id that the first answer gave the stream.
        pub id: SharedStr = "stream" / "id",
    }
}

impl Mixed {
    /// Of the first text, which a mention of the bot begins with.
    pub(super) fn strip_mention(&mut self) {
        let first = self.items.iter_mut().find_map(|item| match item {
            MixedItem::Text { content } => Some(content),
            _ => None,
        });
        if let Some(content) = first {
            *content = without_mention(content.clone());
        }
    }
}

/// A part of a [`Mixed`] message.
///
/// `#[non_exhaustive]`: WeCom may add kinds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum MixedItem {
    /// `text`
    Text {
        /// `text.content`
        content: SharedStr,
    },
    /// `image`
    Image {
        /// `image.url`: valid for five minutes. [`Callback::decrypt_media`](crate::Callback::decrypt_media) decrypts what is
        /// there.
        url: SharedStr,
    },
    /// Any other. Its elements are in [`Message::fields`](super::Message::fields).
    Unknown {
        /// `msgtype` as received.
        kind: SharedStr,
    },
}

debug_without_content!(MixedItem);

impl Composite for MixedItem {
    fn read_from(fields: Fields<'_>) -> Self {
        let kind = fields.shared("msgtype").unwrap_or_default();
        let text = |object: &str, name| {
            fields.field(object).and_then(|field| field.fields().shared(name)).unwrap_or_default()
        };
        match kind.as_str() {
            "text" => Self::Text { content: text("text", "content") },
            "image" => Self::Image { url: text("image", "url") },
            _ => Self::Unknown { kind },
        }
    }

    fn write_into(&self, elements: &mut Vec<Draft>) {
        let (kind, member) = match self {
            Self::Text { content } => ("text", Some(("content", content))),
            Self::Image { url } => ("image", Some(("url", url))),
            Self::Unknown { kind } => (kind.as_str(), None),
        };
        kind.write(elements, "msgtype");
        if let Some((name, text)) = member {
            let mut inside = Vec::new();
            text.write(&mut inside, name);
            elements.push(Draft::nested(kind, inside));
        }
    }
}
