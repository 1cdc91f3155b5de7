use std::sync::Arc;

use crate::{Reply, TextReply};

/// The longest text that is kept as such, in bytes.
const SHORT_TEXT: usize = 512;

/// An outcome, as small as it is kept: a shared reply takes 136 bytes beside its text, since there is room for one of
/// any kind, and most replies are short texts or none. That they are copied costs less than they would take.
pub(super) enum Outcome {
    None,
    Text(Box<str>),
    Shared(Arc<Reply>),
}

impl Outcome {
    pub(super) fn reply(&self) -> Arc<Reply> {
        match self {
            Self::None => Reply::None.into_shared(),
            Self::Text(text) => Arc::new(TextReply::new(&**text).into()),
            Self::Shared(reply) => reply.clone(),
        }
    }
}

impl From<Arc<Reply>> for Outcome {
    fn from(reply: Arc<Reply>) -> Self {
        match &*reply {
            Reply::None => Self::None,
            // Named, so that a part that is added to texts is not lost here.
            Reply::Text(TextReply { content }) if content.len() <= SHORT_TEXT => {
                Self::Text(content.as_str().into())
            }
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
        let texts = ["".to_owned(), "好".to_owned(), "x".repeat(SHORT_TEXT), "x".repeat(SHORT_TEXT + 1)];
        let texts = texts.map(|text| TextReply::new(text).into());
        for reply in texts.into_iter().chain([Reply::None, ImageReply::new("ID").into()]) {
            assert_eq!(*Outcome::from(Arc::new(reply.clone())).reply(), reply);
        }
    }

    #[test]
    fn a_long_text_is_not_copied() {
        let reply: Arc<Reply> = Arc::new(TextReply::new("x".repeat(SHORT_TEXT + 1)).into());
        assert!(Arc::ptr_eq(&Outcome::from(reply.clone()).reply(), &reply));
    }
}
