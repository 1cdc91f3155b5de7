//! What it costs that there are many accounts: one alone, and tables of 1, 1,000 and 100,000, in turns.
//!
//! The accounts of a table are asked for in random order, so that none of the processor's caches has those of a large one:
//! what a look-up takes then is four fetches from memory. Accounts that were asked for a moment ago are measured beside.
//! All have the same credentials, so that the pushes are the same.

mod push;

use std::hint::black_box;
use std::time::{Duration, Instant};

use push::Push;
use tokio::runtime::Runtime;
use wechat_callback::accounts::{AccountLookup, Accounts};
use wechat_callback::late_reply::LateReply;
use wechat_callback::server::{Engine, Request};
use wechat_callback::{Callback, Message, TextReply};

const SIZES: [u64; 3] = [1, 1_000, 100_000];

/// How many pushes are timed together.
const PUSHES: u64 = 200;

/// How many look-ups.
const LOOK_UPS: u64 = 2_000;

fn main() {
    // `cargo bench -- --test` runs everything once; what `cargo test` runs is no benchmark.
    let asked = |flag: &str| std::env::args().any(|arg| arg == flag);
    let rounds = if asked("--test") || !asked("--bench") { 1 } else { 500 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let [plain, safe] = push::callbacks();
    let xml = push::text_message(300);
    let mut random = Random(1);
    println!(
        "| mode | accounts | look-up, ns | look-up again, ns | a push, ns | of one alone |\n|---|---:|---:|---:|---:|---:|"
    );
    for (mode, callback, push) in
        [("plain", plain, Push::plain(&xml, push::TOKEN)), ("safe", safe, Push::safe(&xml, push::TOKEN))]
    {
        let tables = SIZES.map(|size| Subject::table(size, &callback));
        let subjects: Vec<_> = [Subject::alone(callback)].into_iter().chain(tables).collect();
        let mut times = vec![Times::default(); subjects.len()];
        for round in 0..rounds {
            // What runs after another finds its caches.
            for turn in 0..subjects.len() {
                let at = (round + turn) % subjects.len();
                let paths: Vec<_> = (0..LOOK_UPS).map(|_| random.path(subjects[at].accounts)).collect();
                times[at].look_ups.push(subjects[at].look_up(&paths));
                let again: Vec<_> = paths.iter().take(50).cycle().take(paths.len()).cloned().collect();
                times[at].again.push(subjects[at].look_up(&again));
                let paths: Vec<_> = (0..PUSHES).map(|_| random.path(subjects[at].accounts)).collect();
                times[at].pushes.push(subjects[at].answer(&runtime, &paths, &push));
            }
        }
        let alone = median(&mut times[0].pushes.clone(), PUSHES);
        for (subject, times) in subjects.iter().zip(&mut times) {
            let (look_up, answer) =
                (median(&mut times.look_ups, LOOK_UPS), median(&mut times.pushes, PUSHES));
            let again = median(&mut times.again, LOOK_UPS);
            let (accounts, ratio) = (subject.accounts, answer / alone);
            let name = if subject.table.is_some() { accounts.to_string() } else { "alone".to_owned() };
            println!("| {mode} | {name} | {look_up:.0} | {again:.0} | {answer:.0} | {ratio:.2} |");
        }
    }
}

#[derive(Clone, Default)]
struct Times {
    look_ups: Vec<Duration>,
    again: Vec<Duration>,
    pushes: Vec<Duration>,
}

/// Nanoseconds of one of so many in a slice.
fn median(slices: &mut [Duration], count: u64) -> f64 {
    slices.sort_unstable();
    slices[slices.len() / 2].as_nanos() as f64 / count as f64
}

struct Random(u64);

impl Random {
    /// That of one of so many accounts.
    fn path(&mut self, accounts: u64) -> String {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("/weixin/wx{:016}", (self.0 >> 33) % accounts)
    }
}

/// What answers for so many accounts.
struct Subject {
    accounts: u64,
    table: Option<Accounts>,
    engine: Engine,
}

impl Subject {
    fn alone(callback: Callback) -> Self {
        Self { accounts: 1, table: None, engine: Self::engine(callback) }
    }

    fn table(size: u64, callback: &Callback) -> Self {
        let table = Accounts::by_path_segment();
        for number in 0..size {
            table.insert(format!("wx{number:016}"), callback.clone());
        }
        Self { accounts: size, table: Some(table.clone()), engine: Self::engine(table) }
    }

    /// Without the memory of deliveries, which is the same for all.
    fn engine(accounts: impl AccountLookup) -> Engine {
        Engine::new(accounts).late_reply(LateReply::RunAgain)
    }

    fn look_up(&self, paths: &[String]) -> Duration {
        let Some(table) = &self.table else { return Duration::ZERO };
        let keys: Vec<_> = paths.iter().map(|path| path.rsplit('/').next().expect("a segment")).collect();
        let start = Instant::now();
        for key in keys {
            black_box(table.get(black_box(key)));
        }
        start.elapsed()
    }

    fn answer(&self, runtime: &Runtime, paths: &[String], push: &Push) -> Duration {
        let handler =
            |message: Message| async move { Ok(TextReply::new(message.text().unwrap_or_default())) };
        let start = Instant::now();
        runtime.block_on(async {
            for path in paths {
                let request = Request::new("POST", path, &push.query, push.body.as_bytes());
                let response = self.engine.handle(request, handler).await;
                assert_eq!(black_box(response).status, 200);
            }
        });
        start.elapsed()
    }
}
