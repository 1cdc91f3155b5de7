//! How typed values are written as elements, so that a message can be made without XML. [`read`](super::read) reads
//! back what is written here. Values that are `None` or empty are left out.

use super::read::Composite;
use super::{Decimal, Id};
use crate::format::Draft;
use crate::{SharedStr, Timestamp};

/// A value that is written as an element, or as several of one name.
pub(super) trait Write {
    fn write(&self, elements: &mut Vec<Draft>, name: &str);
}

impl Write for str {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        if !self.is_empty() {
            elements.push(Draft::text(name, self));
        }
    }
}

impl Write for SharedStr {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        self.as_str().write(elements, name);
    }
}

impl Write for Decimal {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        self.as_str().write(elements, name);
    }
}

macro_rules! optional {
    ($($type:ty: $value:ident => $text:expr,)+) => {$(
        impl Write for Option<$type> {
            fn write(&self, elements: &mut Vec<Draft>, name: &str) {
                if let Some($value) = self {
                    $text.write(elements, name);
                }
            }
        }
    )+};
}
optional! {
    SharedStr: text => text,
    String: text => text,
    Decimal: number => number,
    Id: id => id.as_str(),
    i64: number => number.to_string(),
    Timestamp: moment => moment.to_string(),
    bool: is => if *is { "1" } else { "0" },
}

impl Write for Vec<SharedStr> {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        elements.extend(self.iter().map(|text| Draft::text(name, text)));
    }
}

impl Write for Vec<i64> {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        elements.extend(self.iter().map(|number| Draft::text(name, &number.to_string())));
    }
}

impl<T: Composite> Write for T {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        let mut inside = Vec::new();
        self.write_into(&mut inside);
        elements.push(Draft::nested(name, inside));
    }
}

impl<T: Composite> Write for Option<T> {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        if let Some(value) = self {
            value.write(elements, name);
        }
    }
}

impl<T: Composite> Write for Vec<T> {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        for value in self {
            value.write(elements, name);
        }
    }
}

/// Writes fields with the same wrapper into one element.
pub(super) fn write_path<T: Write>(value: &T, elements: &mut Vec<Draft>, path: &[&str]) {
    match path {
        [] => {}
        [name] => value.write(elements, name),
        [wrapper, rest @ ..] => {
            Draft::fill_inside(elements, wrapper, |inside| write_path(value, inside, rest));
        }
    }
}

/// A value that a field of a message can be set to, as the methods that make messages in tests take it.
///
/// | field | set to |
/// |---|---|
/// | [`SharedStr`] | `&str`, `String` |
/// | [`Id`] | `&str`, `String`, `i64` |
/// | [`Decimal`] | `&str`, `String`, `f64` |
/// | `Vec<T>` | `[T; N]`, `Vec<T>` |
/// | any other type | itself |
/// | `Option<T>` | what `T` is set to, without `Some` |
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` cannot be set to a `{Self}`",
    note = "texts are set to a `&str` or a `String`, numbers to an `i64`, ids to either, decimals to a `&str` or an \
            `f64`, lists to an array or a `Vec`, words to a value of their enum; an `Option` to the value without `Some`"
)]
pub trait IntoField<T> {
    /// The field's value.
    fn into_field(self) -> T;
}

impl<T> IntoField<T> for T {
    fn into_field(self) -> T {
        self
    }
}

impl<T> IntoField<Option<T>> for T {
    fn into_field(self) -> Option<T> {
        Some(self)
    }
}

impl<T, const N: usize> IntoField<Vec<T>> for [T; N] {
    fn into_field(self) -> Vec<T> {
        self.into()
    }
}

macro_rules! into_field {
    ($($from:ty => $($to:ty),+;)+) => {$($(
        impl IntoField<$to> for $from {
            fn into_field(self) -> $to {
                self.into()
            }
        }

        impl IntoField<Option<$to>> for $from {
            fn into_field(self) -> Option<$to> {
                Some(self.into())
            }
        }
    )+)+};
}
into_field! {
    &str => SharedStr, Id, Decimal;
    String => SharedStr, Id, Decimal;
    i64 => Id;
    f64 => Decimal;
}
