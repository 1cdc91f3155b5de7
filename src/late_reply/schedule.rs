use std::time::Duration;

/// When WeChat delivers a push, and until when each delivery is to be answered.
///
/// The default is what WeChat documents for Official Accounts: three deliveries, five seconds apart.
///
/// ```
/// use std::time::Duration;
/// use wechat_callback::late_reply::RetrySchedule;
///
/// let schedule = RetrySchedule::new().answer_within(Duration::from_secs(4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a schedule does nothing until it is handed to the middleware"]
pub struct RetrySchedule {
    timeout: Duration,
    deliveries: u32,
    answer_within: Duration,
}

impl RetrySchedule {
    /// Three deliveries, five seconds apart; the last is answered after 4.5 seconds.
    pub const fn new() -> Self {
        Self { timeout: Duration::from_secs(5), deliveries: 3, answer_within: Duration::from_millis(4500) }
    }

    /// How long WeChat waits for the answer to one delivery, and so how far apart the deliveries come; five seconds
    /// unless set. With three deliveries, one that comes 7.5 seconds after the first, or later, is the last.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::late_reply::RetrySchedule;
    /// let schedule = RetrySchedule::new().timeout(Duration::from_secs(5));
    /// ```
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often WeChat delivers one push in all; three times unless set.
    ///
    /// ```
    /// # use wechat_callback::late_reply::RetrySchedule;
    /// let schedule = RetrySchedule::new().deliveries(3);
    /// ```
    pub const fn deliveries(mut self, deliveries: u32) -> Self {
        self.deliveries = deliveries;
        self
    }

    /// How long the last delivery waits for the reply, from its arrival, and where late replies are sent, every delivery;
    /// 4.5 seconds unless set. Keep it below the [time-out](Self::timeout): the answer needs time on its way.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wechat_callback::late_reply::RetrySchedule;
    /// let schedule = RetrySchedule::new().answer_within(Duration::from_secs(4));
    /// ```
    pub const fn answer_within(mut self, time: Duration) -> Self {
        self.answer_within = time;
        self
    }

    /// How long WeChat waits.
    pub(crate) const fn hangs_up_after(&self) -> Duration {
        self.timeout
    }

    /// How long the last delivery waits.
    pub(crate) const fn last_patience(&self) -> Duration {
        self.answer_within
    }

    /// How long any other delivery waits. WeChat hangs up long before; a proxy that does not pass that on must not hold
    /// the connection for ever.
    pub(crate) const fn patience(&self) -> Duration {
        self.timeout.saturating_mul(self.deliveries)
    }

    /// Whether a delivery that comes `age` after the first is the last one. (By time and not by number: a delivery may be
    /// lost on its way, a proxy may make two of one, and WeChat repeats at once what is answered with another status than
    /// 200.)
    pub(crate) fn is_last(&self, age: Duration) -> bool {
        let before = self.deliveries.saturating_sub(1);
        age >= self.timeout.saturating_mul(before).saturating_sub(self.timeout / 2)
    }
}

impl Default for RetrySchedule {
    fn default() -> Self {
        Self::new()
    }
}
