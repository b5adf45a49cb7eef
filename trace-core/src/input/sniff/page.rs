//! Recognises web pages and other markup.

use super::{FETCH, Lookalike, RECORD, curl, lookalike, quoted};

pub(super) fn identify(text: &str) -> Option<Lookalike> {
    let lower = text.get(..text.floor_char_boundary(1024)).unwrap_or(text).to_ascii_lowercase();
    if let Some(is) = redirect(text, &lower) {
        let how = "curl -L -o out.trace 'http://localhost:6060/debug/pprof/trace?seconds=5'";
        return Some(lookalike(is, format!("follow it: {how}")));
    }
    if lower.starts_with("<?xml") && !lower.contains("<html") {
        return Some(xml(text));
    }
    let starts = ["<!doctype html", "<html", "<head", "<meta", "<title", "<body", "<!--", "<script", "<?xml"];
    if !starts.iter().any(|start| lower.starts_with(start)) {
        return None;
    }
    let title = title(text);
    if title == Some("/debug/pprof/") {
        let cure = concat!("the trace is behind one of its links: ", curl!());
        return Some(lookalike("the page that lists the profiles of net/http/pprof", cure));
    }
    if text.contains("cmd/trace: the Go trace event viewer") || text.contains("trace_viewer_full.html") {
        return Some(lookalike("a page of go tool trace", "open the file that was given to go tool trace"));
    }
    if text.contains("Tracelane") || title.is_some_and(|title| title.starts_with("What changed: ")) {
        return Some(lookalike(
            "a report of tracelane compare --html",
            "open it in a browser, or open the traces that it compares",
        ));
    }
    let named = title.map(|title| format!(" with the title {}", quoted(title))).unwrap_or_default();
    let cure = format!(
        "a server, or something in front of it (a login page, a proxy), may have responded with an error instead of a trace: \
         check the address; {FETCH}"
    );
    Some(lookalike(format!("a web page{named}"), cure))
}

/// What net/http answers where something has moved: a link of one line.
fn redirect(text: &str, lower: &str) -> Option<&'static str> {
    let is_moved = ["moved permanently", "found", "see other", "temporary redirect", "permanent redirect"]
        .iter()
        .any(|said| lower.trim_end().ends_with(&format!(">{said}</a>.")));
    (text.starts_with("<a href=") && is_moved).then_some("a server's redirection to another address")
}

fn xml(text: &str) -> Lookalike {
    let between = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        rest.split_once('<').map(|(inside, _)| inside)
    };
    match between("Code").filter(|_| text.contains("<Error>")) {
        Some(code) => {
            let is = format!("an error from an object store, {}", quoted(code));
            lookalike(is, "check the address and the credentials, and download it again")
        }
        None => lookalike("an XML document", RECORD),
    }
}

fn title(text: &str) -> Option<&str> {
    let at = text.to_ascii_lowercase().find("<title>")? + "<title>".len();
    let inside = text.get(at..)?.split_once('<')?.0.trim();
    Some(inside).filter(|title| !title.is_empty())
}
