//! Where the texts of users begin and end.
//!
//! WeChat is reported not to escape `]]>` in what it pushes. A text with `]]>` in it then looks like the end of its
//! element, and may continue with what looks like elements. But everything before the first text and after the last one
//! is written by WeChat. So the start of the first text is found from the front, and the end of the last one from the
//! back. If there are more texts, their ends are chosen so that exactly those elements are between them that WeChat
//! writes in a message of that kind.

use super::border::{MayStand, Search, closing_tag};
use super::flat::{self, CDATA, CDATA_END};
use super::is_blank;
use super::layouts::{self, Kind, Layout, Place};
use super::pieces::{Piece, Pieces};
use super::{HEAD, HeadSeen, MAX_DEPTH, Name};

/// How many times the length of a document may be read to find the end of the last text. WeChat's own messages take
/// hardly more than one; a message that takes more was made to.
const MAX_READINGS: usize = 8;

/// The most texts between the first and the last: `submit_invoice_title` has five.
const MAX_BETWEEN: usize = 6;

/// The text between `<![CDATA[` and the `]]>` that ends the element, as offsets in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// The text as it is written.
    pub(super) fn of(self, xml: &str) -> &str {
        xml.get(self.start..self.end).unwrap_or_default()
    }
}

/// The texts of users in CDATA, in their order. Empty if no reader can mistake one for anything else, or if the form of
/// the message is not known.
pub(super) fn find(xml: &str) -> Vec<Span> {
    Document::read(xml).and_then(|message| message.spans()).unwrap_or_default()
}

/// What follows the text that ends at `end`.
struct Tail<'a> {
    place: Place<'a>,
    end: usize,
    kind: Kind<'a>,
    head: HeadSeen,
}

/// A message of which everything is read except the texts of users.
struct Document<'a> {
    xml: &'a str,
    layout: Option<&'static Layout>,
    first: Place<'a>,
    start: usize,
    tail: Tail<'a>,
    /// Which elements of the head are before the first text.
    head: HeadSeen,
}

impl<'a> Document<'a> {
    fn read(xml: &'a str) -> Option<Self> {
        let Front { kind, layout: known, place: first, start, head } = Front::read(xml)?;
        let mut tail = last_end(xml, start, known)?;
        // In another order than WeChat's the kind may come after the texts.
        let layout = known.or_else(|| kind.or(tail.kind).layout()).filter(|layout| layout.has(first));
        if known.is_none() && layout.is_some() {
            tail = last_end(xml, start, layout)?;
        }
        let layout = layout.or_else(|| Layout::of(first, tail.place));
        Some(Self { xml, layout, first, start, tail, head })
    }

    fn spans(&self) -> Option<Vec<Span>> {
        let last = self.tail.place;
        if self.first == last {
            return Some(vec![Span { start: self.start, end: self.tail.end }]);
        }
        let (from, to) = (self.position(self.first), self.position(last));
        let is_in_order = from.is_some() && from < to;
        let between: Vec<_> = self
            .texts_between(|place| {
                let at = self.position(place);
                let is_inside = !is_in_order || (from < at && at < to);
                is_inside && place != self.first && place != last && self.beginnings(place.name) > 0
            })
            .collect();
        let by_layout = |one: Place<'_>, two: Place<'_>, own: &str| {
            self.layout.is_some_and(|layout| layout.has_between(one, two, own))
        };
        let any = |_: Place<'_>, _: Place<'_>, own: &str| self.may_stand_between(own, is_in_order);
        // A reading that finds more of the layout's elements is better: no text has swallowed one. If there is a
        // reading in WeChat's own layout, readings with anything else between two texts do not count.
        let best = |may_stand: &MayStand<'_>| {
            // No other reading has as many as the one with all.
            if let Some(whole) = self.chain(&between, may_stand) {
                return Some(whole);
            }
            let found = subsets(&between).filter_map(|reading| self.chain(&reading, may_stand));
            found.max_by_key(|(spans, empty)| (spans.len().saturating_add(*empty), spans.len()))
        };
        let in_layout = if is_in_order { best(&by_layout) } else { None };
        in_layout.or_else(|| best(&any)).map(|(spans, _)| spans)
    }

    /// Its position in the layout.
    fn position(&self, place: Place<'_>) -> Option<usize> {
        self.layout.and_then(|layout| layout.texts().position(|text| text == place))
    }

    fn texts_between(&self, wanted: impl Fn(Place<'_>) -> bool) -> impl Iterator<Item = Place<'static>> {
        self.layout.into_iter().flat_map(Layout::texts).filter(move |place| wanted(*place))
    }

    /// An element of the head is never read out of a text: in WeChat's layouts none is between two texts, and in
    /// another order one may be only if there is no second way to read it.
    fn may_stand_between(&self, own: &str, is_in_order: bool) -> bool {
        if !HEAD.contains(&own) {
            return true;
        }
        let is_elsewhere = is_in_order || self.head.has(own) || self.tail.head.has(own);
        !is_elsewhere && self.beginnings(own) == 1
    }

    /// How many start tags of that name there are from the first text to the end of the last, where two stands for
    /// more. Without one there is no such element, whatever the texts hold.
    fn beginnings(&self, name: &str) -> usize {
        let texts = self.xml.get(self.start..self.tail.end).unwrap_or_default();
        memchr::memmem::find_iter(texts.as_bytes(), &format!("<{name}>")).take(2).count()
    }

    /// The texts of the first element, of those in `between`, and of the last, in this order, each ending as late as it
    /// can; and how many other elements without a text there are.
    fn chain(&self, between: &[Place<'_>], may_stand: &MayStand<'_>) -> Option<(Vec<Span>, usize)> {
        let mut places = vec![self.first];
        places.extend_from_slice(between);
        places.push(self.tail.place);
        let search = Search { xml: self.xml, layout: self.layout, places: &places, may_stand };

        let mut spans = Vec::with_capacity(places.len());
        let mut empty = 0_usize;
        let mut start = self.start;
        let mut steps: &[_] = &places;
        if self.layout.is_some_and(|layout| layout.is_owners(self.first)) {
            let [first, second, ..] = *steps else { return None };
            let border = search.first_border(first, second, start, self.tail.end)?;
            spans.push(Span { start, end: border.end });
            empty = empty.saturating_add(border.empty);
            start = border.next;
            steps = steps.get(1..)?;
        }
        let owners = spans.len();
        let mut end = self.tail.end;
        for pair in steps.windows(2).rev() {
            let [one, two] = *pair else { return None };
            let border = search.last_border(one, two, start, end)?;
            spans.push(Span { start: border.next, end });
            empty = empty.saturating_add(border.empty);
            end = border.end;
        }
        spans.push(Span { start, end });
        spans.get_mut(owners..)?.reverse();
        Some((spans, empty))
    }
}

/// All subsequences of `places`, one at a time.
fn subsets<'a>(places: &[Place<'a>]) -> impl Iterator<Item = Vec<Place<'a>>> {
    let places = places.get(..places.len().min(MAX_BETWEEN)).unwrap_or_default();
    (0..1_u32 << places.len()).map(|set| {
        let is_in = |index: &usize| set >> index & 1 == 1;
        (0..places.len()).filter(is_in).filter_map(|index| places.get(index).copied()).collect()
    })
}

/// Whether the text that starts there has one end alone, and any reader reads it as it is.
fn is_plain(xml: &str, start: usize, name: &str) -> bool {
    let section = xml.get(start..).unwrap_or_default();
    let end = flat::cdata_end(section.as_bytes(), 0, false);
    let closed = end.and_then(|end| closing_tag(section, end));
    closed.is_some_and(|(closed, behind)| {
        closed == name && !flat::has_end(section.get(behind..).unwrap_or_default(), name)
    })
}

/// What comes before the first text.
struct Front<'a> {
    kind: Kind<'a>,
    layout: Option<&'static Layout>,
    place: Place<'a>,
    start: usize,
    head: HeadSeen,
}

impl<'a> Front<'a> {
    /// `None` if no text can be mistaken for anything else.
    fn read(xml: &'a str) -> Option<Self> {
        let mut pieces = Pieces::new(xml, xml.len().checked_sub(xml.trim_start_matches('\u{feff}').len())?);
        while !matches!(pieces.next()?, Piece::Start("xml")) {}
        let mut kind = Kind::default();
        let mut layout: Option<&Layout> = None;
        let mut first = None;
        let mut head = HeadSeen::default();
        let mut open: Vec<&str> = Vec::new();
        loop {
            match pieces.next()? {
                Piece::Start(name) => {
                    let place = match *open.as_slice() {
                        [] => Some(Place { around: None, name }),
                        [around] => Some(Place { around: Some(around), name }),
                        _ => None,
                    };
                    let can_hold = |place: Place<'_>| {
                        layout.map_or_else(|| layouts::has_any(place), |layout| layout.has(place))
                    };
                    if let Some(place) = place.filter(|place| can_hold(*place))
                        && let Some(start) = cdata_start(xml, pieces.at())
                    {
                        if !is_plain(xml, start, place.name) {
                            return first.or(Some(Self { kind, layout, place, start, head }));
                        }
                        first.get_or_insert_with(|| Self { kind, layout, place, start, head: head.clone() });
                    }
                    if open.is_empty() {
                        head.note(Name::of(name)).ok()?;
                    }
                    push(&mut open, name)?;
                }
                Piece::End(_) => {
                    open.pop()?;
                }
                Piece::Text(text) | Piece::Cdata(text) => {
                    if let [name] = *open.as_slice()
                        && kind.note(name, text)
                    {
                        layout = kind.layout();
                    }
                }
                Piece::Empty(_) | Piece::Aside => {}
            }
        }
    }
}

/// Where the text of the CDATA section begins that follows at `at`, after blanks.
fn cdata_start(xml: &str, at: usize) -> Option<usize> {
    let rest = xml.get(at..)?.trim_start_matches(is_blank).strip_prefix(CDATA)?;
    xml.len().checked_sub(rest.len())
}

/// The last `]]></Name>` after which everything is WeChat's.
fn last_end<'a>(xml: &'a str, start: usize, layout: Option<&Layout>) -> Option<Tail<'a>> {
    let mut left = xml.len().checked_mul(MAX_READINGS)?;
    let can_hold =
        |place: Place<'_>| layout.map_or_else(|| layouts::has_any(place), |layout| layout.has(place));
    for found in memchr::memmem::rfind_iter(xml.as_bytes().get(start..)?, CDATA_END) {
        let end = start.checked_add(found)?;
        let Some((name, behind)) = closing_tag(xml, end) else { continue };
        if !layouts::is_name_of_any(name) {
            continue;
        }
        let (cost, tail) = read_tail(xml, behind);
        left = left.checked_sub(cost)?;
        if let Some(TailElements { around, kind, head }) = tail
            && can_hold(Place { around, name })
        {
            return Some(Tail { place: Place { around, name }, end, kind, head });
        }
    }
    None
}

/// The elements of a tail, and the element that is open where it begins.
struct TailElements<'a> {
    around: Option<&'a str>,
    kind: Kind<'a>,
    head: HeadSeen,
}

/// Reads whole elements from `at` to the end of the message. Returns how many bytes were read, and the elements if
/// there was nothing else.
fn read_tail(xml: &str, at: usize) -> (usize, Option<TailElements<'_>>) {
    let mut pieces = Pieces::new(xml, at);
    let read = read_elements(&mut pieces).filter(|_| {
        pieces.by_ref().all(|piece| match piece {
            Piece::Text(text) => text.chars().all(is_blank),
            piece => piece == Piece::Aside,
        }) && pieces.is_at_end()
    });
    // A search for an end that is missing goes to the end of the document.
    let to = if read.is_none() && pieces.is_stuck() { xml.len() } else { pieces.at() };
    (to.saturating_sub(at), read)
}

/// Reads up to the end tag of the root.
fn read_elements<'a>(pieces: &mut Pieces<'a>) -> Option<TailElements<'a>> {
    let mut read = TailElements { around: None, kind: Kind::default(), head: HeadSeen::default() };
    let mut open: Vec<&str> = Vec::new();
    loop {
        match pieces.next()? {
            Piece::Start(name) => {
                if open.is_empty() {
                    // An element that occurs twice is refused when the message is read.
                    let _ = read.head.note(Name::of(name));
                }
                push(&mut open, name)?;
            }
            Piece::End(name) => match open.pop() {
                Some(opened) if opened == name => {}
                None if name == "xml" => return Some(read),
                None if read.around.is_none() && layouts::is_around_any(name) => {
                    read =
                        TailElements { around: Some(name), kind: Kind::default(), head: HeadSeen::default() };
                }
                _ => return None,
            },
            Piece::Text(text) | Piece::Cdata(text) => {
                if let [name] = *open.as_slice() {
                    read.kind.note(name, text);
                }
            }
            Piece::Empty(_) | Piece::Aside => {}
        }
    }
}

/// Opens an element, unless it is nested too deeply.
fn push<'a>(open: &mut Vec<&'a str>, name: &'a str) -> Option<()> {
    (open.len() < MAX_DEPTH).then(|| open.push(name))
}
