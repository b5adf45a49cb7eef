//! A profile as folded stacks, `root;…;leaf nanoseconds`, a line each, as flame graph tools read it.

use crate::analysis::profile::Profile;
use crate::base::visible::visible;
use crate::model::trace::Trace;

/// The lines, in the order of the profile's stacks, without their ends. Inside a name, what would end the line or the
/// frame is written out (`\n`, `\x3b`), as is what cannot be seen.
pub fn lines<'a>(trace: &'a Trace, profile: &'a Profile) -> impl Iterator<Item = String> + 'a {
    profile.stacks.iter().map(|sum| {
        let mut frames: Vec<String> = trace.frames(sum.stack).map(|frame| name(frame.function)).collect();
        frames.reverse();
        let stack = if frames.is_empty() { "no stack".to_owned() } else { frames.join(";") };
        format!("{stack} {}", sum.nanos.0)
    })
}

/// A function's name as a frame of a folded stack. Names of generic functions may have semicolons.
fn name(function: &str) -> String {
    visible(function).replace(';', "\\x3b")
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_name_stays_one_frame_of_one_line() {
        assert_eq!(name("main.main"), "main.main");
        assert_eq!(name("main.F[struct { A int; B int }]"), "main.F[struct { A int\\x3b B int }]");
        assert_eq!(name("a\nb;c 5\u{1b}"), "a\\nb\\x3bc 5\\x1b");
    }
}
