//! A table of traces as a virtual table of SQLite: columns, which rows a query wants, and the walk over them.
#![expect(unsafe_code, reason = "rusqlite's traits for virtual tables are unsafe to implement: they fix the layout")]

use std::borrow::Cow;
use std::ffi::{CStr, c_int};
use std::hash::Hasher as _;
use std::sync::Arc;

use rusqlite::vtab::{
    Context, Filters, IndexInfo, Module, VTab, VTabConnection, VTabCursor, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, Error, Result};
use rustc_hash::FxHasher;
use trace_core::tables::column::{Column, Role};
use trace_core::tables::scan::{Compare, Scan};
use trace_core::tables::source::Source;
use trace_core::tables::table::{Rows, Table};
use trace_core::tables::value::Value;

use crate::sql::vtab::{compare, condition, conditions, declaration, hand_over, value};

/// The last column of every table: which trace a row is of.
pub(super) const TRACE_ID: &str = "trace_id";

/// What a walk over all rows costs, for SQLite's planner.
const ALL_ROWS: f64 = 1e7;

const MODULE: &Module<'static, TraceTable> = &Module::eponymous_only_module();

/// Makes a table known to SQLite by its name. Its rows are those of all traces, one after the other.
pub(super) fn register(connection: &Connection, table: &'static dyn Table, sources: &Arc<[Arc<Source>]>) -> Result<()> {
    let shared = Shared { table, sources: Arc::clone(sources) };
    connection.create_module(table.name(), MODULE, Some(shared))
}

/// What a table is made of.
#[derive(Clone)]
struct Shared {
    table: &'static dyn Table,
    sources: Arc<[Arc<Source>]>,
}

#[repr(C)]
struct TraceTable {
    base: sqlite3_vtab,
    shared: Shared,
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl<'vtab> VTab<'vtab> for TraceTable {
    type Aux = Shared;
    type Cursor = Cursor<'vtab>;

    fn connect(
        _: &mut VTabConnection,
        aux: Option<&Shared>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let shared = aux.ok_or_else(|| Error::ModuleError("a table without traces".to_owned()))?.clone();
        let columns = shared.table.columns().into_iter().map(|column| (column.name.to_owned(), column.kind.sql()));
        let declared = declaration(columns.chain([(TRACE_ID.to_owned(), "INTEGER")]))?;
        Ok((Cow::Owned(declared), Self { base: sqlite3_vtab::default(), shared }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let columns = self.shared.table.columns();
        let mut used: Vec<(usize, usize, Compare)> = Vec::new();
        for (at, constraint) in info.constraints().enumerate() {
            let Some(compare) = compare(&constraint.operator()).filter(|_| constraint.is_usable()) else { continue };
            let place = usize::try_from(constraint.column()).unwrap_or(usize::MAX);
            let is_of_use = match columns.get(place) {
                // What holds rows back only helps where the value is the same for all of them.
                Some(column) => {
                    Scan::can_use(column, compare)
                        || (Scan::can_check(column, compare) && matches!(info.rhs_value(at), Ok(Some(_))))
                }
                None => place == columns.len() && compare == Compare::Equal,
            };
            if is_of_use && info.collation(at) == Ok("BINARY") {
                used.push((at, place, compare));
            }
        }
        let mut cost = ALL_ROWS;
        // Which columns are looked at comes first.
        let mut plan = format!("{} ", info.col_used());
        for (argument, (constraint, place, compare)) in used.iter().enumerate() {
            info.constraint_usage(*constraint).set_argv_index(argument as c_int + 1);
            plan.push_str(&condition(*place, *compare));
            cost /= match columns.get(*place).map(|column| column.role) {
                Some(Role::Key) => 1e6,
                Some(Role::Goroutine) => 1e4,
                Some(Role::Start | Role::End | Role::Moment) => 4.0,
                _ => 2.0,
            };
        }
        info.set_idx_str(&plan);
        info.set_estimated_cost(cost.max(1.0));
        info.set_estimated_rows(cost.max(1.0) as i64);
        // Goroutines come by rising id in each trace.
        if self.shared.sources.len() == 1 && is_by_goroutine(info, &columns) {
            info.set_order_by_consumed(true);
        }
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<Cursor<'vtab>> {
        let Shared { table, sources } = &self.shared;
        Ok(Cursor {
            base: sqlite3_vtab_cursor::default(),
            table: *table,
            columns: table.columns(),
            sources,
            scan: Scan::default(),
            only: None,
            at: 0,
            rows: None,
        })
    }
}

/// Whether rows are wanted by rising goroutine, and by nothing else.
pub(super) fn is_by_goroutine(info: &IndexInfo, columns: &[&Column]) -> bool {
    let mut order = info.order_bys();
    let first = order.next().map(|by| (usize::try_from(by.column()), by.is_order_by_desc()));
    let place = if let Some((Ok(place), false)) = first { columns.get(place) } else { None };
    order.next().is_none() && place.is_some_and(|column| column.role == Role::Goroutine)
}

#[repr(C)]
struct Cursor<'vtab> {
    base: sqlite3_vtab_cursor,
    table: &'static dyn Table,
    columns: Vec<&'static Column>,
    sources: &'vtab [Arc<Source>],
    scan: Scan,
    /// The only trace that is wanted.
    only: Option<i64>,
    /// The trace whose rows are looked at.
    at: usize,
    /// None behind the last row.
    rows: Option<Box<dyn Rows<'vtab> + 'vtab>>,
}

impl Cursor<'_> {
    /// Begins the next trace, until one has a row.
    fn find_row(&mut self, mut is_new: bool) {
        loop {
            if is_new {
                let is_wanted = self.only.is_none_or(|only| usize::try_from(only) == Ok(self.at + 1));
                if self.at < self.sources.len() && (!is_wanted || self.scan.is_empty()) {
                    self.at += 1;
                    continue;
                }
                let source = self.sources.get(self.at);
                self.rows = source.map(|source| self.table.rows(source, &self.scan));
            }
            let Some(rows) = &mut self.rows else { return };
            if rows.advance() {
                return;
            }
            self.at += 1;
            is_new = true;
        }
    }

    fn read_plan(&mut self, plan: &str, arguments: &Filters<'_>) -> Result<()> {
        (self.scan, self.only) = (Scan::default(), None);
        if let Some(read) = plan.split_whitespace().next().and_then(|read| read.parse().ok()) {
            self.scan.read_only(read);
        }
        for ((place, compare), argument) in conditions(plan).zip(arguments.iter()) {
            let value = value(&argument);
            match self.columns.get(place) {
                // Whoever asked looks at the rows once more.
                Some(column) => drop(self.scan.require(place, column, compare, &value)),
                None => self.only = if let Value::Int(id) = value { Some(id) } else { Some(0) },
            }
        }
        Ok(())
    }
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl VTabCursor for Cursor<'_> {
    fn filter(&mut self, _: c_int, plan: Option<&str>, arguments: &Filters<'_>) -> Result<()> {
        self.read_plan(plan.unwrap_or_default(), arguments)?;
        self.at = 0;
        self.find_row(true);
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        self.find_row(false);
        Ok(())
    }

    fn eof(&self) -> bool {
        self.rows.is_none()
    }

    fn column(&self, context: &mut Context, place: c_int) -> Result<()> {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let value = match &self.rows {
            Some(rows) if place < self.columns.len() => rows.value(place),
            Some(_) => Value::Int(self.at as i64 + 1),
            None => Value::Null,
        };
        hand_over(context, &value)
    }

    /// SQLite tells rows apart by it where it looks for them twice: once for each side of an OR.
    fn rowid(&self) -> Result<i64> {
        let id = self.rows.as_ref().map_or(0, |rows| rows.id());
        let mut hasher = FxHasher::default();
        hasher.write_usize(self.at);
        hasher.write_u64(id);
        Ok(hasher.finish().cast_signed())
    }
}
