//! The messages of an AI bot's users, as `WeCom` writes them.

use crate::Account;
use crate::account::random_hex;
use crate::catalogue::Sender;
use crate::message::{Fields, aibot_text};
use crate::push::now;
use crate::xml::Element;

/// How a bot is mentioned in a group.
const MENTION: &str = "@Bot ";

/// The message, with an id of its own.
pub(super) fn write(account: &Account, fields: &Fields, user_id: &str) -> Element {
    let mut body = body(fields);
    let is_set = |name: &str| body.iter().any(|element| element.name == name);
    let refreshes = fields.msg_type == "stream";
    let event = fields.event.as_deref();
    let has_response_url = !refreshes && event.is_none_or(|event| event == "template_card_event");

    let mut head = vec![Element::string("msgid", format!("CAIQ{}", random_hex::<12>()))];
    if event.is_some() {
        head.push(Element::number("create_time", now()));
    }
    head.push(Element::string("aibotid", account.original_id()));
    head.push(Element::string("chattype", "single"));
    if fields.sender == Sender::Fan {
        let user = Element::string("userid", user_id);
        head.push(Element { children: vec![user], ..Element::string("from", "") });
    }
    if has_response_url {
        let code = random_hex::<16>();
        let url = format!("https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code={code}");
        head.push(Element::string("response_url", url));
    }
    head.push(Element::string("msgtype", &fields.msg_type));
    // A field of the message can replace what is added here, such as `msgid`, to push the same message twice.
    head.retain(|added| !is_set(&added.name));

    let is_group = body.iter().any(|element| element.name == "chattype" && element.text == "group");
    if is_group {
        mention(&mut body);
    }
    head.append(&mut body);
    Element { children: head, ..Element::default() }
}

/// The fields of the message; those of an event are inside `event`.
fn body(fields: &Fields) -> Vec<Element> {
    let mut elements: Vec<_> = fields.elements.iter().filter_map(super::without_optional).collect();
    if let Some(event) = &fields.event {
        let outside = ["chatid", "chattype", "msgid", "create_time", "from", "aibotid", "response_url"];
        let (outside, inside): (Vec<_>, Vec<_>) =
            elements.into_iter().partition(|element| outside.contains(&element.name.as_str()));
        let event_type = Element::string("eventtype", event);
        let children = std::iter::once(event_type).chain(inside).collect();
        elements = outside;
        elements.push(Element { children, ..Element::string("event", "") });
        return elements;
    }
    elements.iter().map(aibot_text).collect()
}

/// In a group a user reaches the bot by a mention, which stays in the text.
fn mention(body: &mut [Element]) {
    for element in body {
        let item = match element.name.as_str() {
            "mixed" => element.children.iter_mut().find_map(|item| text_inside(&mut item.children)),
            "text" => Some(element),
            _ => None,
        };
        let content = item.and_then(|text| text.children.iter_mut().find(|child| child.name == "content"));
        if let Some(content) = content
            && !content.text.starts_with('@')
        {
            content.text.insert_str(0, MENTION);
        }
    }
}

fn text_inside(children: &mut [Element]) -> Option<&mut Element> {
    children.iter_mut().find(|child| child.name == "text")
}
