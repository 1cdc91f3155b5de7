//! A tree in JSON, or any format of serde: a list of `{"name": …, "text": …}` and `{"name": …, "fields": […]}`.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::{Cursor, Draft, Tree};

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

impl Serialize for Cursor<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename = "Field")]
        struct Written<'a> {
            name: &'a str,
            #[serde(skip_serializing_if = "str::is_empty")]
            text: &'a str,
            #[serde(skip_serializing_if = "is_empty")]
            fields: Cursor<'a>,
        }
        fn is_empty(fields: &Cursor<'_>) -> bool {
            fields.is_empty()
        }
        serializer.collect_seq(self.map(|element| Written {
            name: element.name(),
            text: element.text(),
            fields: element.children(),
        }))
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(&Vec::<Draft>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::MAX_DEPTH;

    #[test]
    fn a_tree_reads_back_from_its_json() {
        for xml in ["<xml/>", "<xml><A>1</A><A/><L><I><N> x </N></I><I>2</I></L></xml>"] {
            let tree = Tree::parse(xml).expect("XML");
            let json = serde_json::to_string(&tree).expect("JSON");
            assert!(serde_json::from_str::<Tree>(&json).expect("a tree") == tree, "{json}");
        }
    }

    #[test]
    fn its_json_is_names_with_texts_or_fields() {
        let tree = Tree::parse("<xml><A>1</A><B/><L><I>2</I></L></xml>").expect("XML");
        let json = serde_json::to_string(&tree).expect("JSON");
        let expected =
            r#"[{"name":"A","text":"1"},{"name":"B"},{"name":"L","fields":[{"name":"I","text":"2"}]}]"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_tree_too_deep_is_refused() {
        let nested = |depth| {
            (0..depth).fold("[]".to_owned(), |inner, _| format!(r#"[{{"name":"a","fields":{inner}}}]"#))
        };
        assert!(serde_json::from_str::<Tree>(&nested(MAX_DEPTH)).is_ok());
        assert!(serde_json::from_str::<Tree>(&nested(MAX_DEPTH + 1)).is_err());
    }
}
