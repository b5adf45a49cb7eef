//! JSON that a terminal may print.

use trace_core::base::visible::has_hidden;

/// The same JSON with `\uXXXX` for every character that
/// [`visible`](trace_core::base::visible::visible) writes out, line ends between its tokens aside.
/// Such characters stand only inside strings, so whoever reads it gets the same strings as before.
#[must_use]
pub fn ascii_where_hidden(json: &str) -> String {
    json.split_inclusive('\n').map(escaped_line).collect()
}

fn escaped_line(line: &str) -> String {
    let text = line.strip_suffix('\n').unwrap_or(line);
    if !has_hidden(text) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        let stays = c == '\n' || matches!(c, ' '..='~') || !has_hidden(c.encode_utf8(&mut [0; 4]));
        if stays {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::ascii_where_hidden;

    #[test]
    fn the_strings_stay_what_they_are() {
        let strings =
            ["\u{1b}[31m", "\u{9b}31m", "\u{202e}x", "\u{e0041}", "\u{7f}", "größe 数 👩\u{200d}💻", "a\nb\tc"];
        let json = serde_json::to_string_pretty(&strings).expect("JSON");
        let safe = ascii_where_hidden(&json);
        assert_eq!(serde_json::from_str::<Vec<String>>(&safe).expect("JSON"), strings);
        assert!(safe.contains("\\u009b31m") && safe.contains("\\u202ex") && safe.contains("\\udb40\\udc41"), "{safe}");
        assert!(safe.contains("größe 数"), "{safe}");
        assert!(!trace_core::base::visible::has_hidden(&safe.replace('\n', "")));
    }
}
