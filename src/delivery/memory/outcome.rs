use std::sync::Arc;

use crate::{Reply, TextReply};

/// The longest text that is kept in its slot, in bytes. What an entry has of its own need not be allocated, nor freed when
/// a hundred thousand others have been in the meantime, which costs several times what an allocation does.
const SHORT_TEXT: usize = 102;

/// The longest text that is kept as such, in bytes.
const TEXT: usize = 512;

/// An outcome, as small as it is kept: a shared reply takes 48 bytes beside its text, and most replies are short texts or
/// none.
pub(super) enum Outcome {
    None,
    ShortText { length: u8, bytes: [u8; SHORT_TEXT] },
    Text(Box<str>),
    Shared(Arc<Reply>),
}

impl Outcome {
    pub(super) fn reply(&self) -> Arc<Reply> {
        let text = match self {
            Self::None => return Reply::None.into_shared(),
            Self::ShortText { length, bytes } => bytes
                .get(..usize::from(*length))
                .and_then(|text| str::from_utf8(text).ok())
                .unwrap_or_default(),
            Self::Text(text) => text,
            Self::Shared(reply) => return reply.clone(),
        };
        Arc::new(TextReply::new(text).into())
    }

    fn text(text: &str) -> Self {
        let mut bytes = [0; SHORT_TEXT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text.as_bytes());
                Self::ShortText { length, bytes }
            }
            _ => Self::Text(text.into()),
        }
    }
}

impl From<Arc<Reply>> for Outcome {
    fn from(reply: Arc<Reply>) -> Self {
        match &*reply {
            Reply::None => Self::None,
            // Named, so that a part that is added to texts is not lost here.
            Reply::Text(TextReply { content }) if content.len() <= TEXT => Self::text(content),
            _ => Self::Shared(reply),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageReply;

    #[test]
    fn a_reply_is_the_same_again() {
        let texts = [0, 1, SHORT_TEXT, SHORT_TEXT + 1, TEXT, TEXT + 1].map(|length| "x".repeat(length));
        let texts = texts.into_iter().chain(["好".to_owned()]);
        for reply in
            texts.map(|text| TextReply::new(text).into()).chain([Reply::None, ImageReply::new("ID").into()])
        {
            assert_eq!(*Outcome::from(Arc::new(reply.clone())).reply(), reply);
        }
    }

    #[test]
    fn a_long_text_is_not_copied() {
        let reply: Arc<Reply> = Arc::new(TextReply::new("x".repeat(TEXT + 1)).into());
        assert!(Arc::ptr_eq(&Outcome::from(reply.clone()).reply(), &reply));
    }
}
