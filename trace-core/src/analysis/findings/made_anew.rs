//! Things that cost much to make, and could be made once: what to do about code that makes them again and again.

use crate::base::ids::StackId;
use crate::model::trace::{Frame, Trace};

/// Functions of the standard library that make such things, by the beginning of their names, and what to do.
const MAKERS: [(&str, &str); 9] = [
    ("regexp.Compile", REGEXP),
    ("regexp.MustCompile", REGEXP),
    ("regexp.compile", REGEXP),
    ("html/template.(*Template).Parse", TEMPLATE),
    ("text/template.(*Template).Parse", TEMPLATE),
    ("html/template.Parse", TEMPLATE),
    ("text/template.Parse", TEMPLATE),
    ("compress/flate.NewWriter", WRITER),
    ("compress/flate.(*compressor).init", WRITER),
];

const REGEXP: &str = "Compile each regular expression once, in a package variable or a cache, and not for each call: compiling takes \
                      much longer than matching, and allocates.";
const TEMPLATE: &str = "Parse templates once, when the program starts, and only execute them for each call.";
const WRITER: &str = "Keep compressing writers (gzip, zlib, flate) in a sync.Pool and call Reset on them: each new one allocates and \
                      clears large tables.";

/// What to do about a stack inside a function that makes such a thing; `None` if it is in none.
pub(crate) fn advice(trace: &Trace, stack: StackId) -> Option<&'static str> {
    let of = |frame: Frame<'_>| MAKERS.iter().find(|(maker, _)| frame.function.starts_with(maker)).map(|known| known.1);
    trace.frames(stack).find_map(of)
}
