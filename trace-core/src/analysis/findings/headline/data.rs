//! The clauses of headlines: numbers and names of a finding in words.

use crate::analysis::findings::backlog::MOST_BY_ONE;
use crate::analysis::findings::callers::OTHERS;
use crate::analysis::findings::finding::Finding;
use crate::analysis::findings::hot::ENDS;
use crate::analysis::phrases::{counted, go_of, grouped, in_percent, percent, time};
use crate::analysis::wait_chain::StepKind;

/// Characters that a headline should not exceed.
pub(super) const LENGTH: usize = 100;
/// Parts smaller than this read as nothing.
const LEAST_SHARE: f64 = 0.005;

/// The finding, with its numbers and names in words, and how many characters a name has at most.
#[derive(Clone, Copy)]
pub(super) struct Data<'a>(pub(super) &'a Finding, pub(super) usize);

impl Data<'_> {
    pub(super) fn time(self, name: &str) -> Option<String> {
        self.0.number(name).filter(|nanos| *nanos > 0).map(time)
    }

    pub(super) fn count(self, name: &str, what: &str) -> Option<String> {
        self.0.number(name).filter(|number| *number > 0).map(|number| counted(number, what))
    }

    pub(super) fn share(self, name: &str) -> Option<String> {
        self.0.ratio_of(name).filter(|share| *share >= LEAST_SHARE).map(in_percent)
    }

    /// The function of the culprit after some words; empty if it is not known.
    pub(super) fn place(self, before: &str) -> String {
        self.function().map_or_else(String::new, |function| format!("{before}{function}"))
    }

    pub(super) fn function(self) -> Option<String> {
        let culprit = self.0.culprit.as_ref()?;
        // What is counted is not of one caller alone.
        let shared = culprit.through.as_ref().filter(|_| self.0.number(OTHERS).is_some());
        let function = &shared.unwrap_or(&culprit.place).function;
        (!function.is_empty()).then(|| self.name(function))
    }

    pub(super) fn callee(self) -> Option<String> {
        self.0.culprit.as_ref()?.callee.as_deref().map(|callee| self.name(callee))
    }

    /// The function in which goroutines wait, unless the head names it already.
    pub(super) fn victim(self, head: &str) -> Option<String> {
        let victim = self.name(&self.0.victims.first()?.function);
        let elsewhere = if self.0.victims.len() > 1 { " and elsewhere" } else { "" };
        (!head.contains(&victim)).then(|| format!(" in {victim}{elsewhere}"))
    }

    /// A function's name, as long as there is room for.
    pub(super) fn name(self, full: &str) -> String {
        name(full, self.1)
    }

    /// The goroutine that the first link leads to.
    pub(super) fn first(self) -> String {
        self.0.links.first().map_or_else(|| "A goroutine".to_owned(), |link| go_of(link.id))
    }

    /// The kind of lock, as Go calls it: `Mutex`, `RWMutex`.
    pub(super) fn lock(self) -> String {
        let lock = self.0.text_of("lock").unwrap_or_default();
        let known = ["RWMutex", "Mutex"].into_iter().find(|known| lock.contains(known));
        known.unwrap_or("Lock").to_owned()
    }

    /// ` during net/http.Post`: what the holder of a lock did; empty if it is not known.
    pub(super) fn during(self) -> String {
        match (self.0.acts.first().map(|act| act.doing), self.callee()) {
            (Some(StepKind::Running), _) => " while running".to_owned(),
            (Some(StepKind::MarkAssist), _) => " during a mark assist".to_owned(),
            (_, Some(callee)) => format!(" during {callee}"),
            (Some(StepKind::Syscall), None) => " during a system call".to_owned(),
            (Some(StepKind::CgoCall), None) => " during a cgo call".to_owned(),
            _ => String::new(),
        }
    }

    /// `net/http.Post in main.load`, or as much of it as is known.
    pub(super) fn work(self, otherwise: &str) -> String {
        match (self.callee(), self.function()) {
            (Some(callee), Some(function)) => format!("{callee} in {function}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => otherwise.to_owned(),
        }
    }

    /// `chan send in main.put`
    pub(super) fn channel(self) -> String {
        self.work("a channel")
    }

    /// The head, with how many waits there are, how long they are at most, and where.
    pub(super) fn waits(self, head: String) -> String {
        let waits = self.count("waits", "wait").map(|waits| format!(": {waits}{}", self.most("waits", "wait_max_ns")));
        let victim = self.victim(&head);
        fit(head, [waits, victim])
    }

    /// `Same call made by several requests at once in app.load: 4 bursts of up to 19`
    pub(super) fn bursts(self) -> String {
        let bursts = self.count("bursts", "burst").map(|bursts| format!(": {bursts}"));
        let most = self.0.number("at_once").map(|most| format!(" of up to {}", grouped(most)));
        fit(format!("Same call made by several requests at once{}", self.place(" in ")), [bursts, most])
    }

    /// `Work goes on after a deadline, started in app.build: 43 goroutines, 34 % of running time`
    pub(super) fn abandoned(self) -> String {
        let gos = self.count("went_on", "goroutine").map(|gos| format!(": {gos}"));
        let share = self.share("share_of_running").map(|share| format!(", {share} of running time"));
        fit(format!("Work goes on after a deadline{}", self.place(", started in ")), [gos, share])
    }

    /// `Tests sleep in app.settle: 15 times, during 97 % of the trace`
    pub(super) fn sleeps(self) -> String {
        let times = self.0.number("waits").map(|times| format!(": {} times", grouped(times)));
        let part = self.share("asleep_share").map(|part| format!(", during {part} of the trace"));
        fit(format!("Tests sleep{}", self.place(" in ")), [times, part])
    }

    /// ` up to 127 ms`, of several; ` of 127 ms`, of one; empty if it is not known.
    pub(super) fn most(self, count: &str, longest: &str) -> String {
        let word = if self.0.number(count) == Some(1) { "of" } else { "up to" };
        self.time(longest).map_or_else(String::new, |longest| format!(" {word} {longest}"))
    }

    /// `Mutex held during net/http.Post by main.put: 4 waits up to 127 ms in main.get`
    pub(super) fn held(self, lock: &str, during: &str) -> String {
        self.waits(format!("{lock} held{during}{}", self.place(" in ")))
    }

    /// The head, with how many goroutines are stuck until the trace ends, and for how long.
    pub(super) fn stuck(self, head: String) -> String {
        let most = self.time("wait_max_ns").or_else(|| self.time("stuck_max_ns"));
        let one = self.0.number("stuck") == Some(1);
        let most = most.map(|most| format!(" for {}{most}", if one { "" } else { "up to " }));
        let stuck = self.count("stuck", "goroutine").map(|stuck| format!(": {stuck} stuck"));
        let victim = self.victim(&head);
        fit(head, [stuck, most, victim])
    }

    /// `Fixed pause in main.load: 74 % of the time of 775 requests`, or, where others wait for who makes it, those waits.
    pub(super) fn pause(self) -> String {
        let head = format!("Fixed pause{}", self.place(" in "));
        if self.share("share_of_request_time").is_some() { self.requests(head) } else { self.waits(head) }
    }

    /// `Finalizers take 97 % of the time, mostly main.(*handle).release`
    pub(super) fn finalizers(self) -> String {
        let share = self.share("busy_share").map(|share| format!(" take {share} of the time"));
        fit(format!("Finalizers{}", share.unwrap_or_else(|| " are slow".to_owned())), [Some(self.place(", mostly "))])
    }

    /// `Slots of a semaphore not given back in main.with: 12 in use at once, then 1`
    pub(super) fn slots_kept(self) -> String {
        let head = format!("Slots of a semaphore not given back{}", self.place(" in "));
        match self.0.number("slots_first").zip(self.0.number("slots_last")) {
            Some((first, last)) => fit(head, [Some(format!(": {first} in use at once, then {last}"))]),
            None => self.stuck(head),
        }
    }

    /// `Goroutine leak: 27 of 30 created stay blocked in main.watch`
    pub(super) fn leak(self, what: &str) -> String {
        let created = self.0.number("created").map(|created| format!(" of {} created", grouped(created)));
        let stuck = self.0.number("stuck").map(|stuck| format!(": {}{}", grouped(stuck), created.unwrap_or_default()));
        fit(what.to_owned(), [stuck.map(|stuck| format!("{stuck} stay blocked{}", self.place(" in ")))])
    }

    pub(super) fn idle(self, why: &str) -> String {
        let share = self.share("idle_share").map(|share| format!(" {share} of the time"));
        let head = format!("Procs idle{} while goroutines were runnable", share.unwrap_or_default());
        let longest = self.time("longest_ns").map(|longest| format!(", up to {longest} at a time"));
        fit(head, [(!why.is_empty()).then(|| format!(": {why}")), longest])
    }

    pub(super) fn locked_to_thread(self) -> String {
        let share = self.share("idle_share").map(|share| format!(": procs idle {share} of the time"));
        let longest = self.time("runnable_max_ns").map(|longest| format!(", runnable up to {longest}"));
        fit(format!("Goroutine locked to its thread{}", self.place(" in ")), [share, longest])
    }

    /// `G25 did 71 % of the work of 8 workers, in main.(*Shard).scan`
    pub(super) fn team(self) -> String {
        let done = self.part("longest_total_ns", "work_total_ns");
        let workers = self.count("workers", "worker").map(|workers| format!(" of {workers}"));
        let head = match done {
            Some(done) => format!("{} did {done} of the work{}", self.first(), workers.unwrap_or_default()),
            None => format!("{} did most of the work", self.first()),
        };
        fit(head, [Some(self.place(", in "))])
    }

    /// `G25 got 98 % of the work of 8 workers, sent in main.(*Router).enqueue`
    pub(super) fn queue(self) -> String {
        let done = self.part("longest_total_ns", "work_total_ns").unwrap_or_else(|| "most".to_owned());
        let workers = self.count("workers", "worker").map(|workers| format!(" of {workers}"));
        let head = format!("{} got {done} of the work{}", self.first(), workers.unwrap_or_default());
        fit(head, [Some(self.place(", sent in "))])
    }

    /// `One of 8 goroutines did 71 % of the work, in main.round.func1`
    pub(super) fn fan_out(self) -> String {
        let all = self.count("workers_per_round", "goroutine").map(|all| format!(" of {all}"));
        let done = self.part("longest_total_ns", "work_total_ns").unwrap_or_else(|| "most".to_owned());
        let all = all.unwrap_or_default();
        // To wait is no work.
        let head = match self.0.acts.first().map(|act| act.doing) {
            Some(StepKind::Waiting(_)) => format!("Unbalanced fan-out: one{all} took {done} of the time"),
            _ => format!("Unbalanced fan-out: one{all} did {done} of the work"),
        };
        fit(head, [Some(self.place(", in "))])
    }

    /// A number of the evidence as part of another one: `71 %`. `None` without both.
    pub(super) fn part(self, part: &str, whole: &str) -> Option<String> {
        let whole = self.0.number(whole).filter(|whole| *whole > 0)?;
        Some(percent(self.0.number(part)?, whole))
    }

    /// `Sleeping between attempts in main.push: 77 % of the time of 40 units of work`
    pub(super) fn retries(self) -> String {
        let share = self.share("share_of_units").zip(self.count("units", "unit of work"));
        let share = share.map(|(share, units)| format!(": {share} of the time of {units}"));
        fit(format!("Sleeping between attempts{}", self.place(" in ")), [share])
    }

    /// `More and more goroutines, created in main.watch: 27 of 30 are alive at the end`
    pub(super) fn growing(self) -> String {
        let place = self.place(", created in ");
        let counts = self.0.number("alive").zip(self.0.number("created"));
        let alive =
            counts.map(|(alive, created)| format!(": {} of {} are alive at the end", grouped(alive), grouped(created)));
        fit(format!("More and more goroutines{place}"), [alive])
    }

    pub(super) fn limited(self) -> String {
        // Each of those that start workers has a limit of its own.
        let is_each = self.0.text_of("unit") == Some("worker") && self.0.number("waiters").is_some_and(|all| all > 1);
        match self.0.number("slots") {
            Some(slots) if is_each => format!("Limited to {} at once for each goroutine", grouped(slots)),
            Some(slots) => format!("Limited to {} at once", grouped(slots)),
            None => "Limited concurrency".to_owned(),
        }
    }

    /// `One of 6 consumers cannot keep up, blocked in main.audit`
    pub(super) fn one_consumer(self) -> String {
        let all = self.0.number("workers").map(|all| format!("One of {} consumers", grouped(all)));
        format!("{} cannot keep up{}", all.unwrap_or_else(|| "One consumer".to_owned()), self.at_work())
    }

    /// `, busy in main.audit`, or `, blocked in main.audit` where it waited; empty if the place is not known.
    /// Who consumes: as the sentence, one of several only if it ends most of the waits.
    pub(super) fn consumers(self) -> &'static str {
        let number = self.0.number("consumers").unwrap_or(1);
        let is_one = number < 2 || self.0.ratio_of("share_of_first_consumer").is_some_and(|share| share >= MOST_BY_ONE);
        if is_one { "Consumer" } else { "Consumers" }
    }

    pub(super) fn at_work(self) -> String {
        match self.0.acts.first().map(|act| act.doing) {
            Some(StepKind::Waiting(_)) => self.place(", blocked in "),
            Some(StepKind::Runnable) => self.place(", runnable in "),
            _ => self.place(", busy in "),
        }
    }

    pub(super) fn pool(self) -> String {
        let slots = self.count("slots", "connection").map(|slots| format!(" of {slots}"));
        format!("Pool{} exhausted", slots.unwrap_or_default())
    }

    /// `Waiting for a connection of database/sql, none given for 1.5 s`
    pub(super) fn kept(self) -> String {
        let pool = self.0.text_of("pool").unwrap_or("a pool");
        let quiet = self.time("none_given_ns").map(|quiet| format!(", none given for {quiet}"));
        format!("Waiting for a connection of {pool}{}", quiet.unwrap_or_default())
    }

    /// `New connection for each call in main.load: 2,039 connections`
    pub(super) fn not_reused(self) -> String {
        let Some(made) = self.count("connections", "connection") else {
            return self.waits(format!("Connections of database/sql opened again and again{}", self.place(" in ")));
        };
        fit(format!("New connection for each call{}", self.place(" in ")), [Some(format!(": {made}"))])
    }

    /// `Response bodies not closed in main.check: 2,224 connections kept, for up to 2.50 s`
    pub(super) fn bodies_open(self) -> String {
        let kept = self.count("stuck", "connection").map(|kept| format!(": {kept} kept"));
        let most = self.time("stuck_max_ns").map(|most| format!(", for up to {most}"));
        fit(format!("Response bodies not closed{}", self.place(" in ")), [kept, most])
    }

    /// `Waiting for child processes in main.convert: 686 times up to 41.4 ms, 96 % of work time`
    pub(super) fn children(self) -> String {
        let count =
            self.count("children", "time").map(|count| format!(": {count}{}", self.most("children", "child_max_ns")));
        let share = self.share("share_of_work").map(|share| format!(", {share} of work time"));
        fit(format!("Waiting for child processes{}", self.caller(" in ")), [count, share])
    }

    pub(super) fn spin(self, how: &str) -> String {
        let spinning = self.count("spinning", "goroutine").unwrap_or_else(|| "Goroutines".to_owned());
        let share = self.share("spin_share").map(|share| format!(": {share} of the procs' time"));
        let verb = if self.0.number("spinning") == Some(1) { "spins" } else { "spin" };
        fit(format!("{spinning} {verb} {how}{}", self.place(" in ")), [share])
    }

    pub(super) fn rounds(self) -> String {
        let rounds = self.count("rounds", "round").map(|rounds| format!(": {rounds}"));
        let max = self.most("rounds", "round_max_ns");
        fit(
            format!("Each round of goroutines waits for its slowest{}", self.place(", created in ")),
            [rounds.map(|text| text + &max)],
        )
    }

    pub(super) fn busy_loop(self) -> String {
        let goroutines = self.count("spinning", "goroutine").map(|count| format!(": {count}"));
        let share = self.share("spin_share").map(|share| format!(", {share} of the procs' time"));
        fit(format!("Busy loop around runtime.Gosched{}", self.place(" in ")), [goroutines, share])
    }

    /// The call and the function it is made in: `net/http.Get in main.load`.
    pub(super) fn call(self) -> String {
        self.work("One slow call")
    }

    /// The head, with the part of the time of requests or workers that it takes, and how long on average.
    pub(super) fn requests(self, head: String) -> String {
        let unit = self.0.text_of("unit").unwrap_or("request");
        let of_requests = self.share("share_of_request_time").zip(self.count("requests", unit));
        let of_workers = || self.share("share_of_workers_time").zip(self.count("workers", "goroutine"));
        let share = of_requests.or_else(of_workers).map(|(share, all)| format!(": {share} of the time of {all}"));
        // Not all of them wait there.
        let some = self.0.number("requests_waiting").filter(|some| self.0.number("requests") != Some(*some));
        let some = some.map_or_else(String::new, |some| format!(" in {} of them", grouped(some)));
        let mean = self.time("wait_per_request_ns").or_else(|| self.time("wait_mean_ns"));
        let handler = self.0.text_of("handled_by").map(|handler| format!(", handled by {}", self.name(handler)));
        fit(head, [share, handler, mean.map(|mean| format!(", {mean} on average{some}"))])
    }

    pub(super) fn gc(self) -> String {
        let marking = self.share("marking_share").map(|share| format!("GC marking {share} of the time"));
        let cycles = || self.count("cycles", "GC cycle");
        let head = marking.or_else(cycles).unwrap_or_else(|| "GC".to_owned());
        let is_forced = self.0.number("forced") == Some(1);
        let place = self.function();
        let here = match place {
            Some(place) if is_forced => self.forced().map(|forced| format!("{forced} by {place}")),
            Some(place) => self.share("assists_here").map(|share| format!("; {share} of mark assist time in {place}")),
            None => None,
        };
        let started = || {
            let cycles = self.count("cycles_started_here", "cycle")?;
            Some(format!("; {cycles} started by allocations in {}", self.function()?))
        };
        let paused = || Some(format!("; STW pauses up to {}", self.time("paused_max_ns")?));
        let procs = self.share("gc_procs_share").map(|share| format!(", {share} of the procs' time"));
        fit(head, [procs.filter(|_| here.is_none()), here.or_else(started).or_else(paused)])
    }

    /// `, forced`, of cycles that all were, there; otherwise how many of them.
    pub(super) fn forced(self) -> Option<String> {
        let (there, all) = (self.0.number("cycles_forced_there")?, self.0.number("cycles")?);
        let some = || format!("; {} of {} forced", grouped(there), counted(all, "cycle"));
        Some(if there == all { ", forced".to_owned() } else { some() })
    }

    /// Goroutines that wait for a proc; those that hold a lock meanwhile keep others waiting.
    pub(super) fn starvation(self) -> String {
        if let Some(runnable) = self.time("holders_runnable_ns") {
            let head = format!("Lock holders runnable for {runnable} without a proc");
            let busy = self.function().map(|place| format!(", procs ran {place}"));
            return fit(self.waits_only(head), [busy]);
        }
        let longest = self.time("runnable_max_ns").map(|longest| format!(" up to {longest}"));
        fit(format!("Goroutines runnable{}", longest.unwrap_or_default()), [self.busy(": procs"), self.running()])
    }

    /// The head with how many waits there are.
    pub(super) fn waits_only(self, head: String) -> String {
        fit(head, [self.count("waits", "wait").map(|waits| format!(": {waits}"))])
    }

    pub(super) fn busy(self, procs: &str) -> Option<String> {
        Some(format!("{procs} {} busy", self.share("procs_busy")?))
    }

    pub(super) fn running(self) -> Option<String> {
        // It was seen running, though not in one place.
        if self.0.culprit.is_none() && self.0.number("times_seen").is_some() {
            return Some(", no function of the program stands out".to_owned());
        }
        // As the sentence has it: parts of a count, or of time.
        let of = self.0.text_of("seen_in").filter(|seen_in| *seen_in != ENDS).unwrap_or("running time");
        Some(format!(", {} of {of} in {}", self.share("culprit_share")?, self.function()?))
    }

    pub(super) fn syscalls(self) -> String {
        let what = if self.0.text_of("unit") == Some("cgo call") { "Cgo calls" } else { "System calls" };
        let place = self.caller(" in ");
        // Where others make some, too, the callee is not of all of them.
        let is_most = |nanos: u64| self.0.number("call_total_ns").is_some_and(|all| nanos > all / 2);
        let head = match (self.callee(), self.0.number("call_of_most_ns")) {
            (Some(callee), None) => format!("{callee}{place}"),
            (Some(callee), Some(nanos)) if is_most(nanos) => format!("{what}{place}, mostly {callee}"),
            _ => format!("{what}{place}"),
        };
        let calls = self.count("calls", "call").map(|calls| format!(": {calls}{}", self.most("calls", "call_max_ns")));
        let share = self.share("share_of_work").map(|share| format!(", {share} of work time"));
        fit(head, [calls, share])
    }

    /// The function that makes the call itself, where the culprit calls it.
    pub(super) fn caller(self, before: &str) -> String {
        let through = self.0.culprit.as_ref().and_then(|culprit| culprit.through.as_ref());
        through.map_or_else(|| self.place(before), |helper| format!("{before}{}", self.name(&helper.function)))
    }

    pub(super) fn serial(self) -> String {
        let each = match self.0.number("units") {
            Some(1) => self.count("waits", "wait").map(|waits| format!(", {waits}")),
            _ => self.0.ratio_of("waits_per_unit").map(|each| format!(", {each:.0} each")),
        };
        let share = self.share("share_of_units").zip(self.count("units", "unit of work"));
        let share = share.map(|(share, units)| format!(": {share} of the time of {units}"));
        fit(format!("Serial waits{}", self.place(" in ")), [share, each])
    }

    pub(super) fn stops(self) -> String {
        let is_once = self.0.number("stops") == Some(1);
        let stops = self.count("stops", "time").filter(|_| !is_once).map(|stops| format!(" {stops}"));
        let longest = self.time("stopped_max_ns");
        let longest = longest.map(|longest| format!("{} {longest}", if is_once { " for" } else { ", up to" }));
        let head = format!("World stopped{}{}", stops.unwrap_or_default(), longest.unwrap_or_default());
        let by = match self.time("late_ns") {
            Some(_) => self.place(", waiting for goroutines to stop in "),
            None => self.place(", requested by "),
        };
        let reason = self.0.text_of("reason").filter(|reason| by.is_empty() && !reason.is_empty());
        fit(head, [Some(by), reason.map(|reason| format!(": {}", self.name(reason)))])
    }

    pub(super) fn polling(self) -> String {
        let Some(sleeps) = self.count("sleeps", "sleep") else {
            return self.waits(format!("Polling with sleeps{}", self.place(" in ")));
        };
        let mean = self.time("sleep_mean_ns").map(|mean| format!(" of {mean} on average"));
        fit(format!("Polling with sleeps{}: {sleeps}", self.place(" in ")), [mean])
    }

    pub(super) fn churn(self) -> String {
        let created = self.count("created", "goroutine").unwrap_or_else(|| "Many goroutines".to_owned());
        let mean = self.time("mean_running_ns").map(|mean| format!(", running for {mean} on average"));
        fit(format!("{created} created{}", self.place(" in ")), [mean])
    }

    /// Requests that compute, or procs that are all busy.
    pub(super) fn cpu(self) -> String {
        if let Some((share, units)) = self.share("running_share").zip(self.count("units", "unit of work")) {
            let mean = self.time("unit_mean_ns").map(|mean| format!(", {mean} on average"));
            let place = self.place(", mostly in ");
            return fit(format!("{units} ran for {share} of their time"), [Some(place), mean]);
        }
        let head = self.busy("Procs").unwrap_or_else(|| "Procs busy".to_owned());
        fit(head, [self.running()])
    }

    /// `GOMAXPROCS is 1: goroutines were runnable for 24.8 s total`
    pub(super) fn one_proc(self) -> String {
        let waited = self.time("runnable_total_ns");
        fit(
            "GOMAXPROCS is 1".to_owned(),
            [waited.map(|waited| format!(": goroutines were runnable for {waited} total"))],
        )
    }

    pub(super) fn throttled(self) -> String {
        let share = self.share("no_cpu_share").map(|share| format!(": no CPU for {share} of the time"));
        let longest = self.time("longest_ns").map(|longest| format!(", up to {longest} at a time"));
        fit("Process throttled by its CPU quota".to_owned(), [share, longest])
    }

    pub(super) fn descheduled(self) -> String {
        let times = self.count("stretches", "time").map(|times| format!(" {times}"));
        let longest = self.time("longest_ns").map(|longest| format!(", up to {longest}"));
        let share = self.share("no_cpu_share").map(|share| format!(": {share} of the time"));
        fit(format!("Process had no CPU{}", times.unwrap_or_default()), [longest, share])
    }

    pub(super) fn damage(self) -> String {
        let places = self.count("faults", "place").map(|places| format!(" in {places}"));
        let missing = self.time("missing_ns").map(|missing| format!(": {missing} missing"));
        fit(format!("Trace damaged{}", places.unwrap_or_default()), [missing])
    }
}

/// The head with as many of the clauses as there is room for, in their order: one that does not fit ends it.
pub(super) fn fit<const N: usize>(mut head: String, clauses: [Option<String>; N]) -> String {
    for clause in clauses.into_iter().flatten() {
        if head.chars().count() + clause.chars().count() > LENGTH {
            break;
        }
        head += &clause;
    }
    head
}

/// A function's name with no more than so many characters: of the path of its package only the last part, unless it is
/// of the standard library.
pub(super) fn name(full: &str, most: usize) -> String {
    let end = full.find('[').unwrap_or(full.len());
    let (head, _) = full.split_at(end);
    let is_standard = !head.split('/').next().unwrap_or_default().contains('.');
    let short = match head.rfind('/') {
        Some(slash) if !is_standard => full.get(slash + 1..).unwrap_or(full),
        _ => full,
    };
    let length = short.chars().count();
    if length <= most {
        return short.to_owned();
    }
    let tail = most / 2;
    let first: String = short.chars().take(most - tail - 1).collect();
    let last: String = short.chars().skip(length - tail).collect();
    format!("{first}…{last}")
}
