//! The one table of commands that need no window: their names, what they are for, their help, how they are read.

use std::ffi::OsStr;

use crate::cli::args::Command;
use crate::cli::basics::Basics;
use crate::cli::exit::Failure;
use crate::cli::text::Text;
use crate::cli::words::{Stop, Words};
use crate::cli::{
    blocked, compare, dump, gc, goroutines, latency, locks, mmu, population, procs, profile, report, scope,
};
use crate::cli::{screenshot, stats, stw, tasks, why};

/// A command.
pub struct Entry {
    /// What it is called.
    name: &'static str,
    /// What follows the name, and what it is for, as the overview says it; `None` if the one before speaks for it.
    line: Option<(&'static str, &'static str)>,
    /// What `help` prints on it, in parts.
    help: &'static [&'static str],
    /// Reads what follows the name.
    read: fn(Words) -> Result<Command, Stop>,
}

/// All of them, in the order of the overview.
static ALL: [Entry; 21] = [
    Entry {
        name: "dump",
        line: Some(("FILE", "every event as text, as `go tool trace -d=parsed` prints it")),
        help: &[dump::HELP],
        read: |words| Ok(Command::Dump { file: dump::read(words)? }),
    },
    Entry {
        name: "stats",
        line: Some(("FILE [--json]", "numbers about a trace and its loading")),
        help: &[stats::HELP],
        read: |words| Ok(Command::Stats(stats::Asked::read(words)?)),
    },
    Entry {
        name: "blocked",
        line: Some(("FILE [--json]", "where goroutines wait, and what the goroutines that ended the waits did")),
        help: &[blocked::HELP, scope::HELP],
        read: |words| Ok(Command::Blocked(Basics::read(words, 40)?)),
    },
    Entry {
        name: "why",
        line: Some((
            "FILE [scope]",
            "where the time of a goroutine, task, region or range went, along its critical path",
        )),
        help: &[why::HELP, scope::HELP],
        read: |words| Ok(Command::Why(Basics::read(words, 20)?)),
    },
    Entry {
        name: "locks",
        line: Some(("FILE [scope]", "probable locks, their holders and queues")),
        help: &[locks::HELP, scope::HELP],
        read: |words| Ok(Command::Locks(Basics::read(words, 20)?)),
    },
    Entry {
        name: "goroutines",
        line: Some(("FILE", "what goroutines spend their time on, by start function")),
        help: &[goroutines::HELP, scope::HELP],
        read: |words| Ok(Command::Goroutines(goroutines::Asked::read(words)?)),
    },
    Entry {
        name: "profile",
        line: Some(("FILE [options]", "where time is lost, by stack; for pprof and flame graphs, too")),
        help: &[profile::HELP, scope::HELP],
        read: |words| Ok(Command::Profile(profile::Asked::read(words)?)),
    },
    Entry {
        name: "tasks",
        line: Some(("FILE [options]", "how long tasks took by type, slowest first; regions does so for regions")),
        help: &[tasks::HELP, scope::HELP],
        read: |words| Ok(Command::Tasks(tasks::Asked::read(words, false)?)),
    },
    Entry {
        name: "regions",
        line: None,
        help: &[tasks::HELP, scope::HELP],
        read: |words| Ok(Command::Tasks(tasks::Asked::read(words, true)?)),
    },
    Entry {
        name: "latency",
        line: Some(("FILE", "how long goroutines waited for a proc, and who had the procs meanwhile")),
        help: &[latency::HELP, scope::HELP],
        read: |words| Ok(Command::Latency(latency::Asked::read(words)?)),
    },
    Entry {
        name: "procs",
        line: Some(("FILE", "what procs were used for; threads does so for threads")),
        help: &[procs::HELP],
        read: |words| Ok(Command::Procs(procs::Asked::read(words, false)?)),
    },
    Entry {
        name: "threads",
        line: None,
        help: &[procs::HELP],
        read: |words| Ok(Command::Procs(procs::Asked::read(words, true)?)),
    },
    Entry {
        name: "syscalls",
        line: Some(("FILE", "system calls by function and stack, and which cost their proc")),
        help: &[scope::HELP],
        read: |words| Ok(Command::Syscalls(Basics::read(words, 20)?)),
    },
    Entry {
        name: "population",
        line: Some(("FILE", "how many goroutines there were, by who created them")),
        help: &[population::HELP, scope::HELP],
        read: |words| Ok(Command::Population(population::Asked::read(words, false)?)),
    },
    Entry {
        name: "leaks",
        line: Some(("FILE", "goroutines still blocked at the end, most suspicious first")),
        help: &[population::HELP, scope::HELP],
        read: |words| Ok(Command::Population(population::Asked::read(words, true)?)),
    },
    Entry {
        name: "gc",
        line: Some(("FILE [options]", "GC cycles: phases, workers, mark assists, the heap, triggers")),
        help: &[gc::HELP],
        read: |words| Ok(Command::Gc(gc::Asked::read(words)?)),
    },
    Entry {
        name: "stw",
        line: Some(("FILE [options]", "STW pauses: requesters, time to stop, the last goroutine to stop")),
        help: &[stw::HELP],
        read: |words| Ok(Command::Stw(gc::Asked::read(words)?)),
    },
    Entry {
        name: "mmu",
        line: Some(("FILE [options]", "what the GC leaves to the program, in the worst windows")),
        help: &[mmu::HELP],
        read: |words| Ok(Command::Mmu(mmu::Asked::read(words)?)),
    },
    Entry {
        name: "report",
        line: Some(("FILE [options]", "what probably costs the program its time, and where")),
        help: &[report::HELP],
        read: |words| Ok(Command::Report(report::Asked::read(words)?)),
    },
    Entry {
        name: "compare",
        line: Some(("A B [options]", "what changed between two recordings, how much, and whether it is real")),
        help: &[compare::asked::HELP],
        read: |words| {
            let (asked, in_window) = compare::asked::read(words)?;
            Ok(if in_window { Command::CompareWindow(asked) } else { Command::Compare(asked) })
        },
    },
    Entry {
        name: "screenshot",
        line: Some(("FILE -o PNG", "a picture of the window, without display or GPU")),
        help: &[screenshot::HELP],
        read: |words| Ok(Command::Screenshot(screenshot::Asked::read(words)?)),
    },
];

/// The command with this name.
#[must_use]
pub fn named(name: &OsStr) -> Option<&'static Entry> {
    ALL.iter().find(|entry| name == entry.name)
}

/// The names of all commands, in the order of the overview.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|entry| entry.name)
}

/// Adds a line per command, as shown by `--help` and where there is no display.
pub fn lines(text: &mut Text) {
    for entry in &ALL {
        if let Some((usage, what)) = entry.line {
            text.line(&format!("  tracelane {:<24}{what}", format!("{} {usage}", entry.name)));
        }
    }
}

impl Entry {
    /// What `help` prints on it.
    #[must_use]
    pub fn help(&self) -> Text {
        Text::own(self.help)
    }

    /// Reads what follows its name.
    ///
    /// # Errors
    /// When it makes no sense: with a sentence and the usage exit code.
    pub fn parse(&self, parser: lexopt::Parser) -> Result<Command, Failure> {
        match (self.read)(Words::after(self.name, parser)) {
            Ok(command) => Ok(command),
            Err(Stop::Help) => Ok(Command::Help(self.help())),
            Err(Stop::Wrong(failure)) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_command_is_listed_once_and_explained_by_its_name() {
        for entry in &ALL {
            assert_eq!(ALL.iter().filter(|other| other.name == entry.name).count(), 1, "{}", entry.name);
            assert!(entry.help().as_str().contains(&format!("tracelane {} ", entry.name)), "{}", entry.name);
        }
    }
}
