//! Makes messages from arguments and from the steps of scenarios. What the catalogue does not know is refused: a
//! mistyped name would be pushed as a message that WeChat does not have.

use wechat_sim::catalogue::{self, Kind};
use wechat_sim::{AccountKind, LocalizedText, Message};

use crate::suggest::{listed, nearest};
use crate::texts::compose as texts;

/// Why there is no message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ComposeError {
    /// No message has this `MsgType`.
    NoSuchMessage { name: String, meant: Vec<&'static str>, event: Option<&'static str> },
    /// No event has this name.
    NoSuchEvent { name: String, meant: Vec<&'static str>, message: Option<&'static str> },
    /// The event is one of other kinds of account.
    EventOfOthers { event: &'static Kind, account: AccountKind },
    /// The kind does not have this field.
    NoSuchField { kind: &'static Kind, name: String, meant: Vec<&'static str> },
    /// It is not known which field of the kind has the value.
    NoPlaceForValue(&'static Kind),
    /// The value of a location has another form.
    BadLocation,
}

impl ComposeError {
    /// What is wrong, with the names that can be meant.
    pub(crate) fn text(&self) -> LocalizedText {
        match self {
            Self::NoSuchMessage { name, event: Some(event), .. } => texts::is_an_event(name, event),
            Self::NoSuchMessage { name, meant, .. } if meant.is_empty() => texts::no_such_message(name),
            Self::NoSuchMessage { name, meant, .. } => texts::no_such_message_but(name, &listed(meant)),
            Self::NoSuchEvent { name, message: Some(message), .. } => texts::is_a_message(name, message),
            Self::NoSuchEvent { name, meant, .. } if meant.is_empty() => texts::no_such_event(name),
            Self::NoSuchEvent { name, meant, .. } => texts::no_such_event_but(name, &listed(meant)),
            Self::EventOfOthers { event, account } => {
                let others: Vec<_> = event.accounts().iter().map(|account| account.name()).collect();
                texts::event_of_others(event.name(), account.name(), &others.join(", "))
            }
            Self::NoSuchField { kind, name, meant } if meant.is_empty() => {
                let fields: Vec<_> = kind.fields().iter().map(|field| field.path.as_str()).collect();
                match &fields[..] {
                    [] => texts::no_fields(name, kind.name()),
                    fields => texts::no_such_field(name, kind.name(), &fields.join(", ")),
                }
            }
            Self::NoSuchField { kind, name, meant } => {
                texts::no_such_field_but(name, kind.name(), &listed(meant))
            }
            Self::NoPlaceForValue(kind) => texts::no_place_for_value(kind.name()),
            Self::BadLocation => texts::bad_location(),
        }
    }
}

/// A message of this kind to an account of `account`, with `value` in the field that holds the main content of the kind.
pub(crate) fn message(
    account: AccountKind,
    name: &str,
    value: Option<&str>,
    fields: &[(String, String)],
) -> Result<Message, ComposeError> {
    let kind = catalogue::message_of(account, name).ok_or_else(|| no_such_message(account, name))?;
    let message = match value {
        Some(value) => with_value(kind, value)?,
        None => Message::new(kind),
    };
    with_fields(kind, message, fields)
}

/// An event of an account of `account` with this name, or a system event. Case matters, as it does to WeChat.
pub(crate) fn event(
    account: AccountKind,
    name: &str,
    fields: &[(String, String)],
) -> Result<Message, ComposeError> {
    let kind = catalogue::event_of(account, name).filter(|kind| kind.name() == name);
    let kind = kind.ok_or_else(|| no_such_event(account, name))?;
    with_fields(kind, Message::new(kind), fields)
}

fn no_such_message(account: AccountKind, name: &str) -> ComposeError {
    let meant = similar(account, name, false);
    let event = if meant.is_empty() { similar(account, name, true).first().copied() } else { None };
    ComposeError::NoSuchMessage { name: name.to_owned(), meant, event }
}

fn no_such_event(account: AccountKind, name: &str) -> ComposeError {
    let meant = similar(account, name, true);
    if meant.is_empty()
        && let Some(event) = catalogue::event(name)
    {
        return ComposeError::EventOfOthers { event, account };
    }
    let message = if meant.is_empty() { similar(account, name, false).first().copied() } else { None };
    ComposeError::NoSuchEvent { name: name.to_owned(), meant, message }
}

/// The names of the messages, or of the events, that can be meant by `name`: a mistyped name, or a title.
fn similar(account: AccountKind, name: &str, events: bool) -> Vec<&'static str> {
    let kinds = || catalogue::kinds_of(account).filter(|kind| kind.event().is_some() == events);
    let titled = kinds().find(|kind| kind.title().zh == name || kind.title().en.eq_ignore_ascii_case(name));
    match titled {
        Some(kind) => vec![kind.name()],
        None => nearest(name, kinds().map(Kind::name)),
    }
}

/// The elements that a push has beside the fields of its kind. A field with such a name replaces the element.
const HEAD: [&str; 7] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "MsgId", "AgentID"];

/// Those of a push to an AI bot.
const HEAD_OF_AIBOT: [&str; 6] = ["msgid", "aibotid", "chatid", "chattype", "response_url", "create_time"];

fn head_of(kind: &Kind) -> &'static [&'static str] {
    if is_of_aibot(kind) { &HEAD_OF_AIBOT } else { &HEAD }
}

fn with_fields(
    kind: &'static Kind,
    message: Message,
    fields: &[(String, String)],
) -> Result<Message, ComposeError> {
    for (name, _) in fields {
        if !has_field(kind, name) && !head_of(kind).contains(&name.as_str()) {
            // A path with a mistake in its last name has the same parent, so both are compared whole.
            let paths = kind.fields().iter().map(|field| field.path.as_str());
            let last_names = paths.clone().filter_map(|path| path.rsplit('.').next());
            let meant = nearest(name, paths.chain(last_names).chain(head_of(kind).iter().copied()));
            return Err(ComposeError::NoSuchField { kind, name: name.clone(), meant });
        }
    }
    Ok(fields.iter().fold(message, |message, (path, value)| message.field(path, value.as_str())))
}

/// Whether the kind has a field with this path, or with a path that ends with it. Case matters, as it does to a bot.
fn has_field(kind: &Kind, name: &str) -> bool {
    kind.fields().iter().any(|field| {
        let before = field.path.strip_suffix(name);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

fn with_value(kind: &'static Kind, value: &str) -> Result<Message, ComposeError> {
    let field = match kind.name() {
        "text" if is_of_aibot(kind) => "text.content",
        "voice" if is_of_aibot(kind) => "voice.content",
        "mixed" if is_of_aibot(kind) => "mixed.msg_item.text.content",
        "image" | "file" | "video" if is_of_aibot(kind) => "url",
        "text" => "Content",
        "image" if is_url(value) => "PicUrl",
        "image" | "voice" | "video" | "shortvideo" => "MediaId",
        "link" => "Url",
        "file" | "miniprogrampage" => "Title",
        "location" => return location(value),
        _ => return Err(ComposeError::NoPlaceForValue(kind)),
    };
    Ok(Message::new(kind).field(field, value))
}

fn is_of_aibot(kind: &Kind) -> bool {
    kind.accounts() == [AccountKind::AiBot]
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn location(value: &str) -> Result<Message, ComposeError> {
    let mut parts = value.splitn(3, ',');
    let mut number = || parts.next().and_then(|part| part.trim().parse::<f64>().ok());
    let (latitude, longitude) = (number(), number());
    let label = parts.next().unwrap_or_default();
    match (latitude, longitude) {
        (Some(latitude), Some(longitude)) if latitude.is_finite() && longitude.is_finite() => {
            Ok(Message::location(latitude, longitude, label))
        }
        _ => Err(ComposeError::BadLocation),
    }
}

/// The kinds of messages in the catalogue, for the help.
pub(crate) fn kinds_of_messages() -> String {
    listed_kinds("Kinds of messages", |kind| kind.event().is_none())
}

/// The kinds of events in the catalogue, for the help.
pub(crate) fn kinds_of_events() -> String {
    listed_kinds("Kinds of events", |kind| kind.event().is_some())
}

/// Those of an Official Account, and then what other kinds of accounts have beside them.
fn listed_kinds(heading: &str, is_listed: impl Fn(&Kind) -> bool) -> String {
    let of_account = |account: AccountKind| {
        let is_own = |kind: &&Kind| {
            let accounts = kind.accounts();
            account == AccountKind::Official || !accounts.contains(&AccountKind::Official)
        };
        let kinds = catalogue::kinds_of(account).filter(|kind| is_listed(kind)).filter(is_own);
        let lines = kinds.map(|kind| {
            let fields: Vec<_> = kind.fields().iter().map(|field| field.path.as_str()).collect();
            format!("\n  {} ({}) {}", kind.name(), kind.title().zh, fields.join(" "))
        });
        let lines: String = lines.collect();
        match account {
            _ if lines.is_empty() => String::new(),
            AccountKind::Official => format!("{heading}, and their fields:{lines}"),
            other => format!("\n\nWith --kind {other} also:{lines}"),
        }
    };
    AccountKind::ALL.into_iter().map(of_account).collect()
}

#[cfg(test)]
mod tests {
    use wechat_sim::{Account, Wechat};

    use super::*;

    const OFFICIAL: AccountKind = AccountKind::Official;

    #[test]
    fn each_kind_of_account_has_its_own_catalogue() {
        let event = |account, name: &str| event(account, name, &[]).is_ok();
        assert!(event(AccountKind::WeCom, "click") && !event(AccountKind::WeCom, "CLICK"));
        assert!(event(AccountKind::WeCom, "suite_ticket") && !event(OFFICIAL, "suite_ticket"));
        assert!(
            event(AccountKind::Platform, "component_verify_ticket") && event(AccountKind::Platform, "CLICK")
        );
        assert!(event(AccountKind::Store, "channels_ec_order_pay") && !event(AccountKind::Store, "CLICK"));
        assert!(
            event(AccountKind::MiniProgram, "wxa_media_check") && !event(AccountKind::MiniProgram, "SCAN")
        );
        assert!(message(AccountKind::WeCom, "shortvideo", None, &[]).is_err());
    }

    fn xml(kind: &str, value: &str) -> String {
        let message = message(OFFICIAL, kind, Some(value), &[]).expect("a message");
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
            [("location", "西湖"), ("location", "30"), ("location", "nan,1"), ("device_event", "x")]
        {
            assert!(message(OFFICIAL, kind, Some(value), &[]).is_err(), "{kind} {value}");
        }
        assert!(message(OFFICIAL, "device_event", None, &[]).is_ok());
    }

    #[test]
    fn a_kind_that_is_not_known_is_refused_and_the_nearest_is_suggested() {
        for (name, expected) in [
            ("txt", &["text"] as &[&str]),
            ("Text", &["text"]),
            ("图片", &["image"]),
            ("short_video", &["shortvideo"]),
            ("sticker", &[]),
            ("你好", &[]),
        ] {
            match message(OFFICIAL, name, None, &[]) {
                Err(ComposeError::NoSuchMessage { meant, event: None, .. }) => {
                    assert_eq!(meant, expected, "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        for (name, expected) in
            [("click", "CLICK"), ("CLICKK", "CLICK"), ("Subscribe", "subscribe"), ("关注", "subscribe")]
        {
            match event(OFFICIAL, name, &[]) {
                Err(ComposeError::NoSuchEvent { meant, message: None, .. }) => {
                    assert_eq!(meant, [expected], "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_message_is_told_from_an_event() {
        for name in ["CLICK", "subscribe", "click"] {
            let error = message(OFFICIAL, name, None, &[]).expect_err("an event");
            assert!(matches!(error, ComposeError::NoSuchMessage { event: Some(_), .. }), "{error:?}");
        }
        let error = event(OFFICIAL, "text", &[]).expect_err("a message");
        assert!(matches!(error, ComposeError::NoSuchEvent { message: Some("text"), .. }), "{error:?}");
    }

    #[test]
    fn a_field_of_the_kind_or_of_the_head_is_set_and_another_is_refused() {
        let field = |name: &str| [(name.to_owned(), "1".to_owned())];
        for name in ["EventKey", "ScanCodeInfo.ScanResult", "ScanResult", "MsgId", "CreateTime"] {
            assert!(event(OFFICIAL, "scancode_push", &field(name)).is_ok(), "{name}");
        }
        for (name, expected) in [
            ("EventKy", &["EventKey"] as &[&str]),
            ("Eventkey", &["EventKey"]),
            ("scanResult", &["ScanResult"]),
            ("ScanCodeInfo.ScanReslt", &["ScanCodeInfo.ScanResult"]),
            ("ScanReslt", &["ScanResult"]),
            ("msgid", &["MsgId"]),
            ("ScanCodeInfo", &["ScanCodeInfo.ScanType", "ScanCodeInfo.ScanResult"]),
            ("EventKey.Inner", &[]),
            ("Content", &[]),
        ] {
            match event(OFFICIAL, "scancode_push", &field(name)) {
                Err(ComposeError::NoSuchField { meant, .. }) => assert_eq!(meant, expected, "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}
