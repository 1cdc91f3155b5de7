//! Where a bot listens, and whether its URL can be verified.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use wechat_sim::handshake::{Diagnosis, Handshake};
use wechat_sim::{Account, LocalizedText};

use super::address::Address;
use super::link::Reporter;
use super::sockets;
use crate::context::Context;
use crate::exit::Failure;
use crate::{hint, texts, verify};

/// How often the sockets of the bot are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long a bot that listens elsewhere can take to print its address, or to open another port.
const SETTLED: Duration = Duration::from_secs(1);
/// How long the only port must be the only one if its URL cannot be verified: the bot's own may come later.
const ALONE: Duration = Duration::from_secs(4);

/// A bot that has been started.
pub(super) struct Arrival<'a> {
    pub(super) context: &'a Context,
    pub(super) account: Account,
    /// The address in its environment.
    pub(super) expected: Address,
    /// The address that it prints.
    pub(super) printed: watch::Receiver<Option<Address>>,
    /// Its first process.
    pub(super) leader: Option<u32>,
    pub(super) reporter: Reporter,
}

impl Arrival<'_> {
    /// Waits for the bot, reports where it is, and verifies its URL.
    pub(super) async fn complete(self) -> Result<(), Failure> {
        let output = &self.context.output;
        let address = self.address().await;
        let target = self.context.target(address.url())?;
        output.note(output.pick(&texts::bot_at(address.url())));
        output.json(&json!({ "event": "listening", "url": address.url() }));
        self.reporter.listening(address.url());
        let verified = verify::verify(output, &self.account, &target).await;
        verify::report(output, &verified);
        if let Some(hint) = hint::of_verification(self.context, &verified) {
            output.note(output.pick(&hint));
        }
        if self.context.given_url.is_none() && verified.handshake.diagnosis == Diagnosis::NotFound {
            output.note(output.pick(&texts::give_path()));
        }
        output.json(&json!({
            "event": "verified",
            "verified": verified.is_verified(),
            "diagnosis": verify::name(&verified),
            "sentence": verified.explanation(),
        }));
        Ok(())
    }

    /// Waits until the bot accepts connections: on the address that it prints, on the one in its environment, or on the
    /// only one of its sockets.
    ///
    /// There is no time limit, since the bot may have to be compiled first, and no counter of seconds, since the compiler
    /// prints its own progress.
    pub(super) async fn address(&self) -> Address {
        let started = Instant::now();
        let mut remind_at = Duration::from_secs(30);
        let mut sockets = Sockets::default();
        loop {
            let address = self.printed.borrow().clone().unwrap_or_else(|| self.expected.clone());
            if connects(&address).await {
                // The line with the address may be printed a moment after the bot listens.
                sleep(Duration::from_millis(100)).await;
                return self.printed.borrow().clone().unwrap_or(address);
            }
            if self.context.given_url.is_none()
                && let Some(address) = self.elsewhere(&mut sockets).await
            {
                return address;
            }
            if started.elapsed() >= remind_at {
                remind_at *= 2;
                self.hint(&texts::not_listening_yet(started.elapsed().as_secs(), &address.listen()));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// The address of a bot that reads no `LISTEN` and prints no address.
    async fn elsewhere(&self, sockets: &mut Sockets) -> Option<Address> {
        let Settled { sockets, is_tried } = sockets.settled(self.leader?).await?;
        let addresses: Vec<_> = sockets.iter().map(|socket| self.expected.at(*socket)).collect();
        let found = match &addresses[..] {
            // The verification that follows explains what is wrong with it.
            [alone] if is_tried => Some(alone),
            _ if is_tried => None,
            several => self.verified(several).await,
        };
        if let Some(address) = found {
            let output = &self.context.output;
            output.note(output.pick(&texts::listens_elsewhere(&address.listen())));
        } else if addresses.len() > 1 && !is_tried {
            let listens: Vec<_> = addresses.iter().map(Address::listen).collect();
            self.hint(&texts::listens_on_several(&listens.join(", ")));
        }
        found.cloned()
    }

    /// The first address whose URL can be verified.
    async fn verified<'a>(&self, addresses: &'a [Address]) -> Option<&'a Address> {
        for address in addresses {
            let Ok(target) = self.context.target(address.url()) else { continue };
            if Handshake::of(&self.account, &target).run(&target).await.diagnosis.is_verified() {
                return Some(address);
            }
        }
        None
    }

    /// Says what to do, here and on the page.
    fn hint(&self, hint: &LocalizedText) {
        self.context.output.note(self.context.output.pick(hint));
        self.reporter.hint(hint);
    }
}

async fn connects(address: &Address) -> bool {
    let connected = timeout(Duration::from_secs(1), TcpStream::connect(address.listen())).await;
    matches!(connected, Ok(Ok(_)))
}

/// The sockets that the bot listens on, as they were seen last.
#[derive(Default)]
struct Sockets {
    seen: Vec<SocketAddr>,
    /// When they were seen first; `None` if they are of no interest any more.
    since: Option<Instant>,
    is_tried: bool,
    looked: Option<Instant>,
}

/// Sockets that have been the same for a while.
struct Settled {
    sockets: Vec<SocketAddr>,
    /// Whether they were returned before.
    is_tried: bool,
}

impl Sockets {
    /// Those that have been the same for a while. Each set of them is returned twice: soon, and when it is likely that no
    /// more will come.
    async fn settled(&mut self, leader: u32) -> Option<Settled> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return None;
        }
        self.looked = Some(Instant::now());
        let found = sockets::listening(leader).await;
        if found != self.seen {
            (self.seen, self.since, self.is_tried) = (found, self.looked, false);
        }
        let is_tried = self.is_tried;
        let time = if is_tried { ALONE } else { SETTLED };
        if self.seen.is_empty() || self.since?.elapsed() < time {
            return None;
        }
        if is_tried {
            self.since = None;
        }
        self.is_tried = true;
        Some(Settled { sockets: self.seen.clone(), is_tried })
    }
}
