//! Following, QR codes, location (关注、扫描带参数二维码、上报地理位置).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn scene(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::Subscribe(subscribe) => subscribe.scene.as_deref(),
//!         Event::Scan(scan) => Some(&scan.scene),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_42</EventKey></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(scene), Some("42"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::format::Draft;
use crate::message::read::{Composite, filled, setters};
use crate::message::write::Write;
use crate::message::{Decimal, Fields, elements};

/// Someone follows the account (关注), perhaps by scanning one of its QR codes.
///
/// `#[non_exhaustive]`: WeChat adds elements.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Subscribe {
    /// `EventKey` without its `qrscene_`: the scene of the QR code that was scanned. `None` after a plain follow.
    pub scene: Option<SharedStr>,
    /// `Ticket`: exchanges for the picture of that QR code.
    pub ticket: Option<SharedStr>,
}

impl Composite for Subscribe {
    fn read_from(fields: Fields<'_>) -> Self {
        let scene = fields.shared("EventKey").and_then(|key| key.without_prefix("qrscene_"));
        Self { scene, ticket: filled(fields, "Ticket") }
    }

    fn write_into(&self, elements: &mut Vec<Draft>) {
        self.scene.as_ref().map(|scene| format!("qrscene_{scene}")).write(elements, "EventKey");
        self.ticket.write(elements, "Ticket");
    }
}

setters!(Subscribe { scene: Option<SharedStr>, ticket: Option<SharedStr>, });

crate::message::debug_without_content!(Subscribe);

elements! {
    /// Someone no longer follows (取消关注). Tencent asks for the deletion of their data. A reply does not reach
    /// them.
    pub struct Unsubscribe {}

    /// Someone who follows already scans one of the account's QR codes (扫描带参数二维码).
    pub struct Scan {
        /// `EventKey`: the scene of the QR code, a number or a text of the owner's choice.
        pub scene: SharedStr = "EventKey",
        /// `Ticket`: exchanges for the picture of the QR code.
        pub ticket: SharedStr = "Ticket",
    }

    /// Where the user is (上报地理位置), on entering the chat or every five seconds in it.
    pub struct LocationReport {
        /// `Latitude` (纬度) in degrees.
        pub latitude: Decimal = "Latitude",
        /// `Longitude` (经度) in degrees.
        pub longitude: Decimal = "Longitude",
        /// `Precision` in metres.
        pub precision: Decimal = "Precision",
        /// `AppType`: in WeCom (企业微信) `wxwork` where the member used WeCom itself, and not WeChat.
        pub app_type: Option<SharedStr> = "AppType",
    }

    /// Someone opens the chat: an old event that is no longer in WeChat's pages.
    pub struct Enter {}
}
