//! The directory and the customers of WeCom (企业微信通讯录、客户联系). WeCom itself, `sys`, is the sender.
//!
//! ```
//! use wechat_callback::message::Event;
//! use wechat_callback::message::event::{ContactChange, ExternalContactChange};
//!
//! fn whom_to_greet(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::ChangeContact(change) if change.change_type == ContactChange::CreateUser => change.user_id.as_deref(),
//!         Event::ChangeExternalContact(change) if change.change_type == ExternalContactChange::Add => {
//!             change.external_user_id.as_deref()
//!         }
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>change_external_contact</Event>\
//! #      <ChangeType>add_external_contact</ChangeType><ExternalUserID>wm1</ExternalUserID></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(whom_to_greet), Some("wm1"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;
use crate::message::values::words;

elements! {
    /// A member, a department or a tag of the directory was added, changed or removed (通讯录变更).
    ///
    /// What `change_type` says decides which fields there are. For a change only what changed is there.
    pub struct ChangeContact {
        /// `ChangeType`
        pub change_type: ContactChange = "ChangeType",
        /// `UserID`: the member's. If it was changed, the one before.
        pub user_id: Option<SharedStr> = "UserID",
        /// `NewUserID`: the member's new one, if it was changed.
        pub new_user_id: Option<SharedStr> = "NewUserID",
        /// `Name`: the member's or the department's.
        pub name: Option<SharedStr> = "Name",
        /// `Department`: the member's departments, joined with commas.
        pub department: Option<SharedStr> = "Department",
        /// `MainDepartment`: the member's main department.
        pub main_department: Option<i64> = "MainDepartment",
        /// `IsLeaderInDept`: whether the member leads each of the departments: 0 or 1, joined with commas.
        pub is_leader_in_dept: Option<SharedStr> = "IsLeaderInDept",
        /// `DirectLeader`: the UserIDs of the member's superiors, joined with commas.
        pub direct_leader: Option<SharedStr> = "DirectLeader",
        /// `Position`: the member's job title.
        pub position: Option<SharedStr> = "Position",
        /// `Mobile`: the member's mobile number, if the app may know it.
        pub mobile: Option<SharedStr> = "Mobile",
        /// `Gender`: 1 male, 2 female.
        pub gender: Option<i64> = "Gender",
        /// `Email`: the member's address, if the app may know it.
        pub email: Option<SharedStr> = "Email",
        /// `BizMail`: the member's address in the company's mail (企业邮箱), if the app may know it.
        pub biz_mail: Option<SharedStr> = "BizMail",
        /// `Status`: 1 active, 2 disabled, 4 not yet active, 5 left.
        pub status: Option<i64> = "Status",
        /// `Avatar`: where the member's picture is.
        pub avatar: Option<SharedStr> = "Avatar",
        /// `Alias`: the member's other name.
        pub alias: Option<SharedStr> = "Alias",
        /// `Telephone`: the member's landline number.
        pub telephone: Option<SharedStr> = "Telephone",
        /// `Address`: the member's postal address.
        pub address: Option<SharedStr> = "Address",
        /// `ExtAttr`: what else the company notes about the member.
        pub ext_attr: Vec<ExtAttrItem> = "ExtAttr" / "Item",
        /// `Id`: the department's.
        pub id: Option<i64> = "Id",
        /// `ParentId`: the department above it.
        pub parent_id: Option<i64> = "ParentId",
        /// `Order`: the department's place among its siblings.
        pub order: Option<i64> = "Order",
        /// `TagId`: the tag's.
        pub tag_id: Option<i64> = "TagId",
        /// `AddUserItems`: the UserIDs of the members that got the tag, joined with commas.
        pub add_user_items: Option<SharedStr> = "AddUserItems",
        /// `DelUserItems`: the UserIDs of the members that lost the tag, joined with commas.
        pub del_user_items: Option<SharedStr> = "DelUserItems",
        /// `AddPartyItems`: the departments that got the tag, joined with commas.
        pub add_party_items: Option<SharedStr> = "AddPartyItems",
        /// `DelPartyItems`: the departments that lost the tag, joined with commas.
        pub del_party_items: Option<SharedStr> = "DelPartyItems",
    }

    /// Something that the company notes about a member.
    pub struct ExtAttrItem {
        /// `Name`: what it is.
        pub name: SharedStr = "Name",
        /// `Type`: 0 a text, 1 a web page.
        pub attr_type: Option<i64> = "Type",
        /// `Text`, `Value`: the text.
        pub text: Option<SharedStr> = "Text" / "Value",
        /// `Web`, `Title`: the title of the web page.
        pub web_title: Option<SharedStr> = "Web" / "Title",
        /// `Web`, `Url`: the web page.
        pub web_url: Option<SharedStr> = "Web" / "Url",
    }

    /// A member got, changed or lost a customer (企业客户变更).
    pub struct ChangeExternalContact {
        /// `ChangeType`
        pub change_type: ExternalContactChange = "ChangeType",
        /// `UserID`: the member's.
        pub user_id: Option<SharedStr> = "UserID",
        /// `ExternalUserID`: the customer's.
        pub external_user_id: Option<SharedStr> = "ExternalUserID",
        /// `State`: which way to the member (联系我) the customer took, a text of the owner's choice.
        pub state: Option<SharedStr> = "State",
        /// `WelcomeCode`: sends one welcome message within twenty seconds. A secret.
        pub welcome_code: Option<SharedStr> = "WelcomeCode",
        /// `Source`: `DELETE_BY_TRANSFER` if the customer was handed over to another member.
        pub source: Option<SharedStr> = "Source",
        /// `FailReason`: why a customer was not handed over: `customer_refused`, `customer_limit_exceed`.
        pub fail_reason: Option<SharedStr> = "FailReason",
    }

    /// A group chat with customers was made, changed or dissolved (客户群变更).
    pub struct ChangeExternalChat {
        /// `ChatId`: the group's.
        pub chat_id: SharedStr = "ChatId",
        /// `ChangeType`
        pub change_type: ExternalChatChange = "ChangeType",
        /// `UpdateDetail`: what changed.
        pub update_detail: Option<ExternalChatUpdate> = "UpdateDetail",
        /// `JoinScene`: how those joined who did: 0 invited by a member, 3 by the group's QR code.
        pub join_scene: Option<i64> = "JoinScene",
        /// `QuitScene`: how those left who did: 0 by themselves, 1 removed.
        pub quit_scene: Option<i64> = "QuitScene",
        /// `MemChangeCnt`: how many joined or left.
        pub mem_change_cnt: Option<i64> = "MemChangeCnt",
        /// `MemChangeList`: who joined or left. Newer versions of WeCom push it, as WxJava reads it.
        pub mem_change_list: Vec<SharedStr> = "MemChangeList" / "Item",
    }

    /// A tag for customers, or a group of such tags, was made, changed or removed (企业客户标签变更).
    pub struct ChangeExternalTag {
        /// `Id`: of the tag or the group of tags.
        pub id: Option<SharedStr> = "Id",
        /// `TagType`: `tag` or `tag_group`.
        pub tag_type: Option<SharedStr> = "TagType",
        /// `ChangeType`
        pub change_type: ExternalTagChange = "ChangeType",
        /// `StrategyId`: the rules (规则组) that the tag belongs to, if it belongs to some.
        pub strategy_id: Option<SharedStr> = "StrategyId",
    }
}

words! {
    /// What changed in the directory.
    pub enum ContactChange {
        /// `create_user`: a member was added.
        CreateUser = "create_user",
        /// `update_user`: a member was changed.
        UpdateUser = "update_user",
        /// `delete_user`: a member was removed.
        DeleteUser = "delete_user",
        /// `create_party`: a department was added.
        CreateParty = "create_party",
        /// `update_party`: a department was changed.
        UpdateParty = "update_party",
        /// `delete_party`: a department was removed.
        DeleteParty = "delete_party",
        /// `update_tag`: others have a tag than before.
        UpdateTag = "update_tag",
    }

    /// What happened between a member and a customer.
    pub enum ExternalContactChange {
        /// `add_external_contact`: the member added the customer.
        Add = "add_external_contact",
        /// `edit_external_contact`: the member changed the notes about the customer.
        Edit = "edit_external_contact",
        /// `add_half_external_contact`: the customer added the member, who did not have to agree.
        AddHalf = "add_half_external_contact",
        /// `del_external_contact`: the member removed the customer.
        Delete = "del_external_contact",
        /// `del_follow_user`: the customer removed the member.
        DeleteFollowUser = "del_follow_user",
        /// `transfer_fail`: the customer was not handed over.
        TransferFail = "transfer_fail",
        /// `msg_audit_approved`: the customer agreed that the chat is archived.
        MsgAuditApproved = "msg_audit_approved",
    }

    /// What happened to a group chat.
    pub enum ExternalChatChange {
        /// `create`
        Create = "create",
        /// `update`
        Update = "update",
        /// `dismiss`
        Dismiss = "dismiss",
    }

    /// What changed in a group chat.
    pub enum ExternalChatUpdate {
        /// `add_member`: someone joined.
        AddMember = "add_member",
        /// `del_member`: someone left.
        DeleteMember = "del_member",
        /// `change_owner`: it has another owner.
        ChangeOwner = "change_owner",
        /// `change_name`: it has another name.
        ChangeName = "change_name",
        /// `change_notice`: it has another notice.
        ChangeNotice = "change_notice",
    }

    /// What happened to a tag.
    pub enum ExternalTagChange {
        /// `create`
        Create = "create",
        /// `update`
        Update = "update",
        /// `delete`
        Delete = "delete",
        /// `shuffle`: the tags are in another order.
        Shuffle = "shuffle",
    }
}
