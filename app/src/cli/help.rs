//! What `--help` and `help COMMAND` print.

use crate::cli::scope::HELP as SCOPE;

/// What help is wanted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// All commands.
    Overview,
    /// `dump`
    Dump,
    /// `stats`
    Stats,
    /// `blocked`
    Blocked,
    /// `why`
    Why,
    /// `locks`
    Locks,
    /// `goroutines`
    Goroutines,
    /// `profile`
    Profile,
    /// `tasks` and `regions`
    Tasks,
    /// `latency`
    Latency,
    /// `procs` and `threads`
    Procs,
    /// `syscalls`
    Syscalls,
    /// `population` and `leaks`
    Population,
    /// `gc`
    Gc,
    /// `stw`
    Stw,
    /// `mmu`
    Mmu,
    /// How analyses count.
    Analyses,
    /// `compare`
    Compare,
    /// `report`
    Report,
    /// `screenshot`
    Screenshot,
}

impl Topic {
    /// The topic of a command's name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "dump" => Some(Self::Dump),
            "stats" => Some(Self::Stats),
            "blocked" => Some(Self::Blocked),
            "why" => Some(Self::Why),
            "locks" => Some(Self::Locks),
            "goroutines" => Some(Self::Goroutines),
            "profile" => Some(Self::Profile),
            "tasks" | "regions" => Some(Self::Tasks),
            "latency" => Some(Self::Latency),
            "procs" | "threads" => Some(Self::Procs),
            "syscalls" => Some(Self::Syscalls),
            "population" | "leaks" => Some(Self::Population),
            "gc" => Some(Self::Gc),
            "stw" => Some(Self::Stw),
            "mmu" => Some(Self::Mmu),
            "analyses" => Some(Self::Analyses),
            "compare" => Some(Self::Compare),
            "report" => Some(Self::Report),
            "screenshot" => Some(Self::Screenshot),
            _ => None,
        }
    }
}

/// One line per headless command, as shown by `--help` and where there is no display.
pub const COMMANDS: &str = concat!(
    "  tracelane dump FILE               every event as text, as `go tool trace -d=parsed` prints it\n",
    "  tracelane stats FILE [--json]     numbers about a trace and its loading\n",
    "  tracelane blocked FILE [--json]   who keeps whom waiting, place by place\n",
    "  tracelane why FILE [scope]        where the time of a goroutine, task, region or range went, and who kept it\n",
    "  tracelane locks FILE [scope]      locks that the program probably has, who held them and who queued\n",
    "  tracelane goroutines FILE         what goroutines spend their time on, by start function\n",
    "  tracelane profile FILE [options]  where time is lost, by stack; for pprof and flame graphs, too\n",
    "  tracelane tasks FILE [options]    how long tasks took by type, slowest first; regions does so for regions\n",
    "  tracelane latency FILE            how long goroutines waited for a proc, and who had the procs meanwhile\n",
    "  tracelane procs FILE              what procs were used for; threads does so for threads\n",
    "  tracelane syscalls FILE           system calls by function and stack, and which cost their proc\n",
    "  tracelane population FILE         how many goroutines there were, by who created them\n",
    "  tracelane leaks FILE              goroutines still blocked at the end, most suspicious first\n",
    "  tracelane gc FILE [options]       collections: phases, workers, who had to help, the heap, who set it off\n",
    "  tracelane stw FILE [options]      stops of the world: who asked, who was the last to stand still\n",
    "  tracelane mmu FILE [options]      what the collector leaves to the program, in the worst windows\n",
    "  tracelane report FILE [options]   what probably costs the program its time, and where\n",
    "  tracelane compare A B [options]   what changed between two recordings, how much, and whether it is real\n",
    "  tracelane screenshot FILE -o PNG  a picture of the window, without display or GPU\n",
);

/// The text on a topic.
#[must_use]
pub fn text(topic: Topic) -> String {
    match topic {
        Topic::Overview => format!(
            "Tracelane {} explores execution traces of Go 1.11 and newer\n\
             \n  \
             tracelane [FILE]…                 the window; without a FILE, its welcome screen\n  \
             tracelane --follow FILE…          the same, adding what a program is still writing\n\
             {COMMANDS}  \
             tracelane help COMMAND            more about a command\n  \
             tracelane help analyses           how analyses count, and where they differ from go tool trace\n  \
             tracelane --version\n\
             \n\
             A FILE may be packed (gzip, zstd, lz4, zip); - is standard input, and an address like\n\
             http://HOST/debug/pprof/trace?seconds=5 is fetched. One called like a command opens as ./dump.\n\
             A trace in a zip archive is ARCHIVE.zip/NAME; if there is but one, the archive will do. Packed files\n\
             unpack to 256 MB or 100 times their size at most, or else to --max-unpacked SIZE (2G), which every\n\
             command takes.\n\
             \n\
             Exit codes: 0 all is well, 1 a file cannot be read, 2 wrong usage, 3 read, but parts are damaged,\n\
             4 the report (or comparison) found what it was to fail on\n",
            env!("CARGO_PKG_VERSION")
        ),
        Topic::Dump => DUMP.to_owned(),
        Topic::Stats => STATS.to_owned(),
        Topic::Blocked => format!("{BLOCKED}{SCOPE}"),
        Topic::Why => format!("{WHY}{SCOPE}"),
        Topic::Locks => format!("{LOCKS}{SCOPE}"),
        Topic::Goroutines => format!("{GOROUTINES}{SCOPE}"),
        Topic::Profile => format!("{PROFILE}{SCOPE}"),
        Topic::Tasks => format!("{TASKS}{SCOPE}"),
        Topic::Latency => format!("{LATENCY}{SCOPE}"),
        Topic::Procs => PROCS.to_owned(),
        Topic::Syscalls => format!("{SYSCALLS}{SCOPE}"),
        Topic::Population => format!("{POPULATION}{SCOPE}"),
        Topic::Gc => GC.to_owned(),
        Topic::Stw => STW.to_owned(),
        Topic::Mmu => MMU.to_owned(),
        Topic::Analyses => ANALYSES.to_owned(),
        Topic::Compare => COMPARE.to_owned(),
        Topic::Report => REPORT.to_owned(),
        Topic::Screenshot => SCREENSHOT.to_owned(),
    }
}

const DUMP: &str = "\
tracelane dump FILE

Prints every event of the trace in its true order, one after the other, byte for byte what
`go tool trace -d=parsed FILE` of Go 1.27 prints when TZ is UTC. Streams: a pipe may close early.
";

const STATS: &str = "\
tracelane stats FILE [--json] [--no-cache | --keep]

Loads the whole trace as the window does and prints numbers about it and about the loading. The window keeps
the models of traces of 8 MB and more in the user's cache folder (TRACELANE_CACHE_DIR names another), found by
the content of the file; all commands use them.

  --no-cache  load the trace even if its model is there
  --keep      keep its model for the next time, as the window does
  --json      as one JSON object with these fields, which stay as they are:
             file, file_bytes, version (NN of Go 1.NN), complete,
             generations, events, events_by_kind {name: count},
             goroutines, procs, threads, tasks,
             duration_ns, start (wall clock, RFC 3339, or null),
             warnings [{kind, message, offset, generation, count}],
             load {wall_s, events, events_per_s, from_cache, peak_rss_bytes (or null)}
";

const BLOCKED: &str = "\
tracelane blocked FILE [--limit N] [--json] [scope]

For each place at which goroutines of the program wait: how often, how long, and what those who ended the waits
did meanwhile, in a sentence and in parts. Waits for locks, and waits in the same queue, are followed to whoever was at their root. Places
where goroutines wait for work (idle connections, workers, timers) are left out.

  --limit 40           so many places
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, waits [{sentence, place {function, file, line}, on, count, goroutines, total_ns, max_ns,
      ended_by_goroutines_ns, examined_ns (the longest waits, at most 512), stack [{function, file, line}],
      meanwhile [{goroutine, doing, place or null, released_at or null, total_ns, count}], others_ns}]
      (meanwhile and others_ns sum to examined_ns)
";

const WHY: &str = "\
tracelane why FILE [--limit N] [--json] [scope]

Where the time went: from the end back along the wake-ups that really ended the waits, each only as far as the one
before waited, through channels, locks, WaitGroups, network, timers, system calls, the collector and the scheduler.
First one sentence about the largest part, then a table by who did what where, which sums to the time exactly.
Without --goroutine, --function, --task or --region: the path of whoever of the program ran last in the range.

  --goroutine g40 --range 1.2s..1.322s   why these 122 ms?
  --task basket                          all tasks of a type, added up

  --limit 20           so many lines of the table
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, sentence, stretches, total_ns,
      parts [{goroutine, doing, reason, place {function, file, line} or null, total_ns, count, longest_start_ns,
              longest_ns, via [{goroutine, place, waker, released_at}] (the waits that lead there)}]
              (sum to total_ns),
      goroutine, start_ns, path [{start_ns, duration_ns, goroutine, doing, place, depth}] (the longest stretch in
              order of time, without gaps)
      doing is running, mark_assist, runnable, syscall, waiting, unknown or unfollowed
";

const LOCKS: &str = "\
tracelane locks FILE [--limit N] [--json] [scope]

A trace does not say which lock a goroutine waits for. Lines that lock and lines that unlock are taken for the same
lock where one ended a wait at the other; who held it, and since when, follows from the hand-overs. All of it is
inferred. The confidence falls with waits that no unlocking ended, and with holds that overlap (several locks of
the same code). Waiting is for sync.Mutex and sync.RWMutex; a lock for which nobody waited is not seen.

  --limit 20           so many locks
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, basis, locks [{confidence, acquired_at and released_at [{function, file, line, on, count,
      total_ns}], waits, wait_total_ns, wait_max_ns, longest_wait {stretch}, goroutines, most_waiting, convoy_ns
      (three or more waiting), longest_queue_ns, longest_queue_start_ns, holds, held_ns, held_at_once,
      longest_holds [{stretch}] (at most 64), rwmutex {readers_ns, writers_ns (for readers), longest_writer_ns,
      behind_waiting_ns (readers, while a writer waited, too)} or null}]
      stretch {goroutine, start_ns, duration_ns, released_at or null, known (its beginning)}
";

const GOROUTINES: &str = "\
tracelane goroutines FILE [--sort ORDER] [--limit N] [--json] [scope]

What goroutines spend their time on, by start function: how many, execution in sum and by percentile, waiting
for a proc, in system calls, blocked. With --function or --goroutine also each of them by itself.

  --sort execution     or count, lifetime, runnable, syscall, blocked, assist, name
  --limit 40           so many groups, and so many goroutines
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, goroutines, all {times}, groups [{function, count, began_before, goes_on,
      execution and lifetime {total_ns, mean_ns, p50_ns, p95_ns, max_ns}, times}],
      each [{goroutine, start_ns, end_ns, began_before, goes_on, times}]
      times {total_ns, running_ns, runnable_ns, syscall_ns, syscall_blocked_ns, unknown_ns,
             blocked [{reason, total_ns}], assist_ns, sweep_ns, stw_ns}
      (running to blocked sum to total; assist, sweep and stw lie inside them)
";

const PROFILE: &str = "\
tracelane profile FILE --kind KIND [-o FILE.pb.gz|--folded|--top|--json] [scope]

Where goroutines of the trace lose time, by stack.

  --kind blocked       sync, net, syscall or sched: as go tool trace -pprof= counts them, to the nanosecond;
                       start (creation to first run), sleep, select, gc, blocked (all waits), cpu (samples of
                       10 ms, if the trace has any)
  -o x.pb.gz           for go tool pprof
  --top                a table by line, too: time in the line itself, and in all it called
  --folded             root;...;leaf nanoseconds, for flame graph tools
  --latency A..B       with --region: only regions that take so long
  --json               as one JSON object with these fields, which stay as they are:
      file, kind, count, total_ns, open_count, open_ns (still going on at the end, in no sum),
      stacks [{count, total_ns, max_ns, stack [{function, file, line}] (leaf first)}],
      lines [{function, file, line, own_ns, total_ns, count}],
      goroutines [{function, label, count}] (of cpu: who was running)
";

const TASKS: &str = "\
tracelane tasks FILE [options] [scope]
tracelane regions FILE [options] [scope]

How long tasks took, by type, the slowest first, each with where the time of its goroutines went. Regions are
grouped by type and by the line that begins them (go tool trace takes the root of the stack).

  --latency A..B       only those that took so long: 10ms.., ..1s
  --complete           only those with both ends in the trace; --incomplete: only the others
  --log TEXT           tasks only: with this text in a log
  --depth N            regions only: so deep on their goroutine, outermost 0
  --limit 10           so many of each type
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, types [{name, place (regions) or null, count, incomplete, total_ns, mean_ns, p50_ns, p95_ns,
      p99_ns, max_ns (of the complete ones), slowest [{task, parent, children, depth, goroutine, start_ns,
      duration_ns, complete, goroutines, logs, running_ns, runnable_ns, syscall_ns, blocked_ns}]}]
      parent, children and the last six are filled for tasks only, depth for regions only
  Those that touch --range and have to do with --goroutine or --function (tasks: begun by it, or with regions or
  logs on it); --task: those, their descendants, or regions of them; --region with regions only.
";

const LATENCY: &str = "\
tracelane latency FILE [--by goroutine] [--limit N] [--json] [scope]

How long goroutines were ready and waited for a proc: every single wait, by start function, with the longest ones.
Then who had the procs meanwhile. At each instant every waiting goroutine waits for every proc, so a wait of 1 ms on
4 procs makes 4 ms of proc time; each nanosecond of it was a goroutine's that ran, one's in a system call that kept
its proc, a thread's that looked for work or switched, or an idle proc's. With --goroutine and --range: of one wait.

  --by goroutine       single goroutines, those that waited longest in sum, instead of functions
  --limit 20           so many functions and goroutines
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, all {waits}, functions [{waits}], goroutines (with --by goroutine)
      [{goroutine, function, waits, made, longest}], antagonists {ready_ns, proc_ns, running_ns, syscall_ns,
      looking_ns, idle_ns, avoidable_ns (of ready_ns: some proc idle, the world not stopped), stopped_ns (of
      ready_ns: the world stopped), functions [{function, goroutines, running_ns, syscall_ns}],
      goroutines [{goroutine, function, running_ns, syscall_ns}]}
      waits {function, goroutines, waits {count, total_ns, mean_ns, p50_ns, p95_ns, p99_ns, max_ns}, cut,
             made {created_ns, unblocked_ns, stopped_ns, returned_ns, unknown_ns},
             worst [{goroutine, start_ns, duration_ns, made, stack [{function, file, line}]}]}
      (made sums to total_ns; running, syscall, looking and idle sum to proc_ns)
";

const PROCS: &str = "\
tracelane procs FILE [--range A..B] [--limit N] [--json]
tracelane threads FILE [--range A..B] [--limit N] [--json]

What each proc was used for: running goroutines, held by one in a system call, with a thread that looked for work or
switched, idle; how often it was taken, let go, stolen from a system call, handed over for one. And when procs idled
although goroutines were ready (a goroutine that becomes ready is not run at once: some of this is always there).
threads tells the same of threads, and how many had procs or were blocked in system calls over time.

  --limit 20           so many stretches, or threads
  --json               as one JSON object with these fields, which stay as they are:
      procs: file, partial, range_ns, gomaxprocs_min, gomaxprocs_max, stopped_ns,
      procs [{proc, running_ns, syscall_ns, looking_ns, idle_ns, unknown_ns (these five sum to range_ns), gc_ns,
              sweep_ns, stopped_ns, starts, stops, handovers, steals}],
      idle_while_ready {total_ns, count, waiting_ns, worst [{start_ns, duration_ns}]}
      threads: file, partial, range_ns, count, threads [{thread, with_proc_ns, running_ns, syscall_ns, looking_ns
              (these three sum to with_proc_ns), blocked_ns, nothing_ns, starts}],
      bucket_ns, with_proc_ns [ns by bucket], blocked_ns [ns by bucket]
";

const SYSCALLS: &str = "\
tracelane syscalls FILE [--limit N] [--json] [scope]

System calls by function and by stack: how many, how long, which lost their proc (those were blocking) and for how
long. The longest one by one.

  --limit 20           so many functions, and so many stacks
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, all {calls}, functions [{calls}], stacks [{calls}]
      calls {function, calls {count, total_ns, mean_ns, p50_ns, p95_ns, p99_ns, max_ns}, blocking, blocked_ns, cut,
             stack [{function, file, line}] (leaf first),
             worst [{goroutine, start_ns, duration_ns, blocked_ns}]}
";

const POPULATION: &str = "\
tracelane population FILE [--limit N] [--json] [scope]
tracelane leaks FILE [--limit N] [--json] [scope]

How many goroutines were there, created, ended, alive at the end, and the most at once, by the stack that created
them. leaks lists goroutines that are blocked when the trace ends, by where they wait and who created them. A trace
ends while the program goes on: what it says for and against a leak is told, and how likely it makes one.

  growing     more and more of them all through the trace: probably a leak
  stuck       never woken at this place in the trace
  recent      waiting for less than a twentieth of the trace
  external    waiting for the network or a timer
  parked      woken at this place before, and back again: workers, servers' loops

  --limit 40           so many groups
  --json               as one JSON object with these fields, which stay as they are:
      population: file, partial, bucket_ns, all {group}, groups [{group}]
      group {function, creation [{function, file, line}], before, created, ended, alive, peak, longest_ns,
             longest_goroutine, alive_at [by bucket], created_in [by bucket], ended_in [by bucket]}
      leaks: file, partial, suspects [{suspicion, meaning, confidence (0 to 1), runtime, count, created, by_quarter,
             returning, ended, waited_ns, median_ns, since_ns, reason, function, wait [{function, file, line}],
             creation [{function, file, line}], goroutines}]
";

const GC: &str = "\
tracelane gc FILE [--range A..B] [--limit N] [--json]

Collections one by one: how long they marked and stopped the world, how long mark workers ran, who was made to
help, the heap before, when marking was over, and in use, what was swept until the next, and who set it off.

  --range A..B         only those that touch this stretch, from the start of the trace; each is told whole
  --limit 40           so many rows of the text
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, duration_ns, swept_before {sweeping}, cycles [{start_ns, duration_ns, began_before, goes_on,
      trigger (heap, forced, periodic or unknown), goroutine or null, stack [{function, file, line}], setup_ns,
      marking_ns, ending_ns (these three sum to duration_ns), stopped_ns, stops [as of tracelane stw],
      workers {dedicated_ns, fractional_ns, idle_ns, unlabelled_ns}, assists, assist_ns, assist_running_ns,
      helpers [{goroutine, function, count, total_ns, running_ns, stack}] (at most 10), heap_before_bytes,
      heap_marked_bytes, heap_after_bytes, goal_bytes, next_goal_bytes (each may be null), swept {sweeping}}]
      sweeping {count, total_ns, swept_bytes, reclaimed_bytes}
";

const STW: &str = "\
tracelane stw FILE [--range A..B] [--limit N] [--json]

Stops of the world one by one: why, who asked, how long until all goroutines stood still and who was the last of
them, how long they were held.

  --range A..B         only those that touch this stretch, from the start of the trace
  --limit 40           so many rows of the text
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, duration_ns, reasons [{reason, count, total_ns, max_ns, stopping_ns}],
      stops [{start_ns, duration_ns, complete, reason, collector (true for its own), goroutine or null,
      stack [{function, file, line}], stopping_ns, held_ns, late_ns (these three sum to duration_ns), running_procs,
      last {goroutine, function, proc, start_ns, duration_ns, stack} or null}]
";

const MMU: &str = "\
tracelane mmu FILE [--per-proc|--goroutine G] [--takes WHAT] [--window W] [--range A..B] [--limit N] [--json]

Mutator utilisation: the share of processor time that the collector leaves to the program. For windows of any
length, the least that one of them has (minimum mutator utilisation), what 99.9 %, 99 % and 95 % of them have at
least, and the worst ones.

  --per-proc           each proc by itself, as a goroutine on it feels it: all or nothing
  --goroutine g25      one goroutine's own time: without its assists, sweeps and waits for the collector
  --takes stw,background,assist     what counts as taken; also: sweep, other-stw (stops for other reasons)
  --window 10ms        the length of the worst windows listed (if not given: of 1, 10 and 100 ms)
  --limit 10           so many of each length
  --range A..B         only this stretch, from the start of the trace
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, whose (system, procs or goroutine), takes [name], duration_ns, mean,
      curve [{window_ns, least, p999, p99, p95}], worst [{window_ns, start_ns, share, proc or null}],
      over_time [{start_ns, mean, least} or null] (200 equal columns); all shares are 0 to 1
";

const ANALYSES: &str = "\
How analyses count, and where they differ from go tool trace (1.27)

Goroutines
  A goroutine's time in a scope is cut into running, runnable, system call with and without a proc, blocked by
  reason, and unknown; they sum to its presence exactly. Assist, sweep and stop-the-world lie inside them.
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
  - A wait for a proc is each stretch of being ready, also the first one of a goroutine; what crosses the border of a
    scope counts inside. The sums are those of the goroutines' breakdowns.
  - A proc is idle while no thread has it, and no goroutine's while its thread looks for work or switches; go tool
    trace has no such distinction. Procs beyond GOMAXPROCS are not idle.
  - Go has no antagonists, no procs, no threads, no population over time and no leak suspects to compare with; they
    are checked against slower counts and against each other (tests/scheduling.rs, tests/population.rs).
Profiles
  - sync, net, syscall and sched count as Go counts: not what is still going on at the end (told beside the sums),
    and not what lies before a goroutine first ran. Waits between creation and first run are a kind of their
    own: start.
  - Where times of two generations overlap, Go takes them as they are; here time never runs backward. That makes
    up to some dozens of nanoseconds in a few traces.
  - sched names the stack of who made a goroutine ready; after a system call there is none.
  - Go bounds a function's goroutines to their runs; a scope here is all of their time in it.
  - Nested regions count once, and those that overlap by a part count their union; Go drops the later one.
Collector
  - A mark worker is a goroutine started by runtime.gcBgMarkWorker, and counts while it runs. Go's page goes by
    labels, which it never takes back, and by state: from its second run on a worker counts twice and for ever, so
    the curve sticks at 0. Labels of workers on other goroutines (since Go 1.26) count for nothing here; Go's page
    ends in an error over them, and over traces older than Go 1.22 without a change of GOMAXPROCS.
  - A proc counts once, whatever of the collector's goes on there at a time. Go ends its curve with the last change;
    here it goes to the end of the trace.
  - Where the trace does not tell GOMAXPROCS, it is taken to be the number of procs seen.
  - Windows never reach over lost parts of a trace. Percentiles are of all places where a window may begin, exact to
    1/65,536.
  - An assist counts for mutator utilisation while it runs, for `gc` from begin to end (and running beside it).
  - A collection ends with its marking, as in the trace; what is swept until the marking of the next has ended is
    its own. `in use` is the heap as the runtime sets it when marking ends.
  - A stop is stopping until the last goroutine on another proc has left it, then held until one runs again. Who
    asked may say that the world goes on a while after it did: that is late. Mutator utilisation counts a stop as
    the trace has it, from begin to end.
  - Least shares and worst windows are checked against the figures that Go publishes for its own curve
    (internal/trace/gc_test.go), against all windows of small traces, tried one by one (brute force), and against
    a reading of the printed events (tests/collector.rs).
  - With STW, assist and sweep alone the curve is Go's to the last digit, but for assists under way when the trace
    begins (Go takes them off once more) and traces before Go 1.22 (Go misses the first stop's begin, and with it all
    stops).
";

const REPORT: &str = "\
tracelane report FILE [--json|--md] [--fail-on severe]

Looks for what probably costs the traced program its time: locks held over slow calls, goroutines that wait
for each other, starve, pile up or poll, the collector, system calls, work that is shared out unevenly. Each
finding is one sentence with its evidence, the line to look at, and places in the trace that show it. Locks are
inferred from who ends the waits: a trace does not name them.

  --md                 as Markdown
  --fail-on severe     exit with code 4 if there is a finding this bad (severe, warning or note)
  --json               as one JSON object with these fields, which stay as they are:
      summary {file, file_bytes, version, duration_ns, events, goroutines, procs, procs_busy, lock_wait_ns,
               longest_runnable_ns, gc_ns, assist_ns, stw_ns, warnings, partial, verdict}
      findings [{kind, severity (severe, warning or note), title, evidence {name: number or text},
                 culprit {function, file, line, stack [{function, file, line}]} or null,
                 victims [{function, goroutines}], time_lost_ns, confidence (0 to 1), check,
                 links [{goroutine, start_ns, end_ns}] (times from the start of the trace)}]
      kind is one of lock_contention, lock_held_over_io, rwmutex_writer, goroutine_leak, gc_pressure,
      cpu_starvation, cpu_bound, idle_procs, slow_syscall, channel_backlog, limited_concurrency, imbalance,
      straggler, serial_waits, stop_the_world, polling_sleep, goroutine_churn, trace_damage
";

const COMPARE: &str = "\
tracelane compare A B [options]
tracelane compare --a FILE… --b FILE… [options]
tracelane compare A B C… [--json|--md|--window] [--per …] [--align …]

Compares two recordings (before and after, good and bad): tasks and regions by type, units of work, waits, system
calls, waits for a proc, goroutines, CPU samples and the collector. Rows find their partner by name, also when
closures were renumbered or a module's version changed. Several files a side are recordings of the same thing:
what differs between those is no change. Three files and more are a series: a column each, each held against the
one before, and the last against the first.

A change is significant if it is at least 5 % (of the sum, the median or p99) and chance explains it with q <= 0.05:
Mann-Whitney U on durations, on their medians and on their sums over sixteenths of the trace, corrected for the
number of rows (Benjamini and Hochberg). Rows that are not significant show ~. A change in parentheses is plain to
see, but happened too seldom to test: it is on one side only, or durations do not overlap. Recordings of less than
40 ms are too short to test durations.

  --window             show it in the window: A over B, linked, with the changes below; of a series a table with a
                       column each; --align, --range-a, --range-b (of the two on show at first) and --per count there
  --html FILE          write a page with the pictures, in one file: distributions, flame graphs of what grew and
                       shrank, states, heap and goroutines over time
  --align start        lay both over each other by their start; or: wall (clock), stretch (to equal length),
                       task:TYPE, region:TYPE (where the first of these begins), log:TEXT (the first such message)
  --range-a A..B, --range-b A..B    the stretch of time looked at: 100ms..1.2s, from the start of each trace or,
                       with --align task, region or log, from there
  --per second         divide sums by seconds of the trace; or: cpu (seconds of running), task:TYPE, nothing
                       (--by is the same)
  --fail-if COND       exit with code 4 if a significant change crosses it; may be given again. COND is
                       KIND:NAME METRIC > LIMIT (or <): METRIC count, total, mean, p50, p90, p99 or max of B;
                       LIMIT +10%, 5ms, or a count. Example: 'task:/checkout p99 > +10%'
  --md                 as Markdown for a pull request
  --json               as one JSON object with these fields, which stay as they are:
      verdict [sentence], a and b {files, origin_ns, duration_ns, events, is_damaged, findings [kind]}, per, align,
      limits [sentence], tested, crossed [condition],
      changes [{kind, name, name_b or null, a and b {count, total_ns, mean_ns, p50_ns, p90_ns, p99_ns, max_ns}
                or null, ratio or null, delta_ns, shift {median_ns, low_ns, high_ns} or null, p_value or null,
                q_value or null, significant, too_few}], ranked
      of a series: verdict, sides [as a], steps [[sentence]], rows [{kind, name, figures [numbers or null],
      steps [{significant, too_few, delta_ns}], overall {the same}, ratio or null}]
      kind is one of task, region, work, wait, sleep, syscall, sched, running, goroutine, stuck, samples, gc, stw,
      assist
";

const SCREENSHOT: &str = "\
tracelane screenshot FILE -o PNG [options]
tracelane screenshot --welcome -o PNG [options]

Draws the window as it looks with FILE open into a picture. Needs no display and no GPU.

  --size 1600x1000     size of the window in points
  --scale 1            pixels per point
  --theme dark         dark or light
  --range A..B         the stretch of time to show, from the start of the trace: 100ms..1.2s
  --select g25@1.2s    select what goroutine 25 does 1.2 s after the start; g25 alone selects its
                       lane; p0 is a proc, m4711 a thread, gc and stw the collector and its pauses
  --compare FILE       show this trace as B beside the first; given again, it adds to a series; --row 1 chooses the
                       row of the changes with that rank and shows its slowest instances
  --panel NAME         open a panel, named as in the menus: findings, wait-chain, blocking-profile
";
