//! A tree in JSON, or any format of serde that describes itself: a list with `name`, `[name, text]` or `[name, "",
//! [elements]]` for each element. Also read are `[name]`, `{"name": …, "text": …}` and `{"name": …, "fields": […]}`.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::document::TextRange;
use super::growing::Growing;
use super::{Cursor, Element, Limit, MAX_DEPTH, Tree};

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root().serialize(serializer)
    }
}

impl Serialize for Cursor<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(*self)
    }
}

/// As short as can be, so that the JSON of many small elements is not much longer than their XML.
impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has_fields = !self.children().is_empty();
        if !has_fields && !self.has_text() {
            return serializer.serialize_str(self.name());
        }
        let length = if has_fields { 3 } else { 1_usize.saturating_add(usize::from(self.has_text())) };
        let mut parts = serializer.serialize_seq(Some(length))?;
        parts.serialize_element(self.name())?;
        if length > 1 {
            parts.serialize_element(self.text())?;
        }
        if has_fields {
            parts.serialize_element(&self.children())?;
        }
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut tree = Growing::default();
        deserializer.deserialize_seq(List { tree: &mut tree, depth: 1 })?;
        Ok(tree.finish())
    }
}

/// Reads elements into a tree, where they stay.
struct List<'t> {
    tree: &'t mut Growing,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(One { tree: self.tree, depth: self.depth })?.is_some() {}
        Ok(())
    }
}

/// Reads one element into a tree.
struct One<'t> {
    tree: &'t mut Growing,
    depth: usize,
}

impl One<'_> {
    fn open<E: Error>(&mut self) -> Result<usize, E> {
        if self.depth > MAX_DEPTH {
            return Err(E::custom(Limit::Depth));
        }
        self.tree.open_unnamed().map_err(E::custom)
    }

    fn fields(&mut self) -> List<'_> {
        List { tree: self.tree, depth: self.depth.saturating_add(1) }
    }
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element")
    }

    fn visit_str<E: Error>(mut self, name: &str) -> Result<(), E> {
        let index = self.open()?;
        self.tree.set_name(index, name).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut parts: A) -> Result<(), A::Error> {
        let index = self.open()?;
        if parts.next_element_seed(Named { tree: self.tree, index })?.is_none() {
            return Err(Error::invalid_length(0, &self));
        }
        let text = parts.next_element_seed(Appended(self.tree))?.unwrap_or_default();
        if parts.next_element_seed(self.fields())?.is_some() && parts.next_element::<IgnoredAny>()?.is_some()
        {
            return Err(Error::invalid_length(4, &self));
        }
        self.tree.close(index, text);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(field_identifier, rename_all = "lowercase")]
        enum Key {
            Name,
            Text,
            Fields,
            #[serde(other)]
            Other,
        }
        let index = self.open()?;
        let (mut has_name, mut text, mut has_fields) = (false, None, false);
        while let Some(key) = map.next_key()? {
            match key {
                Key::Name if has_name => return Err(Error::duplicate_field("name")),
                Key::Text if text.is_some() => return Err(Error::duplicate_field("text")),
                Key::Fields if has_fields => return Err(Error::duplicate_field("fields")),
                Key::Name => {
                    has_name = true;
                    map.next_value_seed(Named { tree: self.tree, index })?;
                }
                Key::Text => text = Some(map.next_value_seed(Appended(self.tree))?),
                Key::Fields => {
                    has_fields = true;
                    map.next_value_seed(self.fields())?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !has_name {
            return Err(Error::missing_field("name"));
        }
        self.tree.close(index, text.unwrap_or_default());
        Ok(())
    }
}

/// Reads the name of the element `index`.
struct Named<'t> {
    tree: &'t mut Growing,
    index: usize,
}

/// Reads a text.
struct Appended<'t>(&'t mut Growing);

macro_rules! from_str {
    ($type:ty, $value:ty, |$self:ident, $text:ident| $read:expr) => {
        impl<'de> DeserializeSeed<'de> for $type {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.deserialize_str(self)
            }
        }

        impl Visitor<'_> for $type {
            type Value = $value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>($self, $text: &str) -> Result<$value, E> {
                $read.map_err(E::custom)
            }
        }
    };
}
from_str!(Named<'_>, (), |self, name| self.tree.set_name(self.index, name));
from_str!(Appended<'_>, TextRange, |self, text| self.0.append(text));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::MAX_DEPTH;

    #[test]
    fn a_tree_reads_back_from_its_json() {
        for xml in ["<xml/>", "<xml><A>1</A><A/><L><I><N> x </N></I><I>2</I></L></xml>"] {
            let tree = Tree::parse(xml).expect("XML");
            let json = serde_json::to_string(&tree).expect("JSON");
            assert!(serde_json::from_str::<Tree>(&json).expect("a tree") == tree, "{json}");
        }
    }

    #[test]
    fn its_json_is_lists_of_names_texts_and_elements() {
        let tree = Tree::parse("<xml><A>1</A><B/><L><I>2</I></L></xml>").expect("XML");
        let json = serde_json::to_string(&tree).expect("JSON");
        assert_eq!(json, r#"[["A","1"],"B",["L","",[["I","2"]]]]"#);
    }

    #[test]
    fn objects_are_read_too_in_any_order_of_their_keys() {
        let tree = Tree::parse("<xml><A>1</A><B/><L><I>2</I><A>3</A></L></xml>").expect("XML");
        for json in [
            r#"[{"name":"A","text":"1"},{"name":"B"},
                {"name":"L","fields":[{"name":"I","text":"2"},{"name":"A","text":"3"}]}]"#,
            r#"[{"text":"1","name":"A"},{"fields":[],"text":"","x":[1],"name":"B"},
                {"fields":[{"text":"2","name":"I"},["A","3",[]]],"text":"gone","name":"L"}]"#,
        ] {
            assert!(serde_json::from_str::<Tree>(json).expect("a tree") == tree, "{json}");
        }
        for json in [
            "[{}]",
            "[[]]",
            "[null]",
            "[1]",
            r#"[["A",1]]"#,
            r#"[["A","",[],1]]"#,
            r#"[{"name":"A","name":"A"}]"#,
            r#"[{"name":"A","text":"","text":""}]"#,
            r#"[{"name":"A","fields":[],"fields":[]}]"#,
        ] {
            assert!(serde_json::from_str::<Tree>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_tree_of_too_many_elements_is_refused() {
        for one in ["\"a\"", "[\"a\"]", r#"{"name":"a"}"#] {
            let wide = |count| format!("[{}]", vec![one; count].join(","));
            assert!(serde_json::from_str::<Tree>(&wide(super::super::MAX_ELEMENTS)).is_ok());
            assert!(serde_json::from_str::<Tree>(&wide(super::super::MAX_ELEMENTS + 1)).is_err());
        }
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
