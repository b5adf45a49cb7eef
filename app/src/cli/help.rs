//! What `help` and `man` print. The texts on a command stand with it.

use crate::cli::args::{HelpArgs, ManArgs, definition, documented};
use crate::cli::exit::{CliError, CliResult};
use crate::cli::overview::names;
use crate::cli::print::print;
use crate::cli::usage::similar_command;
use crate::fmt::text::Text;

/// Prints the overview, or the help of a command.
///
/// # Errors
/// When there is no such command.
pub fn run(args: &HelpArgs) -> CliResult {
    print(match args.topic.as_deref() {
        None => Text::of_lines(&definition().render_help().to_string()),
        Some("analyses") => Text::own(&[ANALYSES]),
        Some(name) => Text::of_lines(&command(name)?.render_long_help().to_string()),
    })
}

/// Prints a manual page.
///
/// # Errors
/// When there is no such command.
pub fn run_man(args: &ManArgs) -> CliResult {
    let page = match args.command.as_deref() {
        None => definition(),
        Some(name) => command(name)?,
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page).render(&mut roff).map_err(|error| CliError::unwritten("the manual page", &error))?;
    print(Text::of_lines(&String::from_utf8_lossy(&roff)))
}

/// The definition of a command by its name.
fn command(name: &str) -> Result<clap::Command, CliError> {
    let mut all = documented();
    // Names commands in full, and gives them the options that all have.
    all.build();
    all.find_subcommand(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = names().collect();
        let similar = similar_command(name, &names).map_or_else(String::new, |best| format!("; did you mean {best}?"));
        CliError::usage(format!("there is no command '{name}'{similar}"))
    })
}

/// What `tracelane help analyses` prints.
pub const ANALYSES: &str = "\
How analyses count, and where they differ from go tool trace (1.27)

Goroutines
  A goroutine's time in a scope is cut into running, runnable, system call with and without a proc, blocked by
  reason, and unknown; they sum to its presence exactly. Mark assist, sweep and STW pauses lie inside them.
  - What was going on when the trace began counts from there, what goes on at the end counts to there, once.
    Go counts a system call that lost its proc and is open at the end as both system call and scheduler wait.
  - Go takes the mark that its reader puts 1 ns behind the last event for the end: what goes on is 1 ns longer.
  - A system call all through the trace of which nothing says that it had a proc counts as without; Go: as with.
  - In traces of Go 1.21 and older, a call loses its proc when another thread takes it; Go takes the event after
    that, some dozens of nanoseconds later.
  - Otherwise breakdowns are Go's to the nanosecond, goroutine by goroutine (tests/goroutine_stats.rs).
  - A goroutine that blocks forever is alive, and blocked; Go takes it for ended.
  - Percentiles are of single goroutines (nearest rank); Go has none.
  - Where times of two generations overlap, Go takes them as they are, so that a state may last less than nothing;
    here time never runs backward. That makes up to some dozens of nanoseconds in a few traces.
Scheduling
  - A wait for a proc is each stretch in which a goroutine is runnable, also its first one; what crosses the border of
    a scope counts inside. The totals are those of the goroutines' breakdowns.
  - A proc is idle while no thread has it, and no goroutine's while its thread looks for work or switches; go tool
    trace has no such distinction. Procs beyond GOMAXPROCS are not idle.
  - Go has nothing to compare with for what was running instead, procs, threads, goroutines over time and leak
    suspects; they are checked against slower counts and against each other (tests/scheduling.rs, tests/population.rs).
Profiles
  - sync, net, syscall and sched count as Go counts: not what is unfinished at the end (listed beside the totals),
    and not what lies before a goroutine first ran. Waits between creation and first run are a kind of their
    own: start.
  - Where times of two generations overlap, Go takes them as they are; here time never runs backward. That makes
    up to some dozens of nanoseconds in a few traces.
  - sched names the stack that made a goroutine runnable; after a system call there is none.
  - Go bounds a function's goroutines to their runs; a scope here is all of their time in it.
  - Nested regions count once, and those that overlap by a part count their union; Go drops the later one.
GC
  - A mark worker is a goroutine started by runtime.gcBgMarkWorker, and counts while it runs. Go's page goes by
    labels, which it never takes back, and by state: from its second run on a worker counts twice and for ever, so
    the curve sticks at 0. Labels of workers on other goroutines (since Go 1.26) count for nothing here; Go's page
    ends in an error over them, and over traces older than Go 1.22 without a change of GOMAXPROCS.
  - A proc counts once, whatever the GC does there at a time. Go ends its curve with the last change;
    here it goes to the end of the trace.
  - Where the trace does not tell GOMAXPROCS, it is taken to be the number of procs seen.
  - Windows never reach over lost parts of a trace. Percentiles are of all places where a window may begin, exact to
    1/65,536.
  - An assist counts for mutator utilisation while it runs, for `gc` from begin to end (and running beside it).
  - A GC cycle ends with its marking, as in the trace; what is swept until the marking of the next has ended is
    its own. `in use` is the heap as the runtime sets it when marking ends.
  - An STW pause is stopping until the last goroutine on another proc has left it, then held until one runs again.
    The requester may end it a while after goroutines run: that is late. Mutator utilisation counts a pause as the
    trace has it, from begin to end.
  - Least shares and worst windows are checked against the figures that Go publishes for its own curve
    (internal/trace/gc_test.go), against all windows of small traces, tried one by one (brute force), and against
    a reading of the printed events (tests/collector.rs).
  - With STW, assist and sweep alone the curve is Go's to the last digit, but for assists under way when the trace
    begins (Go takes them off once more) and traces before Go 1.22 (Go misses the start of the first pause, and with
    it all pauses).
";

#[cfg(test)]
mod tests {
    use crate::cli::args::definition;
    use crate::cli::overview::names;

    #[test]
    fn the_overview_lists_every_command_once() {
        let mut listed: Vec<&str> = names().collect();
        listed.sort_unstable();
        let all = definition();
        let mut defined: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
        defined.sort_unstable();
        assert_eq!(listed, defined);
    }
}
