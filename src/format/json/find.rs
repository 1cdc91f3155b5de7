//! Finds texts directly under the root, without a tree.

use std::borrow::Cow;

use super::document::TextRange;
use super::read::{ElementName, Key, Sink, Stop, read};
use super::scan::Written;
use super::wanted::{Match, Wanted};
use super::{JsonError, Limit};

/// The texts of the elements of these names directly under the root, or `None` where there is no such element.
pub(crate) fn texts<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Result<[Option<Cow<'a, str>>; N], JsonError> {
    let mut finder = Finder { wanted: Wanted::new(names), member: None, depth: 0 };
    match read(json, &mut finder) {
        Ok(()) => Ok(finder.wanted.texts()),
        Err(Stop::Refused(error)) => Err(error),
        Err(Stop::Escaped) => Err(Limit::Elements.into()),
    }
}

struct Finder<'a, 'n, const N: usize> {
    wanted: Wanted<'a, 'n, N>,
    /// Which name the member of the root has that is being read.
    member: Option<Match>,
    /// How many elements are open.
    depth: usize,
}

impl<'a, const N: usize> Finder<'a, '_, N> {
    fn put(&mut self, text: Written<'a>) {
        if self.depth == 0
            && let Some(member) = self.member
        {
            self.wanted.put(member, || text.decoded());
        }
    }
}

impl<'a, const N: usize> Sink<'a> for Finder<'a, '_, N> {
    fn name(&mut self, key: Key<'a>) -> Result<TextRange, Stop> {
        if self.depth == 0 {
            self.member = self.wanted.find(&key.name);
        }
        Ok(TextRange::default())
    }

    fn open(&mut self, _name: ElementName) -> Result<usize, Stop> {
        self.put(Written::default());
        self.depth = self.depth.saturating_add(1);
        Ok(0)
    }

    fn close(&mut self, _index: usize) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn leaf(&mut self, _name: ElementName, text: Written<'a>) -> Result<(), Stop> {
        self.put(text);
        Ok(())
    }
}
