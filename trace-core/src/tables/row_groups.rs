//! Puts rows into groups, and sums their numbers.

use rustc_hash::FxHashMap;

use crate::tables::field::{Code, Field};
use crate::tables::grouping::{GroupFault, Grouping, MOST_KEYS, MOST_SUMS, Sum, TopBy};
use crate::tables::source::Source;
use crate::tables::value::Value;

/// Groups that are held at the same time by one thread: some 10 MB.
const MOST_GROUPS: usize = 1 << 15;
/// Groups among which one is looked for by looking at all.
const FEW: usize = 12;

/// What tells groups apart.
type Codes = [u64; MOST_KEYS];

/// A group.
#[derive(Clone, Debug)]
pub(super) struct Group<R> {
    codes: Codes,
    /// Any row of it.
    pub(super) row: R,
    pub(super) count: u64,
    pub(super) sums: [Sum; MOST_SUMS],
}

/// How rows become groups.
pub(super) struct Plan<R: 'static> {
    codes: Vec<Code<R>>,
    sums: Vec<&'static Field<R>>,
}

impl<R> Clone for Plan<R> {
    fn clone(&self) -> Self {
        Self { codes: self.codes.clone(), sums: self.sums.clone() }
    }
}

impl<R: 'static> Plan<R> {
    /// `None` if rows cannot be grouped so. Keys at `known` need no code.
    pub(super) fn new(fields: &'static [Field<R>], grouping: &Grouping, known: usize) -> Option<Self> {
        let keys = grouping.keys.iter().filter(|key| **key != known);
        let codes: Option<Vec<Code<R>>> = keys.map(|key| fields.get(*key)?.code).collect();
        let sums: Option<Vec<&Field<R>>> = grouping.sums.iter().map(|sum| fields.get(*sum)).collect();
        let (codes, sums) = (codes?, sums?);
        (codes.len() <= MOST_KEYS && sums.len() <= MOST_SUMS).then_some(Self { codes, sums })
    }
}

/// Groups that are being made.
pub(super) struct Groups<R: 'static> {
    plan: Plan<R>,
    pub(super) all: Vec<Group<R>>,
    /// Groups before this one are over.
    from: usize,
    places: FxHashMap<Codes, usize>,
    /// Where the last row went.
    last: usize,
    pub(super) fault: Option<GroupFault>,
    /// Of each goroutine that is kept what it is compared by, if they are, and how many groups it has.
    pub(super) numbers: Vec<(i64, usize)>,
}

impl<R: Copy + 'static> Groups<R> {
    pub(super) fn new(plan: Plan<R>) -> Self {
        Self {
            plan,
            all: Vec::new(),
            from: 0,
            places: FxHashMap::default(),
            last: usize::MAX,
            fault: None,
            numbers: Vec::new(),
        }
    }

    /// Adds a row. False if that is of no use any more.
    #[inline]
    pub(super) fn add(&mut self, source: &Source, row: &R) -> bool {
        let mut codes: Codes = [0; MOST_KEYS];
        for (code, of) in codes.iter_mut().zip(&self.plan.codes) {
            *code = of(source, row);
        }
        let Some(place) = self.place(codes, row) else { return false };
        let Some(group) = self.all.get_mut(place) else { return false };
        group.count += 1;
        for (sum, field) in group.sums.iter_mut().zip(&self.plan.sums) {
            if let Value::Int(number) = (field.read)(source, row)
                && !sum.add(number)
            {
                self.fault = Some(GroupFault::TooLarge);
                return false;
            }
        }
        true
    }

    /// The group with these codes, which is made if it is not there.
    #[inline]
    fn place(&mut self, codes: Codes, row: &R) -> Option<usize> {
        if self.all.get(self.last).is_some_and(|group| group.codes == codes) {
            return Some(self.last);
        }
        let own = self.all.get(self.from..).unwrap_or_default();
        let known = if own.len() <= FEW {
            own.iter().position(|group| group.codes == codes).map(|at| self.from + at)
        } else {
            if self.places.is_empty() {
                self.places.extend(own.iter().zip(self.from..).map(|(group, at)| (group.codes, at)));
            }
            self.places.get(&codes).copied()
        };
        let place = match known {
            Some(place) => place,
            None => self.begin(codes, row)?,
        };
        self.last = place;
        Some(place)
    }

    fn begin(&mut self, codes: Codes, row: &R) -> Option<usize> {
        let place = self.all.len();
        if place - self.from >= MOST_GROUPS {
            self.fault = Some(GroupFault::TooMany);
            return None;
        }
        if place - self.from >= FEW {
            self.places.insert(codes, place);
        }
        self.all.push(Group { codes, row: *row, count: 0, sums: [Sum::NONE; MOST_SUMS] });
        Some(place)
    }

    /// Rows that come now are of other groups. `top`: what goroutines are compared by, and which number is too small.
    pub(super) fn end_goroutine(&mut self, top: Option<(TopBy, i64)>) {
        if let Some((by, least)) = top {
            let own = self.all.get(self.from..).unwrap_or_default();
            let number = by.of(own.iter().map(|group| (group.count, &group.sums[..])));
            if own.is_empty() || number < least {
                self.all.truncate(self.from);
            } else {
                self.numbers.push((number, own.len()));
            }
        }
        self.from = self.all.len();
        self.last = usize::MAX;
        self.places.clear();
    }

    /// Adds the groups of another one.
    pub(super) fn join(&mut self, other: Self) {
        self.fault = self.fault.or(other.fault);
        for group in other.all {
            let Some(place) = self.place(group.codes, &group.row) else { return };
            let Some(own) = self.all.get_mut(place) else { return };
            own.count += group.count;
            for (sum, more) in own.sums.iter_mut().zip(&group.sums) {
                if !sum.join(more) {
                    self.fault = Some(GroupFault::TooLarge);
                }
            }
        }
    }

    /// The groups in an order that does not depend on that of the rows.
    pub(super) fn sorted(mut self) -> Vec<Group<R>> {
        self.all.sort_unstable_by_key(|group| group.codes);
        self.all
    }
}
