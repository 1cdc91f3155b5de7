//! Why XML is not well-formed, in our own words: the parser's are only in English.

use roxmltree::{Error, TextPos};

use crate::LocalizedText;
use crate::texts::xml as texts;

/// Why XML could not be read.
#[derive(Debug)]
pub(crate) enum XmlError {
    /// Elements are nested deeper than this.
    TooDeep(usize),
    /// It is not well-formed, or there is a document type declaration.
    Syntax(Error),
}

impl XmlError {
    /// What is wrong, and where.
    pub(crate) fn text(&self) -> LocalizedText {
        let error = match self {
            Self::TooDeep(limit) => return texts::too_deep(*limit),
            Self::Syntax(error) => error,
        };
        let what = match error {
            // These have no position.
            Error::NoRootNode => return texts::no_element(),
            Error::UnclosedRootNode => return texts::unclosed(),
            Error::DtdDetected => return texts::document_type(),
            Error::NodesLimitReached | Error::AttributesLimitReached | Error::NamespacesLimitReached => {
                return texts::too_much();
            }
            Error::UnexpectedEndOfStream => return texts::breaks_off(),
            Error::UnexpectedCloseTag(expected, found, _) => texts::other_end_tag(expected, found),
            Error::UnknownEntityReference(name, _) => texts::unknown_entity(name),
            Error::MalformedEntityReference(_) => texts::bare_ampersand(),
            Error::DuplicatedAttribute(name, _) => texts::attribute_twice(name),
            Error::InvalidAttributeValue(_) => texts::attribute_value(),
            Error::UnknownNamespace(prefix, _) => texts::unknown_prefix(prefix),
            Error::UnexpectedDeclaration(_) => texts::late_declaration(),
            Error::NonXmlChar(char, _) => texts::forbidden_character(u32::from(*char)),
            Error::InvalidCharacterData(_) => texts::cdata_end(),
            Error::InvalidComment(_) => texts::comment(),
            Error::InvalidName(_) => texts::name(),
            Error::InvalidString(expected, _) => texts::expected(expected),
            Error::InvalidChar2("a quote", ..) => texts::attribute_without_quotes(),
            Error::InvalidChar(expected, _, _) => texts::expected(&char::from(*expected).to_string()),
            _ => texts::misplaced(),
        };
        let TextPos { row, col } = error.pos();
        texts::at(row, col, &what)
    }
}

#[cfg(test)]
mod tests {
    use crate::xml::Element;

    #[test]
    fn what_is_wrong_is_told_with_its_place_in_both_languages() {
        for (xml, en, zh) in [
            ("<xml>", "the end tag of the outermost element is missing", "最外层的元素没有结束标签"),
            (
                "<xml>\n<A>1</B></xml>",
                "line 2, column 5: the end tag is </B> and should be </A>",
                "第 2 行第 5 列：结束标签是 </B>，应为 </A>",
            ),
            (
                "<xml>a & b</xml>",
                "line 1, column 8: a bare &: write &amp;, or use CDATA",
                "第 1 行第 8 列：& 没有转义：写成 &amp;，或放进 CDATA",
            ),
            (
                "<xml>&nbsp;</xml>",
                "line 1, column 6: the entity &nbsp; is not defined in XML",
                "第 1 行第 6 列：XML 里没有实体 &nbsp;",
            ),
            (
                "<xml>\u{1}</xml>",
                "line 1, column 6: the character U+0001, which XML does not allow",
                "第 1 行第 6 列：XML 不允许的字符 U+0001",
            ),
            ("<!DOCTYPE xml><xml/>", "there is a document type declaration", "有 DOCTYPE"),
        ] {
            let text = Element::parse(xml).expect_err(xml).text();
            assert_eq!((text.en.as_str(), text.zh.as_str()), (en, zh), "{xml}");
        }
    }

    #[test]
    fn nothing_that_is_malformed_is_told_in_the_words_of_the_parser() {
        for xml in [
            "",
            "x",
            "<",
            "<>",
            "<a",
            "<a b",
            "<a b=",
            "<a b='",
            "<a b='1' b='2'/>",
            "<a></a></a>",
            "<a/><b/>",
            "<a><![CDATA[",
            "<a>]]></a>",
            "<a><!-- -- --></a>",
            "<a><?xml version='1.0'?></a>",
            "<x:a/>",
            "<1/>",
            "<a b='<'/>",
            " <?xml version='1.0'?><a/>",
            "<a>&#0;</a>",
            "<a>&#x;</a>",
        ] {
            let text = Element::parse(xml).expect_err(xml).text();
            assert!(!text.zh.is_ascii(), "{xml}: {text:?}");
            assert!(text.en.is_ascii(), "{xml}: {text:?}");
        }
    }
}
