//! Columns as Parquet files, and back.

use std::io::Write;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, GzipLevel, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use rustc_hash::FxHashSet;
use trace_core::tables::column::{Kind, Unit};

use crate::lake::LakeError;
use crate::lake::columns::{Cells, ColumnData, TableData, Texts};
use crate::lake::layout::TRACE_ID;

/// Rows of a row group: what other programs read at a time, and give to one thread.
const GROUP_ROWS: usize = 250_000;
/// The column with the goroutine that a row is about. Rows come by rising goroutine, so it is small as differences.
const GOROUTINE: &str = "g";
/// Files with at most as many rows are written as simply as can be.
const FEW_ROWS: usize = 64;
/// Texts that are made ready to be written at a time.
const BATCH: usize = 4_096;
/// The largest file of a lake that is read: parts are much smaller.
const LARGEST_FILE: u64 = 4 << 30;

/// A file's columns: name, kind and unit of each.
pub type Columns = Vec<(&'static str, Kind, Unit)>;

/// The bytes of a Parquet file with these columns and rows.
///
/// # Errors
/// If columns and rows do not fit together.
pub fn encode(columns: &Columns, data: &TableData) -> std::result::Result<Vec<u8>, LakeError> {
    encoded(columns, data).map_err(|error| LakeError(format!("no Parquet file can be made: {error}")))
}

fn encoded(columns: &Columns, data: &TableData) -> Result<Vec<u8>> {
    let properties = Arc::new(properties(columns, data.rows)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema(columns)?, properties)?;
    // Where in its values each column's next row group begins.
    let mut at = vec![0_usize; data.columns.len()];
    for start in (0..data.rows).step_by(GROUP_ROWS) {
        write_group(&mut writer, &data.columns, start..data.rows.min(start + GROUP_ROWS), &mut at)?;
    }
    writer.into_inner()
}

/// Writes some rows as a row group. `at`: where in its values each column's begins; moved to where the next one's does.
fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    columns: &[ColumnData],
    rows: Range<usize>,
    at: &mut [usize],
) -> Result<()> {
    let mut group = writer.next_row_group()?;
    for (column, at) in columns.iter().zip(at) {
        let valid = column.valid.get(rows.clone()).unwrap_or_default();
        let from = *at;
        *at += valid.iter().filter(|valid| **valid > 0).count();
        let Some(mut writer) = group.next_column()? else { break };
        match &column.cells {
            Cells::Int(cells) => writer.typed::<Int64Type>().write_batch(slice(cells, from, *at), Some(valid), None)?,
            Cells::Real(cells) => {
                writer.typed::<DoubleType>().write_batch(slice(cells, from, *at), Some(valid), None)?
            }
            Cells::Text(cells) => write_texts(writer.typed::<ByteArrayType>(), cells, from, valid)?,
        };
        writer.close()?;
    }
    group.close().map(drop)
}

/// Writes the texts from the one at a place on: one for each of the levels that says so. Some at a time, as texts that are
/// ready to be written are large.
fn write_texts(
    writer: &mut ColumnWriterImpl<'_, ByteArrayType>,
    texts: &Texts,
    mut from: usize,
    valid: &[i16],
) -> Result<usize> {
    let mut written = 0;
    for levels in valid.chunks(BATCH) {
        let to = from + levels.iter().filter(|valid| **valid > 0).count();
        let values: Vec<ByteArray> = texts.values(from..to).collect();
        written += writer.write_batch(&values, Some(levels), None)?;
        from = to;
    }
    Ok(written)
}

/// A Parquet file that is written one row group at a time.
pub struct Writer<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> Writer<W> {
    /// Begins a file with these columns.
    ///
    /// # Errors
    /// If they cannot be columns of one file, or nothing can be written.
    pub fn begin<N: AsRef<str>>(out: W, columns: &[(N, Kind, Unit)]) -> std::result::Result<Self, LakeError> {
        let begun = || SerializedFileWriter::new(out, schema(columns)?, Arc::new(properties(columns, usize::MAX)?));
        begun().map(Self).map_err(|error| LakeError(format!("no Parquet file can be made: {error}")))
    }

    /// Adds rows, which are a row group: one column of cells for each column.
    ///
    /// # Errors
    /// If they do not fit the columns, or cannot be written.
    pub fn add(&mut self, columns: &[ColumnData], rows: usize) -> std::result::Result<(), LakeError> {
        let mut at = vec![0; columns.len()];
        let added = write_group(&mut self.0, columns, 0..rows, &mut at);
        added.map_err(|error| LakeError(format!("rows cannot be written as Parquet: {error}")))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn end(self) -> std::result::Result<(), LakeError> {
        let ended = self.0.into_inner().map(drop);
        ended.map_err(|error| LakeError(format!("the Parquet file cannot be ended: {error}")))
    }
}

/// What the writer has written and nobody has taken yet.
#[derive(Clone, Debug, Default)]
pub struct Untaken(Arc<Mutex<Vec<u8>>>);

impl Untaken {
    /// All of it.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Untaken {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn slice<T>(cells: &[T], from: usize, to: usize) -> &[T] {
    cells.get(from..to).unwrap_or_default()
}

fn schema<N: AsRef<str>>(columns: &[(N, Kind, Unit)]) -> Result<TypePtr> {
    let field = |(name, kind, _): &(N, Kind, Unit)| {
        let (physical, logical) = match kind {
            Kind::Int => (Physical::INT64, None),
            Kind::Real => (Physical::DOUBLE, None),
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let builder = Type::primitive_type_builder(name.as_ref(), physical).with_repetition(Repetition::OPTIONAL);
        builder.with_logical_type(logical).build().map(Arc::new)
    };
    let fields: Result<Vec<TypePtr>> = columns.iter().map(field).collect();
    Ok(Arc::new(Type::group_type_builder("rows").with_fields(fields?).build()?))
}

/// Gzip, which all programs read, and pages of the first version: in those, which rows are NULL is packed, too. Statistics for
/// what queries choose by. Times hardly repeat, and rise, so they are kept as differences; lengths of time repeat, as clocks
/// are coarse. A file of few rows has no dictionaries, which would be larger than what they save, and its numbers are not packed.
fn properties<N: AsRef<str>>(columns: &[(N, Kind, Unit)], rows: usize) -> Result<WriterProperties> {
    let has_few = rows <= FEW_ROWS;
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::GZIP(GzipLevel::try_new(6)?))
        .set_created_by(concat!("tracelane version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(!has_few)
        .set_offset_index_disabled(true);
    for (name, kind, unit) in columns {
        let name = name.as_ref();
        let path = ColumnPath::from(name);
        if name == TRACE_ID || *unit == Unit::Time {
            builder = builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::Chunk);
        }
        if *kind == Kind::Int && (has_few || *unit == Unit::Time || name == GOROUTINE) {
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED);
        }
        if *kind == Kind::Int && has_few {
            builder = builder.set_column_compression(path, Compression::UNCOMPRESSED);
        }
    }
    Ok(builder.build())
}

/// A Parquet file, of which columns are read one by one.
pub struct File {
    reader: SerializedFileReader<Bytes>,
    rows: usize,
    names: FxHashSet<String>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// The values of a column, one for each row; those that are NULL have any.
#[derive(Clone, Debug)]
pub struct Read {
    /// Whether each row has a value.
    pub valid: Vec<bool>,
    /// The values of the column, a value a row.
    pub cells: ReadCells,
}

/// The values of a column that was read.
#[derive(Clone, Debug)]
pub enum ReadCells {
    /// Whole numbers, signed, 64 bits.
    Int(Vec<i64>),
    /// Numbers with a fraction.
    Real(Vec<f64>),
    /// Text, or bytes that are none.
    Text(Vec<ByteArray>),
}

impl File {
    /// Opens a file of a lake.
    ///
    /// # Errors
    /// When it cannot be read, or is no Parquet file.
    pub fn open(path: &Path) -> std::result::Result<Self, LakeError> {
        let failed = |error: &dyn std::fmt::Display| LakeError::at(path, error);
        let known = path.metadata().map_err(|error| failed(&error))?;
        if known.len() > LARGEST_FILE {
            return Err(failed(&"it is larger than any file of a lake"));
        }
        let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
        guarded(|| {
            let reader = SerializedFileReader::new(Bytes::from(bytes))?;
            let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
            let schema = reader.metadata().file_metadata().schema_descr_ptr();
            let names = schema.columns().iter().map(|column| column.name().to_owned()).collect();
            Ok(Self { reader, rows, names })
        })
        .map_err(|error| failed(&error))
    }

    /// How many rows it has, as it says.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Whether it has a column of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The values of a column; `None` if it has no column of that name and kind.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn column(&self, name: &str, kind: Kind) -> std::result::Result<Option<Read>, LakeError> {
        guarded(|| self.read(name, kind)).map_err(|error| LakeError(format!("column {name}: {error}")))
    }

    fn read(&self, name: &str, kind: Kind) -> Result<Option<Read>> {
        let schema = self.reader.metadata().file_metadata().schema_descr_ptr();
        let Some(place) = schema.columns().iter().position(|column| column.name() == name) else { return Ok(None) };
        let mut read = Read {
            valid: Vec::new(),
            cells: match kind {
                Kind::Int => ReadCells::Int(Vec::new()),
                Kind::Real => ReadCells::Real(Vec::new()),
                Kind::Text => ReadCells::Text(Vec::new()),
            },
        };
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group)?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            let mut levels: Vec<i16> = Vec::new();
            match (&mut read.cells, group.get_column_reader(place)?) {
                (ReadCells::Int(cells), ColumnReader::Int64ColumnReader(mut reader)) => {
                    let mut values = Vec::new();
                    while levels.len() < rows && reader.read_records(rows, Some(&mut levels), None, &mut values)?.0 > 0
                    {
                    }
                    spread(&levels, values, 0, cells);
                }
                (ReadCells::Real(cells), ColumnReader::DoubleColumnReader(mut reader)) => {
                    let mut values = Vec::new();
                    while levels.len() < rows && reader.read_records(rows, Some(&mut levels), None, &mut values)?.0 > 0
                    {
                    }
                    spread(&levels, values, 0.0, cells);
                }
                (ReadCells::Text(cells), ColumnReader::ByteArrayColumnReader(mut reader)) => {
                    let mut values = Vec::new();
                    while levels.len() < rows && reader.read_records(rows, Some(&mut levels), None, &mut values)?.0 > 0
                    {
                    }
                    spread(&levels, values, ByteArray::from(""), cells);
                }
                _ => return Ok(None),
            }
            read.valid.extend(levels.iter().map(|level| *level > 0));
        }
        if read.valid.len() != self.rows {
            return Err(ParquetError::General("it has another number of rows than the file".to_owned()));
        }
        Ok(Some(read))
    }
}

/// Adds a value for each level: the next one, or any for NULL.
fn spread<T: Clone>(levels: &[i16], values: Vec<T>, any: T, out: &mut Vec<T>) {
    let mut values = values.into_iter();
    out.extend(levels.iter().map(|level| {
        let value = if *level > 0 { values.next() } else { None };
        value.unwrap_or_else(|| any.clone())
    }));
}

/// The Parquet crate checks what it reads, but not all of it: what it stumbles over is a damaged file.
fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(ParquetError::General("the file is damaged".to_owned())))
}
