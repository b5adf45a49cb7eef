//! Groups of rows with their sums as a virtual table: what a query that only asks for sums is made to ask instead of the rows.
#![expect(unsafe_code, reason = "rusqlite's traits for virtual tables are unsafe to implement: they fix the layout")]

use std::borrow::Cow;
use std::ffi::{CStr, c_int};
use std::sync::Arc;

use rusqlite::vtab::{
    Context, Filters, IndexInfo, Module, VTab, VTabConnection, VTabCursor, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, Error, Result};
use trace_core::tables::column::{Column, Kind};
use trace_core::tables::grouping::{GroupFault, Grouped, Grouping, Sum};
use trace_core::tables::scan::{Compare, Scan};
use trace_core::tables::source::Source;
use trace_core::tables::table::Table;
use trace_core::tables::value::Value;

use crate::sql::virtual_table::{TRACE_ID, is_by_goroutine};
use crate::sql::vtab::{compare, condition, conditions, declaration, hand_over, value};

/// What the table is called. There is one at a time.
pub(super) const NAME: &str = "groups of rows";
/// The column with the number of rows of a group.
pub(super) const COUNT: &str = "rows of the group";
/// The columns that a summed one becomes: how many rows have a number, the sum, the least and the largest.
pub(super) const SUMS: [&str; 4] = ["count", "sum", "least", "most"];

const MODULE: &Module<'static, GroupTable> = &Module::eponymous_only_module();

/// What the groups are of.
#[derive(Clone)]
pub(super) struct Groups {
    pub(super) table: &'static dyn Table,
    pub(super) sources: Arc<[Arc<Source>]>,
    pub(super) grouping: Grouping,
    /// Whether conditions may hold rows back: not where one of several may be enough.
    pub(super) takes_conditions: bool,
    /// Conditions that have to hold rows back if only some goroutines are wanted ([`Grouping::top`]): all that the query has.
    pub(super) conditions: usize,
}

/// Makes the groups known to SQLite as [`NAME`], in place of those before.
pub(super) fn register(connection: &Connection, groups: Groups) -> Result<()> {
    connection.create_module(NAME, MODULE, Some(groups))
}

/// The name of a column with a sum: of the column at a place of [`Grouping::sums`].
pub(super) fn sum_column(place: usize, of: &str) -> String {
    format!("{of} of {place}")
}

#[repr(C)]
struct GroupTable {
    base: sqlite3_vtab,
    groups: Groups,
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl<'vtab> VTab<'vtab> for GroupTable {
    type Aux = Groups;
    type Cursor = Cursor<'vtab>;

    fn connect(
        _: &mut VTabConnection,
        aux: Option<&Groups>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let groups = aux.ok_or_else(|| Error::ModuleError("groups of nothing".to_owned()))?.clone();
        let columns = groups.table.columns().into_iter().map(|column| (column.name.to_owned(), column.kind.sql()));
        let own = [TRACE_ID, COUNT].map(|name| (name.to_owned(), "INTEGER"));
        let places = 0..groups.grouping.sums.len();
        let sums = places.flat_map(|place| SUMS.map(|of| (sum_column(place, of), "INTEGER")));
        let declared = declaration(columns.chain(own).chain(sums))?;
        Ok((Cow::Owned(declared), Self { base: sqlite3_vtab::default(), groups }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let columns = self.groups.table.columns();
        let mut used: Vec<(usize, usize, Compare)> = Vec::new();
        for (at, constraint) in info.constraints().enumerate() {
            let Some(compare) = compare(&constraint.operator()).filter(|_| constraint.is_usable()) else { continue };
            let place = usize::try_from(constraint.column()).unwrap_or(usize::MAX);
            let can_check = columns.get(place).is_some_and(|column| Scan::can_check(column, compare));
            let is_of_use = can_check && self.groups.takes_conditions && !info.is_in_constraint(at)?;
            if is_of_use && info.collation(at) == Ok("BINARY") {
                used.push((at, place, compare));
            }
        }
        let mut plan = String::new();
        for (argument, (constraint, place, compare)) in used.iter().enumerate() {
            let mut usage = info.constraint_usage(*constraint);
            usage.set_argv_index(argument as c_int + 1);
            // Groups do not tell any more what their rows were.
            usage.set_omit(true);
            plan.push_str(&condition(*place, *compare));
        }
        info.set_idx_str(&plan);
        info.set_estimated_cost(1e7 / (used.len() as f64 + 1.0));
        // Groups of a goroutine come together, goroutines by rising id.
        let is_sorted = self.groups.sources.len() == 1 && is_by_goroutine(info, &columns);
        info.set_order_by_consumed(is_sorted);
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<Cursor<'vtab>> {
        Ok(Cursor {
            base: sqlite3_vtab_cursor::default(),
            columns: self.groups.table.columns(),
            groups: &self.groups,
            scan: Scan::default(),
            conditions: 0,
            at: 0,
            now: None,
            row: 0,
        })
    }
}

#[repr(C)]
struct Cursor<'vtab> {
    base: sqlite3_vtab_cursor,
    groups: &'vtab Groups,
    columns: Vec<&'static Column>,
    scan: Scan,
    /// How many conditions it has.
    conditions: usize,
    /// The trace whose groups are looked at.
    at: usize,
    /// None behind the last group.
    now: Option<Box<dyn Grouped<'vtab> + 'vtab>>,
    row: i64,
}

/// What the engine takes for the order to ask for rows after all.
fn fault(what: &str) -> Error {
    Error::ModuleError(what.to_owned())
}

impl Cursor<'_> {
    fn begin_trace(&mut self) -> Result<()> {
        self.now = None;
        let Groups { table, sources, grouping, .. } = self.groups;
        if let Some(source) = sources.get(self.at).filter(|_| !self.scan.is_empty()) {
            let is_whole = self.groups.sources.len() == 1 && self.conditions == self.groups.conditions;
            let top = grouping.top.filter(|_| is_whole);
            let groups = table.groups(source, &self.scan, &Grouping { top, ..grouping.clone() });
            self.now = Some(groups.ok_or_else(|| fault("rows cannot be grouped so"))?);
        }
        Ok(())
    }

    /// Goes to the next group, of the next trace if need be.
    fn find_group(&mut self) -> Result<()> {
        while let Some(groups) = &mut self.now {
            let found = groups.advance().map_err(|error| {
                fault(match error {
                    GroupFault::TooMany => "there are too many groups",
                    GroupFault::TooLarge => "a sum is too large",
                })
            })?;
            // What is not complete must not be taken for the answer.
            if self.groups.sources.get(self.at).is_some_and(|source| source.is_cancelled()) {
                return Err(fault("it was stopped"));
            }
            if found {
                self.row += 1;
                return Ok(());
            }
            self.at += 1;
            self.begin_trace()?;
        }
        Ok(())
    }

    /// The value of a column behind those of the table.
    fn sum(&self, place: usize, groups: &dyn Grouped<'_>) -> Value<'static> {
        let Some(place) = place.checked_sub(self.columns.len()) else { return Value::Null };
        let number = match place {
            0 => i64::try_from(self.at).ok().map(|at| at.saturating_add(1)),
            1 => i64::try_from(groups.count()).ok(),
            _ => groups.sum((place - 2) / SUMS.len()).and_then(|sum| part(&sum, (place - 2) % SUMS.len())),
        };
        number.map_or(Value::Null, Value::Int)
    }
}

/// A part of a sum, in the order of [`SUMS`].
fn part(sum: &Sum, place: usize) -> Option<i64> {
    match place {
        0 => i64::try_from(sum.count).ok(),
        _ if sum.count == 0 => None,
        1 => Some(sum.sum),
        2 => Some(sum.least),
        _ => Some(sum.most),
    }
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl VTabCursor for Cursor<'_> {
    fn filter(&mut self, _: c_int, plan: Option<&str>, arguments: &Filters<'_>) -> Result<()> {
        (self.scan, self.conditions) = (Scan::default(), 0);
        for ((place, compare), argument) in conditions(plan.unwrap_or_default()).zip(arguments.iter()) {
            let column = *self.columns.get(place).ok_or_else(|| fault("a condition is on no column"))?;
            if !self.scan.require(place, column, compare, &value(&argument)) {
                return Err(fault("a condition cannot be checked exactly"));
            }
            self.conditions += 1;
        }
        (self.at, self.row) = (0, 0);
        self.begin_trace()?;
        self.find_group()
    }

    fn next(&mut self) -> Result<()> {
        self.find_group()
    }

    fn eof(&self) -> bool {
        self.now.is_none()
    }

    fn column(&self, context: &mut Context, place: c_int) -> Result<()> {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let Some(groups) = &self.now else { return hand_over(context, &Value::Null) };
        if place >= self.columns.len() {
            return hand_over(context, &self.sum(place, groups.as_ref()));
        }
        if !self.groups.grouping.keys.contains(&place) {
            return Err(fault("rows of a group differ there"));
        }
        hand_over(context, &groups.value(place))
    }

    fn rowid(&self) -> Result<i64> {
        Ok(self.row)
    }
}

/// Whether a column can be summed.
pub(super) fn can_sum(column: &Column) -> bool {
    column.kind == Kind::Int
}
