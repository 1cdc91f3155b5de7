//! An AI bot's answer that grows: what the user sees of it now.

use serde::Serialize;
use serde_json::Value;

use super::record::now_ms;
use crate::{Ended, Step, StreamState};

/// The bubble of an answer. Each state replaces the one before.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Bubble {
    /// When it was first seen.
    at_ms: u64,
    stream: Option<StreamState>,
    card: Option<Value>,
    /// How it ended; `None` while it grows.
    ended: Option<Ended>,
}

impl Bubble {
    /// The bubble after this step; `None` as long as nothing is seen.
    pub(super) fn after(bubble: Option<Self>, step: &Step<'_>) -> Option<Self> {
        let empty = || Self { at_ms: now_ms(), stream: None, card: None, ended: None };
        match step {
            Step::State(shown) => {
                let before = bubble.unwrap_or_else(empty);
                let mut stream = shown.state.clone();
                // The first answer says whether there are buttons.
                if let Some(first) = before.stream {
                    stream.feedback_id = first.feedback_id;
                }
                Some(Self { stream: Some(stream), ..before })
            }
            Step::Card(card) => Some(Self { card: Some((*card).clone()), ..bubble.unwrap_or_else(empty) }),
            Step::Delivery { .. } => bubble,
        }
    }

    pub(super) const fn end(&mut self, ended: Ended) {
        self.ended = Some(ended);
    }

    /// About how much memory it uses, in bytes.
    pub(super) fn weight(&self) -> usize {
        let images = |stream: &StreamState| stream.images.iter().map(String::len).sum::<usize>();
        let card = self.card.as_ref().map_or(0, |card| card.to_string().len());
        card + self.stream.as_ref().map_or(0, |stream| stream.content.len() + images(stream))
    }
}
