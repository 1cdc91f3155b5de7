//! The reader that copies, for [`crate::fuzzing`].

use super::{JsonError, build, tree::Tree};

pub(crate) fn parse_copying(json: &str) -> Result<Tree, JsonError> {
    build::build(json)
}
