//! The metrics, and the calls of the facade that all of them share. A recorder is looked up for each event, so that it
//! does not matter when one is installed.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use metrics::{Counter, Key, Label, Level, Metadata, SharedString, Unit, with_recorder};

use super::labels::{REASONS, reason};
use crate::Refusal;

/// A counter, a gauge or a histogram, with the names of its labels.
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

pub(super) static METADATA: Metadata<'static> =
    Metadata::new("wechat_callback", Level::INFO, Some("wechat_callback"));

pub(super) static REFUSALS: Metric = Metric {
    name: "wechat_refusals_total",
    labels: &["reason"],
    help: "Requests that were refused, by reason.",
};

/// Counts a refusal.
pub(crate) fn refused(refusal: &Refusal) {
    REFUSALS.counter([reason(refusal)]).increment(1);
}

/// For the recorder, if there is one: what the refusals are, and that there are none yet.
pub(crate) fn describe_refusals() {
    REFUSALS.describe_counter();
    REASONS.iter().for_each(|reason| REFUSALS.counter([reason]).increment(0));
}

/// A metric with the values of its labels.
type Series = (&'static str, [&'static str; 3]);

/// What was counted once. The sets of labels are closed, so that there are some thousand at most.
static KEYS: LazyLock<RwLock<HashMap<Series, &'static Key>>> = LazyLock::new(RwLock::default);

impl Metric {
    /// The key of one series. It is made once, so that to count allocates nothing.
    pub(super) fn key<const N: usize>(&self, values: [&'static str; N]) -> &'static Key {
        let mut all = [""; 3];
        all.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
        let series = (self.name, all);
        if let Some(key) = KEYS.read().unwrap_or_else(PoisonError::into_inner).get(&series) {
            return key;
        }
        let mut keys = KEYS.write().unwrap_or_else(PoisonError::into_inner);
        keys.entry(series).or_insert_with(|| {
            let labels = self.labels.iter().zip(values);
            let labels: Vec<_> = labels.map(|(name, value)| Label::from_static_parts(name, value)).collect();
            Box::leak(Box::new(Key::from_parts(self.name, labels)))
        })
    }

    pub(super) fn counter<const N: usize>(&self, values: [&'static str; N]) -> Counter {
        let key = self.key(values);
        with_recorder(|recorder| recorder.register_counter(key, &METADATA))
    }

    pub(super) fn describe_counter(&self) {
        let help = SharedString::const_str(self.help);
        with_recorder(|recorder| recorder.describe_counter(self.name.into(), Some(Unit::Count), help));
    }
}
