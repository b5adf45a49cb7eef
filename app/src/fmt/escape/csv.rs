//! Fields of CSV and TSV.

use trace_core::base::visible::visible;

/// A text as a field between `separator`s (RFC 4180), on one line. A text that a spreadsheet would take for a formula
/// begins with an apostrophe, which keeps it a text; numbers are no text and need no field made of them.
#[must_use]
pub fn field(text: &str, separator: char) -> String {
    let mut field = visible(text).into_owned();
    // Spreadsheets skip blanks before a formula, and know the wide forms of these signs, too.
    if field.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\u{2212}']) {
        field.insert(0, '\'');
    }
    if field.contains([separator, '"']) || field.starts_with(' ') || field.ends_with(' ') {
        field = format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn separators_quotes_and_formulas_are_taken_care_of() {
        assert_eq!(field("main.main", ','), "main.main");
        assert_eq!(field("a,b", ','), "\"a,b\"");
        assert_eq!(field("a,b", ';'), "a,b");
        assert_eq!(field("say \"x\"", ','), "\"say \"\"x\"\"\"");
        assert_eq!(field("=cmd|' /C calc'!A0", ','), "'=cmd|' /C calc'!A0");
        assert_eq!(field("@SUM(1,2)", ','), "\"'@SUM(1,2)\"");
        assert_eq!(field("  =1", ','), "'  =1");
        assert_eq!(field(" a ", ','), "\" a \"");
        assert_eq!(field("one\ntwo\t\u{1b}", '\t'), "one\\ntwo\\t\\x1b");
    }
}
