//! Which rows of a table are wanted.

use crate::base::ids::{GoId, GoroutineIdx};
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::tables::column::{Column, Role};
use crate::tables::source::Source;
use crate::tables::value::Value;

/// How a column is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The column is the value.
    Equal,
    /// The column is the value, or less.
    AtMost,
    /// The column is the value, or more.
    AtLeast,
}

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
    /// In this state only.
    state: Option<String>,
    /// No row can fit: a column is compared with NULL, or with two values at once.
    is_empty: bool,
}

impl Scan {
    /// Whether a table can make use of such a condition on a column.
    #[must_use]
    pub const fn can_use(column: &Column, compare: Compare) -> bool {
        match column.role {
            Role::None => false,
            Role::Start | Role::End | Role::Moment => true,
            Role::Goroutine | Role::Key | Role::State => matches!(compare, Compare::Equal),
        }
    }

    /// Wants only rows whose column compares so with a value.
    pub fn require(&mut self, column: &Column, compare: Compare, value: &Value<'_>) {
        if *value == Value::Null {
            self.is_empty = true;
            return;
        }
        if !Self::can_use(column, compare) {
            return;
        }
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
                    self.is_empty |= only(&mut self.state, state.clone().into_owned());
                }
            }
            _ => {}
        }
    }

    fn bound(&mut self, compare: Compare, time: i64) {
        if compare != Compare::AtMost {
            let time = time.saturating_sub(1);
            self.from = Some(self.from.map_or(time, |known| known.max(time)));
        }
        if compare != Compare::AtLeast {
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

    /// Whether a goroutine in this state may be in a row.
    pub(super) fn takes(&self, state: GoState) -> bool {
        self.state.as_ref().is_none_or(|wanted| wanted == state.name())
    }
}

/// Wants one value; true if another one is wanted already.
fn only<T: PartialEq>(known: &mut Option<T>, value: T) -> bool {
    let is_other = known.as_ref().is_some_and(|known| *known != value);
    *known = Some(value);
    is_other
}
