use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;
use wechat_callback::delivery::GrowingText;

/// The text so far of a reply that streams, and how much of it Redis has.
pub(crate) struct Stream {
    growing: Arc<GrowingText>,
    /// Names it among the streams of this process.
    id: u64,
    in_redis: InRedis,
    /// Whether an answer is being waited for, and when a question was last asked or answered.
    is_asked: bool,
    touched: Instant,
}

/// What Redis has of a text, as far as it has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InRedis {
    /// Not even that the reply streams.
    Nothing,
    /// So many bytes.
    Bytes(usize),
    /// Nothing, and it does not know that this process runs the push.
    Forgotten,
    /// The text of another process, which has the lease.
    Another,
}

/// The part of a text that Redis is sent.
pub(crate) struct Append {
    pub(crate) sent: Sent,
    /// What is behind the first `offset` bytes.
    pub(crate) offset: usize,
    pub(crate) text: String,
    /// It is written with the beginning of the text.
    pub(crate) feedback_id: Option<String>,
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) id: u64,
    /// How long the text is where Redis took what was sent.
    end: usize,
    /// Whether the lease is renewed first.
    pub(crate) renews: bool,
}

/// What Redis had of a text when the lease was renewed. `None` where it had not even its beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredText {
    pub(crate) asked: Instant,
    pub(crate) length: Option<usize>,
}

impl Stream {
    pub(crate) fn new(growing: Arc<GrowingText>) -> Self {
        Self { growing, id: next_id(), in_redis: InRedis::Nothing, is_asked: false, touched: Instant::now() }
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// What Redis is to be sent now. `None` where that is nothing.
    pub(crate) fn next(&mut self) -> Option<Append> {
        let offset = match self.in_redis {
            InRedis::Another => return None,
            InRedis::Nothing | InRedis::Forgotten => 0,
            InRedis::Bytes(length) if length == self.growing.len() => return None,
            InRedis::Bytes(length) => length,
        };
        let (mut offset, mut text) = (offset, self.growing.from(offset));
        if text.is_empty() && offset > 0 {
            // Redis has something else: under another name it is written from the beginning.
            self.id = next_id();
            (offset, text) = (0, self.growing.from(0));
        }
        let feedback_id = self.growing.feedback_id().filter(|_| offset == 0).map(str::to_owned);
        let renews = self.in_redis == InRedis::Forgotten;
        let sent = Sent { id: self.id, end: offset.saturating_add(text.len()), renews };
        self.touch(true);
        Some(Append { sent, offset, text, feedback_id })
    }

    /// Redis has this much now; `None` where it does not know that this process runs the push. Returns whether there is something to be sent at once.
    pub(crate) fn answered(&mut self, sent: Sent, length: Option<usize>) -> bool {
        if sent.id != self.id {
            return false;
        }
        self.touch(false);
        self.in_redis = match length {
            Some(length) => InRedis::Bytes(length),
            // The renewal that was sent with it said why.
            None if self.in_redis == InRedis::Another => return false,
            None => InRedis::Forgotten,
        };
        length != Some(sent.end)
    }

    /// There was no answer. What is missing is sent again.
    pub(crate) fn failed(&mut self) {
        self.touch(false);
    }

    /// Another process has the lease, or the key.
    pub(crate) fn is_anothers(&mut self) {
        self.in_redis = InRedis::Another;
    }

    /// This process has the lease. What was asked or answered meanwhile is newer than `stored`.
    pub(crate) fn renewed(&mut self, stored: StoredText) {
        if !self.is_asked && stored.asked > self.touched {
            self.in_redis = stored.length.map_or(InRedis::Nothing, InRedis::Bytes);
        }
    }

    fn touch(&mut self, is_asked: bool) {
        self.is_asked = is_asked;
        self.touched = Instant::now();
    }
}

fn next_id() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stream(text: &str) -> (Stream, Arc<GrowingText>) {
        let growing = Arc::new(GrowingText::new(Some("feedback".to_owned())));
        growing.push(text);
        (Stream::new(growing.clone()), growing)
    }

    fn next(stream: &mut Stream) -> (Sent, usize, String) {
        let Append { sent, offset, text, .. } = stream.next().expect("something is missing");
        (sent, offset, text)
    }

    #[test]
    fn only_what_is_new_is_sent_and_nothing_where_nothing_is() {
        let (mut stream, growing) = stream("");
        let first = stream.next().expect("that it streams");
        assert_eq!((first.text.as_str(), first.feedback_id.as_deref()), ("", Some("feedback")));
        assert!(!stream.answered(first.sent, Some(0)));
        assert!(stream.next().is_none());
        for (offset, text) in [(0, "春眠"), (6, "不觉晓")] {
            growing.push(text);
            let (sent, at, new) = next(&mut stream);
            assert_eq!((at, new.as_str()), (offset, text));
            assert!(!stream.answered(sent, Some(offset + text.len())));
            assert!(stream.next().is_none());
        }
    }

    #[test]
    fn what_redis_lost_is_sent_at_once() {
        let (mut stream, growing) = stream("春眠不觉晓");
        let (sent, ..) = next(&mut stream);
        assert!(!stream.answered(sent, Some(15)));
        growing.push("，");
        let (sent, ..) = next(&mut stream);
        assert!(stream.answered(sent, Some(6)), "it has less");
        assert_eq!((next(&mut stream).1, next(&mut stream).2.as_str()), (6, "不觉晓，"));
        assert!(stream.answered(sent, None), "it forgot the push");
        let (sent, offset, text) = next(&mut stream);
        assert_eq!((sent.renews, offset, text.as_str()), (true, 0, "春眠不觉晓，"));
        assert!(stream.answered(sent, None), "the renewal failed");
        let (sent, ..) = next(&mut stream);
        stream.is_anothers();
        assert!(!stream.answered(sent, None) && stream.next().is_none());
    }

    #[test]
    fn a_length_that_is_none_of_the_text_begins_it_again() {
        for odd in [1, 14, 16, usize::MAX] {
            let (mut stream, _) = stream("春眠不觉晓");
            let (before, ..) = next(&mut stream);
            assert!(stream.answered(before, Some(odd)));
            let (sent, offset, text) = next(&mut stream);
            assert_eq!((offset, text.as_str()), (0, "春眠不觉晓"));
            assert_ne!(sent.id, before.id);
            assert!(!stream.answered(before, Some(odd)), "an answer about what is no longer");
            assert!(!stream.answered(sent, Some(15)) && stream.next().is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_says_what_redis_has_unless_something_newer_did() {
        let (mut stream, _) = stream("春眠不觉晓");
        let before = Instant::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        let (sent, ..) = next(&mut stream);
        tokio::time::advance(Duration::from_millis(1)).await;
        stream.renewed(StoredText { asked: Instant::now(), length: None });
        assert!(!stream.answered(sent, Some(15)));
        stream.renewed(StoredText { asked: before, length: None });
        assert!(stream.next().is_none(), "both are older");
        tokio::time::advance(Duration::from_millis(1)).await;
        stream.renewed(StoredText { asked: Instant::now(), length: Some(6) });
        assert_eq!(next(&mut stream).1, 6);
    }

    #[test]
    fn what_another_process_has_is_left_to_it_until_the_lease_is_this_ones() {
        let (mut stream, _) = stream("春眠");
        stream.is_anothers();
        assert!(stream.next().is_none());
        stream.renewed(StoredText { asked: Instant::now() + Duration::from_secs(1), length: None });
        assert_eq!(next(&mut stream).2, "春眠");
    }
}
