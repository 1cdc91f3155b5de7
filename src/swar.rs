//! Searches in texts that mostly are so short that to set up a search takes longer than the search. They take eight or
//! sixteen bytes at a time.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

/// The eight bytes at `at`, the first one lowest.
#[inline(always)]
pub(crate) fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// The position behind `part`, which is expected at `at`.
#[inline(always)]
pub(crate) fn behind(bytes: &[u8], at: usize, part: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(part).then(|| at.wrapping_add(part.len()))
}

/// Whether the `length` bytes at `one` are those at `two`.
#[inline(always)]
pub(crate) fn is_repeated(bytes: &[u8], one: usize, two: usize, length: usize) -> bool {
    let words = |skipped: usize| {
        let (one, two) = (one.wrapping_add(skipped), two.wrapping_add(skipped));
        word_at(bytes, one).zip(word_at(bytes, two))
    };
    match words(0) {
        Some((one, two)) if (1..=8).contains(&length) => {
            (one ^ two).wrapping_shl(64_u32.wrapping_sub(8_u32.wrapping_mul(length as u32))) == 0
        }
        Some((one, two)) if (9..=16).contains(&length) => {
            one == two && words(length.wrapping_sub(8)).is_some_and(|(one, two)| one == two)
        }
        _ => is_repeated_anywhere(bytes, one, two, length),
    }
}

#[cold]
fn is_repeated_anywhere(bytes: &[u8], one: usize, two: usize, length: usize) -> bool {
    let part = |start: usize| bytes.get(start..start.checked_add(length)?);
    part(one).is_some_and(|one| part(two) == Some(one))
}

/// The position of the first `one` or `other` from `from` on.
#[inline(always)]
pub(crate) fn find(bytes: &[u8], from: usize, one: u8, other: u8) -> Option<usize> {
    const SHORT: usize = 4;
    let mut rest = bytes.get(from..)?;
    for _ in 0..SHORT {
        let at = bytes.len().wrapping_sub(rest.len());
        let Some((step, behind)) = rest.split_first_chunk::<16>() else {
            return find_at_end(bytes, at, one, other);
        };
        if has(step, one) || (other != one && has(step, other)) {
            let (words, _) = step.as_chunks::<8>();
            let [low, high] = words else { return None };
            let found = marks(u64::from_le_bytes(*low), one, other);
            if found != 0 {
                return Some(at.wrapping_add(found.trailing_zeros() as usize / 8));
            }
            let found = marks(u64::from_le_bytes(*high), one, other);
            return Some(at.wrapping_add(8).wrapping_add(found.trailing_zeros() as usize / 8));
        }
        rest = behind;
    }
    let found = if one == other { memchr::memchr(one, rest) } else { memchr::memchr2(one, other, rest) };
    Some(bytes.len().wrapping_sub(rest.len()).wrapping_add(found?))
}

/// The compiler turns this into three vector instructions. (With two bytes to look for it does not.)
#[inline(always)]
fn has(step: &[u8; 16], wanted: u8) -> bool {
    step.iter().fold(false, |any, byte| any | (*byte == wanted))
}

/// As [`find`], in fewer than sixteen bytes.
#[inline(always)]
fn find_at_end(bytes: &[u8], mut at: usize, one: u8, other: u8) -> Option<usize> {
    if let Some(word) = word_at(bytes, at) {
        let found = marks(word, one, other);
        if found != 0 {
            return Some(at.wrapping_add(found.trailing_zeros() as usize / 8));
        }
        at = at.wrapping_add(8);
    }
    let found = bytes.get(at..)?.iter().position(|byte| *byte == one || *byte == other)?;
    Some(at.wrapping_add(found))
}

/// Marks the bytes that are `one` or `other` by their highest bit. Above the first mark others may be wrong.
#[inline(always)]
const fn marks(word: u64, one: u8, other: u8) -> u64 {
    zeros(word ^ repeated(one)) | zeros(word ^ repeated(other))
}

const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(repeated(1)) & !word & repeated(0x80)
}

/// A word of eight times that byte.
pub(crate) const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The position behind the decimal digits at `at`.
#[inline(always)]
pub(crate) fn skip_digits(bytes: &[u8], mut at: usize) -> usize {
    while word_at(bytes, at).is_some_and(|word| {
        let (above, below) = (word.wrapping_add(repeated(0x46)), word.wrapping_sub(repeated(b'0')));
        (above | below) & repeated(0x80) == 0
    }) {
        at = at.wrapping_add(8);
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at = at.wrapping_add(1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_wherever_it_is() {
        for before in 0..100 {
            for behind in [0, 3, 9, 40] {
                let text = format!("{}]x\r{}", "\u{80}".repeat(before), "x".repeat(behind));
                for from in 0..=2 * before {
                    assert_eq!(find(text.as_bytes(), from, b']', b'\r'), Some(2 * before));
                    assert_eq!(find(text.as_bytes(), from, b'\r', b'\r'), Some(2 * before + 2));
                    assert_eq!(find(text.as_bytes(), from, b'\\', b'['), None);
                }
                assert_eq!(find(text.as_bytes(), 2 * before + 1, b']', b'\r'), Some(2 * before + 2));
                assert_eq!(find(text.as_bytes(), text.len() + 1, b']', b'\r'), None);
            }
        }
    }

    #[test]
    fn digits_end_at_any_other_byte() {
        for digits in 0..30 {
            for other in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit()) {
                let mut text = b"0918273645".repeat(3)[..digits].to_vec();
                text.push(other);
                text.extend(b"0123456789");
                assert_eq!(skip_digits(&text, 0), digits, "{other:#x}");
            }
        }
    }

    #[test]
    fn bytes_are_repeated_if_none_differs() {
        for length in 1..40 {
            for behind in [0, 1, 20] {
                let part: Vec<u8> = (0..length).map(|byte| b'a' + byte).collect();
                let text = [part.as_slice(), b"-", &part, &vec![b'.'; behind]].concat();
                let length = usize::from(length);
                assert!(is_repeated(&text, 0, length + 1, length));
                assert!(!is_repeated(&text, 0, length + 2, length));
                for at in 0..length {
                    let mut other = text.clone();
                    other[length + 1 + at] ^= 0x80;
                    assert!(!is_repeated(&other, 0, length + 1, length), "{length}: {at}");
                }
            }
        }
    }
}
