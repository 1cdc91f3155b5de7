//! How typed values are read from elements. Reading never fails: a value that is missing or malformed is `None` or
//! empty, and its text stays in [`Message::fields`](super::Message::fields).

use super::{Decimal, Field, Fields, Id};
use crate::format::Draft;
use crate::{SharedStr, Timestamp};

/// A value that is read from the element of a name, or from all elements of that name.
pub(super) trait Read: Sized {
    fn read(fields: Fields<'_>, name: &str) -> Self;
}

/// A value that has elements of its own. [`elements!`](super::elements) implements it.
pub(super) trait Composite: Sized {
    fn read_from(fields: Fields<'_>) -> Self;

    fn write_into(&self, elements: &mut Vec<Draft>);
}

impl Read for SharedStr {
    #[inline]
    fn read(fields: Fields<'_>, name: &str) -> Self {
        fields.shared(name).unwrap_or_default()
    }
}

/// An empty element is `None`.
impl Read for Option<SharedStr> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        filled(fields, name)
    }
}

impl Read for Option<i64> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        number(fields.get(name)?)
    }
}

impl Read for Option<Id> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        id(fields.get(name)?)
    }
}

impl Read for Option<Timestamp> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        Option::<i64>::read(fields, name).map(Timestamp::from_secs)
    }
}

/// `0` and `1`, `true` and `false`: WeChat writes either.
impl Read for Option<bool> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        match fields.get(name)?.trim() {
            "1" => Some(true),
            "0" => Some(false),
            word => word.to_ascii_lowercase().parse().ok(),
        }
    }
}

impl Read for Decimal {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        fields.shared(name).unwrap_or_default().into()
    }
}

impl Read for Option<Decimal> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        filled(fields, name).map(Decimal::from)
    }
}

/// All elements of the name.
impl Read for Vec<SharedStr> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        exactly(fields.all(name).count(), fields.all(name).map(Field::shared_text))
    }
}

/// One element that holds others.
impl<T: Composite> Read for T {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        T::read_from(fields.field(name).map(Field::fields).unwrap_or_default())
    }
}

impl<T: Composite> Read for Option<T> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        fields.field(name).map(|field| T::read_from(field.fields()))
    }
}

/// All elements of the name that hold others. None if there are many and they hold hardly anything: such a list would
/// take many times the memory of the message. No list of WeChat's is like that.
impl<T: Composite> Read for Vec<T> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        let (count, weight) = fields.all(name).fold((0_usize, ALWAYS_FITS), |(count, weight), field| {
            (count.saturating_add(1), weight.saturating_add(field.weight()))
        });
        if count.saturating_mul(size_of::<T>()) > weight {
            return Self::new();
        }
        exactly(count, fields.all(name).map(|field| T::read_from(field.fields())))
    }
}

/// A list of so many bytes is read whatever its elements hold.
const ALWAYS_FITS: usize = 512;

/// All elements of the name that are numbers.
impl Read for Vec<i64> {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        let numbers = || fields.all(name).filter_map(|field| number(field.text()));
        exactly(numbers().count(), numbers())
    }
}

/// A list with room for its elements alone.
fn exactly<T>(count: usize, elements: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::with_capacity(count);
    list.extend(elements);
    list
}

pub(super) fn filled(fields: Fields<'_>, name: &str) -> Option<SharedStr> {
    fields.field(name).and_then(Field::filled)
}

/// The number in `text`, with or without white space around it.
#[inline]
pub(super) fn number(text: &str) -> Option<i64> {
    /// As many digits always fit.
    const SHORT: usize = 18;
    let digits = text.bytes().try_fold(0_i64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number.wrapping_mul(10).wrapping_add(i64::from(digit)))
    });
    digits.filter(|_| (1..=SHORT).contains(&text.len())).or_else(|| text.trim().parse().ok())
}

/// The id in `text`, with or without white space around it.
#[inline]
pub(super) fn id(text: &str) -> Option<Id> {
    let is_trimmed = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let (first, last) = (text.as_bytes().first(), text.as_bytes().last());
    let text = if is_trimmed(first) && is_trimmed(last) { text } else { text.trim() };
    (!text.is_empty()).then(|| text.into())
}

/// Defines types that are read from elements: each field names its element.
///
/// A path of two names, `"Wrapper" / "List"`, reaches into a wrapper. `"One" or "Other"` is the first of the two that is
/// there; it is written as the first. `exactly "appid"` does not pass over the case of the name, where a push has both
/// spellings with different values.
macro_rules! elements {
    ($(
        $(#[$meta:meta])*
        pub struct $type:ident {
            $(
                $(#[$field_meta:meta])*
                pub $field:ident: $value:ty = $($exactly:ident)? $($name:literal)/+ $(or $($other:literal)/+)*,
            )*
        }
    )+) => {$(
        $(#[$meta])*
        #[doc = ""]
        #[doc = "`#[non_exhaustive]`: WeChat adds elements."]
        #[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $type {
            $( $(#[$field_meta])* pub $field: $value, )*
        }

        impl $crate::message::read::Composite for $type {
            #[allow(unused_variables, reason = "some have no elements")]
            fn read_from(fields: $crate::message::Fields<'_>) -> Self {
                Self { $(
                    $field: $crate::message::read::read_field!(
                        fields, [$($exactly)?] [$($name),+] $([$($other),+])*
                    ),
                )* }
            }

            #[allow(unused_variables, reason = "some have no elements")]
            fn write_into(&self, elements: &mut Vec<$crate::format::Draft>) {
                $( $crate::message::write::write_path(&self.$field, elements, &[$($name),+]); )*
            }
        }

        $crate::message::read::setters!($type { $( $field: $value, )* });

        $crate::message::debug_without_content!($type);
    )+};
}
pub(super) use elements;

/// Reads one field of [`elements!`].
macro_rules! read_field {
    ($fields:ident, [] [$($name:literal),+]) => {
        $crate::message::read::read_path($fields, &[$($name),+])
    };
    ($fields:ident, [] $([$($name:literal),+])+) => {
        $crate::message::read::read_first($fields, &[$(&[$($name),+]),+])
    };
    ($fields:ident, [exactly] [$name:literal]) => {
        $crate::message::read::read_exactly($fields, $name)
    };
}
pub(super) use read_field;

/// Defines a method for each field, to make a value in a test.
macro_rules! setters {
    ($type:ident {}) => {};
    ($type:ident { $( $field:ident: $value:ty, )+ }) => {
        /// To make one in a test: start with its `Default` and set fields. Each method sets the field of its name.
        impl $type {
            $(
                #[doc = concat!("Sets `", stringify!($field), "`.")]
                #[must_use]
                pub fn $field(mut self, value: impl $crate::message::IntoField<$value>) -> Self {
                    self.$field = value.into_field();
                    self
                }
            )+
        }
    };
}
pub(super) use setters;

pub(super) fn read_path<T: Read>(fields: Fields<'_>, path: &[&str]) -> T {
    match path {
        [] => T::read(Fields::default(), ""),
        [name] => T::read(fields, name),
        [wrapper, rest @ ..] => read_path(fields.field(wrapper).map(Field::fields).unwrap_or_default(), rest),
    }
}

/// Reads the first of these paths that leads to an element.
pub(super) fn read_first<T: Read>(fields: Fields<'_>, paths: &[&[&str]]) -> T {
    let leads_somewhere = |path: &&&[&str]| match path {
        [] => false,
        [wrappers @ .., name] => {
            let inside =
                wrappers.iter().try_fold(fields, |fields, wrapper| fields.field(wrapper).map(Field::fields));
            inside.is_some_and(|fields| fields.field(name).is_some())
        }
    };
    read_path(fields, paths.iter().find(leads_somewhere).copied().unwrap_or_default())
}

/// Reads the element of exactly this name.
pub(super) fn read_exactly<T: Read>(mut fields: Fields<'_>, name: &str) -> T {
    let all = fields;
    T::read(if fields.any(|field| field.name() == name) { all } else { Fields::default() }, name)
}
