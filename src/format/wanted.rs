use std::borrow::Cow;

use super::HEAD;

/// The texts of elements that are looked for by name.
///
/// An element of the head has exactly its name. Of another name the first one is taken that is spelled exactly so, or
/// else the first one in any case.
pub(super) struct Wanted<'a, 'n, const N: usize> {
    names: [&'n str; N],
    found: [Option<Found<'a>>; N],
}

struct Found<'a> {
    text: Cow<'a, str>,
    is_exact: bool,
}

/// Which of the names an element has.
#[derive(Clone, Copy)]
pub(super) struct Match {
    index: usize,
    is_exact: bool,
}

impl<'a, 'n, const N: usize> Wanted<'a, 'n, N> {
    pub(super) fn new(names: [&'n str; N]) -> Self {
        Self { names, found: [const { None }; N] }
    }

    /// `None` if an element of that name is not wanted.
    pub(super) fn find(&self, name: &str) -> Option<Match> {
        self.names.iter().enumerate().find_map(|(index, wanted)| {
            let is_exact = *wanted == name;
            let is_wanted = is_exact || (wanted.eq_ignore_ascii_case(name) && !HEAD.contains(wanted));
            is_wanted.then_some(Match { index, is_exact })
        })
    }

    /// Takes the text of an element, unless there is another already.
    pub(super) fn put(&mut self, Match { index, is_exact }: Match, text: impl FnOnce() -> Cow<'a, str>) {
        if let Some(found) = self.found.get_mut(index)
            && found.as_ref().is_none_or(|found| is_exact && !found.is_exact)
        {
            *found = Some(Found { text: text(), is_exact });
        }
    }

    pub(super) fn texts(self) -> [Option<Cow<'a, str>>; N] {
        self.found.map(|found| found.map(|found| found.text))
    }
}
