//! Apps of WeCom (企业微信应用): what members do in an app, and what WeCom reports of it.
//!
//! The events of menus, following and places are those of Official Accounts: [`Click`](super::Click),
//! [`Subscribe`](super::Subscribe), [`LocationReport`](super::LocationReport), …. Which app it was is
//! [`Message::agent_id`](crate::Message::agent_id).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn answered<'a>(event: &'a Event, question: &str) -> Option<&'a str> {
//!     match event {
//!         Event::TemplateCardEvent(card) => {
//!             let item = card.selected_items.iter().find(|item| item.question_key == question);
//!             item?.option_ids.first().map(|option| option.as_str())
//!         }
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>template_card_event</Event><SelectedItems><SelectedItem>\
//! #      <QuestionKey>lunch</QuestionKey><OptionIds><OptionId>noodles</OptionId></OptionIds>\
//! #      </SelectedItem></SelectedItems></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(|event| answered(event, "lunch")), Some("noodles"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;
use crate::message::values::words;

elements! {
    /// A member opened the app (进入应用). Its `EventKey` is always empty.
    pub struct EnterAgent {}

    /// A job for many members or departments is done (异步任务完成).
    pub struct BatchJobResult {
        /// `JobId`: the id that starting it returned.
        pub job_id: SharedStr = "BatchJob" / "JobId",
        /// `JobType`
        pub job_type: BatchJobType = "BatchJob" / "JobType",
        /// `ErrCode`: 0 where it worked.
        pub err_code: Option<i64> = "BatchJob" / "ErrCode",
        /// `ErrMsg`: the same in words.
        pub err_msg: SharedStr = "BatchJob" / "ErrMsg",
    }

    /// A button of a task card was clicked (任务卡片), an old kind of card.
    pub struct TaskcardClick {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `TaskId`: the card's, which the app chose.
        pub task_id: SharedStr = "TaskId",
    }

    /// A button of a template card was clicked, or its answers were submitted (模板卡片). The card can be replaced in the
    /// reply.
    pub struct TemplateCardEvent {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `TaskId`: the card's, which the app chose.
        pub task_id: SharedStr = "TaskId",
        /// `CardType`
        pub card_type: CardType = "CardType",
        /// `ResponseCode`: updates the card once, through the API, for 72 hours. A secret.
        pub response_code: SharedStr = "ResponseCode",
        /// `SelectedItems`: what was chosen, in cards with questions.
        pub selected_items: Vec<SelectedItem> = "SelectedItems" / "SelectedItem",
    }

    /// An entry of the menu in the corner of a template card was clicked (通用模板卡片右上角菜单).
    pub struct TemplateCardMenuEvent {
        /// `EventKey`: the entry's key.
        pub event_key: SharedStr = "EventKey",
        /// `TaskId`: the card's, which the app chose.
        pub task_id: SharedStr = "TaskId",
        /// `CardType`
        pub card_type: CardType = "CardType",
        /// `ResponseCode`: updates the card once, through the API, for 72 hours. A secret.
        pub response_code: SharedStr = "ResponseCode",
        /// `SelectedItems`: what was chosen, in cards with questions.
        pub selected_items: Vec<SelectedItem> = "SelectedItems" / "SelectedItem",
    }

    /// What was chosen in answer to one question.
    pub struct SelectedItem {
        /// `QuestionKey`: the question's key.
        pub question_key: SharedStr = "QuestionKey",
        /// `OptionIds`: the options. (One page of Tencent's spells it `OpitonIds`, which is read too.)
        pub option_ids: Vec<SharedStr> = "OptionIds" / "OptionId" or "OpitonIds" / "OpitonId",
    }

    /// The app was stopped, because nobody had used it for long (长期未使用应用临时停用).
    pub struct CloseInactiveAgent {}

    /// The app was started again (长期未使用应用重新启用).
    pub struct ReopenInactiveAgent {}

    /// A live broadcast began, ended or was cancelled (直播回调事件).
    pub struct LivingStatusChange {
        /// `LivingId`: the broadcast's.
        pub living_id: SharedStr = "LivingId",
        /// `Status`: 0 announced, 1 live, 2 ended, 4 cancelled. The numbers are those of public SDKs.
        pub status: Option<i64> = "Status",
    }

    /// There are new messages or events of WeChat Customer Service (微信客服). The push has no sender and says nothing of
    /// them: `sync_msg` reads them. Answer at once, and read them afterwards.
    pub struct KfMsgOrEvent {
        /// `Token`: for `sync_msg`, which is limited strictly without it. It is valid for ten minutes, and a secret.
        pub token: SharedStr = "Token",
        /// `OpenKfId`: the customer-service account that has something new.
        pub open_kf_id: SharedStr = "OpenKfId",
    }

    /// The app may act for other accounts of WeChat Customer Service than before (客服账号授权变更).
    ///
    /// Its elements are those of two SDKs (SKIT.FlurlHttpClient.Wechat, Senparc.Weixin).
    pub struct KfAccountAuthChange {
        /// `AuthAddOpenKfId`: the accounts that were added.
        pub auth_add_open_kf_id: Vec<SharedStr> = "AuthAddOpenKfId",
        /// `AuthDelOpenKfId`: the accounts that were removed.
        pub auth_del_open_kf_id: Vec<SharedStr> = "AuthDelOpenKfId",
    }
}

words! {
    /// What a job did.
    pub enum BatchJobType {
        /// `sync_user`: updated members.
        SyncUser = "sync_user",
        /// `replace_user`: replaced all members.
        ReplaceUser = "replace_user",
        /// `invite_user`: invited members.
        InviteUser = "invite_user",
        /// `replace_party`: replaced all departments.
        ReplaceParty = "replace_party",
    }

    /// The kind of a template card.
    pub enum CardType {
        /// `text_notice`
        TextNotice = "text_notice",
        /// `news_notice`
        NewsNotice = "news_notice",
        /// `button_interaction`
        ButtonInteraction = "button_interaction",
        /// `vote_interaction`
        VoteInteraction = "vote_interaction",
        /// `multiple_interaction`
        MultipleInteraction = "multiple_interaction",
    }
}

#[cfg(test)]
mod tests {
    use crate::Message;
    use crate::message::Event;

    #[test]
    fn options_are_read_in_both_spellings() {
        for (around, name) in [("OptionIds", "OptionId"), ("OpitonIds", "OpitonId")] {
            let message = Message::from_xml(&format!(
                "<xml><MsgType>event</MsgType><Event>template_card_event</Event><SelectedItems><SelectedItem>\
                 <QuestionKey>q</QuestionKey><{around}><{name}>1</{name}><{name}>2</{name}></{around}>\
                 </SelectedItem></SelectedItems></xml>"
            ));
            let message = message.expect("XML");
            let Some(Event::TemplateCardEvent(card)) = message.event() else { panic!("a card") };
            assert_eq!(card.selected_items[0].option_ids, ["1", "2"], "{name}");
        }
    }
}
