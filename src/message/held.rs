//! Kinds that are larger than most are held in a box, so that not every message takes the room of the largest.

/// The type that a variant holds for a kind.
macro_rules! held {
    (ChangeContact) => { Box<ChangeContact> };
    (SysApprovalChange) => { Box<SysApprovalChange> };
    (OpenApprovalChange) => { Box<OpenApprovalChange> };
    (SuiteChangeContact) => { Box<SuiteChangeContact> };
    (NotifyThirdFasteRegister) => { Box<NotifyThirdFasteRegister> };
    (NotifyThirdFastRegisterBetaApp) => { Box<NotifyThirdFastRegisterBetaApp> };
    (NotifyThirdFastVerifyBetaApp) => { Box<NotifyThirdFastVerifyBetaApp> };
    ($type:ident) => { $type };
}
pub(super) use held;

/// The value that a variant holds.
#[inline]
pub(super) fn hold<T, H: From<T>>(value: T) -> H {
    value.into()
}

#[cfg(test)]
mod tests {
    use crate::message::{Content, Event, SystemEvent};

    #[test]
    fn no_kind_makes_every_message_larger() {
        assert!(size_of::<Event>() <= 208 && size_of::<SystemEvent>() <= 208, "hold it in a box");
        assert_eq!(size_of::<Content>(), 208);
    }
}
