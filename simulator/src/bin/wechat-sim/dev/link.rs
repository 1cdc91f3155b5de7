//! The page's view of the bot. In a build without the page there is nobody to tell.

use tokio::net::TcpListener;
use wechat_sim::{Account, AccountKind, DataFormat, LocalizedText, Mode};

use crate::context::Context;

/// What is requested on the page.
#[cfg_attr(not(feature = "page"), expect(dead_code, reason = "only the page requests"))]
pub(super) enum Request {
    Restart,
    Mode(Mode),
    Account(AccountKind, DataFormat, Mode),
}

pub(super) use with_or_without::{Link, Reporter};

#[cfg(feature = "page")]
mod with_or_without {
    use tokio::sync::mpsc::Receiver;
    use tokio::task::JoinHandle;
    use wechat_sim::page::{BotReporter, BotRequest, BotState, BuildState, Printer};

    use super::{Account, Context, LocalizedText, Request, TcpListener};
    use crate::serve;

    /// The page, which is served until this is dropped.
    pub(in super::super) struct Link {
        requests: Receiver<BotRequest>,
        server: JoinHandle<()>,
    }

    impl Link {
        pub(in super::super) fn serve(
            context: &Context,
            account: Account,
            bot_url: &str,
            listener: Option<TcpListener>,
        ) -> (Self, Reporter) {
            let (page, reporter, requests) = serve::page(context, account, bot_url.to_owned()).supervised();
            let server = tokio::spawn(async move {
                if let Some(listener) = listener {
                    // It fails before it starts or never, and the listener and the URL are checked.
                    let _ = page.serve(listener).await;
                }
            });
            (Self { requests, server }, Reporter(reporter))
        }

        /// Waits for what is requested next.
        pub(in super::super) async fn request(&mut self) -> Request {
            match self.requests.recv().await {
                Some(BotRequest::Mode(mode)) => Request::Mode(mode),
                Some(BotRequest::Account { kind, format, mode }) => Request::Account(kind, format, mode),
                Some(_) => Request::Restart,
                None => std::future::pending().await,
            }
        }
    }

    impl Drop for Link {
        fn drop(&mut self) {
            self.server.abort();
        }
    }

    #[derive(Clone)]
    pub(in super::super) struct Reporter(BotReporter);

    impl Reporter {
        pub(in super::super) fn starting(&self) {
            self.0.state(BotState::Starting);
        }

        pub(in super::super) fn restarting(&self) {
            self.0.state(BotState::Restarting);
        }

        pub(in super::super) fn listening(&self, url: &str) {
            self.0.state(BotState::Listening { url: url.to_owned() });
        }

        pub(in super::super) fn stopped(&self, reason: &LocalizedText) {
            self.0.state(BotState::Stopped { reason: reason.clone() });
        }

        pub(in super::super) fn hint(&self, hint: &LocalizedText) {
            self.0.hint(hint.clone());
        }

        pub(in super::super) fn building(&self) {
            self.0.build(BuildState::Running);
        }

        pub(in super::super) fn built(&self, succeeded: bool) {
            self.0.build(if succeeded { BuildState::Succeeded } else { BuildState::Failed });
        }

        pub(in super::super) fn bot_line(&self, line: &str) {
            self.0.line(Printer::Bot, line);
        }

        pub(in super::super) fn build_line(&self, line: &str) {
            self.0.line(Printer::Build, line);
        }
    }
}

#[cfg(not(feature = "page"))]
mod with_or_without {
    use super::{Account, Context, LocalizedText, Request, TcpListener};

    pub(in super::super) struct Link;

    impl Link {
        #[allow(clippy::needless_pass_by_value, reason = "as with the page")]
        pub(in super::super) fn serve(
            _: &Context,
            _: Account,
            _: &str,
            _: Option<TcpListener>,
        ) -> (Self, Reporter) {
            (Self, Reporter)
        }

        pub(in super::super) async fn request(&mut self) -> Request {
            std::future::pending().await
        }
    }

    #[derive(Clone)]
    pub(in super::super) struct Reporter;

    #[allow(clippy::unused_self, reason = "as with the page")]
    impl Reporter {
        pub(in super::super) const fn starting(&self) {}
        pub(in super::super) const fn restarting(&self) {}
        pub(in super::super) const fn listening(&self, _: &str) {}
        pub(in super::super) const fn stopped(&self, _: &LocalizedText) {}
        pub(in super::super) const fn hint(&self, _: &LocalizedText) {}
        pub(in super::super) const fn building(&self) {}
        pub(in super::super) const fn built(&self, _: bool) {}
        pub(in super::super) const fn bot_line(&self, _: &str) {}
        pub(in super::super) const fn build_line(&self, _: &str) {}
    }
}
