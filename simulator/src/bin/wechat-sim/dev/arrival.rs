//! Where a bot listens, and whether its URL can be verified.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use wechat_sim::handshake::Handshake;
use wechat_sim::{Account, LocalizedText};

use super::address::Address;
use super::link::Reporter;
use super::sockets;
use crate::context::Context;
use crate::exit::Failure;
use crate::{texts, verify};

/// How often the sockets of the bot are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long a bot that listens elsewhere can take to print its address, or to open another port.
const SETTLED: Duration = Duration::from_secs(1);

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
        output.json(&json!({
            "event": "verified",
            "verified": verified.diagnosis.is_verified(),
            "diagnosis": verify::name(&verified.diagnosis),
            "sentence": verified.diagnosis.explanation(),
        }));
        Ok(())
    }

    /// Waits until the bot accepts connections: on the address that it prints, on the one in its environment, or on the
    /// only one of its sockets.
    ///
    /// There is no time limit, since the bot may have to be compiled first, and no counter of seconds, since the compiler
    /// prints its own progress.
    async fn address(&self) -> Address {
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
        let output = &self.context.output;
        let found = sockets.settled(self.leader?).await?;
        let addresses: Vec<_> = found.iter().map(|socket| self.expected.at(*socket)).collect();
        if let [address] = &addresses[..] {
            output.note(output.pick(&texts::listens_elsewhere(&address.listen())));
            return Some(address.clone());
        }
        for address in &addresses {
            let Ok(target) = self.context.target(address.url()) else { continue };
            if Handshake::of(&self.account, &target).run(&target).await.diagnosis.is_verified() {
                output.note(output.pick(&texts::listens_elsewhere(&address.listen())));
                return Some(address.clone());
            }
        }
        let listens: Vec<_> = addresses.iter().map(Address::listen).collect();
        self.hint(&texts::listens_on_several(&listens.join(", ")));
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
    /// When they were seen first; `None` if they were tried already.
    since: Option<Instant>,
    looked: Option<Instant>,
}

impl Sockets {
    /// Those that have been the same for a while. Each set of them is returned once.
    async fn settled(&mut self, leader: u32) -> Option<Vec<SocketAddr>> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return None;
        }
        self.looked = Some(Instant::now());
        let found = sockets::listening(leader).await;
        if found != self.seen {
            (self.seen, self.since) = (found, self.looked);
        }
        self.since.take_if(|since| since.elapsed() >= SETTLED && !self.seen.is_empty())?;
        Some(self.seen.clone())
    }
}
