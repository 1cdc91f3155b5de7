use std::task::Waker;

/// The deliveries that wait for the outcome of one push.
pub(super) struct Waiters {
    /// Tells this list from the one that another owner of the push ends.
    list: u64,
    wakers: Vec<Option<Waker>>,
    /// The places that were left.
    free: Vec<u32>,
}

/// Who waits. It holds for one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiter {
    list: u64,
    place: u32,
}

impl Waiters {
    /// A list with a name of its own.
    pub(super) const fn new(list: u64) -> Self {
        Self { list, wakers: Vec::new(), free: Vec::new() }
    }

    /// Sets what wakes `waiter`, which gets a place where it has none yet. What woke it so far, to be dropped where
    /// nothing is locked: that may run code of others.
    pub(super) fn set(&mut self, waiter: &mut Option<Waiter>, waker: &Waker) -> Option<Waker> {
        match waiter.filter(|waiter| waiter.list == self.list) {
            Some(Waiter { place, .. }) => {
                let before = self.wakers.get_mut(place as usize)?;
                if before.as_ref().is_some_and(|before| before.will_wake(waker)) {
                    return None;
                }
                before.replace(waker.clone())
            }
            None => {
                let waker = Some(waker.clone());
                let place = match self.free.pop() {
                    Some(place) => {
                        self.wakers[place as usize] = waker;
                        place
                    }
                    None => {
                        self.wakers.push(waker);
                        (self.wakers.len() - 1) as u32
                    }
                };
                *waiter = Some(Waiter { list: self.list, place });
                None
            }
        }
    }

    /// It goes away.
    pub(super) fn remove(&mut self, waiter: Waiter) -> Option<Waker> {
        if waiter.list != self.list {
            return None;
        }
        let waker = self.wakers.get_mut(waiter.place as usize)?.take()?;
        self.free.push(waiter.place);
        Some(waker)
    }

    /// Whether nobody waits any more.
    pub(super) const fn is_empty(&self) -> bool {
        self.free.len() == self.wakers.len()
    }

    pub(super) fn wake(self) {
        self.wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Woken {
        fn times(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn who_waits_is_woken_by_its_latest_waker() {
        let [first, second] = [(); 2].map(|()| Arc::new(Woken::default()));
        let (mut waiters, mut waiter) = (Waiters::new(1), None);
        assert!(waiters.set(&mut waiter, &first.clone().into()).is_none());
        let name = waiter;
        assert!(waiters.set(&mut waiter, &first.clone().into()).is_none());
        let replaced = waiters.set(&mut waiter, &second.clone().into());
        assert!(replaced.is_some_and(|waker| waker.will_wake(&first.clone().into())));
        assert_eq!(waiter, name);
        waiters.wake();
        assert_eq!((first.times(), second.times()), (0, 1));
    }

    #[test]
    fn who_went_away_is_not_woken_and_its_place_is_taken() {
        let [first, second, third] = [(); 3].map(|()| Arc::new(Woken::default()));
        let mut waiters = Waiters::new(1);
        let [mut one, mut two, mut three] = [None; 3];
        waiters.set(&mut one, &first.clone().into());
        waiters.set(&mut two, &second.clone().into());
        assert!(waiters.remove(one.expect("it waits")).is_some() && !waiters.is_empty());
        assert!(waiters.remove(one.expect("it waited")).is_none());
        waiters.set(&mut three, &third.clone().into());
        assert_eq!(waiters.wakers.len(), 2);
        waiters.wake();
        assert_eq!([first, second, third].map(|woken| woken.times()), [0, 1, 1]);
    }

    #[test]
    fn who_waited_in_an_earlier_list_takes_nobodys_place() {
        let [stale, fresh] = [(); 2].map(|()| Arc::new(Woken::default()));
        let (mut before, mut waiters) = (Waiters::new(1), Waiters::new(2));
        let [mut one, mut two] = [None; 2];
        before.set(&mut one, &stale.clone().into());
        waiters.set(&mut two, &fresh.clone().into());
        assert!(waiters.remove(one.expect("it waited")).is_none());
        assert!(waiters.set(&mut one, &stale.clone().into()).is_none());
        waiters.wake();
        assert_eq!([stale, fresh].map(|woken| woken.times()), [1, 1]);
    }

    #[test]
    fn when_all_went_away_nobody_waits() {
        let (mut waiters, mut waiter) = (Waiters::new(1), None);
        waiters.set(&mut waiter, Waker::noop());
        waiters.remove(waiter.expect("it waits"));
        assert!(waiters.is_empty());
    }
}
