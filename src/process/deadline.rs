use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// `time` after `moment`, or as good as never.
pub(crate) fn after(moment: Instant, time: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    moment.checked_add(time.min(NEVER)).unwrap_or(moment)
}

/// `future`'s output, or `None` from `deadline` on. The timer is set once the future keeps us waiting.
pub(crate) async fn before<F: Future>(deadline: Instant, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut sleep = pin!(None);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if sleep.is_none() {
            sleep.set(Some(sleep_until(deadline)));
        }
        sleep.as_mut().as_pin_mut().map_or(Poll::Pending, |sleep| sleep.poll(cx).map(|()| None))
    })
    .await
}
