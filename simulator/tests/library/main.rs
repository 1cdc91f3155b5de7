//! The library: what it pushes, how it reads what comes back, and that bots in both frameworks stand it.

mod aibot;
mod attacks;
mod catalogue;
mod deliveries;
mod fake_wechat;
mod hand_made;
mod handshake;
mod http;
mod kinds;
mod model;
mod replies;
mod support;
mod terms;
mod verification;
