//! Guides (对话能力): the account's advisers (顾问) and their customers.
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn customer(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::GuideQrcodeScan(scan) => Some(&scan.openid),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>guide_qrcode_scan_event</Event>\
//! #      <GuideScanEvent><openid>o1</openid></GuideScanEvent></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(customer), Some("o1"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;

elements! {
    /// Someone scanned a guide's QR code (微信用户扫顾问二维码).
    pub struct GuideQrcodeScan {
        /// `qrcode_guide_account`: the guide's WeChat ID.
        pub qrcode_guide_account: Option<SharedStr> = "GuideScanEvent" / "qrcode_guide_account",
        /// `qrcode_guide_openid`: the guide's openid, where they are bound by it.
        pub qrcode_guide_openid: Option<SharedStr> = "GuideScanEvent" / "qrcode_guide_openid",
        /// `openid`: who scanned.
        pub openid: SharedStr = "GuideScanEvent" / "openid",
        /// `action`: 1 the guide is no longer valid, 2 bound now, 3 bound already, 4 bound to another guide.
        pub action: Option<i64> = "GuideScanEvent" / "action",
        /// `qrcode_info`: what the account put into the QR code.
        pub qrcode_info: SharedStr = "GuideScanEvent" / "qrcode_info",
    }

    /// A guide answered the account's invitation (为服务号添加顾问的结果).
    pub struct GuideInviteResult {
        /// `guide_account`: the guide's WeChat ID.
        pub guide_account: Option<SharedStr> = "GuideInviteEvent" / "guide_account",
        /// `guide_openid`: the guide's openid, where they are bound by it.
        pub guide_openid: Option<SharedStr> = "GuideInviteEvent" / "guide_openid",
        /// `invite_result`: always 1, says Tencent's staff.
        pub invite_result: Option<i64> = "GuideInviteEvent" / "invite_result",
    }

    /// A customer was assigned to a guide (为顾问分配客户).
    ///
    /// No source describes its elements: they are in [`Message::fields`](crate::Message::fields).
    pub struct AddGuideBuyerRelation {}
}
