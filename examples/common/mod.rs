//! What the examples share: the account, the address, the log and the end of a small server.
#![allow(dead_code, reason = "each example uses its part")]

pub(crate) mod echo;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::{env, fmt};

use rand::distr::{Alphanumeric, SampleString};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use wechat_callback::{Callback, DataFormat};

/// The account that the environment names, or a sandbox account where it names none.
pub(crate) fn callback() -> Result<Callback, Box<dyn Error>> {
    callback_or_sandbox(DataFormat::Xml)
}

/// The same, with a sandbox account that has this data format.
pub(crate) fn callback_or_sandbox(format: DataFormat) -> Result<Callback, Box<dyn Error>> {
    let variables =
        ["WECHAT_APP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY", "WECHAT_MODE", "WECHAT_FORMAT"];
    if variables.iter().any(|name| env::var_os(name).is_some()) {
        Ok(Callback::from_env()?)
    } else {
        sandbox(format)
    }
}

/// A generated account, printed so that a script can play WeChat's side. It lasts as long as the process.
fn sandbox(format: DataFormat) -> Result<Callback, Box<dyn Error>> {
    let (app_id, token, key) = ("wxsandbox", random(32), random(43));
    let callback = Callback::builder(app_id, &token).encoding_aes_key(&key).format(format).build()?;
    let mode = callback.mode();
    let format = if format == DataFormat::Json { " WECHAT_FORMAT=json" } else { "" };
    print(format_args!(
        "sandbox: WECHAT_APP_ID={app_id} WECHAT_TOKEN={token} WECHAT_ENCODING_AES_KEY={key} WECHAT_MODE={mode}{format}"
    ))?;
    Ok(callback)
}

/// `length` letters and digits that nobody can guess.
pub(crate) fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// Listens on `LISTEN`, `127.0.0.1:3000` unless it is set. With port 0 the system chooses one.
pub(crate) fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).map_err(|error| format!("LISTEN={address}: {error}"))?;
    // tokio asks for it; actix-web sets it itself.
    listener.set_nonblocking(true)?;
    print(format_args!("listening on http://{}/weixin", listener.local_addr()?))?;
    Ok(listener)
}

/// Waits for Ctrl-C or SIGTERM, and then for `drain`.
pub(crate) fn shutdown(drain: impl Future) -> io::Result<impl Future<Output = ()>> {
    let signal = signal()?;
    Ok(async move {
        signal.await;
        drain.await;
    })
}

/// Waits for Ctrl-C or SIGTERM. They are caught from the call on, so that an early one is not lost.
#[cfg(unix)]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix;
    use tokio::signal::unix::SignalKind;

    let mut interrupt = unix::signal(SignalKind::interrupt())?;
    let mut terminate = unix::signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C. It is caught from the call on, so that an early one is not lost.
#[cfg(windows)]
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// Logs to stderr, because scripts read stdout. `RUST_LOG` says how much: `debug`, or `wechat_callback=debug,warn`.
pub(crate) fn log() {
    let asked = env::var("RUST_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    // `wechat-sim dev` reads the log through a pipe, and asks for the colours of the terminal behind it.
    let colours = io::stderr().is_terminal() || env::var_os("CLICOLOR_FORCE").is_some();
    let lines = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(io::stderr);
    tracing_subscriber::registry().with(lines).with(filter).init();
}

/// The framework that an example is served with.
#[derive(Clone, Copy)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

/// Reads `--framework axum`, the default, or `--framework actix`.
pub(crate) fn framework(example: &str) -> Result<Framework, Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--framework", "axum"] => Ok(Framework::Axum),
        ["--framework", "actix"] => Ok(Framework::Actix),
        _ => Err(format!("usage: {example} [--framework axum|actix]").into()),
    }
}

/// 0, or 2 after one line that says what is wrong.
pub(crate) fn exit_code(served: Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = served else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{error}");
    ExitCode::from(2)
}

/// Prints a line that a script can read at once. (`println!` would panic after the reader has gone.)
pub(crate) fn print(line: fmt::Arguments<'_>) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
