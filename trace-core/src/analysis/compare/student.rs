//! Student's t distribution: how far a mean of few values may lie off by chance.
//!
//! Checked against scipy in `tests/compare_stats.rs`.

/// Steps of the continued fraction: it converges within a few dozen for all that is asked here.
const STEPS: u32 = 300;
/// Halvings of the interval in which a quantile is looked for: enough for every digit of an `f64`.
const HALVINGS: u32 = 120;

/// The probability that t lies at least this far from 0, on either side, with `df` degrees of freedom. 1 where
/// that makes no sense: no degree of freedom, no number.
#[must_use]
pub fn two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return 1.0;
    }
    let squared = t * t;
    if squared.is_infinite() {
        return 0.0;
    }
    if squared <= 0.0 {
        return 1.0;
    }
    // Both x and 1 - x are needed, and each is told exactly.
    let (x, rest) = (df / (df + squared), squared / (df + squared));
    incomplete_beta((x, rest), (-libm::log1p(squared / df), rest.ln()), (df / 2.0, 0.5))
}

/// The t that is reached on either side with probability `p`, the inverse of [`two_sided`]. 0 for a `p` of 1 and
/// more; infinite for a `p` of 0 and where there is no degree of freedom.
#[must_use]
pub fn quantile(p: f64, df: f64) -> f64 {
    if p >= 1.0 {
        return 0.0;
    }
    if p.is_nan() || df.is_nan() || p <= 0.0 || df <= 0.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, df) > p && high < 1e150 {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if two_sided(middle, df) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The regularised incomplete beta function of x with a and b, by the continued fraction of DLMF 8.17.22 (evaluated
/// after Lentz), on the side where it converges fast. `rest` is 1 - x; both have their logarithms with them.
fn incomplete_beta((x, rest): (f64, f64), (log_x, log_rest): (f64, f64), (a, b): (f64, f64)) -> f64 {
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * log_x + b * log_rest;
    let front = log_front.exp();
    if x < (a + 1.0) / (a + b + 2.0) { front * fraction(x, a, b) / a } else { 1.0 - front * fraction(rest, b, a) / b }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let safe = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / safe(1.0 + even * d);
        c = safe(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / safe(1.0 + odd * d);
        c = safe(1.0 + odd / c);
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}
