use std::fmt;

use super::Fields;

/// An event (事件推送): its name. What else it holds is in [`Message::fields`](super::Message::fields).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// `Event` as WeChat spelled it. Compare with [`is`](Self::is).
    pub name: String,
}

impl Event {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self { name: fields.text("Event") }
    }

    /// Whether it is the event of that name, without regard to case: WeChat's own pages mix `SCAN` and `scan`.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The name is WeChat's, not the user's. It is quoted, so that it cannot break a log line.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.name).finish()
    }
}
