//! The thread that pushes. A target's futures need not be `Send`, so they cannot run where the page is served.

use std::io;
use std::rc::Rc;
use std::sync::Weak;

use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{LocalSet, spawn_local};

use super::state::Shared;
use crate::attack::Attack;
use crate::handshake::Handshake;
use crate::{Push, Target, Wechat};

/// What is to be done with the bot, by WeChat as it was when it was asked for.
pub(super) enum Job {
    Deliver { id: u64, wechat: Wechat, push: Box<Push> },
    Attack { attack: &'static Attack, wechat: Wechat },
    Verify { wechat: Wechat },
}

/// A target that does jobs.
pub(super) trait Worker: Send {
    fn url(&self) -> String;
    fn work(self: Box<Self>, shared: Weak<Shared>, jobs: UnboundedReceiver<Job>) -> LocalSet;
}

struct Pusher<T>(T);

pub(super) fn worker<T: Target + Send + 'static>(target: T) -> Box<dyn Worker> {
    Box::new(Pusher(target))
}

/// Works until there is nobody left who could give a job.
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

impl<T: Target + Send + 'static> Worker for Pusher<T> {
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

async fn run<T: Target>(job: Job, target: &T, shared: &Weak<Shared>) {
    match job {
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
        }
        Job::Attack { attack, wechat } => {
            let outcome = attack.run(&wechat, target).await;
            if let Some(shared) = shared.upgrade() {
                shared.attacked(&outcome, wechat.account().mode());
            }
        }
        Job::Verify { wechat } => {
            let verified = Handshake::of(wechat.account(), target).run(target).await;
            if let Some(shared) = shared.upgrade() {
                shared.verified(&verified);
            }
        }
    }
}
