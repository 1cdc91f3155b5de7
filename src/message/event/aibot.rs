//! AI bots of WeCom (企业微信智能机器人). A click on a card is a [`TemplateCardEvent`](super::TemplateCardEvent), as of an app.
//!
//! ```
//! use wechat_callback::message::Event;
//! use wechat_callback::message::event::FeedbackType;
//!
//! fn is_complaint(event: &Event) -> bool {
//!     matches!(event, Event::Feedback(feedback) if feedback.feedback_type == FeedbackType::Inaccurate)
//! }
//! # let message = wechat_callback::Message::from_json(
//! #     r#"{"aibotid":"b","msgtype":"event","event":{"eventtype":"feedback_event","feedback_event":{"type":2}}}"#,
//! # )?;
//! # assert!(message.event().is_some_and(is_complaint));
//! # Ok::<(), wechat_callback::JsonError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;
use crate::message::values::words;

elements! {
    /// A user opened the chat with the bot for the first time that day (进入会话事件). The answer is the welcome.
    pub struct EnterChat {}

    /// A user rated an answer, or took the rating back (用户反馈事件). It has no answer.
    pub struct Feedback {
        /// `id`: the feedback id that the answer had.
        pub id: SharedStr = "feedback_event" / "id",
        /// `type`
        pub feedback_type: FeedbackType = "feedback_event" / "type",
        /// `content`: what the user wrote about it.
        pub content: Option<SharedStr> = "feedback_event" / "content",
        /// `inaccurate_reason_list`: why it is inaccurate. 1 is off topic, 2 incomplete, 3 wrong, 4 a wrong analysis.
        pub inaccurate_reason_list: Vec<i64> = "feedback_event" / "inaccurate_reason_list",
    }
}

words! {
    /// What a user thinks of an answer.
    pub enum FeedbackType {
        /// `1`: accurate.
        Accurate = "1",
        /// `2`: inaccurate.
        Inaccurate = "2",
        /// `3`: the rating is taken back.
        Withdrawn = "3",
    }
}
