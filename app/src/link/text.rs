//! Links as text. What others write into one is hostile: it has a greatest length, plain ASCII, known fields that stand there
//! once, and a file name without folders. A link never names a server.

use std::fmt;

use crate::fmt::place::{LaneName, OffsetRange, exact_time, parse_stretch, parse_target, parse_time};
use crate::link::hash::Sha256;
use crate::link::percent::{decoded, encoded};
use crate::link::place::{Place, When};

/// What all links begin with.
pub const BEGINNING: &str = "tracelane://";
/// What stands before the fields.
const OPEN: &str = "tracelane://open?";
/// Bytes of a link at most.
const MOST_BYTES: usize = 4096;
/// Bytes of a file's name at most: file systems allow no more.
const MOST_NAME_BYTES: usize = 255;
/// Lanes that a link names at most.
const MOST_LANES: usize = 100;
/// Letters of a panel's name at most.
const MOST_PANEL_LETTERS: usize = 40;

/// A link to a place in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name of the trace's file, without folders.
    pub file: String,
    /// The hash of the file as it is on disk.
    pub sha256: Sha256,
    /// How many bytes it has; helps to find a file that has another name now.
    pub bytes: Option<u64>,
    /// Which place in the trace it leads to.
    pub place: Place,
}

/// Why a text is no link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It is too long.
    Long,
    /// It has characters that links do not have.
    Characters,
    /// It does not begin as links do.
    Beginning,
    /// A field stands there twice.
    Twice(&'static str),
    /// A field that every link has is missing.
    Lacks(&'static str),
    /// A field that this version does not know.
    Unknown,
    /// What a field holds cannot be.
    Value(&'static str, &'static str),
}

impl fmt::Display for LinkError {
    /// A clause that goes on after "it".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long => write!(f, "is longer than {MOST_BYTES} bytes"),
            Self::Characters => f.write_str("has characters that must be written with % in a link"),
            Self::Beginning => write!(f, "does not begin with {OPEN}"),
            Self::Twice(name) => write!(f, "has the field {name} twice"),
            Self::Lacks(name) => write!(f, "lacks the field {name}"),
            Self::Unknown => write!(f, "has a field that this version does not know (it knows {})", FIELDS.join(", ")),
            Self::Value(name, wanted) => write!(f, "has a field {name} that is not {wanted}"),
        }
    }
}

/// The fields of links, in the order in which they are written.
const FIELDS: [&str; 11] = ["file", "sha256", "size", "t", "g", "p", "m", "lane", "task", "view", "panel"];

/// Whether a text says that it is a link, sound or not.
#[must_use]
pub fn is_link(text: &str) -> bool {
    text.get(..BEGINNING.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(BEGINNING))
}

impl Link {
    /// Reads a link.
    ///
    /// # Errors
    /// When anything about it is not as links are.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        if text.len() > MOST_BYTES {
            return Err(LinkError::Long);
        }
        if !is_link(text) {
            return Err(LinkError::Beginning);
        }
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\^`{|}#".contains(&byte);
        if !text.bytes().all(plain) {
            return Err(LinkError::Characters);
        }
        let rest = text.get(BEGINNING.len()..).unwrap_or_default();
        // Some desktops add the slash.
        let fields = rest.strip_prefix("open?").or_else(|| rest.strip_prefix("open/?")).ok_or(LinkError::Beginning)?;
        Self::of_fields(&Fields::read(fields)?)
    }

    fn of_fields(fields: &Fields) -> Result<Self, LinkError> {
        let file = fields.get("file").ok_or(LinkError::Lacks("file"))?;
        let is_name = !file.is_empty() && file.len() <= MOST_NAME_BYTES && !file.contains(['/', '\\', '\0']);
        if !is_name || [".", ".."].contains(&file) {
            return Err(LinkError::Value("file", "the name of a file without folders"));
        }
        let sha256 = fields.get("sha256").ok_or(LinkError::Lacks("sha256"))?;
        let number = |name: &'static str| {
            let read = |text: &str| digits(text).ok_or(LinkError::Value(name, "a number"));
            fields.get(name).map(read).transpose()
        };
        let stretch = |name: &'static str| {
            let read = |text: &str| parse_stretch(text).ok_or(LinkError::Value(name, "a range such as 1.2s..1.4s"));
            fields.get(name).map(read).transpose()
        };
        let panel = fields.get("panel").map(|name| {
            let is_name = !name.is_empty() && name.len() <= MOST_PANEL_LETTERS;
            let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            (is_name && is_plain).then(|| name.to_owned()).ok_or(LinkError::Value("panel", "the name of a panel"))
        });
        let time = match fields.get("t") {
            None => None,
            Some(text) => match parse_time(text) {
                Some(moment) => Some(When::Moment(moment)),
                None => stretch("t")?.map(When::Stretch),
            },
        };
        Ok(Self {
            file: file.to_owned(),
            sha256: Sha256::parse(sha256).ok_or(LinkError::Value("sha256", "64 hexadecimal digits"))?,
            bytes: number("size")?,
            place: Place {
                time,
                lanes: lanes(fields)?,
                task: number("task")?,
                view: stretch("view")?,
                panel: panel.transpose()?,
            },
        })
    }
}

/// The fields of a link that stand there, decoded.
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn read(text: &str) -> Result<Self, LinkError> {
        let mut fields = Self(Vec::new());
        for field in text.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let name = FIELDS.into_iter().find(|known| *known == name).ok_or(LinkError::Unknown)?;
            if fields.get(name).is_some() {
                return Err(LinkError::Twice(name));
            }
            let value = decoded(value).ok_or(LinkError::Value(name, "percent-encoded UTF-8"))?;
            fields.0.push((name, value));
        }
        Ok(fields)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
    }
}

/// A number in digits alone.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn lanes(fields: &Fields) -> Result<Vec<LaneName>, LinkError> {
    let mut lanes = Vec::new();
    for (name, wanted) in [("g", "goroutine ids"), ("p", "proc ids"), ("m", "thread ids")] {
        for id in fields.get(name).into_iter().flat_map(|ids| ids.split(',')) {
            let target = digits(id).and_then(|id| parse_target(&format!("{name}{id}")));
            lanes.push(target.ok_or(LinkError::Value(name, wanted))?.lane);
        }
    }
    if let Some(name) = fields.get("lane") {
        let lane = match name {
            "gc" => LaneName::Gc,
            "stw" => LaneName::Stw,
            _ => return Err(LinkError::Value("lane", "gc or stw")),
        };
        lanes.push(lane);
    }
    if lanes.len() > MOST_LANES { Err(LinkError::Value("g", "a list of 100 lanes at most")) } else { Ok(lanes) }
}

impl fmt::Display for Link {
    /// The link, in ASCII. Lanes above the hundredth are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OPEN}file={}&sha256={}", encoded(&self.file), self.sha256)?;
        if let Some(bytes) = self.bytes {
            write!(f, "&size={bytes}")?;
        }
        match self.place.time {
            Some(When::Moment(nanos)) => write!(f, "&t={}", exact_time(nanos))?,
            Some(When::Stretch(range)) => write!(f, "&t={}", stretch_text(range))?,
            None => {}
        }
        let lanes = self.place.lanes.get(..MOST_LANES.min(self.place.lanes.len())).unwrap_or_default();
        for name in ["g", "p", "m"] {
            let ids: Vec<String> = lanes.iter().filter_map(|lane| id_of(*lane, name)).collect();
            if !ids.is_empty() {
                write!(f, "&{name}={}", ids.join(","))?;
            }
        }
        match lanes.iter().find(|lane| matches!(lane, LaneName::Gc | LaneName::Stw)) {
            Some(LaneName::Gc) => f.write_str("&lane=gc")?,
            Some(_) => f.write_str("&lane=stw")?,
            None => {}
        }
        if let Some(task) = self.place.task {
            write!(f, "&task={task}")?;
        }
        if let Some(view) = self.place.view {
            write!(f, "&view={}", stretch_text(view))?;
        }
        if let Some(panel) = &self.place.panel {
            write!(f, "&panel={}", encoded(panel))?;
        }
        Ok(())
    }
}

fn stretch_text(range: OffsetRange) -> String {
    let side = |nanos: Option<i64>| nanos.map_or_else(String::new, exact_time);
    format!("{}..{}", side(range.start_nanos), side(range.end_nanos))
}

fn id_of(lane: LaneName, field: &str) -> Option<String> {
    match (lane, field) {
        (LaneName::Goroutine(id), "g") => Some(id.0.to_string()),
        (LaneName::Proc(id), "p") => Some(id.0.to_string()),
        (LaneName::Thread(id), "m") => Some(id.0.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use trace_core::base::ids::{GoId, ProcId};

    use super::*;

    const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn with(fields: &str) -> String {
        format!("tracelane://open?sha256={HASH}&file=server.trace{fields}")
    }

    fn place(fields: &str) -> Result<Place, LinkError> {
        Link::parse(&with(fields)).map(|link| link.place)
    }

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let range = |start, end| OffsetRange { start_nanos: Some(start), end_nanos: Some(end) };
        let link = Link {
            file: "größe & 数据?#\u{202e}.trace".to_owned(),
            sha256: Sha256::of(b"abc"),
            bytes: Some(17),
            place: Place {
                time: Some(When::Stretch(range(1_200_000_000, 1_400_000_001))),
                lanes: vec![LaneName::Goroutine(GoId(25)), LaneName::Goroutine(GoId(7)), LaneName::Proc(ProcId(0))],
                task: Some(u64::MAX),
                view: Some(range(1_500, 999_000_000)),
                panel: Some("report".to_owned()),
            },
        };
        let text = link.to_string();
        assert!(text.is_ascii() && !text.contains([' ', '"', '\'']), "{text}");
        assert!(
            text.contains("&t=1.2s..1.400000001s&g=25,7&p=0&task=18446744073709551615&view=1.5us..999ms"),
            "{text}"
        );
        assert_eq!(Link::parse(&text), Ok(link));
    }

    #[test]
    fn fields_may_stand_in_any_order_and_be_left_out() {
        assert_eq!(place(""), Ok(Place::default()));
        assert_eq!(place("&t=17ns").map(|place| place.time), Ok(Some(When::Moment(17))));
        let open = OffsetRange { start_nanos: Some(1_000_000_000), end_nanos: None };
        assert_eq!(place("&t=1s..").map(|place| place.time), Ok(Some(When::Stretch(open))));
        assert_eq!(place("&lane=gc").map(|place| place.lanes), Ok(vec![LaneName::Gc]));
        let slash = with("").replace("open?", "open/?").replace("tracelane:", "Tracelane:");
        assert!(Link::parse(&slash).is_ok());
    }

    #[test]
    fn what_is_no_link_is_refused() {
        let value = |name| move |error: &LinkError| matches!(error, LinkError::Value(of, _) if *of == name);
        for (fields, is_it) in [
            ("&g=", value("g")),
            ("&g=-1", value("g")),
            ("&g=+1", value("g")),
            ("&g=1,,2", value("g")),
            ("&g=99999999999999999999", value("g")),
            ("&t=5", value("t")),
            ("&t=2s..1s", value("t")),
            ("&view=1s", value("view")),
            ("&lane=g5", value("lane")),
            ("&panel=..%2Fx", value("panel")),
            ("&size=1e9", value("size")),
            ("&task=%ff", value("task")),
        ] {
            let read = place(fields);
            assert!(read.as_ref().is_err_and(is_it), "{fields}: {read:?}");
        }
        for file in ["", "..", ".", "a%2Fb", "a%5Cb", "a%00", "http:%2F%2Fx", &"x".repeat(256)] {
            let text = format!("tracelane://open?sha256={HASH}&file={file}");
            assert!(Link::parse(&text).is_err_and(|error| value("file")(&error)), "{file}");
        }
        assert_eq!(place("&url=x"), Err(LinkError::Unknown));
        assert_eq!(place("&file=x"), Err(LinkError::Twice("file")));
        assert_eq!(place(" "), Err(LinkError::Characters));
        assert_eq!(place("&g=\u{202e}"), Err(LinkError::Characters));
        assert_eq!(place(&format!("&g={}", "1,".repeat(3000))), Err(LinkError::Long));
        assert!(place(&format!("&g={}", ["1"; 101].join(","))).is_err());
        assert_eq!(Link::parse("tracelane://open?file=x"), Err(LinkError::Lacks("sha256")));
        for text in ["", "http://open?", "tracelane:open?", "tracelane://", "tracelane://run?file=x", "traceläne://"] {
            assert_eq!(Link::parse(text), Err(LinkError::Beginning), "{text}");
        }
    }
}
