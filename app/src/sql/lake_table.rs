//! A table of a lake as a virtual table of SQLite: its rows are those of all snapshots, part by part. Conditions on the
//! snapshot and one number of it find rows at once, those on service and date leave parts out.
#![expect(unsafe_code, reason = "rusqlite's traits for virtual tables are unsafe to implement: they fix the layout")]

use std::borrow::Cow;
use std::ffi::{CStr, c_int};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::vtab::{
    Context, Filters, IndexInfo, Module, VTab, VTabConnection, VTabCursor, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, Error, Result};
use trace_core::tables::scan::Compare;
use trace_core::tables::value::Value;

use crate::lake::LakeError;
use crate::lake::layout::{DATE, Partition, SERVICE, TRACE_ID};
use crate::lake::reader::{Lake, LakeTable, RowAt};
use crate::sql::vtab::{compare, condition, conditions, declaration, hand_over};

/// What a walk over all rows costs, for SQLite's planner; over those of a snapshot, and over those with a number.
const ALL_ROWS: f64 = 1e6;
const TRACE_ROWS: f64 = 100.0;
const KEY_ROWS: f64 = 2.0;

const MODULE: &Module<'static, Table> = &Module::eponymous_only_module();

/// Makes the table at a place of the lake known to SQLite.
pub(super) fn register(connection: &Connection, lake: &Arc<Lake>, at: usize) -> Result<()> {
    let Some(table) = lake.tables().get(at) else { return Ok(()) };
    connection.create_module(table.name(), MODULE, Some(Shared { lake: Arc::clone(lake), at }))
}

#[derive(Clone)]
struct Shared {
    lake: Arc<Lake>,
    at: usize,
}

impl Shared {
    fn table(&self) -> Result<&LakeTable> {
        self.lake.tables().get(self.at).ok_or_else(|| Error::ModuleError("a table of no lake".to_owned()))
    }
}

#[repr(C)]
struct Table {
    base: sqlite3_vtab,
    shared: Shared,
}

/// What a condition is on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Trace,
    Service,
    Date,
    Key(usize),
}

fn on(table: &LakeTable, place: usize) -> Option<On> {
    match table.columns().get(place)?.name {
        TRACE_ID => Some(On::Trace),
        SERVICE => Some(On::Service),
        DATE => Some(On::Date),
        _ => table.is_key(place).then_some(On::Key(place)),
    }
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl<'vtab> VTab<'vtab> for Table {
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
        let shared = aux.ok_or_else(|| Error::ModuleError("a table without a lake".to_owned()))?.clone();
        let columns = shared.table()?.columns().iter().map(|column| (column.name.to_owned(), column.kind.sql()));
        let declared = declaration(columns)?;
        Ok((Cow::Owned(declared), Self { base: sqlite3_vtab::default(), shared }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let table = self.shared.table()?;
        let (mut used, mut key) = (Vec::new(), None);
        let mut has_trace = false;
        for (at, constraint) in info.constraints().enumerate() {
            let Some(compare) = compare(&constraint.operator()).filter(|_| constraint.is_usable()) else { continue };
            let place = usize::try_from(constraint.column()).unwrap_or(usize::MAX);
            let (is_exact, is_equal) = (info.collation(at) == Ok("BINARY"), compare == Compare::Equal);
            match on(table, place).filter(|_| is_exact) {
                Some(On::Trace) if is_equal && !has_trace => {
                    has_trace = true;
                    used.push((at, place, compare));
                }
                Some(On::Service) if is_equal => used.push((at, place, compare)),
                Some(On::Date) => used.push((at, place, compare)),
                Some(On::Key(_)) if is_equal && key.is_none() => key = Some((at, place, compare)),
                _ => {}
            }
        }
        // Numbers are those of a snapshot: without it they find nothing.
        used.extend(key.filter(|_| has_trace));
        let mut plan = String::new();
        for (argument, (constraint, place, compare)) in used.iter().enumerate() {
            info.constraint_usage(*constraint).set_argv_index(argument as c_int + 1);
            plan.push_str(&condition(*place, *compare));
        }
        let cost = match (has_trace, key) {
            (true, Some(_)) => KEY_ROWS,
            (true, None) => TRACE_ROWS,
            _ if used.is_empty() => ALL_ROWS,
            _ => ALL_ROWS / 10.0,
        };
        info.set_idx_str(&plan);
        info.set_estimated_cost(cost);
        info.set_estimated_rows(cost as i64);
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<Cursor<'vtab>> {
        Ok(Cursor {
            base: sqlite3_vtab_cursor::default(),
            table: self.shared.table()?,
            rows: Walk::Few(&[], 0),
            at: None,
        })
    }
}

/// The rows that are left.
enum Walk<'vtab> {
    /// All of parts with so many rows each.
    Parts(Vec<u32>, RowAt),
    /// Some stretches of rows, and where in the first.
    Runs(&'vtab [(u32, u32, u32)], u32),
    /// Some rows, and where among them.
    Few(&'vtab [RowAt], usize),
}

impl Walk<'_> {
    fn next(&mut self) -> Option<RowAt> {
        match self {
            Self::Parts(lengths, at) => {
                while let Some(length) = lengths.get(at.0 as usize) {
                    if at.1 < *length {
                        at.1 += 1;
                        return Some((at.0, at.1 - 1));
                    }
                    *at = (at.0 + 1, 0);
                }
                None
            }
            Self::Runs(runs, done) => {
                let (part, start, end) = *runs.first()?;
                let row = start + *done;
                *done += 1;
                if row + 1 >= end {
                    (*runs, *done) = (runs.get(1..).unwrap_or_default(), 0);
                }
                Some((part, row))
            }
            Self::Few(rows, at) => {
                *at += 1;
                rows.get(*at - 1).copied()
            }
        }
    }
}

#[repr(C)]
struct Cursor<'vtab> {
    base: sqlite3_vtab_cursor,
    table: &'vtab LakeTable,
    rows: Walk<'vtab>,
    /// None behind the last row.
    at: Option<RowAt>,
}

fn failed(error: LakeError) -> Error {
    Error::ModuleError(error.0)
}

// SAFETY: `base` is the first field of a `repr(C)` struct.
unsafe impl VTabCursor for Cursor<'_> {
    fn filter(&mut self, _: c_int, plan: Option<&str>, arguments: &Filters<'_>) -> Result<()> {
        let (mut trace, mut key) = (None, None);
        let mut wanted: Vec<(On, Compare, String)> = Vec::new();
        for ((place, compare), argument) in conditions(plan.unwrap_or_default()).zip(arguments.iter()) {
            let Some(on) = on(self.table, place) else { continue };
            match (on, argument) {
                (On::Trace, ValueRef::Integer(number)) => trace = Some(number),
                (On::Key(place), ValueRef::Integer(number)) => key = Some((place, number)),
                (On::Service | On::Date, ValueRef::Text(text)) => {
                    wanted.push((on, compare, String::from_utf8_lossy(text).into_owned()));
                }
                _ => {}
            }
        }
        self.rows = match (trace, key) {
            (Some(trace), Some((place, key))) => Walk::Few(self.table.of_key(trace, place, key).map_err(failed)?, 0),
            (Some(trace), None) => Walk::Runs(self.table.of_trace(trace).map_err(failed)?, 0),
            _ => {
                let wants = |partition: &Partition| {
                    wanted.iter().all(|(on, compare, text)| {
                        let value = if *on == On::Service { &partition.service } else { &partition.date };
                        match compare {
                            // SQLite looks again at every row.
                            Compare::AtMost | Compare::Below => value <= text,
                            Compare::AtLeast | Compare::Above => value >= text,
                            Compare::Equal => value == text,
                        }
                    })
                };
                Walk::Parts(self.table.lengths(&wants).map_err(failed)?, (0, 0))
            }
        };
        self.at = self.rows.next();
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        self.at = self.rows.next();
        Ok(())
    }

    fn eof(&self) -> bool {
        self.at.is_none()
    }

    fn column(&self, context: &mut Context, place: c_int) -> Result<()> {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let value = match self.at {
            Some(at) => self.table.value(at, place).map_err(failed)?,
            None => Value::Null,
        };
        hand_over(context, &value)
    }

    /// The same in every walk: SQLite tells rows apart by it where it looks for them twice, once for each side of an OR.
    fn rowid(&self) -> Result<i64> {
        Ok(self.at.map_or(-1, |(part, row)| i64::from(part) << 32 | i64::from(row)))
    }
}
