//! Requests a second and processor time a request, the servers in turn.

use std::time::Duration;

use crate::Options;
use crate::load::{Connections, Requests};
use crate::machine::Cores;
use crate::server::{Kind, Server, Traffic};

/// Keep-alive connections to a server.
const CONNECTIONS: usize = 64;

/// What is compared: of which server the figures of which other are.
const RATIOS: [(Kind, Kind); 12] = [
    (Kind::AxumPrimitives, Kind::AxumBare),
    (Kind::AxumSafe, Kind::AxumPrimitives),
    (Kind::AxumSafeAlone, Kind::AxumPrimitives),
    (Kind::AxumSafe, Kind::AxumBare),
    (Kind::AxumPlain, Kind::AxumBare),
    (Kind::ActixSafe, Kind::ActixBare),
    (Kind::AxumSafe, Kind::AxumSafeAlone),
    (Kind::AxumPlain, Kind::AxumPlainAlone),
    (Kind::Axum1Account, Kind::AxumSafe),
    (Kind::Axum1000Accounts, Kind::AxumSafe),
    (Kind::Axum100000Accounts, Kind::AxumSafe),
    (Kind::ActixBare, Kind::AxumBare),
];

/// One server in one round.
#[derive(Clone, Copy)]
struct Sample {
    per_second: f64,
    /// Microseconds of processor time a request.
    cpu: Option<f64>,
}

pub(crate) fn print(options: &Options, cores: Option<&Cores>) {
    let core = cores.map(|cores| cores.server);
    let mut servers = Kind::ALL.map(|kind| Server::start(kind, core));
    let idle = servers.each_ref().map(Server::resident);
    let mut sent = 0;
    let (mut count, turns) = if options.is_test { (200, 1) } else { (20_000, 10) };
    if !options.is_test {
        // Warm, and how many requests take the time of a round in the mean.
        let rates = round(&mut servers, &mut sent, count, turns).map(|sample| sample.per_second);
        let mean = rates.len() as f64 / rates.iter().map(|rate| rate.recip()).sum::<f64>();
        count = (mean * options.seconds.as_secs_f64()) as usize;
    }
    let rounds: Vec<_> = (0..options.rounds).map(|_| round(&mut servers, &mut sent, count, turns)).collect();

    println!(
        "{} rounds of {count} requests to each server, in {turns} turns, over {CONNECTIONS} connections",
        rounds.len()
    );
    println!("\n{:<32} {:>9} {:>8} {:>6} {:>9}", "server", "req/s", "µs CPU", "busy", "idle MiB");
    for (at, kind) in Kind::ALL.into_iter().enumerate() {
        let rate = median(rounds.iter().map(|round| round[at].per_second));
        let cpu = rounds.iter().map(|round| round[at].cpu).collect::<Option<Vec<_>>>().map(median);
        println!(
            "{:<32} {rate:>9.0} {} {} {}",
            kind.description(),
            or_dash(cpu, 8, 2, ""),
            or_dash(cpu.map(|cpu| rate * cpu / 1e4), 5, 0, "%"),
            or_dash(idle[at].map(|bytes| bytes as f64 / f64::from(1 << 20)), 9, 1, ""),
        );
    }
    print_ratios(&rounds);
}

/// Loads each server with the same requests, in turns that are so short that what else the machine does falls on all.
fn round<const N: usize>(
    servers: &mut [Server; N],
    sent: &mut u64,
    count: usize,
    turns: usize,
) -> [Sample; N] {
    let mut requests = Vec::<(Traffic, Requests)>::new();
    for traffic in servers.iter().map(|server| server.kind.traffic()) {
        if requests.iter().all(|(made, _)| *made != traffic) {
            requests.push((traffic, Requests::new(traffic, *sent, count)));
        }
    }
    *sent += count as u64;
    let mut times = [(Duration::ZERO, Some(Duration::ZERO)); N];
    for turn in 0..turns {
        // Each time another one is the first.
        for which in (0..N).map(|at| (turn + at) % N) {
            let server = &mut servers[which];
            let traffic = server.kind.traffic();
            let (_, requests) = requests.iter().find(|(made, _)| *made == traffic).expect("made above");
            let (elapsed, cpu) = load(server, requests.part(turn, turns));
            times[which].0 += elapsed;
            times[which].1 = times[which].1.zip(cpu).map(|(sum, cpu)| sum + cpu);
        }
    }
    times.map(|(elapsed, cpu)| Sample {
        per_second: count as f64 / elapsed.as_secs_f64(),
        cpu: cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / count as f64),
    })
}

/// How long the answers took, and what the server took for them.
fn load<'r>(
    server: &mut Server,
    requests: impl ExactSizeIterator<Item = &'r [u8]>,
) -> (Duration, Option<Duration>) {
    let mut connections = Connections::open(server.address, CONNECTIONS);
    let before = server.cpu_time();
    let elapsed = connections.send(requests);
    (elapsed, server.cpu_time().zip(before).map(|(after, before)| after - before))
}

/// Of the medians, and the least and the greatest of a round.
fn print_ratios<const N: usize>(rounds: &[[Sample; N]]) {
    println!("\n{:<66} {:<22} of µs CPU, inverted", "ratio", "of req/s");
    for (one, other) in RATIOS {
        let at = [one, other].map(|kind| Kind::ALL.into_iter().position(|each| each == kind).expect("all"));
        let rates = rounds.iter().map(|round| at.map(|at| Some(round[at].per_second))).collect();
        // More time is less throughput.
        let cpus = rounds.iter().map(|round| at.map(|at| Some(round[at].cpu?.recip()))).collect();
        let of = format!("{}, of: {}", one.description(), other.description());
        println!("{of:<66} {:<22} {}", ratio(rates), ratio(cpus));
    }
    println!();
}

fn ratio(pairs: Vec<[Option<f64>; 2]>) -> String {
    let Some(pairs) = pairs.into_iter().map(|[one, other]| Some([one?, other?])).collect::<Option<Vec<_>>>()
    else {
        return "–".to_owned();
    };
    let [one, other] = [0, 1].map(|at| median(pairs.iter().map(|pair| pair[at])));
    let each = || pairs.iter().map(|[one, other]| one / other);
    let (least, greatest) = (each().fold(f64::INFINITY, f64::min), each().fold(0.0, f64::max));
    format!("{:.3} ({least:.3}..{greatest:.3})", one / other)
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// A figure that not every system tells.
fn or_dash(value: Option<f64>, width: usize, decimals: usize, unit: &str) -> String {
    value.map_or_else(|| format!("{:>width$}{unit}", "–"), |value| format!("{value:>width$.decimals$}{unit}"))
}
