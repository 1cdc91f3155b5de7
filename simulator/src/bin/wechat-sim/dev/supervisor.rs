//! The life of a bot: it is started, restarted and stopped.

use std::io::{self, IsTerminal, stdin};
use std::path::PathBuf;
use std::process::ExitStatus;

use serde_json::json;
use tokio::pin;
use tokio::sync::watch;
use wechat_sim::{Account, LocalizedText};

use super::address::Address;
use super::arrival::Arrival;
use super::launch::Launch;
use super::link::{Link, Reporter, Request};
use super::process::Process;
use super::signals::Signals;
use super::watch::Watcher;
use crate::args::DevArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::texts;

/// Starts the bot, and does with it what signals, the page and changed files ask for.
pub(super) struct Supervisor<'a> {
    pub(super) context: &'a Context,
    pub(super) args: &'a DevArgs,
    pub(super) launch: Launch,
    pub(super) account: Account,
    pub(super) address: Address,
    pub(super) signals: Signals,
    pub(super) link: Link,
    pub(super) reporter: Reporter,
    /// The URL of the page, until it has been printed after the first verification.
    pub(super) page: PageUrl,
    pub(super) watcher: Option<Watcher>,
    /// The build that is running.
    pub(super) build: Option<Process>,
}

/// The URL of the page.
pub(super) struct PageUrl {
    /// `None` in a build without the page.
    pub(super) url: Option<String>,
    /// Whether it was printed as the last of the start.
    pub(super) is_printed: bool,
}

/// What ends a phase of the bot's life.
enum Next {
    Quit,
    Start,
    Ended(LocalizedText),
    Failed(Failure),
}

impl Supervisor<'_> {
    /// Runs until a signal, or until the bot ends by itself if nobody could start it again.
    pub(super) async fn run(mut self) -> Result<Exit, Failure> {
        let mut is_first = true;
        let mut next = match self.watcher.is_some() && self.launch.has_build() {
            true => {
                self.start_build().await?;
                self.wait(None).await
            }
            false => Next::Start,
        };
        loop {
            next = match next {
                Next::Quit => return Ok(Exit::Success),
                Next::Failed(failure) => return Err(failure),
                Next::Start => match self.start_bot() {
                    Err(failure) if is_first => return Err(failure),
                    Err(failure) => Next::Ended(failure.reason().clone()),
                    Ok((bot, printed)) => self.live(bot, printed).await,
                },
                Next::Ended(reason) => match self.down(&reason).await? {
                    // The last bot did not end well.
                    Next::Quit => return Ok(Exit::Unreachable),
                    next => next,
                },
            };
            is_first = false;
        }
    }

    fn start_bot(&self) -> Result<(Process, watch::Receiver<Option<Address>>), Failure> {
        self.reporter.starting();
        let Self { context, account, address, reporter, .. } = self;
        let started = self.launch.start(context, account, address, reporter, context.output.json)?;
        let (listen, page) = (address.listen(), &self.page.url);
        context.output.json(&json!({ "event": "started", "listen": listen, "page": page }));
        Ok(started)
    }

    /// The life of one bot, from its start until all of its processes have stopped.
    async fn live(&mut self, mut bot: Process, printed: watch::Receiver<Option<Address>>) -> Next {
        let next = self.wait(Some((&mut bot, printed))).await;
        if matches!(next, Next::Start) {
            self.reporter.restarting();
        }
        let is_quit = matches!(next, Next::Quit | Next::Failed(_));
        if self.stop(&mut bot, is_quit).await && !is_quit { Next::Quit } else { next }
    }

    /// Stops the bot. Returns whether the program is to stop, too; whoever asks for that twice does not wait.
    async fn stop(&mut self, bot: &mut Process, mut is_quit: bool) -> bool {
        {
            let stopping = bot.stop(self.args.grace.0);
            pin!(stopping);
            loop {
                tokio::select! {
                    () = &mut stopping => return is_quit,
                    () = self.signals.next() => {
                        if is_quit {
                            break;
                        }
                        is_quit = true;
                    }
                }
            }
        }
        bot.kill().await;
        is_quit
    }

    /// There is no bot until one is asked for.
    async fn down(&mut self, reason: &LocalizedText) -> Result<Next, Failure> {
        let failure = Failure::unreachable(texts::bot_ended(reason));
        if !self.stays() {
            return Err(failure);
        }
        let output = &self.context.output;
        self.reporter.stopped(reason);
        output.note(output.pick(failure.reason()));
        output.json(&json!({ "event": "ended", "reason": reason }));
        let then = match (&self.page.url, &self.watcher) {
            (_, Some(_)) => texts::starts_on_change(),
            (Some(url), None) => texts::starts_on_page(url),
            (None, None) => return Err(failure),
        };
        output.note(output.pick(&then));
        Ok(self.wait(None).await)
    }

    /// Whether anyone could start a bot again that has ended: an editor, or the person at the terminal on the page.
    fn stays(&self) -> bool {
        self.watcher.is_some() || (self.page.url.is_some() && stdin().is_terminal())
    }

    /// Waits for the next phase, with the bot if there is one.
    async fn wait(&mut self, bot: Option<(&mut Process, watch::Receiver<Option<Address>>)>) -> Next {
        let (mut bot, printed) = bot.unzip();
        let arrival = printed.map(|printed| Arrival {
            context: self.context,
            account: self.account.clone(),
            expected: self.address.clone(),
            printed,
            leader: bot.as_ref().and_then(|bot| bot.id()),
            reporter: self.reporter.clone(),
        });
        let mut is_arriving = arrival.is_some();
        let arrival = async {
            match arrival {
                Some(arrival) => arrival.complete().await,
                None => Ok(()),
            }
        };
        pin!(arrival);
        loop {
            tokio::select! {
                biased;
                () = self.signals.next() => return Next::Quit,
                status = ended(bot.as_deref_mut()) => return Next::Ended(reason(status)),
                status = ended(self.build.as_mut()) => {
                    if self.built(status).await {
                        return Next::Start;
                    }
                }
                request = self.link.request() => {
                    let account = self.account.clone();
                    self.account = match request {
                        Request::Mode(mode) => account.with_mode(mode),
                        Request::Account(kind, format, mode) => {
                            account.with_kind(kind).with_format(format).with_mode(mode)
                        }
                        _ => account,
                    };
                    return Next::Start;
                }
                path = changed(self.watcher.as_mut()) => {
                    let output = &self.context.output;
                    output.note(output.pick(&texts::changed(&path.display())));
                    if !self.launch.has_build() {
                        return Next::Start;
                    }
                    if let Err(failure) = self.start_build().await {
                        return Next::Failed(failure);
                    }
                }
                arrived = &mut arrival, if is_arriving => {
                    is_arriving = false;
                    match arrived {
                        Ok(()) => self.page.print(self.context),
                        Err(failure) => return Next::Failed(failure),
                    }
                }
            }
        }
    }

    /// Builds the bot while the last one goes on. A build that is running is of no use any more.
    async fn start_build(&mut self) -> Result<(), Failure> {
        if let Some(mut build) = self.build.take() {
            build.kill().await;
        }
        let Some(command) = self.launch.build(&self.account, &self.address) else { return Ok(()) };
        let output = &self.context.output;
        output.note(output.pick(&texts::building()));
        self.reporter.building();
        let reporter = self.reporter.clone();
        let build = Process::start(command, output.json, move |line| reporter.build_line(line));
        self.build = Some(build.map_err(|error| self.launch.cannot_start(&error))?);
        Ok(())
    }

    /// The build has ended. Returns whether there is something new to start.
    async fn built(&mut self, status: io::Result<ExitStatus>) -> bool {
        let succeeded = status.is_ok_and(|status| status.success());
        if let Some(mut build) = self.build.take() {
            // Its last lines may still be in the pipes.
            build.kill().await;
        }
        self.reporter.built(succeeded);
        let output = &self.context.output;
        output.json(&json!({ "event": "built", "succeeded": succeeded }));
        if !succeeded {
            output.note(output.pick(&texts::build_failed()));
        }
        succeeded
    }
}

impl PageUrl {
    /// Prints it once.
    fn print(&mut self, context: &Context) {
        if let Some(url) = self.url.as_ref().filter(|_| !self.is_printed) {
            context.output.line(context.output.pick(&texts::page_at(url)));
            context.output.json(&json!({ "event": "page", "url": url }));
            self.is_printed = true;
        }
    }
}

async fn ended(process: Option<&mut Process>) -> io::Result<ExitStatus> {
    match process {
        Some(process) => process.ended().await,
        None => std::future::pending().await,
    }
}

async fn changed(watcher: Option<&mut Watcher>) -> PathBuf {
    match watcher {
        Some(watcher) => watcher.changed().await,
        None => std::future::pending().await,
    }
}

/// Why the bot has ended, in words.
pub(super) fn reason(status: io::Result<ExitStatus>) -> LocalizedText {
    match status {
        Ok(status) => match status.code() {
            Some(code) => texts::exit_status(code),
            None => texts::ended_by(&status.to_string()),
        },
        Err(error) => LocalizedText::from(&error),
    }
}
