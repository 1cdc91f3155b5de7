//! The signature: SHA-1 over the byte-sorted parts with nothing between them (protocol: sort, concatenate,
//! lower-case hex), compared in constant time; and the digests that a store uses as keys. Nothing else touches
//! `sha1` or `subtle`.

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// The twenty bytes of a signature.
#[derive(Clone, Copy)]
pub(crate) struct Signature([u8; 20]);

impl Signature {
    /// Signs `parts`: token, timestamp, nonce and what was encrypted, in any order. Where nothing was encrypted the
    /// last is empty, which adds nothing.
    pub(crate) fn of(mut parts: [&str; 4]) -> Self {
        parts.sort_unstable_by(|one, two| start(one).cmp(&start(two)).then_with(|| one.cmp(two)));
        let mut sha1 = Sha1::new();
        for part in parts {
            sha1.update(part);
        }
        Self(sha1.finalize().into())
    }

    /// Reads forty lower-case hexadecimal digits, as WeChat writes them. Anything else is no signature, so
    /// that each signature has one spelling.
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let digits: &[u8; 40] = hex.as_bytes().try_into().ok()?;
        let (pairs, _) = digits.as_chunks::<2>();
        let (mut bytes, mut all) = ([0; 20], 0);
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = (NIBBLES[usize::from(*high)], NIBBLES[usize::from(*low)]);
            all |= high | low;
            *byte = high << 4 | low & 15;
        }
        (all < NO_DIGIT).then_some(Self(bytes))
    }

    pub(crate) fn push_hex(self, out: &mut String) {
        push_hex(&self.0, out);
    }

    pub(crate) const fn bytes(self) -> [u8; 20] {
        self.0
    }

    /// Takes the same time whatever differs.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The first eight bytes, as a number that is in order as they are. They tell most parts apart.
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
    let mut sha1 = Sha1::new();
    for part in parts {
        sha1.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        sha1.update(part);
    }
    sha1.finalize().into()
}

/// Forty lower-case digits.
pub(crate) fn push_hex(bytes: &[u8; 20], out: &mut String) {
    let digit = |nibble| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
    let digits = bytes.map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    out.push_str(str::from_utf8(digits.as_flattened()).unwrap_or_default());
}

const NO_DIGIT: u8 = 16;

/// The value of each lower-case hexadecimal digit.
static NIBBLES: [u8; 256] = {
    let mut nibbles = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        nibbles[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    nibbles
};

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
}
