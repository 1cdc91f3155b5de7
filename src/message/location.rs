use super::Decimal;
use crate::SharedStr;

super::elements! {
    /// A place that the user sent (地理位置消息).
    pub struct Location {
        /// `Location_X`: the latitude (纬度) in degrees. WeChat's X is the latitude.
        pub latitude: Decimal = "Location_X",
        /// `Location_Y`: the longitude (经度) in degrees.
        pub longitude: Decimal = "Location_Y",
        /// `Scale`: the zoom of the map.
        pub scale: Option<i64> = "Scale",
        /// `Label`: the place in words; may be empty.
        pub label: SharedStr = "Label",
        /// `AppType`: in WeCom (企业微信) `wxwork` where the member used WeCom itself, and not WeChat.
        pub app_type: Option<SharedStr> = "AppType",
    }
}
