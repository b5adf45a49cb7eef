//! What is known about a finding beside its sentence, as short labelled lines.

use crate::analysis::findings::finding::{BASIS, Finding, Value};
use crate::analysis::phrases::{counted, grouped, time};

/// A line: `Analysed`, `512 of 2,127 waits, 3.19 s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is: one word.
    pub label: &'static str,
    /// The rest of the line.
    pub text: String,
}

/// Functions of those affected that are named.
const AFFECTED: usize = 6;

impl Finding {
    /// A number of the evidence that is no ratio. `None` if there is none of that name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.evidence.iter().find_map(|(known, value)| match value {
            Value::Int(number) if *known == name => Some(*number),
            _ => None,
        })
    }

    /// A ratio of the evidence. `None` if there is none of that name.
    #[must_use]
    pub fn ratio_of(&self, name: &str) -> Option<f64> {
        self.evidence.iter().find_map(|(known, value)| match value {
            Value::Ratio(ratio) if *known == name => Some(*ratio),
            _ => None,
        })
    }

    /// A text of the evidence. `None` if there is none of that name.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.evidence.iter().find_map(|(known, value)| match value {
            Value::Text(text) if *known == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// The title as a sentence with its full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}.", self.title.trim_end_matches('.'))
    }

    /// How sure it is, how much of it was analysed, what it was inferred from, and who is affected; each only where there
    /// is something to say. Time lost and places in the trace are columns and links of their own.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let confidence = Some(format!("{:.0} %", 100.0 * self.confidence));
        let lines = [
            ("Confidence", confidence),
            ("Analysed", self.analysed()),
            ("Basis", self.text_of(BASIS).map(str::to_owned)),
            ("Affected", self.affected()),
        ];
        lines.into_iter().filter_map(|(label, text)| Some(Figure { label, text: text? })).collect()
    }

    /// `512 of 2,127 waits, 3.19 s`. `None` if all of them were looked into.
    fn analysed(&self) -> Option<String> {
        let (some, all) = (self.number("waits_analysed")?, self.number("waits")?);
        let nanos = self.number("analysed_ns").map_or_else(String::new, |nanos| format!(", {}", time(nanos)));
        Some(format!("{} of {}{nanos}", grouped(some), counted(all, "wait")))
    }

    /// `4 goroutines in main.handle; 1 goroutine in main.flush`
    fn affected(&self) -> Option<String> {
        let named = |goroutines, function: &str| format!("{} in {function}", counted(goroutines, "goroutine"));
        let mut parts: Vec<String> =
            self.victims.iter().take(AFFECTED).map(|victim| named(victim.goroutines, &victim.function)).collect();
        if self.victims.len() > AFFECTED {
            parts.push("others".to_owned());
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}
