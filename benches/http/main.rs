//! The library behind sockets, beside the limit: bare handlers, the raw primitives alone and the library, one worker thread
//! and one process each, loaded in turn over loopback with distinct text messages of 300 bytes.
//!
//! ```text
//! cargo bench -p wechat-callback --bench http
//! cargo bench -p wechat-callback --bench http -- --rounds 20 --seconds 2
//! cargo bench -p wechat-callback --bench http -- --serve axum-safe
//! ```
//! The first two print the tables. The servers are pinned to one core (the last, or `--core NUMBER`) and the generator to
//! another, where the system can. The third starts one server and prints its port, for a profiler or for another generator.
//! Times vary between machines and with what else runs; the ratios, taken in turn in one run, are what to compare.

mod load;
mod machine;
mod memory;
#[path = "../primitives/mod.rs"]
mod primitives;
#[path = "../push/mod.rs"]
mod push;
mod rounds;
mod server;
mod serving;

use std::time::Duration;

use machine::Cores;
use server::Kind;

/// The length of a message's XML.
const LENGTH: usize = 300;

fn main() {
    let options = Options::read();
    if let Some(kind) = options.serve {
        return serving::serve(kind, options.core);
    }
    let cores = Cores::allowed(options.core);
    match &cores {
        Some(cores) => machine::pin(cores.generator),
        None => println!("nothing is pinned: there are no two cores that this process may choose"),
    }
    rounds::print(&options, cores.as_ref());
    memory::print(&options, cores.as_ref());
}

/// What the command line asks for.
struct Options {
    /// How long a server is loaded in a round.
    seconds: Duration,
    rounds: usize,
    /// Whether everything runs once and shortly, as under `cargo test`.
    is_test: bool,
    serve: Option<Kind>,
    /// The core of the server, or of all.
    core: Option<usize>,
}

impl Options {
    fn read() -> Self {
        let args: Vec<_> = std::env::args().collect();
        let asked = |flag: &str| args.iter().any(|arg| arg == flag);
        let value = |flag: &str| args.iter().skip_while(|arg| *arg != flag).nth(1).map(String::as_str);
        // `cargo bench -- --test` runs everything once; what `cargo test` runs is no benchmark.
        let is_test = asked("--test") || !asked("--bench");
        let seconds = value("--seconds").map_or(1.0, |text| text.parse().expect("--seconds NUMBER"));
        let rounds = value("--rounds").map_or(12, |text| text.parse().expect("--rounds NUMBER"));
        Self {
            seconds: Duration::from_secs_f64(seconds),
            rounds: if is_test { 1 } else { rounds },
            is_test,
            serve: value("--serve")
                .map(|name| Kind::named(name).expect("--serve with a name of `Kind::name`")),
            core: value("--core").map(|text| text.parse().expect("--core NUMBER")),
        }
    }
}
