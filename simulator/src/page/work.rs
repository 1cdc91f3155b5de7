//! The thread that pushes. The futures of a target need not be `Send`, so they cannot run on the page's runtime.

use std::io;
use std::rc::Rc;
use std::sync::Weak;
use std::time::Instant;

use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use super::bot_log::AFTERMATH;
use super::job::Job;
use super::shared::Shared;
use crate::handshake;
use crate::{AccountKind, HttpTarget, Message, SendError, Step, Target};

/// A target that jobs can be run on.
pub(super) trait Worker: Send {
    fn url(&self) -> String;
    fn work(self: Box<Self>, shared: Weak<Shared>, jobs: UnboundedReceiver<Job>) -> LocalSet;
}

struct TargetWorker<T>(T);

pub(super) fn worker<T: Target + Send + 'static>(target: T) -> Box<dyn Worker> {
    Box::new(TargetWorker(target))
}

/// A bot that can be at another URL each time that it is started.
struct MovingWorker {
    url: String,
    allow_remote: bool,
}

/// The worker of a bot that says where it is when it listens. `url` is where it is expected.
pub(super) fn moving_worker(url: String, allow_remote: bool) -> Box<dyn Worker> {
    Box::new(MovingWorker { url, allow_remote })
}

pub(super) fn http_target(url: &str, allow_remote: bool) -> Result<HttpTarget, SendError> {
    let target = HttpTarget::new(url)?;
    Ok(if allow_remote { target.allow_remote() } else { target })
}

/// Starts a thread that runs jobs until their sender is dropped.
pub(super) fn start(
    worker: Box<dyn Worker>,
    shared: Weak<Shared>,
    jobs: UnboundedReceiver<Job>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name("wechat-sim".to_owned());
    thread.spawn(move || runtime.block_on(worker.work(shared, jobs)))?;
    Ok(())
}

impl<T: Target + Send + 'static> Worker for TargetWorker<T> {
    fn url(&self) -> String {
        self.0.url().to_owned()
    }

    fn work(self: Box<Self>, shared: Weak<Shared>, mut jobs: UnboundedReceiver<Job>) -> LocalSet {
        let set = LocalSet::new();
        let target = Rc::new(self.0);
        set.spawn_local(async move {
            while let Some(job) = jobs.recv().await {
                let (target, shared) = (Rc::clone(&target), shared.clone());
                spawn_local(async move { run(job, &*target, &shared).await });
            }
        });
        set
    }
}

impl Worker for MovingWorker {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn work(self: Box<Self>, shared: Weak<Shared>, mut jobs: UnboundedReceiver<Job>) -> LocalSet {
        let set = LocalSet::new();
        set.spawn_local(async move {
            while let Some(job) = jobs.recv().await {
                let Some(url) = shared.upgrade().map(|shared| shared.bot_url()) else { return };
                // The program says where the bot is, so the URL is one.
                let Ok(target) = http_target(&url, self.allow_remote) else { continue };
                let shared = shared.clone();
                spawn_local(async move { run(job, &target, &shared).await });
            }
        });
        set
    }
}

/// Waits for the last lines that the bot prints.
async fn settle(id: u64, shared: &Weak<Shared>) {
    sleep(AFTERMATH).await;
    if let Some(shared) = shared.upgrade() {
        shared.settled(id);
    }
}

async fn run<T: Target>(job: Job, target: &T, shared: &Weak<Shared>) {
    match job {
        Job::Deliver { id, wechat, push } if wechat.account().kind() == AccountKind::AiBot => {
            let watch = |step: Step<'_>| {
                if let Some(shared) = shared.upgrade() {
                    shared.step(id, &step);
                }
            };
            let message = Message::raw(&push.xml);
            let conversation = wechat.converse(&message, push.openid(), target, watch).await;
            if let Some(shared) = shared.upgrade() {
                shared.conversed(id, conversation);
            }
            settle(id, shared).await;
        }
        Job::Deliver { id, wechat, push } => {
            let watch = |progress: crate::Progress<'_>| {
                if let Some(shared) = shared.upgrade() {
                    shared.progress(id, &progress);
                }
            };
            let exchange = wechat.deliver(*push, target, watch).await;
            if let Some(shared) = shared.upgrade() {
                shared.delivered(id, exchange.shown);
            }
            settle(id, shared).await;
        }
        Job::Attack { attack, wechat } => {
            let result = attack.run(&wechat, target).await;
            if let Some(shared) = shared.upgrade() {
                shared.attacked(result, wechat.account());
            }
        }
        Job::Verify { wechat } => {
            let began = Instant::now();
            let result = handshake::verify(&wechat, target).await;
            let done = Instant::now();
            if let Some(shared) = shared.upgrade() {
                shared.verified(&result);
            }
            sleep(AFTERMATH).await;
            if let Some(shared) = shared.upgrade() {
                shared.verification_settled(began, done);
            }
        }
    }
}
