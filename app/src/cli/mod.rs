//! The command line: what was asked, and its answer. The only room that prints.

pub mod analysis;
pub mod args;
pub mod basics;
pub mod blocked;
pub mod commands;
pub mod compare;
pub mod dump;
pub mod exit;
pub mod gc;
pub mod goroutines;
pub mod help;
pub mod latency;
pub mod load;
pub mod locks;
pub mod mmu;
pub mod names;
pub mod out;
pub mod place;
pub mod population;
pub mod print;
pub mod procs;
pub mod profile;
pub mod report;
pub mod scope;
pub mod screenshot;
pub mod stats;
pub mod stw;
pub mod summary;
pub mod tasks;
pub mod why;
pub mod window;
pub mod words;

pub use crate::fmt::{markdown, text};
pub use crate::report::frame;

use std::ffi::OsString;

use crate::cli::args::Command;
use crate::cli::exit::Exit;
use crate::cli::print::{complain, complain_of_panics, print};
use crate::fmt::text::Text;
use crate::remote;
use crate::report::analyses::syscalls::SystemCalls;
use crate::report::format::Format;

/// Runs the command that `arguments` (with the program's name first) ask for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    complain_of_panics();
    let command = args::without_limits(arguments).and_then(|(arguments, limits)| {
        remote::set_max_unpacked(limits.unpacked.unwrap_or(0));
        remote::set_max_download(limits.download.unwrap_or(0));
        args::parse(arguments)
    });
    // These two say themselves what is lost; a picture shows it.
    let tells_damage = matches!(
        command,
        Ok(Command::Dump { .. }
            | Command::Stats(_)
            | Command::Screenshot(_)
            | Command::Window { .. }
            | Command::CompareWindow(_))
    );
    let answer = match command {
        Ok(Command::Help(text)) => print(text),
        Ok(Command::Version) => print(Text::own(&["tracelane ", env!("CARGO_PKG_VERSION"), "\n"])),
        Ok(Command::Dump { file }) => dump::run(&file),
        Ok(Command::Stats(asked)) => stats::run(&asked),
        Ok(Command::Blocked(asked)) => blocked::run(&asked),
        Ok(Command::Locks(asked)) => locks::run(&asked),
        Ok(Command::Why(asked)) => why::run(&asked),
        Ok(Command::Goroutines(asked)) => goroutines::run(&asked),
        Ok(Command::Profile(asked)) => profile::run(&asked),
        Ok(Command::Tasks(asked)) => tasks::run(&asked),
        Ok(Command::Latency(asked)) => latency::run(&asked),
        Ok(Command::Procs(asked)) => procs::run(&asked),
        Ok(Command::Syscalls(asked)) => {
            let format = if asked.json { Format::Json } else { Format::Text };
            analysis::run(&SystemCalls, &asked, Vec::new(), format)
        }
        Ok(Command::Population(asked)) => population::run(&asked),
        Ok(Command::Gc(asked)) => gc::run(&asked),
        Ok(Command::Stw(asked)) => stw::run(&asked),
        Ok(Command::Mmu(asked)) => mmu::run(&asked),
        Ok(Command::Compare(asked)) => compare::run(&asked),
        Ok(Command::CompareWindow(asked)) => window::compare(asked),
        Ok(Command::Report(asked)) => report::run(&asked),
        Ok(Command::Screenshot(asked)) => screenshot::run(&asked),
        Ok(Command::Window { files, follow }) => window::run(&files, follow),
        Err(failure) => Err(failure),
    };
    match answer {
        Ok(Exit::Damaged) if !tells_damage => {
            complain("the trace is damaged, so this is partial: `tracelane stats` tells what is lost and what to do");
            Exit::Damaged
        }
        Ok(exit) => exit,
        Err(failure) => {
            complain(&failure.sentence);
            failure.exit
        }
    }
}
