//! What is asked of the system, where it can: cores, processor time, memory, open files.

use std::time::Duration;

/// One core for the server, another for the generator.
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) generator: usize,
}

impl Cores {
    /// Of those that this process may use: the server's is `server`, or the last.
    #[cfg(target_os = "linux")]
    pub(crate) fn allowed(server: Option<usize>) -> Option<Self> {
        use rustix::thread::CpuSet;

        let allowed = rustix::thread::sched_getaffinity(None).ok()?;
        let cores = || (0..CpuSet::MAX_CPU).rev().filter(|core| allowed.is_set(*core));
        let server = server.or_else(|| cores().next())?;
        Some(Self { server, generator: cores().find(|core| *core != server)? })
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn allowed(_server: Option<usize>) -> Option<Self> {
        None
    }
}

/// Keeps this thread, and those that it starts, on a core.
#[cfg(target_os = "linux")]
pub(crate) fn pin(core: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set).expect("a core that this process may use");
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pin(_core: usize) {}

/// The processor time that this process has taken.
#[cfg(unix)]
pub(crate) fn cpu_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};

    clock_gettime(ClockId::ProcessCPUTime).try_into().ok()
}

#[cfg(not(unix))]
pub(crate) fn cpu_time() -> Option<Duration> {
    None
}

/// The resident bytes of a process.
pub(crate) fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

/// Opens as many files as the system permits.
#[cfg(unix)]
pub(crate) fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where this is refused, connecting fails later, and says so.
    let _ = setrlimit(Resource::Nofile, limit);
}

#[cfg(not(unix))]
pub(crate) fn raise_open_files() {}
