//! What opening a push and sealing a reply cost, beside the bound: the raw primitives alone on the same bytes.
//!
//! ```text
//! taskset -c 1 cargo bench -p wechat-callback --bench core
//! ```
//! Times vary between machines and with what else runs; the ratios of the table, taken in one run, are what to
//! compare.

mod push;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes256Dec, Aes256Enc};
use base64::engine::Engine;
use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;
use criterion::{BatchSize, BenchmarkId, Criterion};
use push::Push;
use sha1::{Digest, Sha1};
use wechat_callback::{Callback, OpenError, Opened, Reply, ReplyContext, Sealed};

/// Lengths of the message's XML. WeChat sends no more than a few KB; the core has no limit of its own.
const SIZES: [(&str, usize); 3] = [("300 B", 300), ("2 KB", 2 << 10), ("64 KB", 64 << 10)];

fn main() {
    // `cargo test --benches` passes no --bench, `cargo bench -- --test` both.
    let asked = |flag: &str| std::env::args().any(|arg| arg == flag);
    if asked("--bench") && !["--test", "--list", "--profile-time"].into_iter().any(asked) {
        print_ratios();
        print_growth();
    }

    let mut criterion = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    bench_open(&mut criterion);
    bench_seal(&mut criterion);
    bench_wrong_signature(&mut criterion);
    criterion.final_summary();
}

fn bench_open(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("open");
    for (size, length) in SIZES {
        let [plain, safe] = Exchange::of(length);
        let mut bound = Bound::of_open(&safe);
        group.bench_function(BenchmarkId::new("plain", size), |bencher| bencher.iter(|| plain.open()));
        group.bench_function(BenchmarkId::new("safe", size), |bencher| bencher.iter(|| safe.open()));
        group.bench_function(BenchmarkId::new("bound", size), |bencher| bencher.iter(|| bound.open()));
    }
}

fn bench_seal(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("seal");
    for (size, length) in SIZES {
        let [plain, safe] = Exchange::of(length);
        let mut bound = Bound::of_seal(&plain, &safe);
        group.bench_function(BenchmarkId::new("plain", size), |bencher| {
            bencher.iter_batched(|| plain.reply.clone(), |reply| plain.seal(reply), BatchSize::SmallInput);
        });
        group.bench_function(BenchmarkId::new("safe", size), |bencher| {
            bencher.iter_batched(|| safe.reply.clone(), |reply| safe.seal(reply), BatchSize::SmallInput);
        });
        group.bench_function(BenchmarkId::new("bound", size), |bencher| bencher.iter(|| bound.seal()));
    }
}

fn bench_wrong_signature(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wrong signature");
    let xml = push::text_message(300);
    let [plain, safe] = push::callbacks();
    for (mode, callback, push) in [
        ("plain", plain, Push::plain(&xml, "theTokenOfAnother")),
        ("safe", safe, Push::safe(&xml, "theTokenOfAnother")),
    ] {
        assert!(matches!(open(&callback, &push), Err(OpenError::Signature { .. })));
        let id = BenchmarkId::new(mode, "300 B");
        group.bench_function(id, |bencher| bencher.iter(|| open(&callback, &push)));
    }
}

/// Measured by itself and not by criterion, which measures one after the other: what else the machine does in the
/// meantime would fall on one side alone.
fn print_ratios() {
    println!("safe mode      ours        bound       ratio");
    for (size, length) in SIZES {
        let [_, safe] = Exchange::of(length);
        let mut bound = Bound::of_open(&safe);
        print_ratio("open", size, || (), |()| safe.open(), || bound.open());
    }
    for (size, length) in SIZES {
        let [plain, safe] = Exchange::of(length);
        let mut bound = Bound::of_seal(&plain, &safe);
        print_ratio("seal", size, || safe.reply.clone(), |reply| safe.seal(reply), || bound.seal());
    }
    println!();
}

/// Whether the cost grows with the length and no faster: the shortest message that `text_message` makes, up to 1 MiB.
fn print_growth() {
    println!("safe mode           open                  seal");
    for length in [256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20] {
        let [_, safe] = Exchange::of(length);
        let quietest = |work: &mut dyn FnMut() -> Duration| (0..50).map(|_| work()).min().unwrap_or_default();
        let open = quietest(&mut || time(20, &mut || (), &mut |()| safe.open())) / 20;
        let seal = quietest(&mut || time(20, &mut || safe.reply.clone(), &mut |reply| safe.seal(reply))) / 20;
        let [open, seal] = [open, seal].map(|time| {
            let time = time.as_secs_f64() * 1e9;
            format!("{time:>9.0} ns {:>5.2} ns/B", time / length as f64)
        });
        println!("{length:>7} B {open} {seal}");
    }
    println!();
}

/// What `prepare` makes for `ours` is not measured.
fn print_ratio<I, O, B>(
    name: &str,
    size: &str,
    mut prepare: impl FnMut() -> I,
    mut ours: impl FnMut(I) -> O,
    mut bound: impl FnMut() -> B,
) {
    const SLICES: usize = 400;
    const SLICE: Duration = Duration::from_micros(500);

    let warm_up = time(100, &mut prepare, &mut ours);
    let rounds = (100.0 * SLICE.div_duration_f64(warm_up)).max(1.0) as u32;

    // Slices of the two alternate, and the quiet tenth of each counts.
    let mut slices: [Vec<Duration>; 2] = Default::default();
    for _ in 0..SLICES {
        slices[0].push(time(rounds, &mut prepare, &mut ours));
        slices[1].push(time(rounds, &mut || (), &mut |()| bound()));
    }
    let [ours, bound] = slices.map(|mut slices| {
        slices.sort_unstable();
        slices[SLICES / 10].as_secs_f64() * 1e9 / f64::from(rounds)
    });
    println!("{name} {size:>6} {ours:>9.0} ns {bound:>9.0} ns {:>9.2}", ours / bound);
}

fn time<I, R>(rounds: u32, prepare: &mut impl FnMut() -> I, work: &mut impl FnMut(I) -> R) -> Duration {
    let prepared: Vec<I> = (0..rounds).map(|_| prepare()).collect();
    let start = Instant::now();
    for input in prepared {
        black_box(work(input));
    }
    start.elapsed()
}

fn open(callback: &Callback, push: &Push) -> Result<Opened, OpenError> {
    callback.open_at(black_box(&push.query), black_box(push.body.as_bytes()), push::NOW)
}

/// A push, and the reply that says what the push says.
struct Exchange {
    xml: String,
    callback: Callback,
    push: Push,
    context: ReplyContext,
    reply: Reply,
}

impl Exchange {
    /// In plain and in safe mode.
    fn of(length: usize) -> [Self; 2] {
        let xml = push::text_message(length);
        let pushes = [Push::plain(&xml, push::TOKEN), Push::safe(&xml, push::TOKEN)];
        let mut pushes = pushes.into_iter();
        push::callbacks().map(|callback| {
            let push = pushes.next().expect("as many as callbacks");
            let opened = open(&callback, &push).expect("rightly signed");
            assert_eq!(opened.plaintext, xml);
            let (context, text) = (opened.context, opened.message.text().expect("a text message"));
            let reply = push::reply(text);
            Self { xml: xml.clone(), callback, push, context, reply }
        })
    }

    fn open(&self) -> Opened {
        open(&self.callback, &self.push).expect("rightly signed")
    }

    fn seal(&self, reply: Reply) -> Sealed {
        self.context.seal_at(black_box(reply), push::NOW, push::RANDOM).expect("with a recipient")
    }
}

/// The least that the protocol asks for: one SHA-1, base64 and AES-256-CBC, with the key schedules at hand and
/// every buffer allocated before.
struct Bound {
    encrypt: Aes256Enc,
    decrypt: Aes256Dec,
    iv: [u8; 16],
    base64: Simd,
    /// Before encryption.
    frame: Vec<u8>,
    /// After it, or where it is undone.
    buffer: Vec<u8>,
    /// `Encrypt`.
    encrypted: Vec<u8>,
}

impl Bound {
    /// Over the bytes of `safe`'s push.
    fn of_open(safe: &Exchange) -> Self {
        let mut bound = Self::of_frame(push::frame(&safe.xml));
        bound.seal();
        assert!(safe.push.body.contains(str::from_utf8(&bound.encrypted).expect("ASCII")));
        bound.open();
        assert_eq!(bound.buffer, bound.frame);
        bound
    }

    /// Over the bytes of `safe`'s reply; the one of `plain` is the same without encryption.
    fn of_seal(plain: &Exchange, safe: &Exchange) -> Self {
        let mut bound = Self::of_frame(push::frame(&plain.seal(plain.reply.clone()).body));
        bound.seal();
        assert!(
            safe.seal(safe.reply.clone()).body.contains(str::from_utf8(&bound.encrypted).expect("ASCII"))
        );
        bound
    }

    fn of_frame(frame: Vec<u8>) -> Self {
        let key = push::aes_key().into();
        Self {
            encrypt: Aes256Enc::new(&key),
            decrypt: Aes256Dec::new(&key),
            iv: push::iv(),
            base64: Simd::standard(PAD),
            buffer: vec![0; frame.len()],
            encrypted: vec![0; frame.len().div_ceil(3) * 4],
            frame,
        }
    }

    fn open(&mut self) -> [u8; 20] {
        let signature = self.sign();
        self.base64.decode_slice(black_box(&self.encrypted), &mut self.buffer).expect("base64");
        cbc::Decryptor::inner_iv_init(&self.decrypt, &self.iv.into())
            .decrypt_padded::<NoPadding>(&mut self.buffer)
            .expect("whole blocks");
        black_box(&self.buffer);
        signature
    }

    fn seal(&mut self) -> [u8; 20] {
        cbc::Encryptor::inner_iv_init(&self.encrypt, &self.iv.into())
            .encrypt_padded_b2b::<NoPadding>(black_box(&self.frame), &mut self.buffer)
            .expect("whole blocks");
        self.base64.encode_slice(&self.buffer, &mut self.encrypted).expect("room for it");
        self.sign()
    }

    fn sign(&self) -> [u8; 20] {
        let mut sha1 = Sha1::new();
        for part in [push::NONCE, push::TIMESTAMP, push::TOKEN] {
            sha1.update(black_box(part));
        }
        sha1.update(black_box(&self.encrypted));
        sha1.finalize().into()
    }
}
