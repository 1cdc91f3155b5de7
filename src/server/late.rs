//! What a delivery is answered whose time has passed.

use std::sync::Arc;

use super::decide::{Marked, TimedOut};
use super::push::Push;
use super::span::DeliverySpan;
use super::{Engine, Shared};
use crate::Reply;
use crate::log::as_dyn;
use crate::metrics::{self, LateOutcome};

impl Engine {
    /// What a delivery is answered whose time has passed. It is found out to the end even if the connection goes away.
    pub(super) async fn timed_out(&self, push: &Push, span: &DeliverySpan) -> Arc<Reply> {
        let task = self.clone().answer_late(push.clone());
        let answer = span.spawn(self.shutdown().token(), task).await;
        // It ends early with the runtime alone.
        answer.unwrap_or_else(|_| Reply::None.into_shared())
    }

    async fn answer_late(self, push: Push) -> Arc<Reply> {
        let Shared { store, policy, .. } = &*self.shared;
        let none = || Reply::None.into_shared();
        let Some(key) = push.key else { return none() };
        match policy.timed_out(push.manner, push.age) {
            TimedOut::Nothing => return none(),
            TimedOut::Begin => return self.begun(key).await,
            TimedOut::MarkLate => {}
        }
        let marked = match store.mark_late(key).await {
            Ok(outcome) => policy.marked(outcome),
            Err(error) => {
                tracing::error!(error = as_dyn(&error), "a late reply cannot be kept");
                metrics::late(LateOutcome::Lost);
                return none();
            }
        };
        match marked {
            Marked::Answer(outcome) => outcome,
            Marked::Keep => match self.first_part(key, &push).await {
                Some(told) => told,
                None => self.cut_so_far(key).await.unwrap_or_else(none),
            },
            Marked::Typing => {
                self.type_to(&push);
                none()
            }
            Marked::Cut => self.cut_so_far(key).await.unwrap_or_else(none),
        }
    }
}
