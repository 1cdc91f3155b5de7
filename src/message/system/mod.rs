//! System events: what WeChat tells a platform (第三方平台) or the provider of a WeCom suite (企业微信第三方应用), and no
//! account. They have an `InfoType` and no `MsgType`, and no sender.
//!
//! The only answer to them is `success`, within five seconds; anything else counts as a failure. So a handler stores what
//! it is told and returns [`Reply::none`](crate::Reply::none). Tickets and codes are secrets: no `Debug` shows them, and a
//! handler should not log them.
//!
//! ```
//! use wechat_callback::Reply;
//! use wechat_callback::message::SystemEvent;
//!
//! struct Platform {
//!     ticket: Option<String>,
//!     accounts: Vec<String>,
//! }
//!
//! impl Platform {
//!     fn note(&mut self, event: &SystemEvent) -> Reply {
//!         match event {
//!             SystemEvent::ComponentVerifyTicket(ticket) => {
//!                 self.ticket = Some(ticket.component_verify_ticket.to_string());
//!             }
//!             SystemEvent::Authorized(account) => self.accounts.push(account.authorizer_appid.to_string()),
//!             SystemEvent::Unauthorized(account) => self.accounts.retain(|id| account.authorizer_appid != id.as_str()),
//!             _ => {}
//!         }
//!         Reply::none()
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><AppId>wx1</AppId><CreateTime>1714036504</CreateTime><InfoType>component_verify_ticket</InfoType>\
//! #      <ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket></xml>",
//! # )?;
//! # let mut platform = Platform { ticket: None, accounts: Vec::new() };
//! # platform.note(message.system().expect("a system event"));
//! # assert_eq!(platform.ticket.as_deref(), Some("ticket@@@1"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```
//!
//! Each has a type that a handler can ask for, like those of events.
//! [`Head::created`](super::Head::created) is when it was pushed, whether WeChat calls that `CreateTime` or `TimeStamp`.
//!
#![doc = include_str!("table.md")]

mod platform;
mod suite;

use std::fmt;

use super::Fields;
use super::held::{held, hold};
use super::read::Composite;
use super::write::Write;
use crate::SharedStr;
use crate::format::Draft;

pub use platform::*;
pub use suite::*;

/// Passes every system event that has a type, with WeChat's name for it, to a macro.
macro_rules! for_each_system_event {
    ($macro:ident) => {
        $macro! {
            // Suites of WeCom
            SuiteTicket = "suite_ticket",
            CreateAuth = "create_auth",
            ChangeAuth = "change_auth",
            CancelAuth = "cancel_auth",
            ResetPermanentCode = "reset_permanent_code",
            CorpArchAuth = "corp_arch_auth",
            ShareAgentChange = "share_agent_change",
            ShareChainChange = "share_chain_change",
            SuiteChangeContact = "change_contact",
            SuiteChangeExternalContact = "change_external_contact",
            SuiteChangeExternalChat = "change_external_chat",
            SuiteChangeExternalTag = "change_external_tag",
            // Open platform
            ComponentVerifyTicket = "component_verify_ticket",
            Authorized = "authorized",
            UpdateAuthorized = "updateauthorized",
            Unauthorized = "unauthorized",
            NotifyThirdFasteRegister = "notify_third_fasteregister",
            NotifyThirdFastRegisterBetaApp = "notify_third_fastregisterbetaapp",
            NotifyThirdFastVerifyBetaApp = "notify_third_fastverifybetaapp",
            Notify3rdWxaAuth = "notify_3rd_wxa_auth",
            Notify3rdWxaWxverify = "notify_3rd_wxa_wxverify",
            NotifyIcpfilingVerifyResult = "notify_icpfiling_verify_result",
            NotifyApplyIcpfilingResult = "notify_apply_icpfiling_result",
            OrderPathApplyResultNotify = "order_path_apply_result_notify",
            OrderPathAuditResultNotify = "order_path_audit_result_notify",
        }
    };
}
#[cfg(any(
    feature = "actix-web-4",
    feature = "axum-core-0_5",
    all(feature = "metrics", feature = "tokio-1")
))]
pub(crate) use for_each_system_event;

macro_rules! system_event {
    ($($type:ident = $name:literal,)+) => {
        /// A system event, by its `InfoType`.
        ///
        /// `#[non_exhaustive]`: WeChat adds events.
        #[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "info_type", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum SystemEvent {
            $(
                #[doc = concat!("`", $name, "`")]
                $type(held!($type)),
            )+
            /// Any other system event. Its elements are in [`Message::fields`](super::Message::fields).
            Unknown {
                /// `InfoType` as received.
                name: SharedStr,
            },
        }

        impl SystemEvent {
            #[cold]
            pub(super) fn read(fields: Fields<'_>) -> Self {
                // Ignoring case, as for events.
                match fields.get("InfoType").unwrap_or_default() {
                    $(
                        name if name.eq_ignore_ascii_case($name) => {
                            Self::$type(hold($type::read_from(fields)))
                        }
                    )+
                    _ => Self::Unknown { name: fields.shared("InfoType").unwrap_or_default() },
                }
            }

            pub(super) fn write_into(&self, elements: &mut Vec<Draft>) {
                self.name().write(elements, "InfoType");
                match self {
                    $( Self::$type(event) => event.write_into(elements), )+
                    Self::Unknown { .. } => {}
                }
            }

            /// WeChat's name for it. To compare it use [`is`](Self::is).
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $( Self::$type(_) => $name, )+
                    Self::Unknown { name } => name,
                }
            }
        }

        $(
            impl From<$type> for SystemEvent {
                fn from(event: $type) -> Self {
                    Self::$type(hold(event))
                }
            }

            impl From<$type> for super::Content {
                fn from(event: $type) -> Self {
                    Self::System(event.into())
                }
            }
        )+
    };
}
for_each_system_event!(system_event);

impl SystemEvent {
    /// Whether these elements say which system event they are.
    #[inline]
    pub(super) fn is_in(fields: Fields<'_>) -> bool {
        fields.get("InfoType").is_some_and(|name| !name.is_empty())
    }

    /// Whether the event has this name, ignoring case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }
}

/// Shows the name, quoted, so that it cannot break a log line.
impl fmt::Debug for SystemEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SystemEvent").field(&self.name()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Content;
    use crate::{Message, Timestamp};

    #[test]
    fn every_system_event_is_in_the_table_of_the_docs_and_read_by_its_name_in_any_case() {
        let table = include_str!("table.md");
        macro_rules! check {
            ($($type:ident = $name:literal,)+) => {$(
                let row = concat!("| `", $name, "` | [`", stringify!($type), "`] |");
                assert!(table.contains(row), "{row}");
                for name in [$name.to_owned(), $name.to_uppercase(), $name.to_lowercase()] {
                    let message = Message::from_xml(&format!("<xml><InfoType>{name}</InfoType></xml>"));
                    let message = message.expect("a message");
                    assert!(matches!(message.system(), Some(SystemEvent::$type(_))), "{name}");
                    assert_eq!(message.system().map(SystemEvent::name), Some($name));
                    assert_eq!((message.event(), message.content.kind()), (None, "system"));
                }
                let made = Message::new($type::default());
                assert!(made.system() == Some(&$type::default().into()), $name);
                assert_eq!(made.fields().get("InfoType"), Some($name));
                assert_eq!(made.fields().get("MsgType"), None);
            )+};
        }
        for_each_system_event!(check);
    }

    #[test]
    fn what_has_a_msg_type_is_no_system_event() {
        let read = |xml: &str| Message::from_xml(xml).expect("XML").content;
        let text =
            read("<xml><MsgType>text</MsgType><InfoType>authorized</InfoType><Content>a</Content></xml>");
        assert!(matches!(text, Content::Text(_)));
        for without in ["", "<InfoType></InfoType>"] {
            assert!(matches!(read(&format!("<xml>{without}</xml>")), Content::Unknown { .. }), "{without}");
        }
        let unknown = read("<xml><MsgType/><InfoType>some_future_type</InfoType></xml>");
        assert!(unknown == SystemEvent::Unknown { name: "some_future_type".into() }.into());
    }

    #[test]
    fn it_is_dated_by_either_of_wechats_names() {
        for (time, created) in [
            ("<CreateTime>7</CreateTime>", Some(7)),
            ("<TimeStamp>8</TimeStamp>", Some(8)),
            ("<TimeStamp>8</TimeStamp><CreateTime>7</CreateTime>", Some(7)),
            ("", None),
        ] {
            let xml = format!("<xml>{time}<InfoType>suite_ticket</InfoType></xml>");
            let head = Message::from_xml(&xml).expect("XML").head;
            assert_eq!(head.created.map(Timestamp::as_secs), created, "{time}");
        }
        let text = "<xml><MsgType>text</MsgType><TimeStamp>8</TimeStamp></xml>";
        assert_eq!(Message::from_xml(text).expect("XML").head.created, None);
    }

    #[test]
    fn the_account_is_not_mistaken_for_the_platform() {
        let read = |ids: &str| {
            let xml = format!("<xml>{ids}<InfoType>notify_third_fasteregister</InfoType></xml>");
            match Message::from_xml(&xml).expect("XML").content {
                Content::System(SystemEvent::NotifyThirdFasteRegister(event)) => {
                    (event.app_id.to_string(), event.appid.as_deref().map(str::to_owned))
                }
                other => panic!("{other:?}"),
            }
        };
        let (platform, account) = ("<AppId>wxp</AppId>", "<appid>wxa</appid>");
        for both in [[platform, account], [account, platform]] {
            assert_eq!(read(&both.concat()), ("wxp".to_owned(), Some("wxa".to_owned())));
        }
        assert_eq!(read(platform), ("wxp".to_owned(), None));
        assert_eq!(read(account), (String::new(), Some("wxa".to_owned())));
    }

    #[test]
    fn tickets_and_codes_are_shown_by_no_debug() {
        for content in [
            Content::from(SuiteTicket::default().suite_ticket("secret")),
            CreateAuth::default().auth_code("secret").into(),
            ResetPermanentCode::default().auth_code("secret").into(),
            ComponentVerifyTicket::default().component_verify_ticket("secret").into(),
            Authorized::default().authorization_code("secret").pre_auth_code("secret").into(),
            NotifyThirdFasteRegister::default().auth_code("secret").into(),
        ] {
            let message = Message::new(content);
            assert!(!format!("{message:?}").contains("secret"));
            assert!(format!("{:?}", message.reveal()).contains("secret"));
        }
        assert!(!format!("{:?}", SuiteTicket::default().suite_ticket("secret")).contains("secret"));
    }
}
