//! What kind of message is counted: those that are known here, and one for all others.

use crate::Message;
use crate::message::event::for_each_event;
use crate::message::system::for_each_system_event;
use crate::message::{Content, Event, SystemEvent, for_each_kind};

/// The place of a kind among the [`KINDS`].
#[derive(Clone, Copy)]
pub(crate) struct MessageKind(pub(super) usize);

impl MessageKind {
    pub(super) const TEXT: Self = Self(messages::Place::Text as usize);

    pub(crate) const fn of(message: &Message) -> Self {
        Self(match &message.content {
            Content::Event(event) => messages::NAMES.len() + events::place(event) as usize,
            Content::System(event) => {
                messages::NAMES.len() + events::NAMES.len() + systems::place(event) as usize
            }
            content => messages::place(content) as usize,
        })
    }
}

/// The value of the label for each kind.
pub(super) const KINDS: [&str; messages::NAMES.len() + events::NAMES.len() + systems::NAMES.len()] = {
    let mut all = [""; messages::NAMES.len() + events::NAMES.len() + systems::NAMES.len()];
    let (messages, rest) = all.split_at_mut(messages::NAMES.len());
    let (events, systems) = rest.split_at_mut(events::NAMES.len());
    messages.copy_from_slice(messages::NAMES);
    events.copy_from_slice(events::NAMES);
    systems.copy_from_slice(systems::NAMES);
    all
};

mod messages {
    use super::{Content, for_each_kind};

    macro_rules! kinds {
        ($($type:ident = $name:literal,)+) => {
            #[derive(Clone, Copy)]
            pub(super) enum Place { $($type,)+ Other }

            pub(super) const NAMES: &[&str] = &[$($name,)+ "other"];

            /// That of an event is looked up among the events, whichever kind of them it is.
            pub(super) const fn place(content: &Content) -> Place {
                match content {
                    $( Content::$type(_) => Place::$type, )+
                    Content::Event(_) | Content::System(_) | Content::Unknown { .. } => Place::Other,
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

mod systems {
    use super::{SystemEvent, for_each_system_event};

    macro_rules! systems {
        ($($type:ident = $name:literal,)+) => {
            #[derive(Clone, Copy)]
            pub(super) enum Place { $($type,)+ Other }

            pub(super) const NAMES: &[&str] = &[$(concat!("system/", $name),)+ "system/other"];

            pub(super) const fn place(event: &SystemEvent) -> Place {
                match event {
                    $( SystemEvent::$type(_) => Place::$type, )+
                    SystemEvent::Unknown { .. } => Place::Other,
                }
            }
        };
    }
    for_each_system_event!(systems);
}
