//! Whether a reply that becomes a framework's response now is one that the engine will seal.
//!
//! The response carries the reply in its extensions, and its body is what whoever forgot the middleware reads. Inside the
//! engine nobody reads it, so there it need not be made.
#![cfg(any(feature = "axum-core-0_5", feature = "tokio-1"))]

use std::cell::Cell;

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Polls a handler whose reply the engine will seal.
#[cfg(feature = "tokio-1")]
pub(crate) fn inside<T>(poll: impl FnOnce() -> T) -> T {
    struct Outside(bool);

    impl Drop for Outside {
        fn drop(&mut self) {
            IS_INSIDE.set(self.0);
        }
    }

    let _outside = Outside(IS_INSIDE.replace(true));
    poll()
}

#[cfg(feature = "axum-core-0_5")]
pub(crate) fn is_inside() -> bool {
    IS_INSIDE.get()
}

#[cfg(test)]
mod tests {
    #[cfg(all(feature = "tokio-1", feature = "axum-core-0_5"))]
    #[test]
    fn inside_ends_with_the_poll_even_if_it_panics() {
        use super::{inside, is_inside};

        assert!(!is_inside());
        inside(|| {
            assert!(inside(is_inside) && is_inside());
        });
        let panicked = std::panic::catch_unwind(|| inside(|| panic!("the handler")));
        assert!(panicked.is_err() && !is_inside());
    }
}
