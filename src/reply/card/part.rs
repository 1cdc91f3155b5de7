//! How the parts of a card are declared, checked and written.

use crate::format::Writer;
use crate::reply::{SealError, filled};

/// A part of a card, as the elements inside of its own.
pub(super) trait Part {
    fn check(&self) -> Result<(), SealError>;
    fn write(&self, writer: &mut Writer<'_>);
    /// About how many bytes it writes.
    fn room(&self) -> usize;
}

/// A field of a part, as the element `name` or several of that name.
pub(super) trait Field {
    fn check(&self, name: &'static str) -> Result<(), SealError>;
    fn write(&self, name: &str, writer: &mut Writer<'_>);
    fn room(&self, name: &str) -> usize;
}

/// The bytes around a text.
const fn around(name: &str) -> usize {
    2 * name.len() + "<></><![CDATA[]]>".len()
}

/// A text that must not be blank.
impl Field for String {
    fn check(&self, name: &'static str) -> Result<(), SealError> {
        filled(name, self)
    }

    fn write(&self, name: &str, writer: &mut Writer<'_>) {
        writer.text(name, self);
    }

    fn room(&self, name: &str) -> usize {
        self.len().saturating_add(around(name))
    }
}

/// A text that may be left out, and may be blank.
impl Field for Option<String> {
    fn check(&self, _: &'static str) -> Result<(), SealError> {
        Ok(())
    }

    fn write(&self, name: &str, writer: &mut Writer<'_>) {
        writer.optional(name, self.as_deref());
    }

    fn room(&self, name: &str) -> usize {
        self.as_ref().map_or(0, |text| text.room(name))
    }
}

impl Field for Option<u8> {
    fn check(&self, _: &'static str) -> Result<(), SealError> {
        Ok(())
    }

    fn write(&self, name: &str, writer: &mut Writer<'_>) {
        if let Some(number) = *self {
            writer.number(name, number);
        }
    }

    fn room(&self, name: &str) -> usize {
        self.map_or(0, |_| around(name))
    }
}

/// Written only if it is true: without it, it is false.
impl Field for bool {
    fn check(&self, _: &'static str) -> Result<(), SealError> {
        Ok(())
    }

    fn write(&self, name: &str, writer: &mut Writer<'_>) {
        if *self {
            writer.flag(name, true);
        }
    }

    fn room(&self, name: &str) -> usize {
        if *self { around(name).saturating_add("true".len()) } else { 0 }
    }
}

impl<P: Part> Field for Option<P> {
    fn check(&self, _: &'static str) -> Result<(), SealError> {
        self.iter().try_for_each(Part::check)
    }

    fn write(&self, name: &str, writer: &mut Writer<'_>) {
        if let Some(part) = self {
            writer.element(name, |writer| part.write(writer));
        }
    }

    fn room(&self, name: &str) -> usize {
        self.as_ref().map_or(0, |part| part.room().saturating_add(around(name)))
    }
}

/// The element is repeated.
impl<P: Part> Field for Vec<P> {
    fn check(&self, _: &'static str) -> Result<(), SealError> {
        self.iter().try_for_each(Part::check)
    }

    fn write(&self, name: &str, writer: &mut Writer<'_>) {
        writer.list(name, self, |writer, part| part.write(writer));
    }

    fn room(&self, name: &str) -> usize {
        self.iter().map(|part| part.room().saturating_add(around(name))).sum()
    }
}

/// Elements that stand beside the others of the part, without one around them.
pub(super) struct Inline<'a, P>(pub(super) Option<&'a P>);

impl<P: Part> Field for Inline<'_, P> {
    fn check(&self, _: &'static str) -> Result<(), SealError> {
        self.0.map_or(Ok(()), Part::check)
    }

    fn write(&self, _: &str, writer: &mut Writer<'_>) {
        if let Some(part) = self.0 {
            part.write(writer);
        }
    }

    fn room(&self, _: &str) -> usize {
        self.0.map_or(0, Part::room)
    }
}

/// An element of a [`TemplateCard`](super::TemplateCard) that has no method of its own: a name, and a text.
///
/// `#[non_exhaustive]`: [`TemplateCard::element`](super::TemplateCard::element) makes one.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its text, which can hold no elements.
    pub text: String,
}

crate::message::debug_without_content!(Element);

impl Field for Vec<Element> {
    fn check(&self, _: &'static str) -> Result<(), SealError> {
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.chars().all(|char| char.is_ascii_alphanumeric())
        };
        if self.iter().all(|element| is_name(&element.name)) { Ok(()) } else { Err(SealError::ElementName) }
    }

    fn write(&self, _: &str, writer: &mut Writer<'_>) {
        for Element { name, text } in self {
            writer.text(name, text);
        }
    }

    fn room(&self, _: &str) -> usize {
        self.iter().map(|element| element.text.room(&element.name)).sum()
    }
}

/// Declares a part: its fields in WeCom's order, each with the name of its element, or `inline`.
macro_rules! part {
    ($(#[$doc:meta])* $type:ident {
        $( $(#[$field_doc:meta])* $field:ident: $of:ty = $name:tt, )+
    }) => {
        $(#[$doc])*
        ///
        /// `#[non_exhaustive]`: WeCom may add parts.
        #[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        #[must_use = "it does nothing until it is a part of a card"]
        pub struct $type {
            $( $(#[$field_doc])* pub $field: $of, )+
        }

        impl $crate::reply::card::part::Part for $type {
            fn check(&self) -> Result<(), $crate::SealError> {
                $( part!(@field self.$field, $name).check(part!(@name $name))?; )+
                Ok(())
            }

            fn write(&self, writer: &mut $crate::format::Writer<'_>) {
                $( part!(@field self.$field, $name).write(part!(@name $name), writer); )+
            }

            fn room(&self) -> usize {
                [$( part!(@field self.$field, $name).room(part!(@name $name)), )+].into_iter().sum()
            }
        }

        $crate::message::debug_without_content!($type);
    };
    (@field $self:ident.$field:ident, inline) => { Inline($self.$field.as_ref()) };
    (@field $self:ident.$field:ident, $name:literal) => { $self.$field };
    (@name inline) => { "" };
    (@name $name:literal) => { $name };
}
pub(super) use part;

/// Defines the methods of a part that set what may be left out. `$made` makes one in the examples.
macro_rules! setters {
    ($type:ident, $made:literal: $( $field:ident($($kind:tt)+) = $example:literal, )+) => {
        impl $type {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), ").")]
                ///
                /// ```
                /// # use wechat_callback::reply::card::*;
                #[doc = concat!("let part = ", $made, ".", stringify!($field), "(", $example, ");")]
                /// ```
                pub fn $field(mut self, value: setters!(@type $($kind)+)) -> Self {
                    self.$field = setters!(@value value, $($kind)+);
                    self
                }
            )+
        }
    };
    (@type text) => { impl Into<String> };
    (@type number) => { u8 };
    (@type flag) => { bool };
    (@type list $of:ident) => { impl IntoIterator<Item = $of> };
    (@type $of:ident) => { $of };
    (@value $value:ident, text) => { Some($value.into()) };
    (@value $value:ident, flag) => { $value };
    (@value $value:ident, list $of:ident) => { $value.into_iter().collect() };
    (@value $value:ident, $of:ident) => { Some($value) };
}
pub(super) use setters;
