//! Subscription notices (订阅通知). XML has the `List` in a wrapper, the JSON of mini-programs has none.
//!
//! ```
//! use wechat_callback::message::Event;
//! use wechat_callback::message::event::SubscribeStatus;
//!
//! fn accepted(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::SubscribeMsgPopup(popup) => {
//!             let mut items = popup.list.iter();
//!             let accepted = items.find(|item| item.subscribe_status_string == SubscribeStatus::Accept);
//!             accepted.map(|item| item.template_id.as_str())
//!         },
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent><List>\
//! #      <TemplateId>1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>\
//! #      </List></SubscribeMsgPopupEvent></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(accepted), Some("1"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::values::words;
use crate::message::{Id, elements};

elements! {
    /// Someone was asked whether they want notices, and answered (用户操作订阅通知弹窗).
    pub struct SubscribeMsgPopup {
        /// `List`: one for each template that they were asked about.
        pub list: Vec<SubscribeMsgPopupItem> = "SubscribeMsgPopupEvent" / "List" or "List",
    }

    /// The answer for one template.
    pub struct SubscribeMsgPopupItem {
        /// `TemplateId`
        pub template_id: SharedStr = "TemplateId",
        /// `SubscribeStatusString`
        pub subscribe_status_string: SubscribeStatus = "SubscribeStatusString",
        /// `PopupScene`: where they were asked; 0 in a mini-program, 1 in an H5 page, 2 in an article.
        pub popup_scene: Option<i64> = "PopupScene",
    }

    /// Someone no longer wants notices, in WeChat's list of them (用户管理订阅通知).
    pub struct SubscribeMsgChange {
        /// `List`: one for each template.
        pub list: Vec<SubscribeMsgChangeItem> = "SubscribeMsgChangeEvent" / "List" or "List",
    }

    /// What changed for one template.
    pub struct SubscribeMsgChangeItem {
        /// `TemplateId`
        pub template_id: SharedStr = "TemplateId",
        /// `SubscribeStatusString`: WeChat pushes `reject` alone.
        pub subscribe_status_string: SubscribeStatus = "SubscribeStatusString",
    }

    /// A notice was delivered, or not (发送订阅通知).
    pub struct SubscribeMsgSent {
        /// `List`: one for each notice.
        pub list: Vec<SubscribeMsgSentItem> = "SubscribeMsgSentEvent" / "List" or "List",
    }

    /// The result of one notice.
    pub struct SubscribeMsgSentItem {
        /// `TemplateId`
        pub template_id: SharedStr = "TemplateId",
        /// `MsgID`: the id that sending it returned.
        pub msg_id: Option<Id> = "MsgID",
        /// `ErrorCode`: 0 where it was delivered.
        pub error_code: Option<i64> = "ErrorCode",
        /// `ErrorStatus`: the same in words, such as `success`.
        pub error_status: SharedStr = "ErrorStatus",
    }
}

words! {
    /// Whether someone wants the notices of a template.
    pub enum SubscribeStatus {
        /// `accept`
        Accept = "accept",
        /// `reject`
        Reject = "reject",
    }
}
