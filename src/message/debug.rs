/// Implements `Debug` for a type whose fields hold what a user wrote or who they are: it shows the type's name alone.
macro_rules! debug_without_content {
    ($($type:ident),+) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    )+};
}
pub(crate) use debug_without_content;
