//! Wi-Fi and beacons (微信连Wi-Fi、摇一摇周边).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn nearest(event: &Event) -> Option<f64> {
//!     match event {
//!         Event::ShakearoundUserShake(shake) => {
//!             let distances = shake.around_beacons.iter().filter_map(|beacon| beacon.distance.to_f64());
//!             distances.reduce(f64::min)
//!         },
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>ShakearoundUserShake</Event><AroundBeacons>\
//! #      <AroundBeacon><Distance>1.5</Distance></AroundBeacon></AroundBeacons></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(nearest), Some(1.5));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::Timestamp;
use crate::message::{Decimal, elements};

elements! {
    /// Someone is connected to a store's Wi-Fi (Wi-Fi连网成功).
    pub struct WifiConnected {
        /// `ConnectTime`: since when. It may be 0.
        pub connect_time: Option<Timestamp> = "ConnectTime",
        /// `ExpireTime`: reserved by WeChat. It may be 0.
        pub expire_time: Option<Timestamp> = "ExpireTime",
        /// `VendorId`: reserved by WeChat.
        pub vendor_id: SharedStr = "VendorId",
        /// `PlaceId`: the store's id, in the event's older form.
        pub place_id: Option<SharedStr> = "PlaceId",
        /// `ShopId`: the store's id, in the event's newer form.
        pub shop_id: Option<SharedStr> = "ShopId",
        /// `DeviceNo`: the access point's MAC address, its BSSID.
        pub device_no: SharedStr = "DeviceNo",
    }

    /// Someone shook the phone near beacons (摇一摇事件通知).
    pub struct ShakearoundUserShake {
        /// `ChosenBeacon`: the beacon whose page they opened.
        pub chosen_beacon: Beacon = "ChosenBeacon",
        /// `AroundBeacons`: the beacons around them.
        pub around_beacons: Vec<Beacon> = "AroundBeacons" / "AroundBeacon",
    }

    /// A beacon, and how far away it is.
    pub struct Beacon {
        /// `Uuid`: with the next two, which beacon it is.
        pub uuid: SharedStr = "Uuid",
        /// `Major`
        pub major: Option<i64> = "Major",
        /// `Minor`
        pub minor: Option<i64> = "Minor",
        /// `Distance` in metres.
        pub distance: Decimal = "Distance",
    }

    /// A red packet is bound to a user, who need not have opened it (红包绑定用户事件通知).
    pub struct ShakearoundLotteryBind {
        /// `LotteryId`: the id of the campaign.
        pub lottery_id: SharedStr = "LotteryId",
        /// `Ticket`: the red packet's.
        pub ticket: SharedStr = "Ticket",
        /// `Money`: the amount. WeChat names no unit.
        pub money: Option<i64> = "Money",
        /// `BindTime`: since when it is theirs.
        pub bind_time: Option<Timestamp> = "BindTime",
    }
}
