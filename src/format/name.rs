use crate::swar::{behind, word_at};

/// Elements that the readers tell apart by a number, so that no name is compared twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "they are WeChat's names")]
pub(crate) enum Name {
    // Those of `HEAD`, in its order.
    ToUserName,
    FromUserName,
    CreateTime,
    MsgType,
    MsgId,
    Encrypt,
    // Others that many messages have.
    Content,
    MsgDataId,
    Idx,
    BusinessId,
    /// What an AI bot's pushes have, and no others.
    AibotId,
    /// Any other name.
    Other,
}

impl Name {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "ToUserName" => Self::ToUserName,
            "FromUserName" => Self::FromUserName,
            "CreateTime" => Self::CreateTime,
            "MsgType" => Self::MsgType,
            "MsgId" => Self::MsgId,
            "Encrypt" => Self::Encrypt,
            "Content" => Self::Content,
            "MsgDataId" => Self::MsgDataId,
            "Idx" => Self::Idx,
            "BusinessId" => Self::BusinessId,
            "aibotid" => Self::AibotId,
            _ => Self::Other,
        }
    }

    /// The name of that number.
    #[inline(always)]
    pub(super) const fn numbered(number: u32) -> Self {
        match number {
            0 => Self::ToUserName,
            1 => Self::FromUserName,
            2 => Self::CreateTime,
            3 => Self::MsgType,
            4 => Self::MsgId,
            5 => Self::Encrypt,
            6 => Self::Content,
            7 => Self::MsgDataId,
            8 => Self::Idx,
            9 => Self::BusinessId,
            10 => Self::AibotId,
            _ => Self::Other,
        }
    }

    /// The name of letters, digits and underscores that ends with `>`, and its length. `None` if there is none, or if
    /// fewer than eight bytes are left: no element is that short whose document goes on.
    #[inline(always)]
    pub(super) fn at(xml: &[u8], at: usize) -> Option<(Self, usize)> {
        let word = word_at(xml, at)?;
        let known =
            |name, length: usize, rest: &[u8]| behind(xml, at.wrapping_add(8), rest).map(|_| (name, length));
        let found = match word {
            TO_USER_NAME => known(Self::ToUserName, 10, b"me>"),
            FROM_USER_NAME => known(Self::FromUserName, 12, b"Name>"),
            CREATE_TIME => known(Self::CreateTime, 10, b"me>"),
            MSG_TYPE => Some((Self::MsgType, 7)),
            ENCRYPT => Some((Self::Encrypt, 7)),
            CONTENT => Some((Self::Content, 7)),
            AIBOTID => Some((Self::AibotId, 7)),
            MSG_DATA_ID => known(Self::MsgDataId, 9, b"d>"),
            BUSINESS_ID => known(Self::BusinessId, 10, b"Id>"),
            _ if word & 0xffff_ffff_ffff == MSG_ID => Some((Self::MsgId, 5)),
            _ if word & 0xffff_ffff == IDX => Some((Self::Idx, 3)),
            _ => None,
        };
        found.or_else(|| Some((Self::Other, other_length(xml, at)?)))
    }
}

const TO_USER_NAME: u64 = u64::from_le_bytes(*b"ToUserNa");
const FROM_USER_NAME: u64 = u64::from_le_bytes(*b"FromUser");
const CREATE_TIME: u64 = u64::from_le_bytes(*b"CreateTi");
const MSG_TYPE: u64 = u64::from_le_bytes(*b"MsgType>");
const ENCRYPT: u64 = u64::from_le_bytes(*b"Encrypt>");
const CONTENT: u64 = u64::from_le_bytes(*b"Content>");
const AIBOTID: u64 = u64::from_le_bytes(*b"aibotid>");
const MSG_DATA_ID: u64 = u64::from_le_bytes(*b"MsgDataI");
const BUSINESS_ID: u64 = u64::from_le_bytes(*b"Business");
const MSG_ID: u64 = u64::from_le_bytes(*b"MsgId>\0\0");
const IDX: u64 = u64::from_le_bytes(*b"Idx>\0\0\0\0");

/// The length of a name of letters, digits and underscores, if it ends with `>`.
#[inline(never)]
fn other_length(xml: &[u8], at: usize) -> Option<usize> {
    #[expect(clippy::indexing_slicing, reason = "it runs when it is compiled")]
    static IS_OF_NAME: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
            byte += 1;
        }
        table
    };
    let rest = xml.get(at..)?;
    #[expect(clippy::indexing_slicing, reason = "the table has an entry for every byte")]
    let length = rest.iter().position(|byte| !IS_OF_NAME[usize::from(*byte)])?;
    (length > 0 && rest.get(length) == Some(&b'>')).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::super::HEAD;
    use super::*;

    const OTHERS: [&str; 5] = ["Content", "MsgDataId", "Idx", "BusinessId", "aibotid"];

    fn at(text: &str) -> Option<(Name, usize)> {
        Name::at(text.as_bytes(), 0)
    }

    #[test]
    fn the_names_of_the_head_come_first() {
        for (index, name) in HEAD.iter().enumerate() {
            assert_eq!(Name::of(name) as usize, index);
        }
        assert!(OTHERS.iter().all(|name| Name::of(name) as usize >= HEAD.len()));
        assert!((0..=Name::Other as u32).all(|number| Name::numbered(number) as u32 == number));
    }

    #[test]
    fn a_name_is_the_same_wherever_it_is_read() {
        for name in HEAD.iter().chain(&OTHERS) {
            assert_eq!(at(&format!("{name}></xml>")), Some((Name::of(name), name.len())), "{name}");
            for other in [&name[1..], &name[..name.len() - 1], &format!("{name}x"), &name.to_uppercase()] {
                assert_eq!(Name::of(other), Name::Other);
                assert_eq!(at(&format!("{other}></xml>")), Some((Name::Other, other.len())), "{other}");
            }
            for wrong in [format!("{name} ></xml>"), format!("{name}/></xml>"), format!("{name}\0></xml>")] {
                assert_eq!(at(&wrong), None, "{wrong}");
            }
        }
    }

    #[test]
    fn a_name_has_letters_digits_and_underscores_alone() {
        for byte in 0..128_u8 {
            let is_of_name = byte.is_ascii_alphanumeric() || byte == b'_';
            let name = format!("a{}", char::from(byte));
            let found = at(&format!("{name}>12345678"));
            let expected =
                if byte == b'>' { Some((Name::Other, 1)) } else { is_of_name.then_some((Name::Other, 2)) };
            assert_eq!(found, expected, "{byte:#x}");
        }
        assert_eq!(at(">12345678"), None);
        assert_eq!(at("名>12345678"), None);
    }
}
