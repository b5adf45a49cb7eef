//! Text that has to fit: which of several wordings has room, and how a name is shortened so that its
//! telling end stays.

/// A function's name without its import path: `net/http.(*Server).Serve` → `http.(*Server).Serve`.
#[must_use]
pub fn without_path(function: &str) -> &str {
    // Type arguments may hold paths of their own: look before the first bracket only.
    let plain = function.find('[').map_or(function, |bracket| &function[..bracket]);
    plain.rfind('/').map_or(function, |slash| &function[slash + 1..])
}

/// The last part of a function's name: `http.(*Server).Serve` → `Serve`; with what a closure lies in:
/// `main.main.func2.1` → `main.func2.1`.
#[must_use]
pub fn last_part(function: &str) -> &str {
    let plain = function.find('[').map_or(function, |bracket| &function[..bracket]);
    let nameless = |part: &str| {
        let number = part.strip_prefix("func").or_else(|| part.strip_prefix("gowrap")).unwrap_or(part);
        number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut start = plain.len();
    while let Some(dot) = plain[..start].rfind('.') {
        if !nameless(&plain[dot + 1..start]) {
            return &function[dot + 1..];
        }
        start = dot;
    }
    function
}

/// Width of a text in points by the width of its characters.
pub fn width_of(text: &str, advance: &impl Fn(char) -> f32) -> f32 {
    text.chars().map(advance).sum()
}

/// The first wording that is not wider than `room`; if none is, the last one cut at its end with an
/// ellipsis, if at least six of its characters fit; else `None`.
#[must_use]
pub fn first_that_fits(wordings: &[&str], room: f32, advance: &impl Fn(char) -> f32) -> Option<String> {
    if let Some(text) = wordings.iter().find(|text| !text.is_empty() && width_of(text, advance) <= room) {
        return Some((*text).to_owned());
    }
    let last = wordings.iter().rev().find(|text| !text.is_empty())?;
    cut_end(last, room, advance).filter(|text| text.chars().count() > 6)
}

/// `text` cut at its end so that it fits with an ellipsis; `None` if not even the ellipsis fits.
#[must_use]
pub fn cut_end(text: &str, room: f32, advance: &impl Fn(char) -> f32) -> Option<String> {
    let mut left = room - advance(ELLIPSIS);
    if left < 0.0 {
        return None;
    }
    let mut cut = String::new();
    for c in text.chars() {
        left -= advance(c);
        if left < 0.0 {
            cut.push(ELLIPSIS);
            return Some(cut);
        }
        cut.push(c);
    }
    Some(cut)
}

/// `text` cut at its start so that it fits with an ellipsis.
#[must_use]
pub fn cut_start(text: &str, room: f32, advance: &impl Fn(char) -> f32) -> Option<String> {
    let mut left = room - advance(ELLIPSIS);
    if left < 0.0 {
        return None;
    }
    let mut from = text.len();
    for (at, c) in text.char_indices().rev() {
        left -= advance(c);
        if left < 0.0 {
            return Some(format!("{ELLIPSIS}{}", &text[from..]));
        }
        from = at;
    }
    Some(text.to_owned())
}

/// What names a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneLabel {
    /// `G25`, `P0`, `GC`.
    pub id: String,
    /// The function that a goroutine was started with; empty for other lanes, or if it is not known.
    pub function: String,
}

/// A lane's label in the room there is: `G25 github.com/x/y.(*T).Run` → `G25 y.(*T).Run` →
/// `G25 …T).Run` → `G25`. The id always stays whole, and of the function the end.
#[must_use]
pub fn lane_label(label: &LaneLabel, room: f32, advance: &impl Fn(char) -> f32) -> LaneLabel {
    let LaneLabel { id, function } = label;
    let id_width = width_of(id, advance);
    let left = room - id_width - advance(' ');
    let short = without_path(function);
    if function.is_empty() || left < 3.0 * advance(ELLIPSIS) {
        return LaneLabel { id: id.clone(), function: String::new() };
    }
    if width_of(short, advance) <= left {
        return LaneLabel { id: id.clone(), function: short.to_owned() };
    }
    LaneLabel { id: id.clone(), function: cut_start(short, left, advance).unwrap_or_default() }
}

const ELLIPSIS: char = '…';

#[cfg(test)]
mod tests {
    use super::{LaneLabel, cut_end, cut_start, first_that_fits, lane_label, last_part, without_path};

    fn one(_: char) -> f32 {
        1.0
    }

    fn labelled(id: &str, function: &str) -> LaneLabel {
        LaneLabel { id: id.to_owned(), function: function.to_owned() }
    }

    #[test]
    fn paths_are_dropped_but_not_from_type_arguments() {
        assert_eq!(without_path("github.com/a/b.(*T).Run"), "b.(*T).Run");
        assert_eq!(without_path("main.main"), "main.main");
        assert_eq!(without_path("a/b.F[go.shape/x.T]"), "b.F[go.shape/x.T]");
        assert_eq!(last_part("net/http.(*conn).serve"), "serve");
        assert_eq!(last_part("a/b.F[x.T]"), "F[x.T]");
        assert_eq!(last_part("main.main.func2.1"), "main.func2.1");
        assert_eq!(last_part("main.func1"), "main.func1");
        assert_eq!(last_part(""), "");
    }

    #[test]
    fn the_longest_wording_that_fits_wins() {
        let wordings = ["syscall (os.(*File).Read)", "syscall (Read)", "syscall"];
        let at = |room: f32| first_that_fits(&wordings, room, &one);
        assert_eq!(at(30.0).as_deref(), Some("syscall (os.(*File).Read)"));
        assert_eq!(at(24.0).as_deref(), Some("syscall (Read)"));
        assert_eq!(at(7.0).as_deref(), Some("syscall"));
        assert_eq!(at(5.0), None);
        assert_eq!(first_that_fits(&["runnable"], 7.0, &one).as_deref(), Some("runnab…"));
        assert_eq!(at(3.0), None);
        assert_eq!(first_that_fits(&[""], 9.0, &one), None);
    }

    #[test]
    fn cuts_keep_within_the_room() {
        assert_eq!(cut_end("abcdef", 4.0, &one).as_deref(), Some("abc…"));
        assert_eq!(cut_start("abcdef", 4.0, &one).as_deref(), Some("…def"));
        assert_eq!(cut_end("abc", 4.0, &one).as_deref(), Some("abc"));
        assert_eq!(cut_start("äöü", 3.0, &one).as_deref(), Some("…öü"));
        assert_eq!(cut_end("abc", 0.5, &one), None);
    }

    #[test]
    fn lane_labels_keep_the_id_and_the_end_of_the_function() {
        let label = |room: f32| {
            let whole = labelled("G25", "github.com/shop/orders.(*Reporter).sendReport");
            let LaneLabel { id, function } = lane_label(&whole, room, &one);
            format!("{id} {function}").trim_end().to_owned()
        };
        assert_eq!(label(60.0), "G25 orders.(*Reporter).sendReport");
        assert_eq!(label(20.0), "G25 …ter).sendReport");
        assert_eq!(label(5.0), "G25");
        assert_eq!(lane_label(&labelled("G1", ""), 60.0, &one), labelled("G1", ""));
    }
}
