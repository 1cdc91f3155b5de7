//! Events (事件推送): what a user did, or what WeChat did for the account.
//!
//! One type an event, in families after the headings of WeChat's pages. Their fields are WeChat's in Rust's
//! spelling. A number that WeChat did not write as one is `None`; every element is in
//! [`Message::fields`](super::Message::fields) too.

pub mod follow;
pub mod jobs;
pub mod menu;

use std::fmt;

use super::Fields;
use super::read::Element;

pub use follow::*;
pub use jobs::*;
pub use menu::*;

/// Hands every typed event, as its type and WeChat's name for it, to a macro.
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
        }
    };
}
pub(crate) use for_each_event;

macro_rules! event {
    ($($type:ident = $name:literal,)+) => {
        /// An event, by its name.
        #[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "event", rename_all = "snake_case")]
        #[expect(clippy::large_enum_variant, reason = "a box would be in the way of every match")]
        #[non_exhaustive]
        pub enum Event {
            $(
                #[doc = concat!("`", $name, "`")]
                $type($type),
            )+
            /// An event that has no type here. What it holds is in [`Message::fields`](super::Message::fields).
            Other {
                /// `Event` as it came.
                name: String,
            },
        }

        impl Event {
            pub(super) fn read(fields: Fields<'_>) -> Self {
                // Without regard to case: WeChat's own pages mix `SCAN` and `scan`.
                match fields.get("Event").unwrap_or_default() {
                    $( name if name.eq_ignore_ascii_case($name) => Self::$type($type::read_from(fields)), )+
                    name => Self::Other { name: name.to_owned() },
                }
            }

            /// WeChat's name for it. Compare it with [`is`](Self::is).
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $( Self::$type(_) => $name, )+
                    Self::Other { name } => name,
                }
            }
        }

        $(
            impl From<$type> for Event {
                fn from(event: $type) -> Self {
                    Self::$type(event)
                }
            }
        )+
    };
}
for_each_event!(event);

impl Event {
    /// Whether it is the event of that name, without regard to case: WeChat's own pages mix `SCAN` and `scan`.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }
}

/// The name. It is quoted, so that it cannot break a log line.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.name()).finish()
    }
}
