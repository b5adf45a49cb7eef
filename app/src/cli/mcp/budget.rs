//! How much an answer may say.

/// Bytes of an answer unless more are asked for.
pub(super) const USUAL: usize = 4_000;
/// Bytes that can be asked for.
pub(super) const MOST: usize = 200_000;
/// Bytes that say what was left out.
const RESERVE: usize = 160;

/// A text of at most so many bytes: whole lines from the beginning, then how many are left out and what to do about it, then
/// `tail`, which is always there.
#[must_use]
pub(super) fn fitted(text: &str, tail: &str, most: usize) -> String {
    let room = most.clamp(500, MOST).saturating_sub(tail.len() + 1);
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
        kept = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    }
    let rest = text.get(kept..).unwrap_or_default();
    let lines = rest.lines().count();
    let head = text.get(..kept).unwrap_or_default().trim_end();
    format!(
        "{head}\n[{lines} more lines left out; max_bytes={} shows all, limit or range narrows it]\n{tail}",
        text.len() + 300
    )
}

#[cfg(test)]
mod tests {
    use super::fitted;

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
}
