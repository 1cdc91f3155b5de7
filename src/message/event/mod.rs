//! Events (事件推送): what a user did, or what WeChat did for the account.
//!
//! Each event has a type; the [table](super#events-event) lists them in the order of WeChat's pages. Fields have
//! WeChat's names in Rust's spelling. A number that cannot be read is `None`; its text is still in
//! [`Message::fields`](super::Message::fields).
//!
//! ```
//! use wechat_callback::message::Event;
//! use wechat_callback::{Reply, TextReply};
//!
//! fn answer(event: &Event) -> Reply {
//!     match event {
//!         Event::Subscribe(subscribe) => match &subscribe.scene {
//!             Some(scene) => TextReply::literal(&format!("欢迎！你从 {scene} 来")).into(),
//!             None => TextReply::new("欢迎！").into(),
//!         },
//!         Event::Click(click) if click.event_key == "HELP" => TextReply::new("发“帮助”看看我会什么。").into(),
//!         Event::ScancodeWaitmsg(scan) => TextReply::literal(&scan.scan_code_info.scan_result).into(),
//!         other if other.is("some_future_event") => TextReply::new("新鲜！").into(),
//!         _ => Reply::none(),
//!     }
//! }
//! ```
//!
//! Events of WeCom (企业微信) have the same types where they are the same events; who did it is then a member, by UserID,
//! and in which app is [`Message::agent_id`](crate::Message::agent_id). What a platform or a suite is told has no `Event`:
//! it is a [`SystemEvent`](super::SystemEvent).
//!
//! A reply to [`Unsubscribe`] does not reach the user. The pictures or the place of a menu event follow in messages of
//! their own.

mod aibot;
mod authorization;
mod card;
mod channels;
mod customer_service;
mod follow;
mod guide;
mod invoice;
mod jobs;
mod menu;
mod mini_program;
mod offline;
mod shop;
mod store;
mod subscription;
mod verification;
mod wecom_app;
mod wecom_approval;
mod wecom_contact;

use std::fmt;

use super::Fields;
use super::held::{held, hold};
use super::read::Composite;
use super::write::Write;
use crate::SharedStr;
use crate::format::Draft;

pub use aibot::*;
pub use authorization::*;
pub use card::*;
pub use channels::*;
pub use customer_service::*;
pub use follow::*;
pub use guide::*;
pub use invoice::*;
pub use jobs::*;
pub use menu::*;
pub use mini_program::*;
pub use offline::*;
pub use shop::*;
pub use store::*;
pub use subscription::*;
pub use verification::*;
pub use wecom_app::*;
pub use wecom_approval::*;
pub use wecom_contact::*;

/// Passes every event that has a type, with WeChat's name for it, to a macro.
macro_rules! for_each_event {
    ($macro:ident) => {
        $macro! {
            // Following, QR codes, location
            Subscribe = "subscribe",
            Unsubscribe = "unsubscribe",
            Scan = "SCAN",
            LocationReport = "LOCATION",
            Enter = "ENTER",
            // Custom menu
            Click = "CLICK",
            View = "VIEW",
            ViewMiniprogram = "view_miniprogram",
            ScancodePush = "scancode_push",
            ScancodeWaitmsg = "scancode_waitmsg",
            PicSysphoto = "pic_sysphoto",
            PicPhotoOrAlbum = "pic_photo_or_album",
            PicWeixin = "pic_weixin",
            LocationSelect = "location_select",
            // Sending jobs
            TemplateSendJobFinish = "TEMPLATESENDJOBFINISH",
            MassSendJobFinish = "MASSSENDJOBFINISH",
            PublishJobFinish = "PUBLISHJOBFINISH",
            // Subscription notices
            SubscribeMsgPopup = "subscribe_msg_popup_event",
            SubscribeMsgChange = "subscribe_msg_change_event",
            SubscribeMsgSent = "subscribe_msg_sent_event",
            // Verification of the account
            QualificationVerifySuccess = "qualification_verify_success",
            QualificationVerifyFail = "qualification_verify_fail",
            NamingVerifySuccess = "naming_verify_success",
            NamingVerifyFail = "naming_verify_fail",
            AnnualRenew = "annual_renew",
            VerifyExpired = "verify_expired",
            // Changes of what users authorised
            UserInfoModified = "user_info_modified",
            UserAuthorizationRevoke = "user_authorization_revoke",
            UserAuthorizationCancellation = "user_authorization_cancellation",
            // Customer service
            KfCreateSession = "kf_create_session",
            KfCloseSession = "kf_close_session",
            KfSwitchSession = "kf_switch_session",
            // Cards and coupons
            CardPassCheck = "card_pass_check",
            CardNotPassCheck = "card_not_pass_check",
            UserGetCard = "user_get_card",
            UserGiftingCard = "user_gifting_card",
            UserDelCard = "user_del_card",
            UserConsumeCard = "user_consume_card",
            UserPayFromPayCell = "user_pay_from_pay_cell",
            UserViewCard = "user_view_card",
            UserEnterSessionFromCard = "user_enter_session_from_card",
            UpdateMemberCard = "update_member_card",
            CardSkuRemind = "card_sku_remind",
            CardPayOrder = "card_pay_order",
            SubmitMembercardUserInfo = "submit_membercard_user_info",
            CardMerchantCheckResult = "card_merchant_check_result",
            GiftcardPayDone = "giftcard_pay_done",
            GiftcardSendToFriend = "giftcard_send_to_friend",
            GiftcardUserAccept = "giftcard_user_accept",
            // Electronic invoices
            UserAuthorizeInvoice = "user_authorize_invoice",
            UpdateInvoiceStatus = "update_invoice_status",
            SubmitInvoiceTitle = "submit_invoice_title",
            CloudInvoiceInvoiceResult = "cloud_invoice_invoiceresult_event",
            // Stores
            PoiCheckNotify = "poi_check_notify",
            ApplyMerchantAuditInfo = "apply_merchant_audit_info",
            ModifyStoreAuditInfo = "modify_store_audit_info",
            AddStoreAuditInfo = "add_store_audit_info",
            CreateMapPoiAuditInfo = "create_map_poi_audit_info",
            // Wi-Fi and beacons
            WifiConnected = "WifiConnected",
            ShakearoundUserShake = "ShakearoundUserShake",
            ShakearoundLotteryBind = "ShakearoundLotteryBind",
            // The shop and scanned products
            MerchantOrder = "merchant_order",
            UserScanProduct = "user_scan_product",
            UserScanProductEnterSession = "user_scan_product_enter_session",
            UserScanProductAsync = "user_scan_product_async",
            UserScanProductVerifyAction = "user_scan_product_verify_action",
            // Guides
            GuideQrcodeScan = "guide_qrcode_scan_event",
            GuideInviteResult = "guide_invite_result_event",
            AddGuideBuyerRelation = "add_guide_buyer_relation_event",
            // Mini-programs and the platform
            UserEnterTempsession = "user_enter_tempsession",
            WxaMediaCheck = "wxa_media_check",
            WeappAuditSuccess = "weapp_audit_success",
            WeappAuditFail = "weapp_audit_fail",
            WeappAuditDelay = "weapp_audit_delay",
            WxaNicknameAudit = "wxa_nickname_audit",
            WxaCategoryAudit = "wxa_category_audit",
            WxaPrivacyApply = "wxa_privacy_apply",
            WxaAppealRecord = "wxa_appeal_record",
            WxaIllegalRecord = "wxa_illegal_record",
            WxaCommentBadScore = "wxa_comment_bad_score",
            AddExpressPath = "add_express_path",
            MinigameCoinDeliverCompleted = "minigame_coin_deliver_completed",
            SecvodAudit = "secvod_audit_event",
            // WeChat Store and Channels
            ChannelsEcOrderNew = "channels_ec_order_new",
            ChannelsEcOrderCancel = "channels_ec_order_cancel",
            ChannelsEcOrderPay = "channels_ec_order_pay",
            ChannelsEcOrderDeliver = "channels_ec_order_deliver",
            ChannelsEcOrderConfirm = "channels_ec_order_confirm",
            ChannelsEcOrderSettle = "channels_ec_order_settle",
            ChannelsEcOrderExtInfoUpdate = "channels_ec_order_ext_info_update",
            ChannelsEcAftersaleUpdate = "channels_ec_aftersale_update",
            ChannelsEcComplaintUpdate = "channels_ec_complaint_update",
            ProductSpuAudit = "product_spu_audit",
            ProductSpuListing = "product_spu_listing",
            // Apps of WeCom
            EnterAgent = "enter_agent",
            BatchJobResult = "batch_job_result",
            TaskcardClick = "taskcard_click",
            TemplateCardEvent = "template_card_event",
            TemplateCardMenuEvent = "template_card_menu_event",
            CloseInactiveAgent = "close_inactive_agent",
            ReopenInactiveAgent = "reopen_inactive_agent",
            LivingStatusChange = "living_status_change",
            KfMsgOrEvent = "kf_msg_or_event",
            KfAccountAuthChange = "kf_account_auth_change",
            // The directory and the customers of WeCom
            ChangeContact = "change_contact",
            ChangeExternalContact = "change_external_contact",
            ChangeExternalChat = "change_external_chat",
            ChangeExternalTag = "change_external_tag",
            // Approvals in WeCom
            SysApprovalChange = "sys_approval_change",
            OpenApprovalChange = "open_approval_change",
            // AI bots of WeCom
            EnterChat = "enter_chat",
            Feedback = "feedback_event",
        }
    };
}
#[cfg(any(
    feature = "actix-web-4",
    feature = "axum-core-0_5",
    all(feature = "metrics", feature = "tokio-1")
))]
pub(crate) use for_each_event;

macro_rules! event {
    ($($type:ident = $name:literal,)+) => {
        /// An event, by its `Event`.
        ///
        /// `#[non_exhaustive]`: WeChat adds events.
        #[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "event", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Event {
            $(
                #[doc = concat!("`", $name, "`")]
                $type(held!($type)),
            )+
            /// Any other event. Its elements are in [`Message::fields`](super::Message::fields).
            Unknown {
                /// `Event` as received.
                name: SharedStr,
            },
        }

        impl Event {
            pub(super) fn read(fields: Fields<'_>) -> Self {
                // Ignoring case: WeChat's own pages mix `SCAN` and `scan`.
                match fields.get("Event").unwrap_or_default() {
                    $( name if name.eq_ignore_ascii_case($name) => Self::$type(hold($type::read_from(fields))), )+
                    _ => Self::Unknown { name: fields.shared("Event").unwrap_or_default() },
                }
            }

            pub(super) fn write_into(&self, elements: &mut Vec<Draft>) {
                self.name().write(elements, "Event");
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
            impl From<$type> for Event {
                fn from(event: $type) -> Self {
                    Self::$type(hold(event))
                }
            }
        )+
    };
}
for_each_event!(event);

impl Event {
    /// Whether the event has this name, ignoring case: WeChat's own pages mix `SCAN` and `scan`.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }
}

/// Shows the name, quoted, so that it cannot break a log line.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.name()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    #[test]
    fn every_event_is_in_the_table_of_the_docs_and_read_by_its_name_in_any_case() {
        let table = include_str!("../table.md");
        macro_rules! check {
            ($($type:ident = $name:literal,)+) => {$(
                let row = concat!("| `", $name, "` | [`", stringify!($type), "`](event::", stringify!($type), ") |");
                assert!(table.contains(row), "{row}");
                for name in [$name.to_owned(), $name.to_uppercase(), $name.to_lowercase()] {
                    let xml = format!("<xml><MsgType>event</MsgType><Event>{name}</Event></xml>");
                    let message = Message::from_xml(&xml).expect("a message");
                    assert!(matches!(message.event(), Some(Event::$type(_))), "{name}");
                    assert_eq!(message.event().map(Event::name), Some($name));
                }
                let made = Message::new($type::default());
                assert!(made.event() == Some(&$type::default().into()), $name);
            )+};
        }
        for_each_event!(check);
    }
}
