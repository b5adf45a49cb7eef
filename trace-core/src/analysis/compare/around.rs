//! Intervals around what is shown.

/// An interval of the same width (as a ratio) around what is shown: the test takes geometric means, totals are not.
pub(super) fn around(effect: f64, (low, high): (f64, f64)) -> Option<(f64, f64)> {
    let half = (high / low).sqrt();
    half.is_finite().then(|| (effect / half, effect * half))
}
