use crate::SharedStr;
use crate::format::Draft;
use crate::message::elements;
use crate::message::event::{ChangeContact, ChangeExternalChat, ChangeExternalContact, ChangeExternalTag};
use crate::message::read::{Composite, read_path, setters};
use crate::message::write::Write;
use crate::message::{Fields, debug_without_content};

elements! {
    /// The ticket of a suite (推送suite_ticket), every ten minutes and valid for thirty. Keep the newest.
    pub struct SuiteTicket {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `SuiteTicket`: asks for the suite's access token. A secret.
        pub suite_ticket: SharedStr = "SuiteTicket",
    }

    /// A company installed the suite (授权成功通知).
    pub struct CreateAuth {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `AuthCode`: exchanges for the permanent code, for ten minutes. A secret.
        pub auth_code: SharedStr = "AuthCode",
        /// `State`: what the link said from which the suite was installed.
        pub state: Option<SharedStr> = "State",
    }

    /// A company changed what the suite may do (变更授权通知).
    pub struct ChangeAuth {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `AuthCorpId`: the company.
        pub auth_corp_id: SharedStr = "AuthCorpId",
        /// `State`: what the link said from which it was changed.
        pub state: Option<SharedStr> = "State",
    }

    /// A company removed the suite (取消授权通知).
    pub struct CancelAuth {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `AuthCorpId`: the company.
        pub auth_corp_id: SharedStr = "AuthCorpId",
    }

    /// The permanent code of a company was reset (重置永久授权码通知).
    pub struct ResetPermanentCode {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `AuthCode`: exchanges for the new permanent code. A secret.
        pub auth_code: SharedStr = "AuthCode",
    }

    /// A company lets the suite see its departments (授权组织架构权限通知).
    ///
    /// Its elements are those of public SDKs, SKIT.FlurlHttpClient.Wechat among them.
    pub struct CorpArchAuth {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `AuthCorpId`: the company.
        pub auth_corp_id: SharedStr = "AuthCorpId",
    }

    /// An app is shared with other companies, or no longer (共享应用事件回调).
    ///
    /// Public SDKs do not agree on its elements: none of these may be there.
    pub struct ShareAgentChange {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `AuthCorpId`: the company that shares it.
        pub auth_corp_id: Option<SharedStr> = "AuthCorpId",
        /// `AppId`: the number of the app in the suite.
        pub app_id: Option<i64> = exactly "AppId",
        /// `CorpId`: the company.
        pub corp_id: Option<SharedStr> = "CorpId",
        /// `AgentId`: the app in that company.
        pub agent_id: Option<i64> = "AgentId",
    }

    /// An app is shared with companies up- or downstream (上下游共享应用事件回调), or no longer.
    ///
    /// Public SDKs do not agree on its elements: none of these may be there.
    pub struct ShareChainChange {
        /// `SuiteId`
        pub suite_id: SharedStr = "SuiteId",
        /// `AuthCorpId`: the company that shares it.
        pub auth_corp_id: Option<SharedStr> = "AuthCorpId",
        /// `AppId`: the number of the app in the suite.
        pub app_id: Option<i64> = exactly "AppId",
        /// `CorpId`: the company.
        pub corp_id: Option<SharedStr> = "CorpId",
        /// `AgentId`: the app in that company.
        pub agent_id: Option<i64> = "AgentId",
    }
}

/// Defines what a suite is told where an app of the company's own is told an event.
macro_rules! changes {
    ($($(#[$meta:meta])* $type:ident: $change:ident,)+) => {$(
        $(#[$meta])*
        ///
        #[doc = concat!("An app of the company's own is told [`", stringify!($change), "`] instead.")]
        ///
        /// `#[non_exhaustive]`: WeChat adds elements.
        #[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $type {
            /// `SuiteId`
            pub suite_id: SharedStr,
            /// `AuthCorpId`: the company.
            pub auth_corp_id: SharedStr,
            /// All other elements.
            pub change: $change,
        }

        impl Composite for $type {
            fn read_from(fields: Fields<'_>) -> Self {
                Self {
                    suite_id: read_path(fields, &["SuiteId"]),
                    auth_corp_id: read_path(fields, &["AuthCorpId"]),
                    change: $change::read_from(fields),
                }
            }

            fn write_into(&self, elements: &mut Vec<Draft>) {
                self.suite_id.write(elements, "SuiteId");
                self.auth_corp_id.write(elements, "AuthCorpId");
                self.change.write_into(elements);
            }
        }

        setters!($type { suite_id: SharedStr, auth_corp_id: SharedStr, change: $change, });

        debug_without_content!($type);
    )+};
}
changes! {
    /// The directory of a company that has the suite changed (通讯录变更).
    SuiteChangeContact: ChangeContact,
    /// A member of a company that has the suite got, changed or lost a customer (企业客户变更).
    SuiteChangeExternalContact: ChangeExternalContact,
    /// A group chat with customers was made, changed or dissolved in a company that has the suite (客户群变更).
    SuiteChangeExternalChat: ChangeExternalChat,
    /// A tag for customers, or a group of such tags, was made, changed or removed in a company that has the suite
    /// (企业客户标签变更).
    SuiteChangeExternalTag: ChangeExternalTag,
}
