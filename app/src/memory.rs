//! How much memory this process can still get, as Linux tells it in its process file system; elsewhere it is not known.
//! A trace takes two to three times its file, and where memory ends the system ends the process, or an allocation
//! fails and takes everything else that is open with it: so a load is told beforehand how much it may take.

use std::fs;
use std::path::Path;

use trace_core::base::monitor::Monitor;

/// Of what is left a trace may take three quarters: the rest is for its bytes on their way, for what is asked about it,
/// and for everybody else.
const SHARE: (u64, u64) = (3, 4);
/// What the threads of a load need besides, whatever the trace.
const BESIDES: u64 = 64 << 20;
/// A trace may take so much in any case.
const AT_LEAST: u64 = 16 << 20;

/// Tells a load how much it may take, unless somebody has said so. `loads`: how many run at the same time.
pub fn limit(monitor: &Monitor, loads: usize) {
    if monitor.memory_limit().is_none()
        && let Some(left) = left_bytes()
    {
        let share = left.saturating_sub(BESIDES) / SHARE.1 * SHARE.0 / loads.max(1) as u64;
        monitor.limit_memory(share.max(AT_LEAST));
    }
}

/// Bytes that this process can still get; `None` if that cannot be told.
#[must_use]
pub fn left_bytes() -> Option<u64> {
    [left_of_system(), left_of_addresses(), left_of_group()].into_iter().flatten().min()
}

/// What the system has left without taking from others.
fn left_of_system() -> Option<u64> {
    kibibytes(&read("/proc/meminfo")?, "MemAvailable:")
}

/// What is left of the addresses that a process may have (`ulimit -v`).
fn left_of_addresses() -> Option<u64> {
    let limits = read("/proc/self/limits")?;
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = limit.split_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(kibibytes(&read("/proc/self/status")?, "VmSize:")?))
}

/// What is left to the control group that the process is in, where that is the root of its own tree: in a container.
fn left_of_group() -> Option<u64> {
    let number = |file: &str| read(file)?.trim().parse::<u64>().ok();
    Some(number("/sys/fs/cgroup/memory.max")?.saturating_sub(number("/sys/fs/cgroup/memory.current")?))
}

fn read(file: &str) -> Option<String> {
    fs::read_to_string(Path::new(file)).ok()
}

/// Bytes from a line such as `MemAvailable:   22021584 kB`.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_told_once() {
        let monitor = Monitor::new();
        monitor.limit_memory(7);
        limit(&monitor, 1);
        assert_eq!(monitor.memory_limit(), Some(7));
        let fresh = Monitor::new();
        limit(&fresh, 2);
        assert!(fresh.memory_limit().is_none_or(|bytes| bytes >= AT_LEAST));
    }

    #[test]
    fn reads_what_linux_writes() {
        let text = "MemTotal:       24563412 kB\nMemAvailable:   22021584 kB\n";
        assert_eq!(kibibytes(text, "MemAvailable:"), Some(22_021_584 * 1024));
        assert_eq!(kibibytes(text, "VmSize:"), None);
    }
}
