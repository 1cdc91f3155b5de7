use super::SealError;
use super::card::TemplateCard;
use super::stream_content::check_feedback_id;

/// A template card as an answer (模板卡片消息), of an AI bot of WeCom (企业微信智能机器人).
///
/// It answers a message, the refresh of a stream, which it ends, and the first visit of the day. In reply to a click on
/// a card, and from anything but an AI bot, it is a [`SealError`]: a click is answered with an
/// [`UpdateTemplateCardReply`](super::UpdateTemplateCardReply). A [`StreamContent`](super::StreamContent) has a card below
/// its text.
///
/// `#[non_exhaustive]`: WeCom may add parts.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
#[must_use = "a reply does nothing until it is returned from a handler or sealed"]
pub struct TemplateCardReply {
    /// `template_card`: the card.
    pub card: TemplateCard,
    /// `template_card.feedback.id`: what the event of a rating says, up to 256 bytes. Without it the card cannot be rated.
    pub feedback_id: Option<String>,
}

impl TemplateCardReply {
    /// Shows `card`.
    ///
    /// ```
    /// use wechat_callback::reply::TemplateCardReply;
    /// use wechat_callback::reply::card::{Button, Heading, TemplateCard};
    ///
    /// let card = TemplateCard::button_interaction()
    ///     .main_title(Heading::new("请假申请").desc("三天"))
    ///     .task_id("leave-1")
    ///     .button_list([Button::new("同意", "agree"), Button::new("拒绝", "refuse")]);
    /// let reply = TemplateCardReply::new(card);
    /// ```
    pub const fn new(card: TemplateCard) -> Self {
        Self { card, feedback_id: None }
    }

    /// Sets [`feedback_id`](field@Self::feedback_id).
    ///
    /// ```
    /// # use wechat_callback::reply::{TemplateCardReply, card::TemplateCard};
    /// let reply = TemplateCardReply::new(TemplateCard::text_notice()).feedback_id("leave-1");
    /// ```
    pub fn feedback_id(mut self, id: impl Into<String>) -> Self {
        self.feedback_id = Some(id.into());
        self
    }

    pub(super) fn check(&self) -> Result<(), SealError> {
        check_feedback_id(self.feedback_id.as_deref())?;
        self.card.check()
    }
}

impl From<TemplateCard> for TemplateCardReply {
    fn from(card: TemplateCard) -> Self {
        Self::new(card)
    }
}
