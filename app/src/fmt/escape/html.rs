//! HTML pages.

use maud::Markup;
use trace_core::base::visible::visible;

/// A page as text. `maud` escaped what has a meaning in HTML when the page was put together; here every character
/// that cannot be seen is written out. Breaks that belong to the page are references (`&#10;`), not line ends.
#[must_use]
pub fn page(markup: Markup) -> String {
    visible(&markup.into_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::page;

    #[test]
    fn names_are_text_on_one_line() {
        let name = "<script>\u{202e}alert('x')\n\u{1b}&\"";
        let made = page(html! { p title=(name) { (name) } });
        let text = "&lt;script&gt;\\u{202e}alert('x')\\n\\x1b&amp;&quot;";
        assert_eq!(made, format!("<p title=\"{text}\">{text}</p>"));
    }
}
