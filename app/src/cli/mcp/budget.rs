//! How much an answer may say.

/// Bytes of an answer unless more are asked for.
pub(super) const USUAL: usize = 4_000;
/// Bytes that can be asked for.
pub(super) const MOST: usize = 200_000;
/// Bytes that an answer may always have.
const LEAST: usize = 500;
/// Bytes of a sentence that says what is wrong.
const LONGEST_SENTENCE: usize = 2_000;
/// Bytes that say what was left out.
const RESERVE: usize = 160;

/// A text of at most so many bytes: whole lines from the beginning, then how many are left out and what to do about it, then
/// `tail`: those of its lines that fit into three quarters of it, which are all unless paths are very long.
#[must_use]
pub(super) fn fitted(text: &str, tail: &str, most: usize) -> String {
    let most = most.clamp(LEAST, MOST);
    let tail = lines_within(tail, most / 4 * 3);
    let room = most.saturating_sub(tail.len() + 1);
    let text = text.trim_end();
    if text.len() <= room {
        return format!("{text}\n{tail}");
    }
    let room = room.saturating_sub(RESERVE);
    let mut kept = 0;
    for line in text.split_inclusive('\n') {
        if kept + line.len() > room {
            break;
        }
        kept += line.len();
    }
    if kept == 0 {
        // One long line is cut where a character ends.
        kept = text.floor_char_boundary(room);
    }
    let rest = text.get(kept..).unwrap_or_default();
    let lines = rest.lines().count();
    let head = text.get(..kept).unwrap_or_default().trim_end();
    format!(
        "{head}\n[{lines} more lines left out; max_bytes={} shows all, limit or range narrows it]\n{tail}",
        text.len() + 300
    )
}

/// The lines that fit into so many bytes together; longer ones are left out.
fn lines_within(text: &str, most: usize) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        if kept.len() + line.len() < most {
            kept.push_str(if kept.is_empty() { "" } else { "\n" });
            kept.push_str(line);
        }
    }
    kept
}

/// A sentence that quotes what a client has sent, which may be of any length.
#[must_use]
pub(super) fn sentence(text: &str) -> String {
    const MARK: &str = "…";
    if text.len() <= LONGEST_SENTENCE {
        return text.to_owned();
    }
    // What to do is said at the end.
    let head = text.floor_char_boundary(LONGEST_SENTENCE / 2);
    let end = text.ceil_char_boundary(text.len() - LONGEST_SENTENCE / 2);
    format!("{}{MARK}{}", text.get(..head).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{fitted, sentence};

    #[test]
    fn what_does_not_fit_is_said() {
        assert_eq!(fitted("a\nb\n", "end", 4_000), "a\nb\nend");
        let text: String = (0..1_000).map(|line| format!("line {line}\n")).collect();
        let short = fitted(&text, "end", 1_000);
        assert!(short.len() <= 1_000 && short.ends_with("\nend"), "{} {short}", short.len());
        assert!(short.starts_with("line 0\n") && short.contains("more lines left out"), "{short}");
        let long = fitted(&"é".repeat(5_000), "", 1_000);
        assert!(long.len() <= 1_001 && long.contains("left out"), "{}", long.len());
    }

    #[test]
    fn long_paths_do_not_make_answers_longer() {
        let tail = format!("Scope: whole trace\nLink: {}\nShow: {}", "l".repeat(3_000), "s".repeat(900));
        let text = fitted(&"line\n".repeat(2_000), &tail, 4_000);
        assert!(text.len() <= 4_000 && text.contains("\nScope: whole trace\nShow: s"), "{} {text}", text.len());
        assert!(!text.contains("Link:"), "{text}");
        assert_eq!(sentence("no file: name one"), "no file: name one");
        let long = sentence(&format!("{}: name a file that is there", "é".repeat(5_000)));
        assert!(long.len() < 2_100 && long.ends_with(": name a file that is there"), "{} {long}", long.len());
    }
}
