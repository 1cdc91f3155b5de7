//! The shop and scanned products (微信小店、扫一扫).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn scanned(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::UserScanProduct(scan) => Some(&scan.key_str),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>user_scan_product</Event><KeyStr>690</KeyStr></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(scanned), Some("690"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::message::elements;
use crate::message::values::words;

elements! {
    /// An order was paid (订单付款通知).
    pub struct MerchantOrder {
        /// `OrderId`: up to 19 digits.
        pub order_id: SharedStr = "OrderId",
        /// `OrderStatus`: 2 in WeChat's example of a paid order.
        pub order_status: Option<i64> = "OrderStatus",
        /// `ProductId`
        pub product_id: SharedStr = "ProductId",
        /// `SkuInfo`: which variant, pairs of property and value such as `10001:1000012;10002:100021`.
        pub sku_info: SharedStr = "SkuInfo",
    }

    /// Someone opens a product's page (打开商品主页).
    pub struct UserScanProduct {
        /// `KeyStandard`: the kind of code, `ean13`, `ean8`, `qrcode`, …
        pub key_standard: SharedStr = "KeyStandard",
        /// `KeyStr`: what the code says.
        pub key_str: SharedStr = "KeyStr",
        /// `Country`: the user's, as set in WeChat.
        pub country: SharedStr = "Country",
        /// `Province`: the user's, as set in WeChat.
        pub province: SharedStr = "Province",
        /// `City`: the user's, as set in WeChat.
        pub city: SharedStr = "City",
        /// `Sex`: 1 male, 2 female, 0 unknown.
        pub sex: Option<i64> = "Sex",
        /// `Scene`: 1 by scanning, 2 otherwise: from a chat, favourites or Moments.
        pub scene: Option<i64> = "Scene",
        /// `ExtInfo`: what the account put into the product's QR code; may be empty.
        pub ext_info: SharedStr = "ExtInfo",
    }

    /// Someone enters the account's chat from a product's page (进入公众号).
    pub struct UserScanProductEnterSession {
        /// `KeyStandard`: the kind of code, `ean13`, `ean8`, `qrcode`, …
        pub key_standard: SharedStr = "KeyStandard",
        /// `KeyStr`: what the code says.
        pub key_str: SharedStr = "KeyStr",
        /// `ExtInfo`: what the account put into the product's QR code; may be empty.
        pub ext_info: SharedStr = "ExtInfo",
    }

    /// The place of a user who opened a product's page (地理位置信息异步推送).
    pub struct UserScanProductAsync {
        /// `KeyStandard`: the kind of code, `ean13`, `ean8`, `qrcode`, …
        pub key_standard: SharedStr = "KeyStandard",
        /// `KeyStr`: what the code says.
        pub key_str: SharedStr = "KeyStr",
        /// `ExtInfo`: what the account put into the product's QR code; may be empty.
        pub ext_info: SharedStr = "ExtInfo",
        /// `RegionCode`: China's code of the place (行政区划代码), exact to the province.
        pub region_code: SharedStr = "RegionCode",
    }

    /// A product was reviewed (商品审核结果).
    pub struct UserScanProductVerifyAction {
        /// `KeyStandard`: the kind of code, `ean13`, `ean8`, `qrcode`, …
        pub key_standard: SharedStr = "KeyStandard",
        /// `KeyStr`: what the code says.
        pub key_str: SharedStr = "KeyStr",
        /// `Result`
        pub result: ScanProductVerifyResult = "Result",
        /// `ReasonMsg`: why it failed; may be empty.
        pub reason_msg: SharedStr = "ReasonMsg",
    }
}

words! {
    /// Whether a product passed its review.
    pub enum ScanProductVerifyResult {
        /// `verify_ok`
        VerifyOk = "verify_ok",
        /// `verify_not_pass`
        VerifyNotPass = "verify_not_pass",
    }
}
