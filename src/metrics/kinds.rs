//! What kind of message is counted: those that are known here, and one for all others.

use crate::Message;
use crate::message::event::for_each_event;
use crate::message::{Content, Event, for_each_kind};

/// The place of a kind among the [`KINDS`].
#[derive(Clone, Copy)]
pub(crate) struct MessageKind(pub(super) usize);

impl MessageKind {
    pub(super) const TEXT: Self = Self(messages::Place::Text as usize);

    pub(crate) const fn of(message: &Message) -> Self {
        Self(match &message.content {
            Content::Event(event) => messages::NAMES.len() + events::place(event) as usize,
            content => messages::place(content) as usize,
        })
    }
}

/// The value of the label for each kind.
pub(super) const KINDS: [&str; messages::NAMES.len() + events::NAMES.len()] = {
    let mut all = [""; messages::NAMES.len() + events::NAMES.len()];
    let (messages, events) = all.split_at_mut(messages::NAMES.len());
    messages.copy_from_slice(messages::NAMES);
    events.copy_from_slice(events::NAMES);
    all
};

mod messages {
    use super::{Content, for_each_kind};

    macro_rules! kinds {
        ($($type:ident = $name:literal,)+) => {
            #[derive(Clone, Copy)]
            pub(super) enum Place { $($type,)+ Other }

            pub(super) const NAMES: &[&str] = &[$($name,)+ "other"];

            /// That of an event is looked up among the events.
            pub(super) const fn place(content: &Content) -> Place {
                match content {
                    $( Content::$type(_) => Place::$type, )+
                    Content::Event(_) | Content::Unknown { .. } => Place::Other,
                }
            }
        };
    }
    for_each_kind!(kinds);
}

mod events {
    use super::{Event, for_each_event};

    macro_rules! events {
        ($($type:ident = $name:literal,)+) => {
            #[derive(Clone, Copy)]
            pub(super) enum Place { $($type,)+ Other }

            pub(super) const NAMES: &[&str] = &[$(concat!("event/", $name),)+ "event/other"];

            pub(super) const fn place(event: &Event) -> Place {
                match event {
                    $( Event::$type(_) => Place::$type, )+
                    Event::Unknown { .. } => Place::Other,
                }
            }
        };
    }
    for_each_event!(events);
}
