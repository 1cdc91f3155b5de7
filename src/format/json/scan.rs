//! The words of JSON: strings, numbers, literals, and the blanks between them.

use std::borrow::Cow;

use super::{JsonError, is_blank};
use crate::swar::{behind, find, skip_digits};

/// The part of a JSON text that was not read.
#[derive(Clone)]
pub(super) struct Scanner<'a> {
    json: &'a str,
    at: usize,
}

/// What is between the quotes of a string, or a number or word as it is written.
#[derive(Clone, Copy, Default)]
pub(super) struct Written<'a> {
    pub(super) text: &'a str,
    /// Where it starts in the JSON.
    pub(super) start: usize,
    /// Whether there are escapes in it. They are well-formed.
    pub(super) is_escaped: bool,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(json: &'a str, at: usize) -> Self {
        Self { json, at }
    }

    pub(super) fn malformed(&self) -> JsonError {
        JsonError::Malformed { position: self.at as u64 }
    }

    /// The byte behind the white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.json.as_bytes().get(self.at).copied()?;
            count_steps(0);
            if !is_blank(char::from(byte)) {
                return Some(byte);
            }
            self.skip(1);
        }
    }

    /// Whether `wanted` is behind the white space. If so, it is read.
    #[inline]
    pub(super) fn take(&mut self, wanted: u8) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.skip(1);
        }
        is_there
    }

    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), JsonError> {
        if self.take(wanted) { Ok(()) } else { Err(self.malformed()) }
    }

    #[inline]
    fn skip(&mut self, bytes: usize) {
        count_steps(bytes);
        self.at = self.at.saturating_add(bytes);
    }

    fn from(&self, start: usize) -> Written<'a> {
        Written { text: self.json.get(start..self.at).unwrap_or_default(), start, is_escaped: false }
    }

    /// A string, whose opening quote was peeked.
    pub(super) fn string(&mut self) -> Result<Written<'a>, JsonError> {
        self.skip(1);
        let (start, mut is_escaped) = (self.at, false);
        loop {
            let bytes = self.json.as_bytes();
            let end = find(bytes, self.at, b'"', b'\\').unwrap_or(bytes.len());
            let plain = bytes.get(self.at..end).unwrap_or_default();
            count_steps(plain.len());
            if has_control(plain) {
                self.skip(plain.iter().position(|byte| *byte < b' ').unwrap_or_default());
                return Err(self.malformed());
            }
            self.at = end;
            if behind(bytes, end, b"\"").is_some() {
                let text = self.from(start);
                self.skip(1);
                return Ok(Written { is_escaped, ..text });
            }
            self.escape()?;
            is_escaped = true;
        }
    }

    /// Checks an escape.
    fn escape(&mut self) -> Result<(), JsonError> {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        let length = match rest {
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', b'u', digits @ ..] => {
                let digits = digits.first_chunk::<4>();
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.malformed());
                }
                6
            }
            _ => return Err(self.malformed()),
        };
        self.skip(length);
        Ok(())
    }

    /// A number, `true`, `false` or `null`. The last has no text.
    pub(super) fn word(&mut self) -> Result<Written<'a>, JsonError> {
        let start = self.at;
        for word in ["true", "false", "null"] {
            if let Some(end) = behind(self.json.as_bytes(), start, word.as_bytes()) {
                self.at = end;
                return Ok(if word == "null" {
                    Written { start, ..Written::default() }
                } else {
                    self.from(start)
                });
            }
        }
        self.number()?;
        Ok(self.from(start))
    }

    fn number(&mut self) -> Result<(), JsonError> {
        self.optional(b"-");
        if !self.optional(b"0") {
            self.digits()?;
        }
        if self.optional(b".") {
            self.digits()?;
        }
        if self.optional(b"eE") {
            self.optional(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    /// Whether the next byte is one of these. If so, it is read.
    fn optional(&mut self, bytes: &[u8]) -> bool {
        let is_there = self.json.as_bytes().get(self.at).is_some_and(|byte| bytes.contains(byte));
        if is_there {
            self.skip(1);
        }
        is_there
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), JsonError> {
        let end = skip_digits(self.json.as_bytes(), self.at);
        count_steps(end.saturating_sub(self.at));
        if end == self.at {
            return Err(self.malformed());
        }
        self.at = end;
        Ok(())
    }
}

/// Lets tests count what is read: bytes, and each look at one.
#[inline]
fn count_steps(_bytes: usize) {
    #[cfg(test)]
    super::tests::STEPS.set(super::tests::STEPS.get().saturating_add(_bytes).saturating_add(1));
}

/// Without an early end, so that the compiler turns it into vector code.
fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |any, byte| any | (*byte < b' '))
}

impl<'a> Written<'a> {
    /// The text. It is copied if it has escapes.
    pub(super) fn decoded(self) -> Cow<'a, str> {
        if !self.is_escaped {
            return Cow::Borrowed(self.text);
        }
        let mut text = String::with_capacity(self.text.len());
        self.unescape(|part| text.push_str(part));
        Cow::Owned(text)
    }

    /// Calls `push` with the parts of the text, in which escapes are replaced. Half a surrogate pair becomes U+FFFD.
    pub(super) fn unescape(self, mut push: impl FnMut(&str)) {
        let mut rest = self.text;
        count_steps(rest.len());
        while let Some((plain, escape)) = rest.split_once('\\') {
            push(plain);
            let mut chars = escape.chars();
            let simple = match chars.next() {
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    let (char, behind) = unicode(chars.as_str());
                    push(char.encode_utf8(&mut [0; 4]));
                    rest = behind;
                    continue;
                }
                Some(itself) => itself,
                None => break,
            };
            push(simple.encode_utf8(&mut [0; 4]));
            rest = chars.as_str();
        }
        push(rest);
    }
}

/// The character whose escape goes on with `digits`, and what is behind it.
fn unicode(digits: &str) -> (char, &str) {
    let (unit, rest) = code_unit(digits);
    let pair = rest.strip_prefix("\\u").map(code_unit);
    if let Some((low, behind)) = pair
        && let Some(Ok(char)) = char::decode_utf16([unit, low]).next()
        && char.len_utf16() == 2
    {
        return (char, behind);
    }
    (char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

/// The number of four hexadecimal digits, and what is behind them.
fn code_unit(digits: &str) -> (u16, &str) {
    let (digits, rest) = digits.split_at_checked(4).unwrap_or((digits, ""));
    (u16::from_str_radix(digits, 16).unwrap_or_default(), rest)
}
