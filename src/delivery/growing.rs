use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The text so far of a reply that streams. Whoever produces it shares it with the store of its process, which reads it
/// when it is asked for it.
pub struct GrowingText {
    text: Mutex<String>,
    feedback_id: Option<String>,
}

impl GrowingText {
    /// An empty one. `feedback_id`: see [`StreamReply::feedback_id`](crate::StreamReply::feedback_id).
    #[must_use]
    pub const fn new(feedback_id: Option<String>) -> Self {
        Self { text: Mutex::new(String::new()), feedback_id }
    }

    /// Adds `text` at the end.
    pub fn push(&self, text: &str) {
        self.locked().push_str(text);
    }

    /// How long it is by now, in bytes. It only grows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.locked().len()
    }

    /// Whether nothing was said yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is behind the first `offset` bytes. Empty where there is nothing, or `offset` is inside a character.
    #[must_use]
    pub fn from(&self, offset: usize) -> String {
        self.locked().get(offset..).unwrap_or_default().to_owned()
    }

    /// All of it.
    #[must_use]
    pub fn read(&self) -> StreamText {
        StreamText { text: self.from(0), feedback_id: self.feedback_id.clone() }
    }

    /// The feedback id.
    #[must_use]
    pub fn feedback_id(&self) -> Option<&str> {
        self.feedback_id.as_deref()
    }

    /// Nothing that is called while it is locked panics.
    fn locked(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows the length alone.
impl fmt::Debug for GrowingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrowingText").field("length", &self.len()).finish_non_exhaustive()
    }
}

/// What a reply that streams says at one moment. `#[non_exhaustive]`: made with [`StreamText::new`].
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamText {
    /// The text so far.
    pub text: String,
    /// See [`StreamReply::feedback_id`](crate::StreamReply::feedback_id).
    pub feedback_id: Option<String>,
}

impl StreamText {
    /// A text, and the feedback id.
    #[must_use]
    pub fn new(text: impl Into<String>, feedback_id: Option<String>) -> Self {
        Self { text: text.into(), feedback_id }
    }
}

/// Shows the length alone.
impl fmt::Debug for StreamText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamText").field("length", &self.text.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_an_offset_is_read_and_no_offset_panics() {
        let growing = GrowingText::new(None);
        assert!(growing.is_empty());
        growing.push("春眠");
        growing.push("不觉晓");
        assert_eq!(
            (growing.len(), growing.from(6).as_str(), growing.read().text.as_str()),
            (15, "不觉晓", "春眠不觉晓")
        );
        assert_eq!(
            [1, 15, 16, usize::MAX].map(|offset| growing.from(offset)),
            [(); 4].map(|()| String::new())
        );
    }

    #[test]
    fn debug_shows_no_text() {
        let growing = GrowingText::new(Some("id".to_owned()));
        growing.push("secret");
        assert_eq!(format!("{growing:?}"), "GrowingText { length: 6, .. }");
        assert_eq!(format!("{:?}", growing.read()), "StreamText { length: 6, .. }");
    }
}
