//! A profile as `go tool pprof` reads it: gzipped protocol buffers.
//!
//! The message is small and fixed, so it is written by hand. Field numbers are those of
//! <https://github.com/google/pprof/blob/main/proto/profile.proto>:
//! ```text
//! Profile  1 sample_type  2 sample  4 location  5 function  6 string  9 time  10 duration  11 period_type  12 period
//! Sample   1 location_id (packed, leaf first)  2 value (packed)
//! Location 1 id  3 address  4 line          Line  1 function_id  2 line
//! Function 1 id  2 name  3 system_name  4 filename          ValueType  1 type  2 unit
//! ```

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustc_hash::FxHashMap;

use crate::analysis::profile::{Profile, ProfileKind};
use crate::base::visible::one_line;
use crate::export::protobuf::Message;
use crate::model::trace::Trace;

/// Writes the profile, gzipped, with names as they were recorded, each on one line. `wall_nanos`: when the trace began, Unix time, if known. The sample types are
/// those that `go tool trace -pprof=` uses: `contentions/count` and `delay/nanoseconds`; CPU samples have
/// `samples/count` and `cpu/nanoseconds`.
///
/// # Errors
/// When writing fails.
pub fn write(trace: &Trace, profile: &Profile, wall_nanos: Option<i64>, out: impl Write) -> std::io::Result<()> {
    let mut packed = GzEncoder::new(out, Compression::default());
    packed.write_all(&message(trace, profile, wall_nanos))?;
    packed.finish()?.flush()
}

/// The message, not packed.
#[must_use]
pub fn message(trace: &Trace, profile: &Profile, wall_nanos: Option<i64>) -> Vec<u8> {
    let mut tables = Tables::default();
    tables.strings.id("");
    let mut message = Message::default();
    let types = match profile.kind {
        ProfileKind::Cpu => [("samples", "count"), ("cpu", "nanoseconds")],
        _ => [("contentions", "count"), ("delay", "nanoseconds")],
    };
    for (name, unit) in types {
        message.part(1, &tables.value_type(name, unit));
    }
    for sum in &profile.stacks {
        let mut locations = Message::default();
        for frame in trace.recorded_frames(sum.stack) {
            let (function, file) = (one_line(frame.function), one_line(frame.file));
            let location = tables.location(frame.pc, &function, &file, frame.line);
            locations.varint(location);
        }
        let mut values = Message::default();
        values.varint(sum.count);
        values.varint(sum.nanos.0);
        let mut sample = Message::default();
        sample.part(1, &locations);
        sample.part(2, &values);
        message.part(2, &sample);
    }
    message.bytes.extend(&tables.locations.bytes);
    message.bytes.extend(&tables.functions.bytes);
    let period = tables.value_type("trace", "count");
    for text in &tables.strings.texts {
        message.text(6, text);
    }
    message.number(9, wall_nanos.unwrap_or(0).cast_unsigned());
    message.number(10, trace.range().nanos().unsigned_abs());
    message.part(11, &period);
    message.number(12, 1);
    message.bytes
}

#[derive(Default)]
struct Strings {
    ids: FxHashMap<String, u64>,
    texts: Vec<String>,
}

impl Strings {
    fn id(&mut self, text: &str) -> u64 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = self.texts.len() as u64;
        self.texts.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }
}

/// Strings, functions and locations, each once.
#[derive(Default)]
struct Tables {
    strings: Strings,
    function_ids: FxHashMap<(u64, u64), u64>,
    functions: Message,
    location_ids: FxHashMap<(u64, u64, u64), u64>,
    locations: Message,
}

impl Tables {
    fn value_type(&mut self, name: &str, unit: &str) -> Message {
        let mut message = Message::default();
        message.number(1, self.strings.id(name));
        message.number(2, self.strings.id(unit));
        message
    }

    fn function(&mut self, name: &str, file: &str) -> u64 {
        let (name, file) = (self.strings.id(name), self.strings.id(file));
        let next = self.function_ids.len() as u64 + 1;
        let id = *self.function_ids.entry((name, file)).or_insert(next);
        if id == next {
            let mut function = Message::default();
            for (field, value) in [(1, id), (2, name), (3, name), (4, file)] {
                function.number(field, value);
            }
            self.functions.part(5, &function);
        }
        id
    }

    fn location(&mut self, pc: u64, name: &str, file: &str, line: u64) -> u64 {
        let function = self.function(name, file);
        let next = self.location_ids.len() as u64 + 1;
        let id = *self.location_ids.entry((pc, function, line)).or_insert(next);
        if id == next {
            let mut place = Message::default();
            place.number(1, function);
            place.number(2, line);
            let mut location = Message::default();
            location.number(1, id);
            location.number(3, pc);
            location.part(4, &place);
            self.locations.part(4, &location);
        }
        id
    }
}
