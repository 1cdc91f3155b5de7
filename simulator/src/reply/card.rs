//! Replies that change a card (模板卡片) of `WeCom`.

use super::{TemplateCard, optional, required};
use crate::Reply;
use crate::check::{CheckName, Checks};
use crate::reading::MessageHead;
use crate::texts::check as texts;
use crate::xml::Element;

pub(crate) const CARD_TYPES: [&str; 5] =
    ["text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"];

/// Reads `update_button`, `update_taskcard` or `update_template_card`.
pub(super) fn read(kind: &str, reply: &Element, head: &MessageHead, checks: &mut Checks) -> Option<Reply> {
    let right = head.is_of_a_card();
    let detail = if right { texts::updates_a_card() } else { texts::no_card_to_update(kind) };
    if !checks.note(CheckName::CardEvent, right, detail) {
        return None;
    }
    let mut replace_name =
        |around: &str| required(CheckName::ReplaceName, reply.child(around), "ReplaceName", checks);
    match kind {
        "update_button" => Some(Reply::UpdateButton { text: replace_name("Button")? }),
        "update_taskcard" => Some(Reply::UpdateTaskCard { text: replace_name("TaskCard")? }),
        _ => template_card(reply.child("TemplateCard"), checks),
    }
}

fn template_card(card: Option<&Element>, checks: &mut Checks) -> Option<Reply> {
    let card_type = optional(card, "CardType").unwrap_or_default();
    let known = CARD_TYPES.contains(&card_type.as_str());
    let detail = match known {
        true => texts::card_type(&card_type),
        false => texts::unknown_card_type(&card_type, &CARD_TYPES.join(", ")),
    };
    checks.note(CheckName::CardType, known, detail);
    let card = card.filter(|_| known)?;
    let inside = |around, name| optional(card.child(around), name);
    let rows = card.children.iter().filter(|child| child.name == "HorizontalContentList");
    let row = |row: &Element| {
        let text = |name| optional(Some(row), name).unwrap_or_default();
        (text("KeyName"), text("Value"))
    };
    Some(Reply::UpdateTemplateCard {
        card: TemplateCard {
            card_type,
            source: inside("Source", "Desc"),
            title: inside("MainTitle", "Title"),
            description: inside("MainTitle", "Desc"),
            sub_title: optional(Some(card), "SubTitleText"),
            rows: rows.map(row).collect(),
            replace_text: optional(Some(card), "ReplaceText"),
        },
    })
}
