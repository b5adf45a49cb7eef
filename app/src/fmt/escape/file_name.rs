//! Names of new files, made from names of other things.

use trace_core::base::visible::has_hidden;

/// Bytes that a name has at most, so that an ending still fits: file systems allow 255.
const MOST_BYTES: usize = 200;

/// A name that every desktop accepts, without folders: what has a meaning there becomes `_`. Never empty.
#[must_use]
pub fn file_name(text: &str) -> String {
    let is_special = |c: char| matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let mut name: String = text
        .chars()
        .map(|c| if is_special(c) || has_hidden(c.encode_utf8(&mut [0; 4])) { '_' } else { c })
        .scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes <= MOST_BYTES).then_some(c)
        })
        .collect();
    // Hidden on Unix, an option in many commands, dropped by Windows at the end.
    while name.starts_with(['.', '-', ' ', '~']) {
        name.remove(0);
    }
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    if name.is_empty() || is_reserved(&name) {
        name.insert(0, '_');
    }
    name
}

/// Names of devices on Windows, whatever the ending.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_are_plain_and_stay_in_their_folder() {
        assert_eq!(file_name("server.trace"), "server.trace");
        assert_eq!(file_name("数据 größe.trace"), "数据 größe.trace");
        assert_eq!(file_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(file_name("localhost:6060"), "localhost_6060");
        assert_eq!(file_name("-rf"), "rf");
        assert_eq!(file_name("a\n\u{202e}gpj.exe\u{1b}"), "a__gpj.exe_");
        assert_eq!(file_name("nul.txt"), "_nul.txt");
        assert_eq!(file_name("com7"), "_com7");
        assert_eq!(file_name("... "), "_");
        assert!(file_name(&"ä".repeat(400)).len() <= 200);
    }
}
