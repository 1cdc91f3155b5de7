//! Makes messages from arguments and from the steps of scenarios.

use wechat_sim::{Message, catalogue};

use crate::exit::Failure;
use crate::texts;

/// A message of this kind, with `value` in the field that holds the main content of the kind.
pub(crate) fn message(
    kind: &str,
    value: Option<&str>,
    fields: &[(String, String)],
) -> Result<Message, Failure> {
    let message = Message::of_type(kind);
    let message = match value {
        Some(value) => with_value(message, kind, value)?,
        None => message,
    };
    Ok(with_fields(message, fields))
}

/// An event with this name.
pub(crate) fn event(name: &str, fields: &[(String, String)]) -> Message {
    with_fields(Message::event(name), fields)
}

fn with_fields(message: Message, fields: &[(String, String)]) -> Message {
    fields.iter().fold(message, |message, (path, value)| message.field(path, value.as_str()))
}

fn with_value(message: Message, kind: &str, value: &str) -> Result<Message, Failure> {
    let field = match kind {
        "text" => "Content",
        "image" if is_url(value) => "PicUrl",
        "image" | "voice" | "video" | "shortvideo" => "MediaId",
        "link" => "Url",
        "file" | "miniprogrampage" => "Title",
        "location" => return location(value),
        _ => {
            return Err(Failure::usage(texts::no_place_for_value(kind)));
        }
    };
    Ok(message.field(field, value))
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn location(value: &str) -> Result<Message, Failure> {
    let mut parts = value.splitn(3, ',');
    let mut number = || parts.next().and_then(|part| part.trim().parse::<f64>().ok());
    let (latitude, longitude) = (number(), number());
    let label = parts.next().unwrap_or_default();
    match (latitude, longitude) {
        (Some(latitude), Some(longitude)) if latitude.is_finite() && longitude.is_finite() => {
            Ok(Message::location(latitude, longitude, label))
        }
        _ => Err(Failure::usage(texts::bad_location())),
    }
}

/// The kinds of messages in the catalogue, for the help.
pub(crate) fn kinds_of_messages() -> String {
    let kinds = catalogue::kinds().iter().filter(|kind| kind.event().is_none());
    listed("Kinds of messages (others can be pushed, too)", kinds)
}

/// The kinds of events in the catalogue, for the help.
pub(crate) fn kinds_of_events() -> String {
    let kinds = catalogue::kinds().iter().filter(|kind| kind.event().is_some());
    listed("Kinds of events (others can be pushed, too)", kinds)
}

fn listed<'k>(heading: &str, kinds: impl Iterator<Item = &'k catalogue::Kind>) -> String {
    let lines = kinds.map(|kind| {
        let fields: Vec<_> = kind.fields().iter().map(|field| field.path.as_str()).collect();
        format!("\n  {} ({}) {}", kind.name(), kind.title().zh, fields.join(" "))
    });
    format!("{heading}, and their fields:{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use wechat_sim::{Account, Wechat};

    use super::*;

    fn xml(kind: &str, value: &str) -> String {
        let message = message(kind, Some(value), &[]).expect("a message");
        Wechat::new(Account::generate()).xml(&message, "o1")
    }

    #[test]
    fn the_value_stands_where_a_message_of_the_kind_has_it() {
        assert!(xml("text", "你好").contains("<Content><![CDATA[你好]]>"));
        assert!(xml("image", "https://example.com/1").contains("<PicUrl><![CDATA[https://example.com/1]]>"));
        assert!(xml("image", "m1").contains("<MediaId><![CDATA[m1]]>"));
        assert!(xml("voice", "m1").contains("<MediaId><![CDATA[m1]]>"));
        assert!(xml("link", "https://example.com/").contains("<Url><![CDATA[https://example.com/]]>"));
        let place = xml("location", "30.27, 120.15,西湖, 断桥");
        assert!(place.contains("<Location_X>30.270000<") && place.contains("<Location_Y>120.150000<"));
        assert!(place.contains("<Label><![CDATA[西湖, 断桥]]>"), "{place}");
    }

    #[test]
    fn a_value_that_has_no_place_is_refused() {
        for (kind, value) in
            [("location", "西湖"), ("location", "30"), ("location", "nan,1"), ("sticker", "x")]
        {
            assert!(message(kind, Some(value), &[]).is_err(), "{kind} {value}");
        }
        assert!(message("sticker", None, &[]).is_ok());
    }
}
