//! Both readers, and the borders of users' texts, for [`crate::fuzzing`].

use std::ops::Range;

use super::{Tree, XmlError, build, user_text};

pub(crate) fn parse_flat(xml: &str) -> Result<Option<Tree>, XmlError> {
    Tree::parse_flat(xml)
}

pub(crate) fn parse_any(xml: &str) -> Result<Tree, XmlError> {
    build::build(xml)
}

pub(crate) fn user_texts(xml: &str) -> Vec<Range<usize>> {
    user_text::find(xml).iter().map(|span| span.start..span.end).collect()
}
