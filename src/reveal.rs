//! A `Debug` that shows what the ordinary one hides, for tests.

use std::fmt;

use serde::ser::{self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};

use crate::{Message, Reply};

/// A [`Message`] or a [`Reply`] whose `Debug` shows everything in it, for the assertions of tests.
///
/// It shows what users wrote and who they are, so keep it out of logs. Made by [`Message::reveal`] and
/// [`Reply::reveal`].
///
/// ```
/// use wechat_callback::message::Text;
/// use wechat_callback::{Message, Reply, TextReply};
///
/// fn answer(message: &Message) -> Reply {
///     message.text().map(TextReply::literal).into()
/// }
///
/// let reply = answer(&Message::new(Text::default().content("你好")));
/// assert_eq!(reply.reveal(), TextReply::new("你好").reveal());
/// assert_eq!(format!("{:?}", reply.reveal()), r#"TextReply { type: "text", content: "你好" }"#);
/// assert_eq!(format!("{reply:?}"), "Reply(text)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed<T>(T);

impl Message {
    /// The message with a `Debug` that shows everything, for the assertions of tests.
    ///
    /// ```
    /// # use wechat_callback::{Message, message::Text};
    /// let message = Message::new(Text::default().content("你好"));
    /// assert!(format!("{:?}", message.reveal()).contains("你好"));
    /// assert!(!format!("{message:?}").contains("你好"));
    /// ```
    #[must_use]
    pub fn reveal(&self) -> Revealed<Self> {
        Revealed(self.clone())
    }
}

impl Reply {
    /// The reply with a `Debug` that shows everything, for the assertions of tests. Each kind of reply has this method
    /// too, and their results can be compared.
    ///
    /// ```
    /// # use wechat_callback::{Reply, TextReply};
    /// # fn answer() -> Reply { TextReply::new("你好").into() }
    /// assert_eq!(answer().reveal(), TextReply::new("你好").reveal());
    /// ```
    #[must_use]
    pub fn reveal(&self) -> Revealed<Self> {
        Revealed(self.clone())
    }
}

impl<T: Serialize> fmt::Debug for Revealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(Shown(f))
    }
}

/// A borrowed value of any type.
struct Inner<'a, T: ?Sized>(&'a T);

impl<T: ?Sized + Serialize> fmt::Debug for Inner<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(Shown(f))
    }
}

/// Serializes a value as a derived `Debug` would write it.
struct Shown<'a, 'f>(&'a mut fmt::Formatter<'f>);

macro_rules! shown {
    ($($method:ident: $type:ty,)+) => {$(
        fn $method(self, value: $type) -> fmt::Result {
            fmt::Debug::fmt(&value, self.0)
        }
    )+};
}

impl<'a, 'f> Serializer for Shown<'a, 'f> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = List<'a, 'f>;
    type SerializeTuple = List<'a, 'f>;
    type SerializeTupleStruct = ser::Impossible<(), fmt::Error>;
    type SerializeTupleVariant = ser::Impossible<(), fmt::Error>;
    type SerializeMap = Map<'a, 'f>;
    type SerializeStruct = Struct<'a, 'f>;
    type SerializeStructVariant = ser::Impossible<(), fmt::Error>;

    shown! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
    }

    fn serialize_none(self) -> fmt::Result {
        self.0.write_str("None")
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> fmt::Result {
        self.0.debug_tuple("Some").field(&Inner(value)).finish()
    }

    fn serialize_unit(self) -> fmt::Result {
        self.0.write_str("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> fmt::Result {
        self.0.write_str(name)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> fmt::Result {
        self.0.write_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> fmt::Result {
        self.0.debug_tuple(variant).field(&Inner(value)).finish()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, fmt::Error> {
        Ok(List(self.0.debug_list()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, fmt::Error> {
        Ok(List(self.0.debug_list()))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, fmt::Error> {
        Ok(Map(self.0.debug_map()))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeStruct, fmt::Error> {
        Ok(Struct(self.0.debug_struct(name)))
    }

    // No message and no reply has any of the following.

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, fmt::Error> {
        Err(fmt::Error)
    }
}

struct List<'a, 'f>(fmt::DebugList<'a, 'f>);

impl SerializeSeq for List<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> fmt::Result {
        self.0.entry(&Inner(value));
        Ok(())
    }

    fn end(mut self) -> fmt::Result {
        self.0.finish()
    }
}

impl SerializeTuple for List<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> fmt::Result {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> fmt::Result {
        SerializeSeq::end(self)
    }
}

struct Map<'a, 'f>(fmt::DebugMap<'a, 'f>);

impl SerializeMap for Map<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> fmt::Result {
        self.0.key(&Inner(key));
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> fmt::Result {
        self.0.value(&Inner(value));
        Ok(())
    }

    fn end(mut self) -> fmt::Result {
        self.0.finish()
    }
}

struct Struct<'a, 'f>(fmt::DebugStruct<'a, 'f>);

impl SerializeStruct for Struct<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> fmt::Result {
        self.0.field(name, &Inner(value));
        Ok(())
    }

    fn end(mut self) -> fmt::Result {
        self.0.finish()
    }
}
