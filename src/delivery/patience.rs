//! How long the delivery that runs the handler waits for it. A store may have forgotten earlier deliveries, and hear of
//! them later.

use tokio::time::Instant;

use super::deadline::after;
use super::turn::Waiting;

impl Waiting {
    /// Until when to wait, as far as is known now.
    fn deadline(&self) -> Instant {
        after(self.entry.arrived, self.answerer.late().patience(self.push.age))
    }

    /// The earliest time at which the delivery may have to be answered without the outcome.
    pub(super) fn first_deadline(&self) -> Instant {
        let deadline = self.deadline();
        match &self.elsewhere {
            Some(_) => deadline.min(after(self.entry.arrived, self.answerer.late().answer_within)),
            None => deadline,
        }
    }

    /// Until when to wait on, where the delivery is not the last after all that is known by now.
    pub(super) fn extended(&mut self) -> Option<Instant> {
        if let Some(elsewhere) = &self.elsewhere {
            let age = elsewhere.age().saturating_sub(self.entry.arrived.elapsed());
            self.push.age = self.push.age.max(age);
        }
        Some(self.deadline()).filter(|deadline| *deadline > Instant::now())
    }
}
