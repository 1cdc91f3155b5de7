//! The custom menu (自定义菜单).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn clicked(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::Click(click) => Some(&click.event_key),
//!         Event::ScancodeWaitmsg(scan) => Some(&scan.scan_code_info.scan_result),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>CLICK</Event><EventKey>V1001</EventKey></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(clicked), Some("V1001"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::{Decimal, elements};

elements! {
    /// A button with a key was clicked (点击菜单拉取消息).
    pub struct Click {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
    }

    /// A button with a link was clicked (点击菜单跳转链接).
    pub struct View {
        /// `EventKey`: the link.
        pub event_key: SharedStr = "EventKey",
        /// `MenuId`: which conditional menu (个性化菜单) it is in. WeChat's own example is no number.
        pub menu_id: Option<SharedStr> = "MenuId",
    }

    /// A button that opens a mini-program was clicked (点击菜单跳转小程序).
    pub struct ViewMiniprogram {
        /// `EventKey`: the mini-program's page.
        pub event_key: SharedStr = "EventKey",
        /// `MenuId`: which conditional menu (个性化菜单) it is in. WeChat's own example is no number.
        pub menu_id: Option<SharedStr> = "MenuId",
    }

    /// A code was scanned through the menu (扫码推事件).
    pub struct ScancodePush {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `ScanCodeInfo`
        pub scan_code_info: ScanCodeInfo = "ScanCodeInfo",
    }

    /// A code was scanned through the menu, and a dialog waits for the reply (扫码推事件且弹出“消息接收中”提示框).
    pub struct ScancodeWaitmsg {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `ScanCodeInfo`
        pub scan_code_info: ScanCodeInfo = "ScanCodeInfo",
    }

    /// What was scanned.
    pub struct ScanCodeInfo {
        /// `ScanType`: `qrcode`, `barcode`, …
        pub scan_type: SharedStr = "ScanType",
        /// `ScanResult`: what the code says.
        pub scan_result: SharedStr = "ScanResult",
    }

    /// Photos were taken through the menu (弹出系统拍照发图). They follow as image messages.
    pub struct PicSysphoto {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `SendPicsInfo`
        pub send_pics_info: SendPicsInfo = "SendPicsInfo",
    }

    /// Photos were taken or chosen through the menu (弹出拍照或者相册发图). They follow as image messages.
    pub struct PicPhotoOrAlbum {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `SendPicsInfo`
        pub send_pics_info: SendPicsInfo = "SendPicsInfo",
    }

    /// Photos were chosen from WeChat's album through the menu (弹出微信相册发图器). They follow as image messages.
    pub struct PicWeixin {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `SendPicsInfo`
        pub send_pics_info: SendPicsInfo = "SendPicsInfo",
    }

    /// The pictures that a user sends.
    pub struct SendPicsInfo {
        /// `Count`. It may disagree with the number of items.
        pub count: Option<i64> = "Count",
        /// `PicList`
        pub pic_list: Vec<Pic> = "PicList" / "item",
    }

    /// One picture.
    pub struct Pic {
        /// `PicMd5Sum`
        pub pic_md5_sum: SharedStr = "PicMd5Sum",
    }

    /// A place was chosen through the menu (弹出地理位置选择器). It follows as a location message too.
    pub struct LocationSelect {
        /// `EventKey`: the button's key.
        pub event_key: SharedStr = "EventKey",
        /// `SendLocationInfo`
        pub send_location_info: SendLocationInfo = "SendLocationInfo",
        /// `AppType`: in WeCom (企业微信) `wxwork` where the member used WeCom itself, and not WeChat.
        pub app_type: Option<SharedStr> = "AppType",
    }

    /// The place that a user sends.
    pub struct SendLocationInfo {
        /// `Location_X`: the latitude (纬度) in degrees. WeChat's X is the latitude.
        pub latitude: Decimal = "Location_X",
        /// `Location_Y`: the longitude (经度) in degrees.
        pub longitude: Decimal = "Location_Y",
        /// `Scale`: the zoom of the map.
        pub scale: Option<i64> = "Scale",
        /// `Label`: the place in words.
        pub label: SharedStr = "Label",
        /// `Poiname`: the name of the place; may be empty.
        pub poiname: SharedStr = "Poiname",
    }
}
