//! Which rows of a table are wanted.

use std::borrow::Cow;

use crate::base::ids::{GoId, GoroutineIdx};
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::tables::check::Check;
pub use crate::tables::check::Compare;
use crate::tables::column::{Column, Kind, Role};
use crate::tables::source::Source;
use crate::tables::value::Value;

/// The states that rows can be in.
const STATES: [GoState; 4] = [GoState::Runnable, GoState::Running, GoState::Syscall, GoState::Waiting];

/// What is known of the rows that are wanted. A table makes at least all rows that fit; it may make others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Rows end no earlier, nanoseconds from the start of the trace.
    from: Option<i64>,
    /// Rows begin no later.
    until: Option<i64>,
    /// About this goroutine only, by the runtime's id.
    g: Option<i64>,
    /// With this key only.
    key: Option<i64>,
    /// In this state only; inside, `None` is a state that there is not.
    state: Option<Option<GoState>>,
    /// Conditions on columns, by their places, that rows meet exactly.
    checks: Vec<(usize, Check)>,
    /// The columns that are looked at, a bit each; `None` for all.
    read: Option<u64>,
    /// No row can fit: a column is compared with NULL, or with two values at once.
    is_empty: bool,
}

impl Scan {
    /// Whether a table need not make all rows if there is such a condition on a column.
    #[must_use]
    pub const fn can_use(column: &Column, compare: Compare) -> bool {
        match column.role {
            Role::None => false,
            Role::Start | Role::End | Role::Moment => true,
            Role::Goroutine | Role::Key | Role::State => matches!(compare, Compare::Equal),
        }
    }

    /// Whether rows can be held against such a condition on a column before anybody else looks at them.
    #[must_use]
    pub const fn can_check(column: &Column, compare: Compare) -> bool {
        match column.kind {
            Kind::Int => true,
            Kind::Text => matches!(compare, Compare::Equal),
            Kind::Real => false,
        }
    }

    /// Wants only rows whose column, the one at `place` of its table, compares so with a value. False if rows that do not may
    /// come all the same.
    pub fn require(&mut self, place: usize, column: &Column, compare: Compare, value: &Value<'_>) -> bool {
        if *value == Value::Null {
            self.is_empty = true;
            return true;
        }
        if Self::can_use(column, compare) {
            self.narrow(column, compare, value);
        }
        match Check::of(column.kind, compare, value) {
            Some(check) => {
                self.checks.push((place, check));
                true
            }
            None => false,
        }
    }

    fn narrow(&mut self, column: &Column, compare: Compare, value: &Value<'_>) {
        let number = match value {
            Value::Int(number) => Some(*number),
            _ => None,
        };
        match (column.role, number) {
            (Role::Start | Role::End | Role::Moment, Some(number)) => self.bound(compare, number),
            (Role::Goroutine, Some(number)) => self.is_empty |= only(&mut self.g, number),
            (Role::Key, Some(number)) => self.is_empty |= only(&mut self.key, number),
            (Role::State, _) => {
                if let Value::Text(state) = value {
                    let known = STATES.into_iter().find(|known| known.name() == state);
                    self.is_empty |= only(&mut self.state, known);
                }
            }
            _ => {}
        }
    }

    fn bound(&mut self, compare: Compare, time: i64) {
        if !matches!(compare, Compare::AtMost | Compare::Below) {
            let time = time.saturating_sub(1);
            self.from = Some(self.from.map_or(time, |known| known.max(time)));
        }
        if !matches!(compare, Compare::AtLeast | Compare::Above) {
            let time = time.saturating_add(1);
            self.until = Some(self.until.map_or(time, |known| known.min(time)));
        }
    }

    /// Whether no row can fit.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The key that rows have; `None` if any will do.
    #[must_use]
    pub const fn key(&self) -> Option<i64> {
        self.key
    }

    /// The stretch of time that rows touch.
    pub(super) fn range(&self, source: &Source) -> TimeRange {
        let whole = source.trace().range();
        let start = self.from.map_or(whole.start, |from| source.time(from));
        // What lies at the very end of the trace touches it.
        let end = self.until.map_or(whole.end.plus_nanos(1), |until| source.time(until.saturating_add(1)));
        TimeRange::new(start.max(whole.start), end)
    }

    /// The goroutines that rows are about, by rising id of the runtime.
    pub(super) fn goroutines<'a>(&self, source: &'a Source) -> Box<dyn Iterator<Item = GoroutineIdx> + 'a> {
        if self.is_empty {
            return Box::new(std::iter::empty());
        }
        match self.g {
            Some(g) => Box::new(source.trace().goroutine_by_id(GoId(g.cast_unsigned())).into_iter()),
            None => {
                Box::new(source.goroutines_by_id().iter().copied().take_while(|_| !source.monitor().is_cancelled()))
            }
        }
    }

    /// The same, to be looked at in any order.
    pub(super) fn goroutines_at_hand<'a>(&self, source: &'a Source) -> Cow<'a, [GoroutineIdx]> {
        if self.is_empty {
            return Cow::Borrowed(&[]);
        }
        match self.g {
            Some(g) => {
                Cow::Owned(source.trace().goroutine_by_id(GoId(g.cast_unsigned())).into_iter().collect::<Vec<_>>())
            }
            None => Cow::Borrowed(source.goroutines_by_id()),
        }
    }

    /// Whether a goroutine in this state may be in a row.
    pub(super) fn takes(&self, state: GoState) -> bool {
        self.state.is_none_or(|wanted| wanted == Some(state))
    }

    /// States which columns are looked at, a bit each: others may come as NULL then.
    pub const fn read_only(&mut self, columns: u64) {
        self.read = Some(columns);
    }

    /// The columns whose values are needed, a bit each: those that are looked at, and those with conditions.
    pub(super) fn needed(&self) -> u64 {
        let checked = self.checks.iter().map(|(place, _)| bit(*place)).fold(0, |all, one| all | one);
        self.read.unwrap_or(u64::MAX) | checked
    }

    /// Conditions on columns, by their places, that rows have to meet.
    pub(super) fn checks(&self) -> &[(usize, Check)] {
        &self.checks
    }
}

/// The bit of a column.
pub(super) const fn bit(place: usize) -> u64 {
    if place < 64 { 1 << place } else { 0 }
}

/// Wants one value; true if another one is wanted already.
fn only<T: PartialEq>(known: &mut Option<T>, value: T) -> bool {
    let is_other = known.as_ref().is_some_and(|known| *known != value);
    *known = Some(value);
    is_other
}
