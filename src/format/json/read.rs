//! Reads JSON as elements: an object's members are elements, and an array repeats the element that it is the value of.
//!
//! It keeps a list of what is open, which the limits keep short, so no input makes it call itself.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::document::TextRange;
use super::scan::{Scanner, Written};
use super::{HEAD, HeadSeen, JsonError, Limit, MAX_DEPTH, MAX_ELEMENTS, Name, is_blank};

/// Takes the elements of JSON, in its order.
pub(super) trait Sink<'a> {
    /// The name of a member. Every element of that member is given it.
    fn name(&mut self, key: Key<'a>) -> Result<TextRange, Stop>;

    /// Starts an element that may hold elements: those that are added before it is closed.
    fn open(&mut self, name: ElementName) -> Result<usize, Stop>;

    /// Ends the element that `open` has returned.
    fn close(&mut self, index: usize);

    /// Adds an element that holds a text.
    fn leaf(&mut self, name: ElementName, text: Written<'a>) -> Result<(), Stop>;
}

/// Why reading ends early.
pub(super) enum Stop {
    Refused(JsonError),
    /// The sink takes no escapes.
    Escaped,
}

impl<E: Into<JsonError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// The name of a member: without white space around it, and as WeChat spells it if it is one of the head.
pub(super) struct Key<'a> {
    pub(super) name: Cow<'a, str>,
    /// Where exactly this is in the JSON. `None` if it is not there.
    pub(super) start: Option<usize>,
}

/// The name of an element.
#[derive(Clone, Copy)]
pub(super) struct ElementName {
    pub(super) range: TextRange,
    pub(super) known: Name,
}

/// Reads all of `json` into `sink`.
pub(super) fn read<'a>(json: &'a str, sink: &mut impl Sink<'a>) -> Result<(), Stop> {
    let start = if json.starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let mut scanner = Scanner::new(json, start);
    match scanner.peek() {
        Some(b'{') => {}
        Some(b'<') => return Err(JsonError::Xml.into()),
        _ => return Err(JsonError::Root.into()),
    }
    let mut reader =
        Reader { scanner, sink, open: SmallVec::new(), depth: 0, elements: 0, seen: HeadSeen::default() };
    reader.scanner.expect(b'{')?;
    reader.push(None, None);
    while reader.step()? {}
    match reader.scanner.peek() {
        None => Ok(()),
        Some(_) => Err(reader.scanner.malformed().into()),
    }
}

const BOM: char = '\u{feff}';

struct Reader<'a, 's, S> {
    scanner: Scanner<'a>,
    sink: &'s mut S,
    /// The objects and arrays that are open, from the root on.
    open: SmallVec<[Open; 4]>,
    /// How many elements are open.
    depth: usize,
    elements: usize,
    seen: HeadSeen,
}

/// An open object or array.
#[derive(Clone, Copy)]
struct Open {
    /// The element that it is. The root is none, and an array is one only directly inside of another.
    element: Option<usize>,
    /// What the items of an array are named. An object has none.
    items: Option<ElementName>,
    is_empty: bool,
}

impl<'a, S: Sink<'a>> Reader<'a, '_, S> {
    /// Reads a member, an item, or the end of an object or array. Returns `false` behind the end of the root.
    fn step(&mut self) -> Result<bool, Stop> {
        let is_under_root = self.open.len() == 1;
        let Some(open) = self.open.last_mut() else { return Ok(false) };
        let Open { items, is_empty, .. } = *open;
        let end = if items.is_some() { b']' } else { b'}' };
        if self.scanner.take(end) {
            self.close();
            return Ok(true);
        }
        if !is_empty {
            self.scanner.expect(b',')?;
            // A comma behind the last one is on a page of Tencent's.
            if self.scanner.take(end) {
                self.close();
                return Ok(true);
            }
        }
        open.is_empty = false;
        let Some(name) = items else {
            let name = self.member(is_under_root)?;
            self.value(name, false)?;
            return Ok(true);
        };
        if !is_empty && self.open.len() == 2 {
            // The name is noted already: an element of the head has one item.
            self.seen.note(name.known)?;
        }
        self.value(name, true)?;
        Ok(true)
    }

    /// The name of a member, and the colon.
    fn member(&mut self, is_under_root: bool) -> Result<ElementName, Stop> {
        if self.scanner.peek() != Some(b'"') {
            return Err(self.scanner.malformed().into());
        }
        let written = self.scanner.string()?;
        self.scanner.expect(b':')?;
        let mut key = Key::of(written);
        let mut known = Name::of(&key.name);
        if is_under_root {
            if known == Name::Other
                && let Some(head) = HEAD.into_iter().find(|head| head.eq_ignore_ascii_case(&key.name))
            {
                // Tencent's samples for WeCom have names in lower case.
                key = Key { name: Cow::Borrowed(head), start: None };
                known = Name::of(head);
            }
            self.seen.note(known)?;
        }
        Ok(ElementName { range: self.sink.name(key)?, known })
    }

    /// A value, which may only begin.
    fn value(&mut self, name: ElementName, is_item: bool) -> Result<(), Stop> {
        match self.scanner.peek() {
            Some(b'{') => {
                self.scanner.expect(b'{')?;
                let index = self.open_element(name)?;
                self.push(Some(index), None);
            }
            Some(b'[') => {
                self.scanner.expect(b'[')?;
                let index = if is_item { Some(self.open_element(name)?) } else { None };
                self.push(index, Some(name));
            }
            Some(b'"') => {
                let text = self.scanner.string()?;
                self.leaf(name, text)?;
            }
            _ => {
                let text = self.scanner.word()?;
                self.leaf(name, text)?;
            }
        }
        Ok(())
    }

    fn leaf(&mut self, name: ElementName, text: Written<'a>) -> Result<(), Stop> {
        self.count()?;
        self.sink.leaf(name, text)
    }

    fn open_element(&mut self, name: ElementName) -> Result<usize, Stop> {
        self.count()?;
        self.depth = self.depth.saturating_add(1);
        self.sink.open(name)
    }

    /// Checks that there is room for one more element.
    fn count(&mut self) -> Result<(), Limit> {
        if self.depth >= MAX_DEPTH {
            return Err(Limit::Depth);
        }
        if self.elements >= MAX_ELEMENTS {
            return Err(Limit::Elements);
        }
        self.elements = self.elements.saturating_add(1);
        Ok(())
    }

    fn push(&mut self, element: Option<usize>, items: Option<ElementName>) {
        self.open.push(Open { element, items, is_empty: true });
    }

    fn close(&mut self) {
        if let Some(Open { element: Some(index), .. }) = self.open.pop() {
            self.depth = self.depth.saturating_sub(1);
            self.sink.close(index);
        }
    }
}

impl<'a> Key<'a> {
    fn of(written: Written<'a>) -> Self {
        match written.decoded() {
            Cow::Owned(name) => {
                Self { name: Cow::Owned(name.trim_matches(is_blank).to_owned()), start: None }
            }
            Cow::Borrowed(name) => {
                let trimmed = name.trim_start_matches(is_blank);
                let start = written.start.saturating_add(name.len().saturating_sub(trimmed.len()));
                Self { name: Cow::Borrowed(trimmed.trim_end_matches(is_blank)), start: Some(start) }
            }
        }
    }
}
