//! Tables whose rows are found goroutine by goroutine, and there are many of them: rows are made on all threads, some
//! goroutines at a time, and can be put into groups.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::base::ids::GoroutineIdx;
use crate::tables::column::{Column, Role};
use crate::tables::field::Typed;
use crate::tables::grouping::{GroupFault, Grouped, Grouping, Sum, Top, TopBy};
use crate::tables::row_groups::{Group, Groups, Plan};
use crate::tables::scan::{Scan, bit};
use crate::tables::source::Source;
use crate::tables::table::{Rows, Table};
use crate::tables::value::Value;

/// Goroutines that a thread looks at before it asks for more.
const STRETCH: usize = 128;
/// Rows of a stretch that are kept at a time.
const MOST_ROWS: usize = 4_096;
/// Stretches of which rows are kept at a time.
const MOST_STRETCHES: usize = 16;
/// Goroutines of which groups are kept at a time, if rows are grouped by the goroutine.
const GROUPED_AT_A_TIME: usize = 8_192;

/// Calls a function with each row of a goroutine until it says no.
type Each<R> = fn(&Source, &Scan, GoroutineIdx, &mut dyn FnMut(&R) -> bool);
/// Gives the rows of a goroutine one by one.
type Lazy<R> = for<'a> fn(&'a Source, &Scan, GoroutineIdx) -> Box<dyn Iterator<Item = R> + 'a>;

/// A table whose rows are about goroutines.
pub(super) struct ByGoroutine<R: 'static> {
    pub(super) table: Typed<R>,
    pub(super) each: Each<R>,
    pub(super) lazy: Lazy<R>,
    /// What tells a row from the others of the table.
    pub(super) id: fn(&R) -> u64,
}

impl<R: Copy + Send + Sync + 'static> ByGoroutine<R> {
    /// Calls `take` with each row of a goroutine that the scan wants, until it says no.
    fn rows_of(&self, source: &Source, scan: &Scan, go: GoroutineIdx, mut take: impl FnMut(&R) -> bool) {
        (self.each)(source, scan, go, &mut |row| !self.table.meets(source, row, scan.checks()) || take(row));
    }

    /// The rows of some goroutines, as far as they are not too many.
    fn stretch(&self, source: &Source, scan: &Scan, all: &[GoroutineIdx], goroutines: Range<usize>) -> Stretch<R> {
        let mut rows = Vec::new();
        for at in goroutines.clone() {
            let Some(go) = all.get(at) else { break };
            let begun = rows.len();
            self.rows_of(source, scan, *go, |row| {
                rows.push(*row);
                rows.len() < MOST_ROWS
            });
            if rows.len() < MOST_ROWS {
                continue;
            }
            // If it is not alone the ones before may have had most rows: it has another chance.
            rows.truncate(begun);
            return if begun > 0 {
                Stretch { rows, large: None, rest: at..goroutines.end }
            } else {
                Stretch { rows, large: Some(*go), rest: at + 1..goroutines.end }
            };
        }
        Stretch { rows, large: None, rest: 0..0 }
    }

    /// The place of the column that tells the goroutine.
    fn goroutine_column(&self) -> usize {
        self.table.fields.iter().position(|field| field.column.role == Role::Goroutine).unwrap_or(usize::MAX)
    }

    /// All goroutines' rows in groups, on all threads.
    fn grouped(&self, source: &Source, scan: &Scan, plan: &Plan<R>, all: &[GoroutineIdx]) -> Groups<R> {
        let next = AtomicUsize::new(0);
        let work = |_: usize| {
            let mut groups = Groups::new(plan.clone());
            while !source.monitor().is_cancelled() && groups.fault.is_none() {
                let from = next.fetch_add(STRETCH, Ordering::Relaxed);
                let Some(stretch) = all.get(from..all.len().min(from + STRETCH)).filter(|some| !some.is_empty()) else {
                    break;
                };
                for go in stretch {
                    self.rows_of(source, scan, *go, |row| groups.add(source, row));
                }
            }
            groups
        };
        let threads = rayon::current_num_threads();
        (0..threads).into_par_iter().map(work).reduce(
            || Groups::new(plan.clone()),
            |mut some, more| {
                some.join(more);
                some
            },
        )
    }

    /// The groups of each of some goroutines.
    fn grouped_each(
        &self,
        source: &Source,
        scan: &Scan,
        (plan, top): (&Plan<R>, Option<(TopBy, i64)>),
        some: &[GoroutineIdx],
    ) -> Vec<Groups<R>> {
        let stretches: Vec<&[GoroutineIdx]> = some.chunks(STRETCH).collect();
        let work = |stretch: &[GoroutineIdx]| {
            let mut groups = Groups::new(plan.clone());
            for go in stretch.iter().take_while(|_| !source.monitor().is_cancelled()) {
                self.rows_of(source, scan, *go, |row| groups.add(source, row));
                groups.end_goroutine(top);
            }
            groups
        };
        stretches.into_par_iter().map(work).collect()
    }
}

impl<R: Copy + Send + Sync + 'static> Table for ByGoroutine<R> {
    fn name(&self) -> &'static str {
        self.table.name
    }

    fn about(&self) -> &'static str {
        self.table.about
    }

    fn columns(&self) -> Vec<&Column> {
        self.table.columns()
    }

    fn rows<'a>(&'a self, source: &'a Source, scan: &Scan) -> Box<dyn Rows<'a> + 'a> {
        let mut left = VecDeque::new();
        let all = scan.goroutines_at_hand(source);
        if !all.is_empty() {
            left.push_back(Piece::Unread(0..all.len()));
        }
        Box::new(Stretched { of: self, source, scan: scan.clone(), all, left, at_a_time: 1, row: None })
    }

    fn can_group_by(&self, column: usize) -> bool {
        column == self.goroutine_column() || self.table.fields.get(column).is_some_and(|field| field.code.is_some())
    }

    fn groups<'a>(&'a self, source: &'a Source, scan: &Scan, grouping: &Grouping) -> Option<Box<dyn Grouped<'a> + 'a>> {
        let goroutine = self.goroutine_column();
        let plan = Plan::new(self.table.fields, grouping, goroutine)?;
        let mut scan = scan.clone();
        scan.read_only(
            grouping.keys.iter().chain(&grouping.sums).map(|place| bit(*place)).fold(0, |all, one| all | one),
        );
        let all = scan.goroutines_at_hand(source);
        let is_by_goroutine = grouping.keys.contains(&goroutine);
        let next = if is_by_goroutine { Some(0) } else { None };
        let top = grouping.top.map(Largest::new);
        let mut made =
            Made { of: self, source, scan, plan, all, next, left: VecDeque::new(), now: None, fault: None, top };
        if !is_by_goroutine {
            let groups = self.grouped(source, &made.scan, &made.plan, &made.all);
            made.fault = groups.fault;
            made.left.extend(groups.sorted());
        }
        Some(Box::new(made))
    }
}

/// What is left of the rows of some goroutines.
enum Piece<'a, R> {
    /// Rows that are made already.
    Rows(std::vec::IntoIter<R>),
    /// A goroutine with many rows, which are made when they are asked for.
    Many(Box<dyn Iterator<Item = R> + 'a>),
    /// Goroutines that nobody has looked at.
    Unread(Range<usize>),
}

/// Rows, of which some stretches are made at a time.
struct Stretched<'a, R: 'static> {
    of: &'a ByGoroutine<R>,
    source: &'a Source,
    scan: Scan,
    all: Cow<'a, [GoroutineIdx]>,
    left: VecDeque<Piece<'a, R>>,
    /// Stretches that are made next: few at first, so that the first row comes soon.
    at_a_time: usize,
    row: Option<R>,
}

impl<'a, R: Copy + Send + Sync + 'static> Stretched<'a, R> {
    fn next(&mut self) -> Option<R> {
        loop {
            match self.left.front_mut()? {
                Piece::Rows(rows) => {
                    if let Some(row) = rows.next() {
                        return Some(row);
                    }
                    self.left.pop_front();
                }
                Piece::Many(rows) => {
                    let (table, source, checks) = (&self.of.table, self.source, self.scan.checks());
                    if let Some(row) = rows.find(|row| table.meets(source, row, checks)) {
                        return Some(row);
                    }
                    self.left.pop_front();
                }
                Piece::Unread(goroutines) => {
                    if self.source.monitor().is_cancelled() {
                        return None;
                    }
                    let wanted = goroutines.start
                        ..goroutines.end.min(goroutines.start.saturating_add(self.at_a_time.saturating_mul(STRETCH)));
                    goroutines.start = wanted.end;
                    if goroutines.start >= goroutines.end {
                        self.left.pop_front();
                    }
                    self.at_a_time = (self.at_a_time * 2).min(MOST_STRETCHES);
                    for piece in self.read(wanted).into_iter().rev() {
                        self.left.push_front(piece);
                    }
                }
            }
        }
    }

    /// The rows of some goroutines, as far as they are not too many.
    fn read(&self, goroutines: Range<usize>) -> Vec<Piece<'a, R>> {
        let stretches: Vec<Range<usize>> = goroutines
            .clone()
            .step_by(STRETCH)
            .map(|start| start..goroutines.end.min(start.saturating_add(STRETCH)))
            .collect();
        let (of, source, scan, all) = (self.of, self.source, &self.scan, &self.all);
        let read: Vec<Stretch<R>> =
            stretches.into_par_iter().map(|stretch| of.stretch(source, scan, all, stretch)).collect();
        let mut pieces = Vec::new();
        for Stretch { rows, large, rest } in read {
            pieces.push(Piece::Rows(rows.into_iter()));
            pieces.extend(large.map(|go| Piece::Many((self.of.lazy)(self.source, &self.scan, go))));
            if rest.start < rest.end {
                pieces.push(Piece::Unread(rest));
            }
        }
        pieces
    }
}

/// What was made of some goroutines.
struct Stretch<R> {
    rows: Vec<R>,
    /// Comes after these rows, but has too many to be made at once.
    large: Option<GoroutineIdx>,
    /// Come after it.
    rest: Range<usize>,
}

impl<'a, R: Copy + Send + Sync + 'static> Rows<'a> for Stretched<'a, R> {
    fn advance(&mut self) -> bool {
        self.row = self.next();
        self.row.is_some()
    }

    fn value(&self, column: usize) -> Value<'a> {
        match (self.of.table.fields.get(column), &self.row) {
            (Some(field), Some(row)) => (field.read)(self.source, row),
            _ => Value::Null,
        }
    }

    fn id(&self) -> u64 {
        self.row.as_ref().map_or(0, self.of.id)
    }
}

/// Groups, of which those of some goroutines are made at a time, or all at once.
struct Made<'a, R: 'static> {
    of: &'a ByGoroutine<R>,
    source: &'a Source,
    scan: Scan,
    plan: Plan<R>,
    all: Cow<'a, [GoroutineIdx]>,
    /// The goroutine of which groups come next; `None` if groups are of all goroutines together.
    next: Option<usize>,
    left: VecDeque<Group<R>>,
    now: Option<Group<R>>,
    fault: Option<GroupFault>,
    /// Which goroutines are wanted; `None` for all.
    top: Option<Largest>,
}

/// The largest numbers so far.
struct Largest {
    top: Top,
    /// At most as many as are wanted, the least of them on top.
    numbers: BinaryHeap<Reverse<i64>>,
}

impl Largest {
    fn new(top: Top) -> Self {
        Self { top, numbers: BinaryHeap::new() }
    }

    fn add(&mut self, number: i64) {
        self.numbers.push(Reverse(number));
        if self.numbers.len() > self.top.count {
            self.numbers.pop();
        }
    }

    /// Goroutines with smaller numbers are not wanted.
    fn least(&self) -> i64 {
        let is_full = self.numbers.len() >= self.top.count;
        self.numbers.peek().filter(|_| is_full).map_or(i64::MIN, |least| least.0)
    }
}

impl<'a, R: Copy + Send + Sync + 'static> Grouped<'a> for Made<'a, R> {
    fn advance(&mut self) -> Result<bool, GroupFault> {
        loop {
            if let Some(fault) = self.fault {
                return Err(fault);
            }
            self.now = self.left.pop_front();
            if self.now.is_some() {
                return Ok(true);
            }
            let Some(next) = self.next.filter(|next| *next < self.all.len()) else { return Ok(false) };
            if self.source.monitor().is_cancelled() {
                return Ok(false);
            }
            let end = self.all.len().min(next + GROUPED_AT_A_TIME);
            self.next = Some(end);
            let some = self.all.get(next..end).unwrap_or_default();
            let wanted = self.top.as_ref().map(|largest| (largest.top.by, largest.least()));
            let made = self.of.grouped_each(self.source, &self.scan, (&self.plan, wanted), some);
            if let Some(largest) = &mut self.top {
                made.iter().flat_map(|groups| &groups.numbers).for_each(|(number, _)| largest.add(*number));
            }
            let least = self.top.as_ref().map(Largest::least);
            for groups in made {
                self.fault = self.fault.or(groups.fault);
                let Some(least) = least else {
                    self.left.extend(groups.all);
                    continue;
                };
                let mut all = groups.all.into_iter();
                for (number, count) in groups.numbers {
                    let own = all.by_ref().take(count);
                    if number >= least { self.left.extend(own) } else { own.for_each(drop) }
                }
            }
        }
    }

    fn value(&self, column: usize) -> Value<'a> {
        match (self.of.table.fields.get(column), &self.now) {
            (Some(field), Some(group)) => (field.read)(self.source, &group.row),
            _ => Value::Null,
        }
    }

    fn count(&self) -> u64 {
        self.now.as_ref().map_or(0, |group| group.count)
    }

    fn sum(&self, place: usize) -> Option<Sum> {
        self.now.as_ref()?.sums.get(place).copied()
    }
}
