//! Approvals in WeCom (企业微信审批). WeCom itself, `sys`, is the sender.
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn decided(event: &Event) -> Option<(&str, bool)> {
//!     match event {
//!         Event::SysApprovalChange(approval) if approval.sp_status == Some(2) => Some((&approval.sp_no, true)),
//!         Event::SysApprovalChange(approval) if approval.sp_status == Some(3) => Some((&approval.sp_no, false)),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>sys_approval_change</Event><ApprovalInfo><SpNo>202511270001</SpNo>\
//! #      <SpStatus>2</SpStatus></ApprovalInfo></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(decided), Some(("202511270001", true)));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::message::elements;
use crate::{SharedStr, Timestamp};

elements! {
    /// An approval moved on that was asked for in WeCom's own app for approvals (审批申请状态变化).
    ///
    /// Its elements are those that recorded pushes have which go-workwx, wechatpy and others read. What else there is,
    /// such as comments, is in [`Message::fields`](crate::Message::fields).
    pub struct SysApprovalChange {
        /// `SpNo`: the number of the approval.
        pub sp_no: SharedStr = "ApprovalInfo" / "SpNo",
        /// `SpName`: the name of its template.
        pub sp_name: SharedStr = "ApprovalInfo" / "SpName",
        /// `SpStatus`: 1 being decided, 2 granted, 3 refused, 4 withdrawn, 6 withdrawn after it was granted, 7 deleted,
        /// 10 paid.
        pub sp_status: Option<i64> = "ApprovalInfo" / "SpStatus",
        /// `TemplateId`: the id of its template.
        pub template_id: SharedStr = "ApprovalInfo" / "TemplateId",
        /// `ApplyTime`: when it was asked for.
        pub apply_time: Option<Timestamp> = "ApprovalInfo" / "ApplyTime",
        /// `Applyer`, `UserId`: who asked for it.
        pub applyer_user_id: Option<SharedStr> = "ApprovalInfo" / "Applyer" / "UserId",
        /// `Applyer`, `Party`: the department that they are in.
        pub applyer_party: Option<SharedStr> = "ApprovalInfo" / "Applyer" / "Party",
        /// `SpRecord`: its steps.
        pub sp_record: Vec<ApprovalRecord> = "ApprovalInfo" / "SpRecord",
        /// `Notifyer`, `UserId`: who is told of it. (The first, if there are more.)
        pub notifyer_user_id: Option<SharedStr> = "ApprovalInfo" / "Notifyer" / "UserId",
        /// `StatuChangeEvent` (so spelt): 1 asked for, 2 granted, 3 refused, 4 passed on, 5 urged, 6 withdrawn, 8 withdrawn
        /// after it was granted, 10 commented on, 11 sent back, 12 another approver added.
        pub statu_change_event: Option<i64> = "ApprovalInfo" / "StatuChangeEvent",
    }

    /// A step of an approval.
    pub struct ApprovalRecord {
        /// `SpStatus`: 1 being decided, 2 granted, 3 refused, 4 passed on.
        pub sp_status: Option<i64> = "SpStatus",
        /// `ApproverAttr`: 1 one of the approvers is enough, 2 all must agree.
        pub approver_attr: Option<i64> = "ApproverAttr",
        /// `Details`: each approver.
        pub details: Vec<ApprovalDetail> = "Details",
    }

    /// What one approver did.
    pub struct ApprovalDetail {
        /// `Approver`, `UserId`: who.
        pub approver_user_id: Option<SharedStr> = "Approver" / "UserId",
        /// `Speech`: what they wrote; may be empty.
        pub speech: SharedStr = "Speech",
        /// `SpStatus`: 1 being decided, 2 granted, 3 refused, 4 passed on.
        pub sp_status: Option<i64> = "SpStatus",
        /// `SpTime`: when; 0 if not yet.
        pub sp_time: Option<Timestamp> = "SpTime",
    }

    /// An approval moved on that was asked for by the app's own program (自建应用审批状态变化).
    pub struct OpenApprovalChange {
        /// `ThirdNo`: the number of the approval, which the app chose.
        pub third_no: SharedStr = "ApprovalInfo" / "ThirdNo",
        /// `OpenSpName`: the name of its template.
        pub open_sp_name: SharedStr = "ApprovalInfo" / "OpenSpName",
        /// `OpenTemplateId`: the id of its template.
        pub open_template_id: SharedStr = "ApprovalInfo" / "OpenTemplateId",
        /// `OpenSpStatus`: 1 being decided, 2 granted, 3 refused, 4 withdrawn.
        pub open_sp_status: Option<i64> = "ApprovalInfo" / "OpenSpStatus",
        /// `ApplyTime`: when it was asked for.
        pub apply_time: Option<Timestamp> = "ApprovalInfo" / "ApplyTime",
        /// `ApplyUserName`: the name of who asked for it.
        pub apply_user_name: SharedStr = "ApprovalInfo" / "ApplyUserName",
        /// `ApplyUserId`: their UserID.
        pub apply_user_id: SharedStr = "ApprovalInfo" / "ApplyUserId",
        /// `ApplyUserParty`: the department that they are in.
        pub apply_user_party: SharedStr = "ApprovalInfo" / "ApplyUserParty",
        /// `ApplyUserImage`: where their picture is.
        pub apply_user_image: SharedStr = "ApprovalInfo" / "ApplyUserImage",
        /// `ApprovalNodes`: its steps.
        pub approval_nodes: Vec<ApprovalNode> = "ApprovalInfo" / "ApprovalNodes" / "ApprovalNode",
        /// `NotifyNodes`: who is told of it.
        pub notify_nodes: Vec<ApprovalPerson> = "ApprovalInfo" / "NotifyNodes" / "NotifyNode",
        /// `approverstep`: the step that it has reached, from 0.
        pub approver_step: Option<i64> = "ApprovalInfo" / "approverstep",
    }

    /// A step of an approval.
    pub struct ApprovalNode {
        /// `NodeStatus`: 1 being decided, 2 granted, 3 refused, 4 passed on.
        pub node_status: Option<i64> = "NodeStatus",
        /// `NodeAttr`: 1 one of the approvers is enough, 2 all must agree.
        pub node_attr: Option<i64> = "NodeAttr",
        /// `NodeType`: 1 fixed members, 2 tags, 3 superiors.
        pub node_type: Option<i64> = "NodeType",
        /// `Items`: each approver.
        pub items: Vec<ApprovalPerson> = "Items" / "Item",
    }

    /// Someone who decides an approval or is told of it. Who is told of it has a name, an id and a picture alone.
    pub struct ApprovalPerson {
        /// `ItemName`: their name.
        pub item_name: SharedStr = "ItemName",
        /// `ItemUserId`: their UserID.
        pub item_user_id: SharedStr = "ItemUserId",
        /// `ItemImage`: where their picture is.
        pub item_image: SharedStr = "ItemImage",
        /// `ItemStatus`: 1 being decided, 2 granted, 3 refused, 4 passed on.
        pub item_status: Option<i64> = "ItemStatus",
        /// `ItemSpeech`: what they wrote.
        pub item_speech: Option<SharedStr> = "ItemSpeech",
        /// `ItemOpTime`: when; 0 if not yet.
        pub item_op_time: Option<Timestamp> = "ItemOpTime",
    }
}
