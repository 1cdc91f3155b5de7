//! The signature: SHA-1 over the byte-sorted parts with nothing between them (protocol: sort, concatenate,
//! lower-case hex), compared in constant time; and the digests that a store uses as keys. Nothing else touches
//! `sha1` or `subtle`.

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use crate::swar::repeated;

/// The twenty bytes of a signature.
#[derive(Clone, Copy)]
pub(crate) struct Signature([u8; 20]);

impl Signature {
    /// Signs `parts`: token, timestamp, nonce and what was encrypted, in any order. Where nothing was encrypted the
    /// last is empty, which adds nothing.
    pub(crate) fn of(parts: [&str; 4]) -> Self {
        let mut sha1 = Sha1::new();
        for (_, part) in sorted(parts.map(|part| (start(part), part))) {
            sha1.update(part);
        }
        Self(sha1.finalize().into())
    }

    /// Reads forty lower-case hexadecimal digits, as WeChat writes them. Anything else is no signature, so
    /// that each signature has one spelling.
    #[inline]
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let digits: &[u8; 40] = hex.as_bytes().try_into().ok()?;
        let (words, _) = digits.as_chunks::<8>();
        let (mut bytes, mut is_hex) = ([0; 20], true);
        for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            let word = u64::from_le_bytes(*word);
            is_hex &= are_digits(word);
            *bytes = values(word).to_le_bytes();
        }
        is_hex.then_some(Self(bytes))
    }

    pub(crate) fn push_hex(self, out: &mut String) {
        push_hex(&self.0, out);
    }

    pub(crate) const fn bytes(self) -> [u8; 20] {
        self.0
    }

    /// Takes the same time whatever differs.
    #[inline]
    pub(crate) fn matches(&self, other: &Self) -> bool {
        let (words, other) = (self.words(), other.words());
        let differences = words.iter().zip(&other).fold(0, |all, (word, other)| all | (word ^ other));
        differences.ct_eq(&0).into()
    }

    /// The bytes in words, the last of which is half empty.
    fn words(&self) -> [u64; 3] {
        let mut bytes = [0; 24];
        bytes[..20].copy_from_slice(&self.0);
        let (words, _) = bytes.as_chunks();
        [0, 1, 2].map(|index: usize| u64::from_le_bytes(words[index]))
    }
}

/// Sorts parts of which each has the first eight bytes beside it.
#[inline]
fn sorted(mut parts: [(u64, &str); 4]) -> [(u64, &str); 4] {
    for (one, two) in [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)] {
        // The starts tell most parts apart.
        let is_after = parts[one].0 > parts[two].0;
        if is_after || (parts[one].0 == parts[two].0 && parts[one].1 > parts[two].1) {
            parts.swap(one, two);
        }
    }
    parts
}

/// Whether all eight bytes are lower-case hexadecimal digits.
const fn are_digits(word: u64) -> bool {
    // The highest bit of each byte says whether it is at least `limit`; no sum of two bytes below 128 goes beyond its
    // own.
    const fn at_least(word: u64, limit: u8) -> u64 {
        word.wrapping_add(repeated(0x80 - limit))
    }
    let is_decimal = at_least(word, b'0') & !at_least(word, b'9' + 1);
    let is_letter = at_least(word, b'a') & !at_least(word, b'f' + 1);
    (is_decimal | is_letter) & !word & repeated(0x80) == repeated(0x80)
}

/// The four bytes that eight hexadecimal digits say, the first one lowest.
const fn values(digits: u64) -> u32 {
    let is_letter = digits >> 6 & repeated(1);
    let nibbles = (digits & repeated(15)) + 9 * is_letter;
    // From here on each step puts two neighbours together.
    let bytes = (nibbles << 4 | nibbles >> 8) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    (pairs | pairs >> 16) as u32
}

/// The first eight bytes, as a number that is in order as they are. They tell most parts apart.
#[inline]
fn start(part: &str) -> u64 {
    let mut start = [0; 8];
    match part.as_bytes().first_chunk() {
        Some(first) => start = *first,
        None => start[..part.len()].copy_from_slice(part.as_bytes()),
    }
    u64::from_be_bytes(start)
}

/// One digest of several parts. Unlike in a signature each has its place and its length counts, so that nothing can
/// move from one to the next.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 20] {
    framed(parts).0.finalize().into()
}

/// The hash of the parts, each behind its length, and how many bytes that are.
fn framed(parts: &[&[u8]]) -> (Sha1, usize) {
    let (mut sha1, mut length) = (Sha1::new(), 0);
    for part in parts {
        let frame = u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
        sha1.update(frame);
        sha1.update(part);
        length += frame.len() + part.len();
    }
    (sha1, length)
}

/// What digests begin with, hashed once.
#[derive(Clone)]
pub(crate) struct Prefix(Sha1);

impl Prefix {
    /// Fills a whole number of SHA-1's blocks of 64 bytes.
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        let (mut sha1, length) = framed(parts);
        sha1.update(&[0; 64][length % 64..]);
        Self(sha1)
    }

    /// The digest of it and of `rest`. What tells the parts of `rest` apart is the caller's part.
    pub(crate) fn digest(&self, rest: &[&[u8]]) -> [u8; 20] {
        let mut sha1 = self.0.clone();
        for part in rest {
            sha1.update(part);
        }
        sha1.finalize().into()
    }
}

/// Forty lower-case digits.
pub(crate) fn push_hex<const N: usize>(bytes: &[u8; N], out: &mut String) {
    let digit = |nibble| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
    let digits = bytes.map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    out.push_str(str::from_utf8(digits.as_flattened()).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(signature: Signature) -> String {
        let mut hex = String::new();
        signature.push_hex(&mut hex);
        hex
    }

    #[test]
    fn the_official_example_is_reproduced() {
        let signature = Signature::of(["AAAAA", "1714036504", "1514711492", ""]);
        assert_eq!(hex(signature), "f464b24fc39322e44b38aa78f5edd27bd1441696");
    }

    #[test]
    fn hex_reads_back() {
        let text = "f464b24fc39322e44b38aa78f5edd27bd1441696";
        let signature = Signature::from_hex(text).expect("forty digits");
        assert_eq!(hex(signature), text);
        assert!(signature.matches(&Signature::of(["1714036504", "", "AAAAA", "1514711492"])));
    }

    /// `==` ends at the first byte that differs. This compiles only as long as no signature has it.
    #[test]
    fn t2_signatures_have_no_other_comparison() {
        struct Comparable;
        trait NotComparable<Ambiguous> {
            fn holds() {}
        }
        impl<T> NotComparable<()> for T {}
        impl<T: PartialEq> NotComparable<Comparable> for T {}
        <Signature as NotComparable<_>>::holds();
    }

    #[test]
    fn every_one_bit_flip_differs() {
        let right = Signature::of(["a", "b", "c", "d"]);
        for bit in 0..160 {
            let mut wrong = right;
            wrong.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!wrong.matches(&right), "bit {bit}");
        }
    }

    #[test]
    fn anything_but_forty_lower_case_digits_is_no_signature() {
        let right = "f464b24fc39322e44b38aa78f5edd27bd1441696";
        for length in 0..40 {
            assert!(Signature::from_hex(&right[..length]).is_none(), "{length} digits");
        }
        for wrong in [format!("{right}0"), right.to_uppercase(), right.replace('f', "g"), "ä".repeat(20)] {
            assert!(Signature::from_hex(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn each_digit_is_read_as_its_value_wherever_it_is() {
        for at in 0..40 {
            for byte in 0..=u8::MAX {
                let mut digits = *b"f464b24fc39322e44b38aa78f5edd27bd1441696";
                digits[at] = byte;
                let value = b"0123456789abcdef".iter().position(|digit| *digit == byte);
                // Two bytes beside each other make a letter of bytes above 127.
                let Ok(text) = str::from_utf8(&digits) else { continue };
                let read = Signature::from_hex(text)
                    .map(|read| usize::from(read.0[at / 2] >> (4 * ((at + 1) % 2)) & 15));
                assert_eq!(read, value, "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn no_byte_above_127_hides_a_wrong_digit() {
        for byte in 0x80..=u8::MAX {
            for other in 0..=u8::MAX {
                for at in 0..7 {
                    let mut word = *b"09af09af";
                    (word[at], word[at + 1]) = (byte, other);
                    assert!(!are_digits(u64::from_le_bytes(word)), "{byte:#x} {other:#x} at {at}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_parts_does_not_count() {
        for parts in [
            ["a", "b", "c", "d"],
            ["", "x", "xx", "xxx"],
            ["12345678b", "12345678a", "12345678", "1"],
            ["b", "", "b", "a\0"],
        ] {
            let mut sorted = parts;
            sorted.sort_unstable();
            let expected = hex(Signature::of([&sorted.concat(), "", "", ""]));
            for order in 0..256 {
                let order = [order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6];
                if (0..4).all(|index| order.contains(&index)) {
                    assert_eq!(
                        hex(Signature::of(order.map(|index: usize| parts[index]))),
                        expected,
                        "{parts:?}"
                    );
                }
            }
        }
    }
}
