//! Trait impls for the web frameworks that the orphan rule pins to this crate, one file and one feature a
//! framework's version.

#[cfg(feature = "actix-web-4")]
mod actix_web_4;
#[cfg(feature = "axum-core-0_5")]
mod axum_core_0_5;
