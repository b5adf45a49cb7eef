//! A lake as queries read it: files are opened when a table is first asked for, and columns decoded when a query first looks
//! at them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;
use trace_core::tables::column::{Column, Kind};
use trace_core::tables::table::Table;
use trace_core::tables::tier::KEPT;
use trace_core::tables::{table as table_named, value::Value};

use crate::lake::LakeError;
use crate::lake::layout::{Derived, OWN_COLUMNS, Partition, TRACE_ID, TRACES, derived, files, is_lake, query_columns};
use crate::lake::parquet::ReadCells;
use crate::lake::parquet::{File, Read};

/// Cells that queries decode at most: 2 GB or so.
const MOST_CELLS: usize = 64 << 20;

/// A row: its part's place and its place in that.
pub type RowAt = (u32, u32);
/// Rows one after the other: part, first row and the one behind the last.
pub type Run = (u32, u32, u32);

type ByTrace = FxHashMap<i64, Vec<Run>>;
type ByKey = FxHashMap<(i64, i64), Vec<RowAt>>;

/// A lake whose tables are asked for.
#[derive(Debug)]
pub struct Lake {
    tables: Vec<LakeTable>,
}

/// A table of a lake.
#[derive(Debug)]
pub struct LakeTable {
    name: &'static str,
    columns: Vec<&'static Column>,
    /// The columns that files may lack, and what they are the sum of.
    derived: Vec<Formula>,
    files: Vec<(Partition, PathBuf)>,
    parts: OnceLock<Result<Vec<Part>, LakeError>>,
    by_trace: OnceLock<Result<ByTrace, LakeError>>,
    by_key: Vec<OnceLock<Result<ByKey, LakeError>>>,
    decoded: AtomicUsize,
}

/// A column, by its place, that is the sum of others, some of them with the sign turned.
#[derive(Debug)]
struct Formula {
    of: usize,
    parts: Vec<(usize, bool)>,
}

/// The rows of a file.
#[derive(Debug)]
struct Part {
    partition: Partition,
    file: File,
    columns: Vec<OnceLock<Result<Option<Read>, LakeError>>>,
}

impl Lake {
    /// Opens a lake: lists its files. Those of parts that do not count are left out.
    ///
    /// # Errors
    /// When the folder is no lake or cannot be read.
    pub fn open(folder: &Path) -> Result<Self, LakeError> {
        if !is_lake(folder) {
            return Err(LakeError::at(folder, &"it is no lake; tracelane export --parquet makes one"));
        }
        let counts: BTreeSet<(Partition, PathBuf)> = files(folder, TRACES)?.into_iter().map(part_of).collect();
        let tables: Result<Vec<LakeTable>, LakeError> = KEPT
            .iter()
            .filter_map(|(name, _)| table_named(name))
            .map(|table| {
                let all = files(folder, table.name())?;
                let files = all.into_iter().filter(|file| counts.contains(&part_of(file.clone()))).collect();
                Ok(LakeTable::new(table, files))
            })
            .collect();
        Ok(Self { tables: tables? })
    }

    /// The tables that lakes have; some may be without files in this one.
    #[must_use]
    pub fn tables(&self) -> &[LakeTable] {
        &self.tables
    }

    /// The table of that name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&LakeTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// What the files of one part have in common.
fn part_of((partition, path): (Partition, PathBuf)) -> (Partition, PathBuf) {
    (partition, path.file_name().map(PathBuf::from).unwrap_or_default())
}

impl LakeTable {
    fn new(table: &'static dyn Table, files: Vec<(Partition, PathBuf)>) -> Self {
        let kept = query_columns(table).into_iter().map(|(_, column)| column);
        let columns: Vec<&'static Column> = kept.chain(&OWN_COLUMNS).collect();
        let by_key = columns.iter().map(|_| OnceLock::new()).collect();
        let (parts, by_trace, decoded) = (OnceLock::new(), OnceLock::new(), AtomicUsize::new(0));
        let place = |name: &str| columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX);
        let formula = |found: Derived| {
            let plus = found.plus.iter().map(|name| (place(name), false));
            let parts = plus.chain(found.minus.iter().map(|name| (place(name), true))).collect();
            Formula { of: place(found.column), parts }
        };
        let derived = derived(table).map(formula).collect();
        Self { name: table.name(), columns, derived, files, parts, by_trace, by_key, decoded }
    }

    /// Its name in queries.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its columns; the last ones are those that all tables of a lake have: the snapshot, service and date.
    #[must_use]
    pub fn columns(&self) -> &[&'static Column] {
        &self.columns
    }

    fn parts(&self) -> Result<&[Part], LakeError> {
        let open = || {
            let open = |(partition, path): &(Partition, PathBuf)| {
                let file = File::open(path)?;
                let columns = self.columns.iter().map(|_| OnceLock::new()).collect();
                Ok(Part { partition: partition.clone(), file, columns })
            };
            self.files.iter().collect::<Vec<_>>().into_par_iter().map(open).collect()
        };
        self.parts.get_or_init(open).as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    /// How many rows each part has whose partition `wants` takes; 0 of the others.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn lengths(&self, wants: &dyn Fn(&Partition) -> bool) -> Result<Vec<u32>, LakeError> {
        let length =
            |part: &Part| if wants(&part.partition) { u32::try_from(part.file.rows()).unwrap_or(0) } else { 0 };
        Ok(self.parts()?.iter().map(length).collect())
    }

    /// The value of a column in a row.
    ///
    /// # Errors
    /// When the file is damaged, or all that queries have looked at is too much.
    pub fn value(&self, at: RowAt, place: usize) -> Result<Value<'_>, LakeError> {
        let formula = self.derived.iter().find(|formula| formula.of == place);
        let Some(formula) = formula.filter(|_| !self.has_column(at.0, place)) else {
            return self.kept(at, place);
        };
        let mut sum = 0_i64;
        for (place, is_minus) in &formula.parts {
            let Value::Int(number) = self.kept(at, *place)? else { return Ok(Value::Null) };
            sum = if *is_minus { sum.saturating_sub(number) } else { sum.saturating_add(number) };
        }
        Ok(Value::Int(sum))
    }

    /// Whether the file of a part has a column.
    fn has_column(&self, part: u32, place: usize) -> bool {
        let part = self.parts().ok().and_then(|parts| parts.get(part as usize));
        part.zip(self.columns.get(place)).is_none_or(|(part, column)| part.file.has(column.name))
    }

    fn kept(&self, (part, row): RowAt, place: usize) -> Result<Value<'_>, LakeError> {
        let Some(part) = self.parts()?.get(part as usize) else { return Ok(Value::Null) };
        // The last two columns are in the folders' names.
        match self.columns.len().checked_sub(place) {
            Some(2) => return Ok(Value::Text((&*part.partition.service).into())),
            Some(1) => return Ok(Value::Text((&*part.partition.date).into())),
            _ => {}
        }
        let Some(read) = self.column(part, place)? else { return Ok(Value::Null) };
        let row = row as usize;
        if !read.valid.get(row).copied().unwrap_or(false) {
            return Ok(Value::Null);
        }
        Ok(match &read.cells {
            ReadCells::Int(cells) => cells.get(row).map_or(Value::Null, |cell| Value::Int(*cell)),
            ReadCells::Real(cells) => cells.get(row).map_or(Value::Null, |cell| Value::Real(*cell)),
            ReadCells::Text(cells) => {
                cells.get(row).map_or(Value::Null, |cell| Value::Text(String::from_utf8_lossy(cell.data())))
            }
        })
    }

    fn column<'a>(&self, part: &'a Part, place: usize) -> Result<Option<&'a Read>, LakeError> {
        let (Some(column), Some(cell)) = (self.columns.get(place), part.columns.get(place)) else { return Ok(None) };
        let read = cell.get_or_init(|| {
            let cells = self.decoded.fetch_add(part.file.rows(), Ordering::Relaxed);
            if cells > MOST_CELLS {
                let message = "the query looks at more than fits into memory; conditions on service and date make it less, \
                               or ask with DuckDB";
                return Err(LakeError(message.to_owned()));
            }
            part.file.column(column.name, column.kind)
        });
        read.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The rows of a snapshot: part, first row and the one behind the last.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn of_trace(&self, trace: i64) -> Result<&[Run], LakeError> {
        let index = self.by_trace.get_or_init(|| self.index_traces()).as_ref().map_err(Clone::clone)?;
        Ok(index.get(&trace).map_or(&[], Vec::as_slice))
    }

    /// The rows of a snapshot that have a number in a column.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn of_key(&self, trace: i64, place: usize, key: i64) -> Result<&[RowAt], LakeError> {
        let Some(index) = self.by_key.get(place) else { return Ok(&[]) };
        let index = index.get_or_init(|| self.index_keys(place)).as_ref().map_err(Clone::clone)?;
        Ok(index.get(&(trace, key)).map_or(&[], Vec::as_slice))
    }

    fn trace_column(&self) -> usize {
        self.columns.iter().position(|column| column.name == TRACE_ID).unwrap_or(usize::MAX)
    }

    fn index_traces(&self) -> Result<ByTrace, LakeError> {
        let mut index = ByTrace::default();
        for (at, part) in self.parts()?.iter().enumerate() {
            let Some(ReadCells::Int(ids)) = self.column(part, self.trace_column())?.map(|read| &read.cells) else {
                continue;
            };
            let at = number(at);
            for (row, id) in ids.iter().enumerate() {
                let row = number(row);
                let runs = index.entry(*id).or_default();
                match runs.last_mut() {
                    Some((part, _, end)) if *part == at && *end == row => *end += 1,
                    _ => runs.push((at, row, row.saturating_add(1))),
                }
            }
        }
        Ok(index)
    }

    fn index_keys(&self, place: usize) -> Result<ByKey, LakeError> {
        let mut index = ByKey::default();
        for (at, part) in self.parts()?.iter().enumerate() {
            let ids = self.column(part, self.trace_column())?.map(|read| &read.cells);
            let (Some(ReadCells::Int(ids)), Some(read)) = (ids, self.column(part, place)?) else { continue };
            let ReadCells::Int(keys) = &read.cells else { continue };
            for (row, ((id, key), valid)) in ids.iter().zip(keys).zip(&read.valid).enumerate() {
                if *valid {
                    index.entry((*id, *key)).or_default().push((number(at), number(row)));
                }
            }
        }
        Ok(index)
    }

    /// Whether rows can be found by a number in a column.
    #[must_use]
    pub fn is_key(&self, place: usize) -> bool {
        self.columns.get(place).is_some_and(|column| column.kind == Kind::Int && column.name != TRACE_ID)
            && self.derived.iter().all(|formula| formula.of != place)
    }
}

/// A place as a number: files of a lake have fewer rows than 2^32.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use trace_core::tables::column::Unit;

    use super::*;
    use crate::lake::columns::{ColumnData, TableData};
    use crate::lake::layout::{MARK, MARK_TEXT, file};
    use crate::lake::parquet::encode;

    /// A file of a table with these columns of numbers, one row.
    fn write(lake: &Path, table: &str, cells: &[(&'static str, i64)]) {
        let columns = cells.iter().map(|(name, _)| (*name, Kind::Int, Unit::None)).collect();
        let column = |(_, number): &(&str, i64)| {
            let mut column = ColumnData::new(Kind::Int);
            column.push(Value::Int(*number));
            column
        };
        let data = TableData { rows: 1, columns: cells.iter().map(column).collect() };
        let partition = Partition { service: "cart".to_owned(), date: "2026-11-30".to_owned() };
        let path = file(lake, table, &partition, "1f");
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, encode(&columns, &data).expect("encoded")).expect("written");
    }

    #[test]
    fn columns_that_a_file_lacks_are_those_that_others_tell() {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = folder.path();
        fs::write(lake.join(MARK), MARK_TEXT).expect("written");
        write(lake, "traces", &[("trace_id", 7)]);
        let number = |table: &str, name: &str| {
            let opened = Lake::open(lake).expect("a lake");
            let table = opened.table(table).expect("a table");
            let place = table.columns().iter().position(|column| column.name == name).expect("a column");
            assert!(!table.is_key(place), "{name}");
            match table.value((0, 0), place).expect("readable") {
                Value::Int(number) => Some(number),
                _ => None,
            }
        };
        write(lake, "spans", &[("start_ns", 100), ("duration_ns", 20), ("trace_id", 7)]);
        assert_eq!(number("spans", "end_time_ns"), Some(120));
        assert_eq!(number("spans", "duration_ns"), Some(20));
        // As they were written before.
        write(lake, "spans", &[("start_ns", 100), ("end_time_ns", 120), ("trace_id", 7)]);
        assert_eq!(number("spans", "duration_ns"), Some(20));
        let times = [("running_ns", 1), ("runnable_ns", 20), ("syscall_ns", 300), ("waiting_ns", 4_000)];
        write(lake, "goroutines", &times);
        assert_eq!(number("goroutines", "total_ns"), Some(4_321));
        // A sum of something that is not there is not there.
        write(lake, "goroutines", times.get(1..).expect("three"));
        assert_eq!(number("goroutines", "total_ns"), None);
    }
}
