//! The statistics of a comparison: ranks, not means, since waiting times have long tails.
//!
//! Checked against scipy in `tests/compare_stats.rs`.

/// Pooled sample size up to which the distribution of the rank sum is counted out.
const EXACT_UP_TO: usize = 50;
/// Values of a side that enter the pairwise differences.
const PAIRED: usize = 256;
/// Two-sided 95 % of the normal distribution.
pub(super) const Z_95: f64 = 1.959_963_984_540_054;

/// Two-sided Mann–Whitney U test that neither sample tends to be larger: the probability of ranks at least
/// this uneven by chance. Exact for up to 50 values in all, also with ties (every way to deal the pooled
/// ranks counts the same; twice the smaller tail); else by the normal approximation with correction for
/// ties and continuity (Lehmann, *Nonparametrics*, 1.2 and 1.5). 1 if a sample is empty. The order of
/// values does not matter.
#[must_use]
pub fn mann_whitney(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 1.0;
    }
    let ranks = Ranks::of(a, b);
    if ranks.doubled.len() <= EXACT_UP_TO { ranks.exact() } else { ranks.approximate() }
}

/// The pooled sample in rising order.
struct Ranks {
    /// Twice the mid-rank of each value, and whether it is of the first sample.
    doubled: Vec<(u32, bool)>,
    /// Sum of t³ − t over groups of t equal values.
    ties: f64,
    first: usize,
}

impl Ranks {
    fn of(a: &[f64], b: &[f64]) -> Self {
        let mut pooled: Vec<(f64, bool)> =
            a.iter().map(|value| (*value, true)).chain(b.iter().map(|value| (*value, false))).collect();
        pooled.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut doubled = Vec::with_capacity(pooled.len());
        let mut ties = 0.0;
        for group in pooled.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
            // Ranks count from 1: the group has ranks before+1 to before+len.
            let mid = (2 * doubled.len() + group.len() + 1) as u32;
            doubled.extend(group.iter().map(|value| (mid, value.1)));
            let size = group.len() as f64;
            ties += size.powi(3) - size;
        }
        Self { doubled, ties, first: a.len() }
    }

    fn doubled_sum(&self) -> u64 {
        self.doubled.iter().filter(|rank| rank.1).map(|rank| u64::from(rank.0)).sum()
    }

    fn exact(&self) -> f64 {
        let sum = self.doubled_sum() as usize;
        let most: usize = self.doubled.iter().map(|rank| rank.0 as usize).sum();
        // ways[chosen][sum]: ways to choose so many of the ranks seen so far with this sum.
        let mut ways = vec![vec![0.0_f64; most + 1]; self.first + 1];
        if let Some(none) = ways.first_mut().and_then(|none| none.first_mut()) {
            *none = 1.0;
        }
        for (seen, (rank, _)) in self.doubled.iter().enumerate() {
            let rank = *rank as usize;
            for chosen in (1..=self.first.min(seen + 1)).rev() {
                let (before, after) = ways.split_at_mut(chosen);
                let (Some(from), Some(to)) = (before.last(), after.first_mut()) else { continue };
                for (to, from) in to.iter_mut().skip(rank).zip(from) {
                    *to += from;
                }
            }
        }
        let Some(all) = ways.last() else { return 1.0 };
        let total: f64 = all.iter().sum();
        let below: f64 = all.iter().take(sum + 1).sum();
        let above: f64 = all.iter().skip(sum).sum();
        (2.0 * below.min(above) / total).min(1.0)
    }

    fn approximate(&self) -> f64 {
        let (n1, n) = (self.first as f64, self.doubled.len() as f64);
        let n2 = n - n1;
        let u = self.doubled_sum() as f64 / 2.0 - n1 * (n1 + 1.0) / 2.0;
        let variance = n1 * n2 / 12.0 * ((n + 1.0) - self.ties / (n * (n - 1.0)));
        if variance <= 0.0 {
            return 1.0;
        }
        let away = ((u - n1 * n2 / 2.0).abs() - 0.5).max(0.0);
        libm::erfc(away / variance.sqrt() / std::f64::consts::SQRT_2).min(1.0)
    }
}

/// A difference with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shift {
    /// By how much values of the second sample tend to be larger.
    pub median: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The Hodges–Lehmann shift from `a` to `b`: the median of all pairwise differences, with the interval
/// between the order statistics that the normal approximation of U names (Lehmann, 2.3 and 2.6). Large
/// samples enter by 256 of their quantiles. `None` if a sample is empty.
#[must_use]
pub fn shift(a: &[f64], b: &[f64]) -> Option<Shift> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (thin_a, thin_b) = (thinned(a), thinned(b));
    let mut differences: Vec<f64> = thin_b.iter().flat_map(|b| thin_a.iter().map(move |a| b - a)).collect();
    differences.sort_by(f64::total_cmp);
    let (n1, n2) = (a.len() as f64, b.len() as f64);
    let reach = Z_95 * (n1 * n2 * (n1 + n2 + 1.0) / 12.0).sqrt() / (n1 * n2);
    let at = |part: f64| {
        let place = (part.clamp(0.0, 1.0) * (differences.len() - 1) as f64).round() as usize;
        differences.get(place).copied().unwrap_or_default()
    };
    Some(Shift { median: quantile(&differences, 0.5), low: at(0.5 - reach), high: at(0.5 + reach) })
}

fn thinned(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    if sorted.len() <= PAIRED {
        return sorted;
    }
    (0..PAIRED).map(|at| quantile(&sorted, (at as f64 + 0.5) / PAIRED as f64)).collect()
}

/// The value below which a part (0 to 1) of a sorted sample lies, by linear interpolation between the
/// neighbours (Hyndman and Fan's type 7, what numpy does). 0 for an empty one.
#[must_use]
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = part.clamp(0.0, 1.0) * last as f64;
    let below = place.floor();
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or_default();
    at(below) + (at((below + 1.0).min(last as f64)) - at(below)) * (place - below)
}

/// Two-sided exact test that `a` events in a time of `share` (0 to 1) and `b` in the rest come at one rate:
/// binomial, twice the smaller tail. For clumped events too sure of itself.
#[must_use]
pub fn same_rate(a: u64, b: u64, share: f64) -> f64 {
    let n = a + b;
    if n == 0 || !(0.0..1.0).contains(&share) || share <= 0.0 {
        return 1.0;
    }
    let (n_f, a_f) = (n as f64, a as f64);
    if n > 1_000 {
        let away = ((a_f - n_f * share).abs() - 0.5).max(0.0);
        let deviation = (n_f * share * (1.0 - share)).sqrt();
        return libm::erfc(away / deviation / std::f64::consts::SQRT_2).min(1.0);
    }
    let log = |k: u64| {
        let k = k as f64;
        libm::lgamma(n_f + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n_f - k + 1.0)
            + k * share.ln()
            + (n_f - k) * (1.0 - share).ln()
    };
    let below: f64 = (0..=a).map(|k| log(k).exp()).sum();
    let above: f64 = (a..=n).map(|k| log(k).exp()).sum();
    (2.0 * below.min(above)).min(1.0)
}

/// Turns p values into q values by Benjamini and Hochberg: calling all rows with q ≤ 0.05 changed, at most
/// one in twenty of those called is expected to be wrong. In the order given.
#[must_use]
pub fn false_discovery(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    let of = |at: usize| p.get(at).copied().unwrap_or(1.0);
    order.sort_by(|one, other| of(*one).total_cmp(&of(*other)));
    let mut q = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, at) in order.iter().enumerate().rev() {
        least = least.min(of(*at) * p.len() as f64 / (rank + 1) as f64);
        if let Some(q) = q.get_mut(*at) {
            *q = least;
        }
    }
    q
}
