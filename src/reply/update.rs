//! Replies to a click on a card, which change the card. WeCom alone has them.

use super::card::TemplateCard;
use super::{ReplyContent, SealError, filled};
use crate::channel::{Channel, PushKind, ReplyTo};
use crate::format::Writer;

/// Changes the buttons of the template card that was clicked (更新点击用户的按钮文案): they show this text, and cannot be
/// clicked again. For the member who clicked, not for others who have the card.
///
/// It answers the event `template_card_event` of a card with buttons, a vote or a choice. In reply to a message, and from
/// anything but WeCom, it is a [`SealError`].
///
/// `#[non_exhaustive]`: WeCom may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct UpdateButtonReply {
    /// `ReplaceName`: what the buttons show.
    pub replace_name: String,
}

impl UpdateButtonReply {
    /// The buttons show `replace_name`.
    ///
    /// ```
    /// # use wechat_callback::UpdateButtonReply;
    /// let reply = UpdateButtonReply::new("已同意");
    /// ```
    pub fn new(replace_name: impl Into<String>) -> Self {
        Self { replace_name: replace_name.into() }
    }
}

/// Changes the buttons of the task card that was clicked (任务卡片更新消息), as [`UpdateButtonReply`] does with a template
/// card.
///
/// Task cards are the older kind, and their click is the event `taskcard_click`. In reply to a message, and from anything
/// but WeCom, it is a [`SealError`].
///
/// `#[non_exhaustive]`: WeCom may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct UpdateTaskCardReply {
    /// `ReplaceName`: what the button shows that was clicked.
    pub replace_name: String,
}

impl UpdateTaskCardReply {
    /// The button shows `replace_name`.
    ///
    /// ```
    /// # use wechat_callback::UpdateTaskCardReply;
    /// let reply = UpdateTaskCardReply::new("已收到");
    /// ```
    pub fn new(replace_name: impl Into<String>) -> Self {
        Self { replace_name: replace_name.into() }
    }
}

/// A reply that says what a button shows in the card that was clicked.
macro_rules! replaces_name {
    ($($reply:ident: $kind:literal, $element:literal;)+) => {$(
        impl ReplyContent for $reply {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn is_for(&self, channel: Channel) -> bool {
                channel == Channel::WeCom
            }

            fn check(&self, to: ReplyTo) -> Result<(), SealError> {
                answers_event(self, to)?;
                filled("ReplaceName", &self.replace_name)
            }

            fn write(&self, writer: &mut Writer<'_>) {
                writer.element($element, |writer| writer.text("ReplaceName", &self.replace_name));
            }

            fn room(&self) -> usize {
                self.replace_name.len() + 64
            }
        }
    )+};
}
replaces_name! {
    UpdateButtonReply: "update_button", "Button";
    UpdateTaskCardReply: "update_taskcard", "TaskCard";
}

/// Puts another card in place of the template card that was clicked (更新点击用户的整张卡片), for the member who clicked.
///
/// It answers the event `template_card_event`, or `template_card_menu_event` of the menu in the card's corner, in an app of
/// WeCom or an AI bot. In reply to a message, and from anything but WeCom, it is a [`SealError`], and so is a card in which
/// a part lacks what it must have.
///
/// `#[non_exhaustive]`: WeCom may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct UpdateTemplateCardReply {
    /// `TemplateCard`: the new card.
    pub card: TemplateCard,
    /// `userids`: whose cards are replaced, where an AI bot's was clicked; of all who have it, if there are none. A WeCom
    /// app's is replaced for the member who clicked, whoever is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_ids: Vec<String>,
}

impl UpdateTemplateCardReply {
    /// Shows `card`.
    ///
    /// ```
    /// use wechat_callback::UpdateTemplateCardReply;
    /// use wechat_callback::reply::card::{Heading, Link, TemplateCard};
    ///
    /// let card = TemplateCard::text_notice()
    ///     .main_title(Heading::new("请假申请").desc("已同意"))
    ///     .card_action(Link::url("https://example.com/leave/1"));
    /// let reply = UpdateTemplateCardReply::new(card);
    /// ```
    pub const fn new(card: TemplateCard) -> Self {
        Self { card, user_ids: Vec::new() }
    }

    /// Sets [`user_ids`](field@Self::user_ids).
    ///
    /// ```
    /// # use wechat_callback::UpdateTemplateCardReply;
    /// # use wechat_callback::reply::card::TemplateCard;
    /// let reply = UpdateTemplateCardReply::new(TemplateCard::text_notice()).user_ids(["zhangsan"]);
    /// ```
    pub fn user_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.user_ids = ids.into_iter().map(Into::into).collect();
        self
    }
}

impl From<TemplateCard> for UpdateTemplateCardReply {
    fn from(card: TemplateCard) -> Self {
        Self::new(card)
    }
}

impl ReplyContent for UpdateTemplateCardReply {
    fn kind(&self) -> &'static str {
        "update_template_card"
    }

    fn is_for(&self, channel: Channel) -> bool {
        channel == Channel::WeCom
    }

    fn check(&self, to: ReplyTo) -> Result<(), SealError> {
        answers_event(self, to)?;
        self.card.check()
    }

    fn write(&self, writer: &mut Writer<'_>) {
        self.card.write(writer);
    }

    fn room(&self) -> usize {
        self.card.room()
    }
}

fn answers_event(reply: &dyn ReplyContent, to: ReplyTo) -> Result<(), SealError> {
    if to.push == PushKind::Event { Ok(()) } else { Err(SealError::UpdateToMessage(reply.kind())) }
}
