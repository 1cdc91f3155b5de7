//! Where one text of a user ends and the next begins.

use super::flat::{self, CDATA, CDATA_END};
use super::is_blank;
use super::layouts::{self, Layout, Place};

/// How many elements of WeChat's own may be between two texts.
const MAX_BETWEEN: usize = 16;

pub(super) struct Search<'a> {
    pub(super) xml: &'a str,
    pub(super) layout: Option<&'static Layout>,
    /// All texts that are looked for. None of them occurs anywhere else.
    pub(super) places: &'a [Place<'a>],
    /// Whether an element of WeChat's own may be between two texts.
    pub(super) may_stand: &'a MayStand<'a>,
}

/// Whether an element of that name may be between those two.
pub(super) type MayStand<'a> = dyn Fn(Place<'_>, Place<'_>, &str) -> bool + 'a;

/// The end of one text and the start of the next, as offsets.
#[derive(Clone, Copy)]
pub(super) struct Border {
    pub(super) end: usize,
    pub(super) next: usize,
    /// How many elements between them can hold a person's text but hold none.
    pub(super) empty: usize,
}

impl Search<'_> {
    /// The border after the first end of the text of `one` in `start..end`.
    pub(super) fn first_border(
        &self,
        one: Place<'_>,
        two: Place<'_>,
        start: usize,
        end: usize,
    ) -> Option<Border> {
        let found = memchr::memmem::find_iter(self.xml.as_bytes().get(start..end)?, CDATA_END);
        let mut ends = found.filter_map(|found| self.end_of(one, start.checked_add(found)?));
        let (end_of_one, behind) = ends.next()?;
        let limit = ends.next().map_or(end, |(next, _)| next);
        let (next, empty) = self.text_behind(behind, limit, one, two)?;
        Some(Border { end: end_of_one, next, empty })
    }

    /// The last border between the texts of `one` and `two` in `start..end`.
    pub(super) fn last_border(
        &self,
        one: Place<'_>,
        two: Place<'_>,
        start: usize,
        end: usize,
    ) -> Option<Border> {
        // There is no end of a text between two texts, so no end is tried twice.
        let mut limit = end;
        let found = memchr::memmem::rfind_iter(self.xml.as_bytes().get(start..end)?, CDATA_END);
        for (at, behind) in found.filter_map(|found| self.end_of(one, start.checked_add(found)?)) {
            if let Some((next, empty)) = self.text_behind(behind, limit, one, two) {
                return Some(Border { end: at, next, empty });
            }
            limit = at;
        }
        None
    }

    /// `at` and the position after the end tag, if a text of `place` can end at the `]]>` at `at`.
    fn end_of(&self, place: Place<'_>, at: usize) -> Option<(usize, usize)> {
        let (name, behind) = closing_tag(self.xml, at)?;
        (name == place.name).then_some((at, behind))
    }

    /// Where the text of `two` starts, if everything between it and `behind` may be there; and how many empty elements
    /// are between them.
    fn text_behind(
        &self,
        behind: usize,
        limit: usize,
        one: Place<'_>,
        two: Place<'_>,
    ) -> Option<(usize, usize)> {
        let mut rest = self.xml.get(behind..limit)?;
        let mut around = one.around;
        let mut seen = Vec::new();
        let mut empty = 0_usize;
        loop {
            rest = rest.trim_start_matches(is_blank);
            if around == two.around
                && let Some(inner) = tag(rest, "<", two.name)
                && let Some(text) = inner.trim_start_matches(is_blank).strip_prefix(CDATA)
            {
                return Some((limit.checked_sub(text.len())?, empty));
            }
            if around.is_none()
                && let Some(inside) = two.around
                && let Some(inner) = tag(rest, "<", inside)
            {
                (around, rest) = (Some(inside), inner);
                continue;
            }
            if two.around.is_none()
                && let Some(outer) = around.and_then(|inside| tag(rest, "</", inside))
            {
                (around, rest) = (None, outer);
                continue;
            }
            let (name, outer) = element(rest)?;
            let is_text = self.is_text(Place { around, name });
            let may_stand = match is_text {
                true => self.is_harmless(rest, Place { around, name }),
                false => (self.may_stand)(one, two, name),
            };
            empty = empty.saturating_add(usize::from(is_text));
            if !may_stand || seen.len() >= MAX_BETWEEN || seen.contains(&name) {
                return None;
            }
            seen.push(name);
            rest = outer;
        }
    }

    fn is_text(&self, place: Place<'_>) -> bool {
        self.layout.map_or_else(|| layouts::has_any(place), |layout| layout.has(place))
    }

    /// Whether the element of a user's text that begins `rest` is not one of those that are looked for and holds no
    /// CDATA.
    fn is_harmless(&self, rest: &str, place: Place<'_>) -> bool {
        let inner = tag(rest, "<", place.name).unwrap_or_default();
        !self.places.contains(&place) && !inner.trim_start_matches(is_blank).starts_with(CDATA)
    }
}

fn tag<'a>(rest: &'a str, open: &str, name: &str) -> Option<&'a str> {
    rest.strip_prefix(open)?.strip_prefix(name)?.strip_prefix('>')
}

/// The name of the element that `rest` begins with, and what follows it. `None` for an element that holds elements.
fn element(rest: &str) -> Option<(&str, &str)> {
    if let Some(flat::Simple { name_start, name_end, end, .. }) = flat::simple(rest) {
        return Some((rest.get(name_start..name_end)?, rest.get(end..)?));
    }
    let rest = rest.strip_prefix('<')?;
    let (name, rest) = rest.split_at_checked(flat::name_length(rest))?;
    Some((name, rest.strip_prefix("/>")?)).filter(|_| !name.is_empty())
}

/// The name in the end tag after the `]]>` at `end`, and the position after the tag.
pub(super) fn closing_tag(xml: &str, end: usize) -> Option<(&str, usize)> {
    let rest = xml.get(end..)?.strip_prefix(CDATA_END)?.trim_start_matches(is_blank).strip_prefix("</")?;
    let (name, rest) = rest.split_at_checked(flat::name_length(rest))?;
    let rest = rest.trim_start_matches(is_blank).strip_prefix('>')?;
    Some((name, xml.len().checked_sub(rest.len())?))
}
