use crate::SharedStr;

super::elements! {
    /// A message from a device of the old hardware platform (微信硬件平台): `device_text`.
    pub struct DeviceText {
        /// `DeviceType`: the account's original id.
        pub device_type: SharedStr = "DeviceType",
        /// `DeviceID`
        pub device_id: SharedStr = "DeviceID",
        /// `SessionID`
        pub session_id: SharedStr = "SessionID",
        /// `Content`: base64.
        pub content: SharedStr = "Content",
        /// `OpenID`: the user's.
        pub open_id: SharedStr = "OpenID",
    }

    /// An event of a device of the old hardware platform: `device_event`.
    pub struct DeviceEvent {
        /// `Event`: `bind`, `unbind`, `subscribe_status`, `unsubscribe_status`.
        pub event: SharedStr = "Event",
        /// `DeviceType`: the account's original id.
        pub device_type: SharedStr = "DeviceType",
        /// `DeviceID`
        pub device_id: SharedStr = "DeviceID",
        /// `SessionID`
        pub session_id: SharedStr = "SessionID",
        /// `OpType`: what the user did, for the two statuses.
        pub op_type: Option<i64> = "OpType",
        /// `Content`: base64.
        pub content: Option<SharedStr> = "Content",
        /// `OpenID`: the user's.
        pub open_id: SharedStr = "OpenID",
    }
}
