//! The report as a page: one file that needs nothing else.

use serde_json::Value;
use tracelane::link::hash::Sha256;
use tracelane::link::text::Link;

use crate::fixtures;
use crate::run;

const REQUESTS: &str = "real/httpserver-go1.27.trace";

/// The page of a trace.
fn page(options: &[&str]) -> String {
    let file = fixtures::data().join(REQUESTS).display().to_string();
    let output = run::tracelane(&[&["report", &file, "--html", "-"], options].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// What stands between quotes behind `before`, everywhere.
fn quoted<'a>(page: &'a str, before: &str) -> Vec<&'a str> {
    page.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn a_page_has_the_findings_with_pictures_and_links_to_them() {
    let made = page(&[]);
    let file = fixtures::data().join(REQUESTS);
    let json = run::tracelane(&["report", &file.display().to_string(), "--json"]).stdout;
    let report: Value = serde_json::from_slice(&json).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    assert!(!findings.is_empty());
    for finding in findings.iter().filter(|finding| finding["severity"] != "note") {
        let headline = finding["headline"].as_str().expect("a headline");
        let escaped = headline.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert!(made.contains(&escaped), "{headline}");
    }
    let (light, dark) = (quoted(&made, "<img src=\""), quoted(&made, "dark)\" srcset=\""));
    assert!((1..=3).contains(&light.len()) && light.len() == dark.len(), "{}", light.len());
    for (light, dark) in light.iter().zip(&dark) {
        // The first bytes of every PNG.
        assert!([light, dark].iter().all(|data| data.starts_with("data:image/png;base64,iVBORw0KGgo")));
        assert_ne!(light, dark, "they differ in colours");
    }
    let hash = Sha256::of(&std::fs::read(&file).expect("a fixture"));
    let links = quoted(&made, "<a href=\"");
    assert!(links.len() >= light.len(), "{links:?}");
    for link in links {
        let link = Link::parse(&link.replace("&amp;", "&")).unwrap_or_else(|error| panic!("{link}: it {error}"));
        assert_eq!((link.file.as_str(), link.sha256), ("httpserver-go1.27.trace", hash));
        assert!(link.place.time.is_some());
    }
}

#[test]
fn a_page_asks_for_nothing_from_elsewhere() {
    let made = page(&["--range", "3ms..4ms"]);
    assert_eq!(quoted(&made, "<img src=\"").len(), 1, "one picture, of the range");
    assert!(made.contains("1.00 ms from 3.000 ms") && made.contains("color-scheme: light dark"));
    for from_elsewhere in ["<script", "<link", "<iframe", "@import", "url(", "//"] {
        let text = made.replace("tracelane://", "");
        // Pictures are text with slashes.
        let text: String = text.split("base64,").map(|part| part.split_once('"').map_or(part, |rest| rest.1)).collect();
        assert!(!text.contains(from_elsewhere), "{from_elsewhere}");
    }
}
