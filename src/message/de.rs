//! The elements of a message as a data format of serde, for types of your own.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::str::FromStr;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, SeqDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};

use super::FieldsError;
use super::{Field, Fields};

impl<'a> Fields<'a> {
    /// Reads these elements into a type of your own, as
    /// [`Message::deserialize`](crate::Message::deserialize) does with those of a whole message.
    ///
    /// # Errors
    ///
    /// [`FieldsError`] where the type does not fit.
    pub fn deserialize<T: Deserialize<'a>>(self) -> Result<T, FieldsError> {
        T::deserialize(Value { node: Node::Elements(self), all: &[] })
    }
}

/// The content of an element.
#[derive(Clone, Copy)]
enum Node<'a> {
    Text(&'a str),
    Elements(Fields<'a>),
}

impl<'a> Node<'a> {
    fn of(field: Field<'a>) -> Self {
        if field.fields().is_empty() { Self::Text(field.text()) } else { Self::Elements(field.fields()) }
    }
}

/// An element beside others.
struct Sibling<'a> {
    name: &'a str,
    /// The index of the first sibling of that name.
    first: usize,
    node: Node<'a>,
}

/// Siblings, grouped by name, in the order in which the names first occur.
fn grouped<'a>(fields: Fields<'a>) -> Vec<Sibling<'a>> {
    let mut firsts = HashMap::new();
    let sibling = |(index, field): (usize, Field<'a>)| {
        let first = *firsts.entry(field.name()).or_insert(index);
        Sibling { name: field.name(), first, node: Node::of(field) }
    };
    let mut siblings: Vec<_> = fields.enumerate().map(sibling).collect();
    siblings.sort_by_key(|sibling| sibling.first);
    siblings
}

fn groups<'s, 'a>(siblings: &'s [Sibling<'a>]) -> Groups<'a, 's, impl Iterator<Item = &'s [Sibling<'a>]>> {
    Groups { rest: siblings.chunk_by(|one, two| one.first == two.first), group: &[] }
}

/// The names of one level, each with its elements: a map to serde.
struct Groups<'a, 's, I> {
    rest: I,
    /// The group whose name was read and whose value was not yet.
    group: &'s [Sibling<'a>],
}

impl<'a: 's, 's, I: Iterator<Item = &'s [Sibling<'a>]>> MapAccess<'a> for Groups<'a, 's, I> {
    type Error = FieldsError;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, FieldsError> {
        self.group = self.rest.next().unwrap_or_default();
        let Some(first) = self.group.first() else { return Ok(None) };
        let name = Value { node: Node::Text(first.name), all: &[] };
        seed.deserialize(name).map(Some).map_err(|error| error.inside(first.name))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, FieldsError> {
        let Some(first) = self.group.first() else {
            return Err(Error::custom("a value is read before its name"));
        };
        let value = Value { node: first.node, all: self.group };
        seed.deserialize(value).map_err(|error| error.inside(first.name))
    }
}

/// What one value is read from.
struct Value<'a, 's> {
    /// The first or only element.
    node: Node<'a>,
    /// All elements of the name, if this may be a list. An item of a list is not a list itself.
    all: &'s [Sibling<'a>],
}

impl<'a> Value<'a, '_> {
    /// Reads it as a single value. A visitor that expects something else says what it expected.
    fn one<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        match self.node {
            Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::Elements(fields) => visitor.visit_map(groups(&grouped(fields))),
        }
    }

    fn list<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        let mut items = SeqDeserializer::new(self.all.iter().map(|item| Value { node: item.node, all: &[] }));
        let value = visitor.visit_seq(&mut items)?;
        items.end()?;
        Ok(value)
    }

    fn word(&self) -> Option<&'a str> {
        match self.node {
            Node::Text(text) => Some(text.trim()),
            Node::Elements(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self.node, Node::Text(""))
    }
}

fn number<N: FromStr>(word: &str) -> Option<N> {
    word.parse().ok()
}

fn finite<N: FromStr + Copy + Into<f64>>(word: &str) -> Option<N> {
    number(word).filter(|number: &N| (*number).into().is_finite())
}

/// `0` and `1`, `true` and `false`: WeChat writes either.
fn boolean(word: &str) -> Option<bool> {
    match word {
        "1" => Some(true),
        "0" => Some(false),
        word => word.to_ascii_lowercase().parse().ok(),
    }
}

macro_rules! scalars {
    ($($method:ident => $visit:ident($read:ident),)+) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
            match self.word().and_then($read) {
                Some(scalar) => visitor.$visit(scalar),
                None => self.one(visitor),
            }
        }
    )+};
}

macro_rules! texts {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
            self.one(visitor)
        }
    )+};
}

impl<'a> Deserializer<'a> for Value<'a, '_> {
    type Error = FieldsError;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        if self.all.len() > 1 { self.list(visitor) } else { self.one(visitor) }
    }

    scalars! {
        deserialize_bool => visit_bool(boolean),
        deserialize_i8 => visit_i8(number),
        deserialize_i16 => visit_i16(number),
        deserialize_i32 => visit_i32(number),
        deserialize_i64 => visit_i64(number),
        deserialize_i128 => visit_i128(number),
        deserialize_u8 => visit_u8(number),
        deserialize_u16 => visit_u16(number),
        deserialize_u32 => visit_u32(number),
        deserialize_u64 => visit_u64(number),
        deserialize_u128 => visit_u128(number),
        deserialize_f32 => visit_f32(finite),
        deserialize_f64 => visit_f64(finite),
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        match self.node {
            Node::Text(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Node::Elements(_) => self.one(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        if self.is_empty() && self.all.len() <= 1 { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        if self.is_empty() { visitor.visit_unit() } else { self.one(visitor) }
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        if self.all.is_empty() { self.one(visitor) } else { self.list(visitor) }
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, FieldsError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        self.deserialize_seq(visitor)
    }

    /// An empty element is an empty map.
    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        if self.is_empty() { visitor.visit_map(groups(&[])) } else { self.one(visitor) }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        self.deserialize_map(visitor)
    }

    /// The variant is named by the text, or by the only element inside.
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        match self.node {
            Node::Text(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text.trim())),
            Node::Elements(fields) => {
                let siblings = grouped(fields);
                if siblings.iter().any(|sibling| sibling.first != 0) {
                    return self.one(visitor);
                }
                visitor.visit_enum(MapAccessDeserializer::new(groups(&siblings)))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        visitor.visit_unit()
    }
}

impl<'a> IntoDeserializer<'a, FieldsError> for Value<'a, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
