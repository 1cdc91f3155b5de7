//! What every metric needs of the facade. A recorder is looked up for each event, so that it does not matter when one is
//! installed. Keys are made once, so that to count allocates nothing.

use std::sync::LazyLock;

use metrics::{Counter, Key, Label, Level, Metadata, SharedString, Unit, with_recorder};

pub(super) static METADATA: Metadata<'static> =
    Metadata::new("wechat_callback", Level::INFO, Some("wechat_callback"));

/// A metric with one label, or with none. It has a key for each value, in their order.
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) keys: LazyLock<Vec<Key>>,
}

pub(super) fn keys(name: &'static str, label: &'static str, values: &[&'static str]) -> Vec<Key> {
    let labels = values.iter().map(|value| Label::from_static_parts(label, value));
    labels.map(|label| Key::from_parts(name, vec![label])).collect()
}

impl Metric {
    /// Counts an event. `value`: the place of the label's value among all of them.
    pub(super) fn count(&self, value: usize) {
        counter(&self.keys[value]).increment(1);
    }

    /// Describes a counter to the recorder, if there is one, and lets every series begin with zero.
    pub(super) fn describe_counter(&self) {
        describe_counter(self.name, self.help);
        self.keys.iter().for_each(|key| counter(key).increment(0));
    }
}

pub(super) fn describe_counter(name: &'static str, help: &'static str) {
    let help = SharedString::const_str(help);
    with_recorder(|recorder| recorder.describe_counter(name.into(), Some(Unit::Count), help));
}

pub(super) fn counter(key: &Key) -> Counter {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA))
}
