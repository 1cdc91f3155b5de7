use std::sync::Arc;

use crate::reply::{MAX_TEXT, part_at};
use crate::{Reply, TextReply};

/// A part of a reply, and where in its text the next one begins, in bytes.
pub(crate) type Part = (Arc<Reply>, Option<u32>);

/// The word with which users fetch a reply that was late, and what they are told before.
///
/// ```
/// use wechat_callback::TextReply;
/// use wechat_callback::late_reply::FetchWord;
///
/// let word = FetchWord::new("继续", TextReply::new("还在想，过一会儿发“继续”来看。"));
/// ```
#[derive(Clone)]
pub struct FetchWord {
    word: Arc<str>,
    notice: Arc<Reply>,
    /// Behind a part that is not the last.
    more: Arc<str>,
}

impl FetchWord {
    /// Users write `word`; where the reply is not there yet, they are told `notice`. Blanks around the word do not count.
    ///
    /// An empty word matches nothing. One of more than 512 bytes is not shown behind the parts of a long text.
    pub fn new(word: impl Into<String>, notice: impl Into<Reply>) -> Self {
        let word = word.into().trim().to_owned();
        // Nobody writes a word of hundreds of bytes, and a part of a text must have room beside it.
        let more = if word.len() > 512 { String::new() } else { format!("\n……【{word}】") };
        Self { word: word.into(), notice: Arc::new(notice.into()), more: more.into() }
    }

    pub(crate) const fn notice(&self) -> &Arc<Reply> {
        &self.notice
    }

    /// Whether `reply` is too long for one message.
    pub(crate) fn is_long(&self, reply: &Arc<Reply>) -> bool {
        self.part(reply, 0).is_some_and(|(_, next)| next.is_some())
    }

    /// The part of `reply` behind its first `offset` bytes, and where the next one begins.
    pub(crate) fn part(&self, reply: &Arc<Reply>, offset: u32) -> Option<Part> {
        match &**reply {
            Reply::Text(text) if offset == 0 && text.content.len() <= MAX_TEXT => Some((reply.clone(), None)),
            Reply::Text(text) => self.part_of(&text.content, offset, true),
            Reply::None => None,
            _ => (offset == 0).then(|| (reply.clone(), None)),
        }
    }

    /// The part of `text`, which may still grow.
    pub(crate) fn part_of(&self, text: &str, offset: u32, is_finished: bool) -> Option<Part> {
        let part = part_at(text, usize::try_from(offset).ok()?, &self.more, is_finished)?;
        let next = part.next.and_then(|next| u32::try_from(next).ok());
        Some((Arc::new(TextReply::new(part.text).into()), next))
    }

    /// The first part of `text`, which another delivery has cut behind `offset` bytes.
    pub(crate) fn told(&self, text: &str, offset: u32) -> Option<Arc<Reply>> {
        let part = text.get(..usize::try_from(offset).ok()?)?;
        Some(Arc::new(TextReply::new([part, &self.more].concat()).into()))
    }

    /// Whether a user wrote it. An empty word is nobody's.
    pub(crate) fn is(&self, text: Option<&str>) -> bool {
        !self.word.is_empty() && text.is_some_and(|text| text.trim() == &*self.word)
    }
}

/// Without the word and the notice.
impl std::fmt::Debug for FetchWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetchWord").finish_non_exhaustive()
    }
}
