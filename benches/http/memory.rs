//! What stays in memory: of a connection that is idle after a push, and of a push.

use crate::Options;
use crate::load::{Connections, Requests};
use crate::machine::{self, Cores};
use crate::server::{Kind, Server};

/// In plain mode a push leaves its signature besides.
const KINDS: [Kind; 6] =
    [Kind::AxumBare, Kind::AxumSafeAlone, Kind::AxumSafe, Kind::AxumPlain, Kind::ActixBare, Kind::ActixSafe];

pub(crate) fn print(options: &Options, cores: Option<&Cores>) {
    machine::raise_open_files();
    let counts = match options.is_test {
        true => Counts { warm: 64, connections: 20, pushes: 100 },
        false => Counts { warm: 2_000, connections: 2_000, pushes: 100_000 },
    };
    println!("{:<32} {:>22} {:>14}", "resident", "KiB an idle connection", "bytes a push");
    for kind in KINDS {
        let Some([connection, push]) = of(kind, cores, &counts) else {
            println!("the system does not tell how much memory a process has");
            return;
        };
        println!("{:<32} {:>22.1} {push:>14.0}", kind.description(), connection / 1024.0);
    }
}

struct Counts {
    /// Pushes before anything is measured.
    warm: usize,
    connections: usize,
    pushes: usize,
}

/// The bytes of a connection that is idle after one push, and of one of many pushes.
fn of(kind: Kind, cores: Option<&Cores>, counts: &Counts) -> Option<[f64; 2]> {
    const TOGETHER: usize = 20;

    let Counts { warm, connections, pushes } = *counts;
    let start = || {
        let server = Server::start(kind, cores.map(|cores| cores.server));
        // What is allocated once is there.
        let mut few = Connections::open(server.address, 64);
        few.send(Requests::of(kind, 0, warm).all());
        (server, few)
    };
    let (server, _few) = start();
    let before = server.resident()?;
    let open = |number| {
        // A server hangs up where a connection waits long for its first request.
        let mut some = Connections::open(server.address, TOGETHER);
        some.send(Requests::of(kind, (warm + number) as u64, TOGETHER).all());
        some
    };
    let _many: Vec<_> = (0..connections).step_by(TOGETHER).map(open).collect();
    let connection = grown(before, server.resident()?, connections);

    let (server, mut few) = start();
    let before = server.resident()?;
    few.send(Requests::of(kind, warm as u64, pushes).all());
    Some([connection, grown(before, server.resident()?, pushes)])
}

fn grown(before: u64, after: u64, count: usize) -> f64 {
    (after as f64 - before as f64) / count as f64
}
